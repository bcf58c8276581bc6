import asyncio

from unicache_asyncio import Cache

cache = Cache.from_env(namespace="herd", ttl="1h")


@cache.cached()
async def report(year: int) -> str:
    print("the query runs")
    await asyncio.sleep(0.2)
    return f"report of {year}"


async def main() -> None:
    async with cache:
        await report.invalidate_all()
        answers = set(await asyncio.gather(*(report(1997) for _ in range(20))))
        # → the query runs
        print(answers)
        # → {'report of 1997'}


asyncio.run(main())
