"""Change the directory from another process: ``edit.py change ann ann@example.com``, ``edit.py remove ann``."""

import sys

from people import cache, change, remove
from twisted.internet.task import react


async def main(_: object, command: str, *arguments: str) -> None:
    async with cache:
        await {"change": change, "remove": remove}[command](*arguments)


react(main, sys.argv[1:])
