"""No flavour and no store is left out: every behaviour test is collected for all of them, and a skip is a failure."""

import ast
import subprocess
import sys
from collections import defaultdict
from itertools import product
from pathlib import Path

from caches import SERVER_ONLY
from flavours import FLAVOURS
from servers import STORES

HERE = Path(__file__).parent

Test = tuple[str, str]
"""File and function."""


def expected() -> dict[Test, set[str]]:
    """For each test that is a coroutine, the cases it must have, by its parameters alone."""
    tests: dict[Test, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_"):
                tests[path.name, node.name] = cases({argument.arg for argument in node.args.args})
    return tests


def cases(parameters: set[str]) -> set[str]:
    servers_only = not SERVER_ONLY.isdisjoint(parameters)
    stores = [store for store, fixture in STORES.items() if fixture or not servers_only]
    return {f"{flavour}-{store}" for flavour, store in product(FLAVOURS, stores)}


def collected() -> dict[Test, set[str]]:
    """What pytest finds, by flavour and store; a test with further parameters has each of them for all cases."""
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "--assert=plain"]  # the last for speed
    command = [sys.executable, "-m", "pytest", *options, str(HERE)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE).stdout
    found: dict[Test, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in listing.splitlines():
        path, _, rest = line.partition("::")
        name, _, case = rest.removesuffix("]").partition("[")
        flavour, _, store_and_more = case.partition("-")
        store, _, more = store_and_more.partition("-")
        found[Path(path).name, name][more].add(f"{flavour}-{store}")
    return {test: set.intersection(*by_case.values()) for test, by_case in found.items()}


def test_every_behaviour_has_every_flavour_and_every_store() -> None:
    wanted, found = expected(), collected()
    assert len(wanted) > 100
    assert {test: found.get(test, set()) for test in wanted} == wanted


def test_there_are_six_drivers_and_three_stores() -> None:
    names = {flavour.name for flavour in FLAVOURS}
    assert names == {"threads", "asyncio", "uvloop", "trio", "gevent", "twisted"}
    assert set(STORES) == {"memory", "valkey9", "redis7"}
