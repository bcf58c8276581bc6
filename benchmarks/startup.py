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

_ROUNDS = 7
_LIST = """
import sys
before = set(sys.modules)
import unicache
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
    """One line: CPU milliseconds of a process that imports the library, and their ratio to its dependencies' alone."""
    needed = _IMPORT.format(names=_run(_LIST).split())
    rounds = [(_cpu("pass"), _cpu(needed), _cpu("import unicache")) for _ in range(_ROUNDS)]
    nothing, others, ours = (median(column) for column in zip(*rounds, strict=True))
    ratio = median(own / other for _, other, own in rounds)
    return (
        f"start-up, CPU ms of a new process: {ours:.0f} with unicache, {others:.0f} with what it needs of others, "
        f"{nothing:.0f} with nothing; {ratio:.2f} times the others"
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
