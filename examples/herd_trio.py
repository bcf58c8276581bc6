import trio

from unicache_asyncio import Cache

cache = Cache.from_env(namespace="herd", ttl="1h")
answers = set()


@cache.cached()
async def report(year: int) -> str:
    print("the query runs")
    await trio.sleep(0.2)
    return f"report of {year}"


async def ask() -> None:
    answers.add(await report(1997))


async def main() -> None:
    async with cache:
        await report.invalidate_all()
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask)
        # → the query runs
        print(answers)
        # → {'report of 1997'}


trio.run(main)
