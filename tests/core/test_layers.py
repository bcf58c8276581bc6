"""A module imports only what stands in its own layer or a lower one, and no two import each other.

The table of layers is the one that the architecture's page shows. A module that is missing there fails.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture" / "layers.md"
PACKAGES = ("unicache", "unicache_asyncio", "unicache_gevent", "unicache_twisted")
ABOVE = ("Adapters", "Beside the library")
EVENT_MODELS = {"anyio", "asyncio", "gevent", "greenlet", "trio", "twisted", "uvloop", "zope"}


def layers() -> dict[str, list[Path]]:
    """The modules of each layer, from the lowest up."""
    found = re.findall(r"^## ([^\n]+)\n\n```\{module-table\}\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {title: [path for line in lines.split() for path in ROOT.glob(line)] for title, lines in found}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rooms() -> list[str]:
    """The rooms of the engine, from the one that knows of no other up."""
    return re.findall(
        r"^\| `(\w+)` \|", PAGE.read_text().partition("## The rooms")[2].partition("## ")[0], re.MULTILINE
    )


LAYERS = layers()
ROOMS = rooms()
LEVEL = {name_of(path): level for level, paths in enumerate(LAYERS.values()) for path in paths}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """All that a module imports, wherever in it that stands; modules of ours by their own names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path.name} has a relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from {each if each in LEVEL else node.module for each in inside}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_stands_in_a_layer(path: Path) -> None:
    assert name_of(path) in LEVEL


def test_the_table_has_the_layers_of_the_design_and_each_module_once() -> None:
    below = ["Errors and types", "Pure", "Wire and stores", "Engine", "Flavours"]
    assert list(LAYERS) == [*below, "Adapters", "Beside the library"]
    assert len(LEVEL) == sum(map(len, LAYERS.values()))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_nothing_above_its_layer(path: Path) -> None:
    own = LEVEL[name_of(path)]
    assert not [each for each in imports(path) if LEVEL.get(each, 0) > own]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name_of(path): {each for each in imports(path) if each in LEVEL} - {name_of(path)} for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_page_knows_every_room_of_the_engine() -> None:
    assert sorted(ROOMS) == sorted(path.parent.name for path in (ROOT / "unicache" / "_core").glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_those_that_stand_before_it(room: str) -> None:
    later = tuple(f"unicache._core.{each}." for each in ROOMS[ROOMS.index(room) + 1 :])
    paths = (ROOT / "unicache" / "_core" / room).rglob("*.py")
    assert not [each for path in paths for each in imports(path) if each.startswith(later)]


@pytest.mark.parametrize("path", sorted((ROOT / "unicache" / "_core").rglob("*.py")), ids=name_of)
def test_the_engine_imports_no_event_model(path: Path) -> None:
    assert not {each.partition(".")[0] for each in imports(path)} & EVENT_MODELS


@pytest.mark.parametrize("package", PACKAGES)
def test_a_flavour_knows_of_no_other_but_the_synchronous_one(package: str) -> None:
    others = set(PACKAGES) - {package, "unicache"}
    library = [path for title, paths in LAYERS.items() if title not in ABOVE for path in paths]
    mine = [path for path in library if name_of(path).partition(".")[0] == package]
    assert not {each.partition(".")[0] for path in mine for each in imports(path)} & others
