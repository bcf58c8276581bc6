"""Who has which e-mail address: a slow database, and what is remembered of it. For Twisted.

The setters stand beside the getter, and need to know no key: whichever process calls them, all others see it.
"""

import os

from twisted.enterprise import adbapi

from unicache_twisted import Cache

cache = Cache.from_env(namespace="directory", ttl="1h")
database = adbapi.ConnectionPool("sqlite3", os.environ["DIRECTORY"], check_same_thread=False)


@cache.cached()
async def email(name: str) -> str | None:
    print("asking the database for", name, flush=True)
    rows = await database.runQuery("SELECT email FROM people WHERE name = ?", [name])
    return rows[0][0] if rows else None


@cache.invalidates(tags="person:{name}")
async def change(name: str, address: str) -> None:
    """The new address takes the place of the old one, in the cache too; pages that show the person are made anew."""
    await database.runOperation("INSERT OR REPLACE INTO people VALUES (?, ?)", [name, address])
    await email.set(address, name)


@cache.invalidates(functions=[email], tags="person:{name}")
async def remove(name: str) -> None:
    """The next one who asks for the address has to ask the database."""
    await database.runOperation("DELETE FROM people WHERE name = ?", [name])
