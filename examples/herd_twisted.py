from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater, react

from unicache_twisted import Cache

cache = Cache.from_env(namespace="herd", ttl="1h")


@cache.cached()
def report(year: int) -> "Deferred[str]":
    from twisted.internet import reactor

    print("the query runs")
    return deferLater(reactor, 0.2, lambda: f"report of {year}")


async def main(_: object) -> None:
    async with cache:
        await report.invalidate_all()
        answers = set(await gatherResults([report(1997) for _ in range(20)]))
        # → the query runs
        print(answers)
        # → {'report of 1997'}


react(main)
