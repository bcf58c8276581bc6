"""What it takes to begin: importing the library, beside importing only what it needs of others; and the first get."""

import os
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from benchmarks.contenders.address import Address
from benchmarks.relay import Relay
from unicache import Cache

__all__ = ["first_get", "startup"]

_ROUNDS = 15
_MADE = "from unicache import Cache; Cache('valkey://localhost')"
_LIST = f"""
import sys
before = set(sys.modules)
{_MADE}
print(*[name for name in sys.modules if name not in before and name.partition(".")[0].isidentifier()
        and not name.startswith("unicache")])
"""
_IMPORT = """
from contextlib import suppress
from importlib import import_module
for name in {names!r}:
    with suppress(ImportError):  # some are no more than entries, typing.io for example
        import_module(name)
"""


def startup() -> str:
    """One line: CPU milliseconds of a process that imports the library, that also makes a cache, and that imports no
    more than what the library needs of others; and the ratios.
    """
    programs = ("pass", _IMPORT.format(names=_run(_LIST).split()), "import unicache", _MADE)
    rounds = [[_cpu(program) for program in programs] for _ in range(_ROUNDS)]
    nothing, others, imported, made = (median(column) for column in zip(*rounds, strict=True))
    return (
        f"start-up, CPU ms of a new process: {imported:.0f} to import unicache, {made:.0f} with a cache made, "
        f"{others:.0f} with what that needs of others, {nothing:.0f} with nothing; "
        f"{imported / others:.2f} and {made / others:.2f} times the others"
    )


def first_get(server: Address) -> int:
    """How many round trips a new cache makes until it has its first value, those of connecting included."""
    with Relay(server) as relay, Cache(relay.address.url) as cache:
        cache.get("key")
        return relay.round_trips


def _cpu(program: str) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    _run(program)
    after = getrusage(RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _run(program: str) -> str:
    command = [sys.executable, "-c", program]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # nor compile anew
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=kept)  # noqa: S603  our own programs
    return done.stdout
