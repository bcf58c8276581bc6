"""No line is left out: each has a story, or a test that says its number, and the page about them says which."""

import re
from collections import defaultdict
from pathlib import Path

from http_table.lines import STORIES, TABLES

TESTS = Path(__file__).parents[2]
PAGE = TESTS.parent / "docs" / "architecture" / "http-lines.md"

Shown = dict[int, set[str]]


def by_stories() -> Shown:
    found: Shown = defaultdict(set)
    for table in TABLES:
        for story in table.STORIES:
            for line in story.lines:
                found[line].add(table.__name__.rpartition(".")[2])
    return found


def by_tests() -> Shown:
    found: Shown = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for line in re.findall(r"def test_line_(\d+)_", path.read_text(encoding="utf-8")):
            found[int(line)].add(path.stem)
    return found


def test_every_line_is_shown() -> None:
    assert by_stories().keys() | by_tests().keys() == set(range(1, 107))


def test_the_page_says_where() -> None:
    stories, tests = by_stories(), by_tests()
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]*) \| ([^|]*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(line) for line, _, _ in rows] == list(range(1, 107))
    for line, some, others in rows:
        assert names(some) <= stories[int(line)], line
        assert names(others) <= tests[int(line)], line
        assert names(some) | names(others), line


def names(cell: str) -> set[str]:
    return set(re.findall("`([^`]+)`", cell))


def test_no_two_stories_have_one_name() -> None:
    every = [str(story) for story in STORIES]
    assert sorted({name for name in every if every.count(name) > 1}) == []


def test_there_are_as_many_stories_as_an_independent_suite_has_tests() -> None:
    assert len(STORIES) > 500
