import threading
import time
from concurrent.futures import ThreadPoolExecutor

from unicache import Cache

cache = Cache.from_env(namespace="herd", ttl="1h")
together = threading.Barrier(20)


@cache.cached()
def report(year: int) -> str:
    print("the query runs")
    time.sleep(0.2)
    return f"report of {year}"


def ask(year: int) -> str:
    together.wait()
    return report(year)


with cache:
    report.invalidate_all()
    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(ask, [1997] * 20))
    # → the query runs
    print(answers)
    # → {'report of 1997'}
