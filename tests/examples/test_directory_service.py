"""The e-mail directory: a page of one process, and another process that changes what the first has remembered."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services import EXAMPLES, Service
from unicache.server import Server


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    path = tmp_path / "people.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE people (name TEXT PRIMARY KEY, email TEXT)")
        database.execute("INSERT INTO people VALUES ('ann', 'ann@example.com')")
        database.commit()
    with Server() as server:
        yield {"DIRECTORY": str(path), "UNICACHE_URL": server.url}


@pytest.fixture
def pages(environment: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    with Service("directory/pages.py", tmp_path / "log", environment) as service:
        yield service
        assert "Traceback" not in service.said()
        assert "Unhandled" not in service.said()


def edit(environment: dict[str, str], *command: str) -> None:
    """Run the program that changes the directory: another process."""
    program = [sys.executable, "edit.py", *command]
    done = subprocess.run(
        program, check=False, cwd=EXAMPLES / "directory", env=os.environ | environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def counted(pages: Service) -> tuple[int, int]:
    """How often the page's process has made a page, and asked the database."""
    return pages.said().count("making the page"), pages.said().count("asking the database")


def test_what_another_process_changes_is_seen_at_once(environment: dict[str, str], pages: Service) -> None:
    assert [pages.ask("GET", "/ann").body for _ in range(2)] == [b"<h1>ann</h1><p>ann@example.com</p>\n"] * 2
    assert counted(pages) == (1, 1)

    edit(environment, "change", "ann", "<ann>")
    assert [pages.ask("GET", "/ann").body for _ in range(2)] == [b"<h1>ann</h1><p>&lt;ann&gt;</p>\n"] * 2
    assert counted(pages) == (2, 1)  # the setter put the new address where the getter looks

    edit(environment, "remove", "ann")
    assert [pages.ask("GET", "/ann").status for _ in range(2)] == [404, 404]
    assert counted(pages) == (3, 2)  # it dropped the address; that there is none is remembered, too
