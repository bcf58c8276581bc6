"""No line is left out: each has a story, a test of its own beside this one, or a reason why only servers show it."""

import re
from pathlib import Path

from http_table.lines import ENGINE, STORIES

HERE = Path(__file__).parent

BESIDE = {
    68: "test_http_status.py",
    91: "test_http_keys.py",
    101: "test_http_stored.py",
    102: "test_http_keys.py",
    103: "test_http_stored.py",
}
"""Lines that are about bytes rather than requests, and the file whose tests name them."""


def test_every_line_is_shown() -> None:
    told = {line for story in STORIES for line in story.lines}
    assert told | ENGINE.keys() | BESIDE.keys() | {106} == set(range(1, 107))
    assert not told & ENGINE.keys()


def test_the_files_beside_name_their_lines() -> None:
    for line, name in BESIDE.items():
        assert re.search(rf"line_{line}_", (HERE / name).read_text()), f"{name} says nothing of line {line}"


def test_no_two_stories_have_one_name() -> None:
    names = [str(story) for story in STORIES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_there_are_as_many_stories_as_an_independent_suite_has_tests() -> None:
    assert len(STORIES) > 500
