"""Paths say exactly one thing, or are refused with the place where they go wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.documents.paths import parse
from unicache._core.records.codec import MAX_DEPTH
from unicache.errors import InvalidArgument


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b[0]", ("a", "b", 0)),
        ("a.b[-1]", ("a", "b", -1)),
        ("[0][-10].x", (0, -10, "x")),
        ("`a.b`[0]", ("a.b", 0)),
        ("x.`[0]`.y", ("x", "[0]", "y")),
        ("`a``b`", ("a`b",)),
        ("````", ("`",)),
        ("``", ("",)),
        ("``.``", ("", "")),
        ("0.1", ("0", "1")),
        (" a . b\n", (" a ", " b\n")),
        ("ключ.😀", ("ключ", "😀")),
    ],
)
def test_a_path_has_these_steps(path: str, steps: tuple[Any, ...]) -> None:
    assert parse(path) == steps
    assert list(map(type, parse(path))) == list(map(type, steps))


@pytest.mark.parametrize(
    ("path", "position"),
    [
        (".", 0),
        (".a", 0),
        ("a.", 1),
        ("a..b", 1),
        ("a]", 1),
        ("[", 0),
        ("[]", 0),
        ("[x]", 0),
        ("[1.0]", 0),
        ("[ 1]", 0),
        ("[+1]", 0),
        ("[01]", 0),
        ("[-0]", 0),
        ("[\u0661]", 0),
        ("[0]a", 3),
        ("[0].[0]", 3),
        ("a[0", 1),
        ("a[1234567890123456789]", 1),
        ("`a", 0),
        ("a`b`", 1),
        ("`a`b", 3),
        ("`a``", 0),
        ("a.`b`c.d", 5),
    ],
)
def test_what_is_no_path_is_refused_with_its_position(path: str, position: int) -> None:
    with pytest.raises(InvalidArgument, match=rf"at position {position}$") as caught:
        parse(path)
    assert caught.value.argument == "path"


@pytest.mark.parametrize("path", [None, 0, b"a", ["a"], ("a", 0)])
def test_what_is_no_text_is_refused(path: Any) -> None:
    with pytest.raises(InvalidArgument, match="path must be a str"):
        parse(path)


def test_a_path_is_no_deeper_than_a_value_can_be() -> None:
    assert len(parse(".".join(["a"] * MAX_DEPTH))) == MAX_DEPTH
    with pytest.raises(InvalidArgument, match=f"at most {MAX_DEPTH} steps"):
        parse(".".join(["a"] * (MAX_DEPTH + 1)))


def test_a_very_long_wrong_path_is_refused_soon() -> None:
    for path in ("`" + "a``" * 300_000, "[" * 1_000_000, "a" * 1_000_000 + "..", "`" * 1_000_001):
        with pytest.raises(InvalidArgument):
            parse(path)


def written(steps: list[str | int]) -> str:
    """Always with backticks, which is always right."""
    path = "".join(f"[{step}]" if isinstance(step, int) else ".`" + step.replace("`", "``") + "`" for step in steps)
    return path.removeprefix(".")


STEPS = st.lists(st.text() | st.text(".`[]a0") | st.integers(-(10**17), 10**17), max_size=20)


@given(STEPS)
def test_every_steps_have_a_path(steps: list[str | int]) -> None:
    assert parse(written(steps)) == tuple(steps)


@given(st.text(".`[]-a0"))
def test_text_is_a_path_with_one_meaning_or_none(path: str) -> None:
    try:
        steps = parse(path)
    except InvalidArgument:
        return
    assert parse(written(list(steps))) == steps
