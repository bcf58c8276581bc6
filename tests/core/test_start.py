"""What a process that begins to use the library has to import: counted in modules, which are the same on every machine.

The figures in time are the benchmarks' business. A module that is needed from the start gets its place here.
"""

import subprocess
import sys

import pytest

import unicache
from unicache import _public

DEAR = {
    "asyncio", "concurrent", "cryptography", "dataclasses", "difflib", "email", "fractions", "http", "json", "logging",
    "pathlib", "pickle", "select", "socket", "ssl", "string", "subprocess", "tempfile", "valkey",
}  # fmt: skip
"""What takes a millisecond or more, and only some processes need."""

WIRE = {
    f"unicache.{name}"
    for name in ("_sockets", "_core.wire.link", "_core.wire.near", "_core.wire.resp", "_core.stores.scripts")
}


def imported(statements: str) -> set[str]:
    """The modules that the statements bring with them, beside those that our dependencies bring."""
    program = f"""
import hiredis, msgspec, sys
before = {{*sys.modules}}
{statements}
print(*(name for name in sys.modules if name not in before))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith("unicache")}


def test_the_package_itself_brings_nothing_but_the_errors() -> None:
    assert ours(imported("import unicache; assert 'Cache' in dir(unicache)")) == {"unicache", "unicache.errors"}


def test_all_names_come_together_with_the_first() -> None:
    assert unicache.__all__ == _public.__all__
    assert imported("from unicache import previous") == imported("from unicache import *")


def test_a_name_that_the_package_does_not_have_is_an_error() -> None:
    with pytest.raises(AttributeError, match="module 'unicache' has no attribute 'Cahce'"):
        _ = unicache.Cahce  # type: ignore[attr-defined]


def test_a_cache_in_memory_takes_no_wire_and_nothing_dear() -> None:
    modules = imported("import unicache; unicache.Cache()")
    assert modules & (DEAR | WIRE) == set()
    assert len(ours(modules)) <= 115


def test_a_cache_on_a_server_has_the_wire_when_it_is_made_and_nothing_dear() -> None:
    modules = imported("import unicache; unicache.Cache('valkey://localhost')")
    assert modules & DEAR == set()
    assert modules & WIRE == WIRE - {"unicache._sockets"}
    assert "unicache._core.stores.memory" not in modules


def test_greeting_a_server_takes_nothing_dear() -> None:
    greet = "from unicache._core.setup.node import Credentials; from unicache._core.wire.handshake import greeting"
    assert imported(f"{greet}; greeting(Credentials())") & {*DEAR, "importlib.metadata"} == set()
