import gevent
import gevent.pool

from unicache_gevent import Cache

cache = Cache.from_env(namespace="herd", ttl="1h")


@cache.cached()
def report(year: int) -> str:
    print("the query runs")
    gevent.sleep(0.2)
    return f"report of {year}"


with cache:
    report.invalidate_all()
    answers = set(gevent.pool.Pool(20).map(report, [1997] * 20))
    # → the query runs
    print(answers)
    # → {'report of 1997'}
