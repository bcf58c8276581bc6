import asyncio

import unicache
import unicache_asyncio

blocking = unicache.Cache.from_env(namespace="both")
awaiting = unicache_asyncio.Cache.from_env(namespace="both")


async def read_and_invalidate() -> None:
    print(await awaiting.get("greeting"))
    # → {'text': 'hello', 'times': (1, 2)}
    await awaiting.invalidate_tags("greetings")


with blocking:
    blocking.set("greeting", {"text": "hello", "times": (1, 2)}, tags=["greetings"])
    asyncio.run(read_and_invalidate())
    print(blocking.get("greeting", "gone"))
    # → gone
