"""What specs do to a document, against a naive model that copies everything and changes the copy in place."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unicache import subdocument as sd
from unicache._core.documents.parts import ABSENT, applied, found, same
from unicache.errors import (
    CounterOverflow,
    IndexOutOfRange,
    InvalidArgument,
    NotANumber,
    PathError,
    PathExists,
    PathMismatch,
    PathNotFound,
    QueueEmpty,
)


@dataclass
class Point:
    x: int


DOCUMENT: dict[str, Any] = {"a": {"b": [1, [2, 3], {"c": None}]}, "n": 41, "t": (1, 2), "d.e": 1.0, "s": "text"}


def changed(document: Any, *specs: sd.MutateSpec) -> Any:
    return applied(document, specs)[0]


def read(document: Any, *specs: sd.LookupSpec) -> list[Any]:
    return found(document, specs, "k")


# Reading


def test_parts_are_read_as_they_are() -> None:
    paths = ["", "a.b[0]", "a.b[-1].c", "a.b[1][-2]", "t[1]", "`d.e`"]
    assert read(DOCUMENT, *map(sd.get, paths)) == [DOCUMENT, 1, None, 2, 2, 1.0]


def test_what_is_there_is_told_from_what_is_not() -> None:
    there = {"": True, "a.b[2].c": True, "a.b[3]": False, "a.x": False, "n.x": False, "s[0]": False, "x.y.z": False}
    assert read(DOCUMENT, *map(sd.exists, there)) == list(there.values())


def test_items_are_counted() -> None:
    document = {"l": [1, 2], "d": {"a": 1}, "t": (), "s": {1, 2, 3}, "f": frozenset({1})}
    assert read(document, *map(sd.count, ["", "l", "d", "t", "s", "f"])) == [5, 2, 1, 0, 3, 1]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (sd.get("x"), PathNotFound),
        (sd.get("x.y"), PathNotFound),
        (sd.get("a.b[3]"), IndexOutOfRange),
        (sd.get("a.b[-4]"), IndexOutOfRange),
        (sd.get("n.x"), PathMismatch),
        (sd.get("s[0]"), PathMismatch),
        (sd.get("a[0]"), PathMismatch),
        (sd.get("t.x"), PathMismatch),
        (sd.count("s"), PathMismatch),
        (sd.count("n"), PathMismatch),
        (sd.count("x"), PathNotFound),
    ],
    ids=lambda each: each.path if isinstance(each, sd.LookupSpec) else "",
)
def test_what_cannot_be_read_is_an_error_of_that_part_alone(spec: sd.LookupSpec, error: type[PathError]) -> None:
    before, failed, after = read(DOCUMENT, sd.get("n"), spec, sd.get("s"))
    assert (before, after) == (41, "text")
    assert type(failed) is error
    assert (failed.key, failed.path) == ("k", spec.path)


# Changing


@pytest.mark.parametrize(
    ("spec", "document"),
    [
        (sd.set("", 1), 1),
        (sd.set("a", 2), {"a": 2, "l": [1, 2]}),
        (sd.set("b", 2), {"a": 1, "l": [1, 2], "b": 2}),
        (sd.set("l[0]", 0), {"a": 1, "l": [0, 2]}),
        (sd.set("l[-1]", 0), {"a": 1, "l": [1, 0]}),
        (sd.set("x.y.z", 0, create_parents=True), {"a": 1, "l": [1, 2], "x": {"y": {"z": 0}}}),
        (sd.insert("b", 2), {"a": 1, "l": [1, 2], "b": 2}),
        (sd.insert("x.y", 0, create_parents=True), {"a": 1, "l": [1, 2], "x": {"y": 0}}),
        (sd.replace("", []), []),
        (sd.replace("a", None), {"a": None, "l": [1, 2]}),
        (sd.replace("l[-2]", 0), {"a": 1, "l": [0, 2]}),
        (sd.remove("a"), {"l": [1, 2]}),
        (sd.remove("l[0]"), {"a": 1, "l": [2]}),
        (sd.remove("l[-1]"), {"a": 1, "l": [1]}),
        (sd.append("l", 3, 4), {"a": 1, "l": [1, 2, 3, 4]}),
        (sd.append("x.y", 1, create_parents=True), {"a": 1, "l": [1, 2], "x": {"y": [1]}}),
        (sd.prepend("l", 3, 4), {"a": 1, "l": [3, 4, 1, 2]}),
        (sd.insert_at("l[0]", 3, 4), {"a": 1, "l": [3, 4, 1, 2]}),
        (sd.insert_at("l[2]", 3), {"a": 1, "l": [1, 2, 3]}),
        (sd.insert_at("x[0]", 3, create_parents=True), {"a": 1, "l": [1, 2], "x": [3]}),
        (sd.add_unique("l", 1.0), {"a": 1, "l": [1, 2, 1.0]}),
        (sd.add_unique("x", 1, create_parents=True), {"a": 1, "l": [1, 2], "x": [1]}),
        (sd.increment("a"), {"a": 2, "l": [1, 2]}),
        (sd.increment("l[1]", -5), {"a": 1, "l": [1, -3]}),
        (sd.increment("b", 5), {"a": 1, "l": [1, 2], "b": 5}),
        (sd.increment("x.y", 5, create_parents=True), {"a": 1, "l": [1, 2], "x": {"y": 5}}),
    ],
    ids=repr,
)
def test_a_change_makes_this_of_the_document(spec: sd.MutateSpec, document: Any) -> None:
    made = changed({"a": 1, "l": [1, 2]}, spec)
    assert same(made, document)
    if isinstance(document, dict):
        assert list(made) == list(document)


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (sd.set("x.y", 0), PathNotFound),
        (sd.set("l[2]", 0), IndexOutOfRange),
        (sd.set("l[-3]", 0), IndexOutOfRange),
        (sd.set("n.x", 0), PathMismatch),
        (sd.set("t[0]", 0), PathMismatch),
        (sd.set("n.x", 0, create_parents=True), PathMismatch),
        (sd.set("x[0]", 0, create_parents=True), IndexOutOfRange),
        (sd.insert("n", 0), PathExists),
        (sd.insert("", 0), PathExists),
        (sd.replace("x", 0), PathNotFound),
        (sd.remove("x"), PathNotFound),
        (sd.remove("l[2]"), IndexOutOfRange),
        (sd.remove("t[0]"), PathMismatch),
        (sd.append("n", 0), PathMismatch),
        (sd.append("t", 0), PathMismatch),
        (sd.append("x", 0), PathNotFound),
        (sd.append("", 0), PathMismatch),
        (sd.insert_at("l[3]", 0), IndexOutOfRange),
        (sd.insert_at("x[0]", 0), PathNotFound),
        (sd.insert_at("x[1]", 0, create_parents=True), IndexOutOfRange),
        (sd.add_unique("l", 1), PathExists),
        (sd.add_unique("l", [2]), PathExists),
        (sd.add_unique("x", 1), PathNotFound),
        (sd.increment("s"), NotANumber),
        (sd.increment("f"), NotANumber),
        (sd.increment("yes"), NotANumber),
        (sd.increment("big"), CounterOverflow),
        (sd.increment("most"), CounterOverflow),
        (sd.increment("x.y"), PathNotFound),
    ],
    ids=repr,
)
def test_what_cannot_be_done_is_a_typed_error_and_changes_nothing(spec: sd.MutateSpec, error: type[Exception]) -> None:
    numbers = {"n": 1, "f": 1.0, "yes": True, "big": 2**64, "most": 2**63 - 1}
    document = {"l": [1, [2]], "t": (1,), "s": "1", **numbers}
    before = copy.deepcopy(document)
    with pytest.raises(error) as caught:
        applied(document, [sd.set("new", 5), sd.set("l[1][0]", 2), spec])
    assert type(caught.value) is error
    assert same(document, before)


@pytest.mark.parametrize("error", [PathError, PathNotFound, IndexOutOfRange, PathExists, PathMismatch])
def test_an_error_of_a_part_pickles_with_its_key_and_path(error: type[PathError]) -> None:
    copied = pickle.loads(pickle.dumps(error("a message", key="k", path="a.b")))  # noqa: S301  its own
    assert (type(copied), str(copied), copied.key, copied.path) == (error, "a message", "k", "a.b")


def test_errors_of_parts_are_what_python_calls_them() -> None:
    assert issubclass(PathNotFound, LookupError)
    assert issubclass(IndexOutOfRange, IndexError)
    assert issubclass(QueueEmpty, IndexError)
    assert not issubclass(PathNotFound, KeyError | IndexError)


def test_specs_see_what_those_before_them_left() -> None:
    document = {"a": 1}
    assert changed(document, sd.remove("a"), sd.insert("a", 2), sd.increment("a")) == {"a": 3}
    with pytest.raises(PathNotFound):
        applied(document, [sd.remove("a"), sd.replace("a", 2)])
    with pytest.raises(PathExists):
        applied(document, [sd.set("b", 1), sd.insert("b", 1)])
    with pytest.raises(PathMismatch):
        applied(document, [sd.set("a", []), sd.set("a.b", 1)])


def test_an_increment_gives_the_number_of_its_moment() -> None:
    assert applied({"n": 1}, [sd.increment("n"), sd.set("x", 0), sd.increment("n", -5)])[1] == [2, None, -3]


def test_a_missing_document_begins_as_what_the_path_needs() -> None:
    assert changed(ABSENT, sd.set("a", 1), sd.append("b", 1, create_parents=True)) == {"a": 1, "b": [1]}
    assert changed(ABSENT, sd.append("", 1)) == [1]
    assert changed(ABSENT, sd.insert_at("[0]", 1)) == [1]
    assert changed(ABSENT, sd.insert("", "all")) == "all"
    assert changed(ABSENT, sd.increment("")) == 1
    for spec in (sd.set("a.b", 1), sd.replace("", 1), sd.replace("a", 1), sd.remove("a"), sd.set("[0]", 1)):
        with pytest.raises(PathNotFound):
            applied(ABSENT, [spec])


def test_values_of_specs_are_not_changed_by_later_ones() -> None:
    given, specs = [1], [sd.set("a", [1]), sd.append("a", 2)]
    specs[0] = sd.set("a", given)
    assert changed({}, *specs) == changed({}, *specs) == {"a": [1, 2]}
    assert given == [1]


def test_what_is_not_touched_keeps_its_type_and_order() -> None:
    document = {
        "z": 1.0,
        "big": 2**64,
        "e": [],
        "t": (1, {2}),
        "p": Point(1),
        "d": date(2026, 1, 1),
        "a": {"y": 1, "x": 2},
    }
    made = changed(document, sd.set("a.y", 3), sd.set("new", 0))
    assert list(made) == [*document, "new"]
    assert list(made["a"]) == ["y", "x"]
    assert all(made[name] is document[name] for name in document if name != "a")


def test_the_same_value_is_equal_and_of_the_same_types_at_any_depth() -> None:
    values = [
        1,
        True,
        1.0,
        "1",
        b"1",
        None,
        (1,),
        [1],
        (True,),
        {"a": 1},
        {"a": 1.0},
        {"b": 1},
        {1},
        frozenset({1}),
        nan,
    ]
    for place, one in enumerate(values):
        assert [same(one, copy.deepcopy(other)) for other in values] == [place == other for other in range(len(values))]


# What is refused when a spec is made


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: sd.get("a..b"), "path"),
        (lambda: sd.exists("["), "path"),
        (lambda: sd.count(None), "path"),  # type: ignore[arg-type]
        (lambda: sd.set("a.", 1), "path"),
        (lambda: sd.remove(""), "path"),
        (lambda: sd.insert("a[0]", 1), "path"),
        (lambda: sd.insert_at("a", 1), "path"),
        (lambda: sd.insert_at("", 1), "path"),
        (lambda: sd.insert_at("a[-1]", 1), "path"),
        (lambda: sd.append("a"), "values"),
        (lambda: sd.prepend("a"), "values"),
        (lambda: sd.insert_at("a[0]"), "values"),
        (lambda: sd.increment("a", delta=True), "delta"),
        (lambda: sd.increment("a", 1.0), "delta"),  # type: ignore[arg-type]
        (lambda: sd.increment("a", "1"), "delta"),  # type: ignore[arg-type]
        (lambda: sd.increment("a", None), "delta"),  # type: ignore[arg-type]
        (lambda: sd.increment("a", 2**63), "delta"),
        (lambda: sd.get("a", type=5), "type"),
    ],
)
def test_a_wrong_spec_is_refused_when_it_is_made(make: Callable[[], object], argument: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.argument == argument


def test_a_spec_can_be_compared_and_copied_and_does_not_show_its_values() -> None:
    spec = sd.set("a", "secret", create_parents=True)
    assert copy.copy(spec) == spec == sd.set("a", "secret", create_parents=True) != sd.set("a", 1)
    assert "secret" not in repr(spec)
    with pytest.raises(AttributeError):
        spec.path = "b"  # type: ignore[misc]


# Against a naive model


SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.just(2**63 - 1) | st.sampled_from(["", "x"]) | st.just(1.0)
)
NAMES = st.sampled_from(["a", "b", "c.d"])
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3) | st.tuples(inner),
    max_leaves=8,
)
PATHS = st.lists(NAMES | st.integers(-3, 3), max_size=3)


def written(steps: list[Any]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".`{step}`" for step in steps).removeprefix(".")


@st.composite
def changes(draw: st.DrawFn) -> sd.MutateSpec:
    path, value, create = written(draw(PATHS)), draw(DOCUMENTS), draw(st.booleans())
    makers: list[Callable[[], sd.MutateSpec]] = [
        lambda: sd.set(path, value, create_parents=create),
        lambda: sd.insert(path, value, create_parents=create),
        lambda: sd.replace(path, value),
        lambda: sd.remove(path),
        lambda: sd.append(path, value, create_parents=create),
        lambda: sd.prepend(path, value, value, create_parents=create),
        lambda: sd.insert_at(path, value, create_parents=create),
        lambda: sd.add_unique(path, value, create_parents=create),
        lambda: sd.increment(path, draw(st.integers(-2, 2)), create_parents=create),
    ]
    try:
        return draw(st.sampled_from(makers))()
    except InvalidArgument:
        return sd.set("a", value)


class Impossible(Exception):
    """What the model says where the real thing raises."""


def apart(value: Any) -> Any:
    """A copy in which nothing stands in two places, as in bytes."""
    if isinstance(value, dict):
        return {name: apart(item) for name, item in value.items()}
    return type(value)(map(apart, value)) if isinstance(value, list | tuple) else value


def model(document: Any, spec: sd.MutateSpec) -> Any:
    """Walk a copy under a root that holds it, and change it in place."""
    root = {"root": apart(document)}
    if document is ABSENT:
        root = {}
    steps: list[Any] = ["root", *spec.steps]
    index = steps.pop() if spec.verb == "insert_at" else None
    node: Any = root
    for place, step in enumerate(steps[:-1]):
        if isinstance(step, str) and isinstance(node, dict) and step not in node:
            if not (spec.create_parents or place == 0):
                raise Impossible
            node[step] = {} if isinstance(steps[place + 1], str) else []
        node = reached(node, step)
        if isinstance(node, tuple):  # in which nothing can be changed, at no depth
            raise Impossible
    last, value = steps[-1], apart(spec.values)
    old = node.get(last, ABSENT) if isinstance(node, dict) and isinstance(last, str) else reached(node, last)
    if not isinstance(node, dict | list):
        raise Impossible
    if spec.verb in ("append", "prepend", "insert_at", "add_unique"):
        if old is ABSENT and (spec.create_parents or len(steps) == 1):
            old = node[last] = []
        if not isinstance(old, list):
            raise Impossible
        in_list(spec.verb, old, index, value)
    else:
        in_place(spec.verb, node, last, old, value)
    return root["root"]


def reached(node: Any, step: Any) -> Any:
    try:
        if isinstance(step, str) == isinstance(node, dict):
            return node[step] if not isinstance(node, str) else {}[step]
    except (LookupError, TypeError):
        pass
    raise Impossible


def in_list(verb: str, items: list[Any], index: Any, values: tuple[Any, ...]) -> None:
    if verb == "append":
        items.extend(values)
    elif verb == "prepend":
        items[0:0] = values
    elif verb == "insert_at":
        if index > len(items):
            raise Impossible
        items[index:index] = values
    elif any(repr(values[0]) == repr(item) or dict_same(values[0], item) for item in items):
        raise Impossible
    else:
        items.append(values[0])


def dict_same(one: Any, other: Any) -> bool:
    """Equal and equally written but for the order of names."""
    return bool(one == other) and sorted(repr(one)) == sorted(repr(other)) and same(one, other)


def in_place(verb: str, node: Any, last: Any, old: Any, values: tuple[Any, ...]) -> None:
    there = old is not ABSENT
    if verb == "remove" and there:
        del node[last]
    elif verb == "set" or (verb == "insert" and not there) or (verb == "replace" and there):
        node[last] = values[0]
    elif verb == "increment" and (not there or type(old) is int) and (0 if not there else old) + values[0] < 2**63:
        node[last] = (old if there else 0) + values[0]
    else:
        raise Impossible


def outcome(change: Callable[[], Any]) -> Any:
    try:
        return change()
    except (Impossible, PathError, NotANumber, CounterOverflow):
        return Impossible


@given(DOCUMENTS | st.just(ABSENT), st.lists(changes(), min_size=1, max_size=4))
@example([], [sd.prepend("", *[{}] * 2), sd.set("[0].a", None)])
def test_changes_are_those_of_the_model(document: Any, specs: list[sd.MutateSpec]) -> None:
    before = copy.deepcopy(document) if document is not ABSENT else ABSENT
    for spec in specs:
        made, expected = outcome(lambda: changed(document, spec)), outcome(lambda: model(document, spec))  # noqa: B023
        assert (made is Impossible) == (expected is Impossible), spec
        if made is Impossible:
            continue
        assert repr(made) == repr(expected)
        assert document is ABSENT or same(document, before)
        document, before = made, copy.deepcopy(made)


@given(DOCUMENTS, PATHS)
def test_what_is_read_is_what_indexing_gives(document: Any, steps: list[Any]) -> None:
    node: Any = document
    try:
        for step in steps:
            node = reached(node, step)
    except Impossible:
        node = Impossible
    get, exists, count = read(document, sd.get(written(steps)), sd.exists(written(steps)), sd.count(written(steps)))
    assert exists is (node is not Impossible)
    assert isinstance(get, PathError) if node is Impossible else get is node
    assert isinstance(count, PathError) if not isinstance(node, list | tuple | dict) else count == len(node)
