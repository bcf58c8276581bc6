"""What the documents say is so: programs run, tables are complete, commands exist. The doctests are Sphinx's to run."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from unicache import CachedFunction, errors, typing
from unicache._core.counts import EVENTS
from unicache._core.loads.freshness import State
from unicache._core.version import VERSION
from unicache.server import Server

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SERVICES = sorted((ROOT / "examples").glob("*/*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IN_README = ("threads", "asyncio", "gevent", "twisted")


def example(name: str) -> str:
    return (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8")


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def promised_output(program: str) -> str:
    """What the comments that begin with an arrow say, in their order."""
    return "".join(f"{line}\n" for line in re.findall(r"^ *# → (.*)$", program, re.MULTILINE))


def module_paths() -> list[str]:
    packages = ("unicache", "unicache_asyncio", "unicache_gevent", "unicache_twisted")
    return [str(path.relative_to(ROOT)) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def test_the_programs_in_the_readme_are_the_examples() -> None:
    programs = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert programs == [example(f"ten_lines_{flavour}") for flavour in IN_README]


def test_the_trio_program_is_the_asyncio_one_run_by_trio() -> None:
    by_trio = example("ten_lines_asyncio").replace("import asyncio\n", "import trio\n", 1)
    assert by_trio.replace("asyncio.run(main())", "trio.run(main)") == example("ten_lines_trio")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_says_against_a_server(path: Path, valkey_server: Server) -> None:
    environment = os.environ | {"UNICACHE_URL": valkey_server.url}
    # No "-X dev": asyncio would then tell on stderr of every turn of the loop that a busy machine made slow.
    command = [sys.executable, "-W", "error", str(path)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert (done.stderr, done.stdout) == ("", promised_output(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [*EXAMPLES, *SERVICES], ids=lambda path: path.stem)
def test_an_example_is_shown_on_a_page(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    shown = [text for text in (ROOT / "docs").glob("*.md") if name in text.read_text("utf-8")]
    assert shown


def test_the_commands_of_the_readme_are_those_of_the_script() -> None:
    script = (ROOT / "run").read_text(encoding="utf-8")
    commands = set(re.findall(r"^python3 run (\w+)", README, re.MULTILINE))
    assert commands == set(re.findall(r"^    python3 run (\w+)", script, re.MULTILINE)) == {"demo", "tests"}


def test_the_table_of_modules_names_each_once_and_no_other() -> None:
    patterns = re.findall(r"^(unicache\S*\.py)$", page("architecture/layers"), re.MULTILINE)
    named = [str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)]
    assert sorted(named) == sorted(module_paths())


def test_the_table_of_options_names_each() -> None:
    named = re.findall(r"^\| (`.*?`) \|", page("connecting").partition("## Options")[2], re.MULTILINE)
    options = {option.strip("` ") for names in named for option in names.split(",")}
    assert options == {"ttl", *typing.Options.__annotations__}


def test_the_table_of_load_options_names_each_in_order() -> None:
    table = page("staleness").partition("| option |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(typing.LoadOptions.__annotations__)


def test_the_table_of_states_names_each_in_order() -> None:
    table = page("staleness").partition("| state |")[2].partition("\n\n")[0]
    states = [state.name.lower().replace("_", " ") for state in State]
    assert re.findall(r"^\| ([a-z ]+) \|", table, re.MULTILINE) == states


def test_the_table_of_a_handle_names_each_method() -> None:
    named = re.findall(r"^\| `f\.(\w+)[`(]", page("functions"), re.MULTILINE)
    methods = [name for name, value in vars(CachedFunction).items() if callable(value) and name[0] != "_"]
    assert sorted(named) == sorted([*methods, "__wrapped__"])


def test_the_extras_that_the_pages_install_are_there() -> None:
    pages = [README, *(text.read_text(encoding="utf-8") for text in (ROOT / "docs").glob("*.md"))]
    named = {extra for text in pages for extra in re.findall(r"unicache-kit\[(\w+)\]", text)}
    assert {"trio", "gevent", "twisted", "server"} <= named <= PROJECT["optional-dependencies"].keys()


def test_the_table_of_events_names_each_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", page("functions").partition("| event |")[2], re.MULTILINE) == list(EVENTS)


def test_every_error_is_in_the_tree_that_the_pages_show() -> None:
    tree = (errors.__doc__ or "").partition("CacheError\n")[2]
    assert set(re.findall(r"[A-Z]\w+(?= \(|  | ·|\n)", tree)) >= set(errors.__all__) - {"CacheError"}


def test_the_changelog_has_the_version_that_is_packaged() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{VERSION}]" in changelog
