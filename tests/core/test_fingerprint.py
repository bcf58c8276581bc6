"""Fingerprints: they change with the fields of a class and what an annotation says, and with nothing else."""

import dataclasses
import enum
import os
import subprocess
import sys
import typing
from collections import namedtuple
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Optional, TypedDict, TypeVar, Union

import attrs
import msgspec
import pydantic
import pytest

from unicache._core.records.codec import fingerprint_of_type
from unicache._core.records.codec.fingerprint import fingerprint

T = TypeVar("T")


class Row(TypedDict):
    id: int
    note: NotRequired[str]


class Tree(TypedDict):
    children: "list[Tree]"


def dataclass(**fields: Any) -> type:
    return dataclasses.make_dataclass("Order", fields.items())


def struct(**fields: Any) -> type:
    return msgspec.defstruct("Order", fields.items())


def attrs_class(**fields: Any) -> type:
    return attrs.make_class("Order", {name: attrs.field(type=kind) for name, kind in fields.items()})


def model(**fields: Any) -> type:
    return pydantic.create_model("Order", **{name: (kind, ...) for name, kind in fields.items()})


def named_tuple(**fields: Any) -> type:
    return NamedTuple("Order", list(fields.items()))  # type: ignore[misc]


MAKERS = [dataclass, struct, attrs_class, model, named_tuple]


@pytest.mark.parametrize("make", MAKERS)
def test_every_kind_of_class_changes_with_its_fields_and_their_types(make: typing.Callable[..., type]) -> None:
    versions = [
        make(a=int), make(a=str), make(b=int), make(a=int, b=int), make(b=int, a=int), make(a=list[int]),
        make(a=list[str]), make(a=int | None),
    ]  # fmt: skip
    assert len({fingerprint(kind) for kind in versions}) == len(versions)
    assert fingerprint(make(a=int)) == fingerprint(make(a=int)) != 0


def test_defaults_methods_and_names_of_classes_change_nothing() -> None:
    @dataclasses.dataclass
    class One:
        a: int = 1

    @dataclasses.dataclass(frozen=True)
    class Other:
        a: int

        def more(self) -> int:
            return self.a

    assert fingerprint(One) == fingerprint(Other)


def test_an_enum_changes_with_its_members() -> None:
    kinds = [
        enum.Enum("Colour", {"RED": 1}), enum.Enum("Colour", {"RED": 2}), enum.Enum("Colour", {"RED": "1"}),
        enum.Enum("Colour", {"RED": 1, "BLUE": 2}), enum.Enum("Colour", {"RED": (1, 2)}),
    ]  # fmt: skip
    assert len({fingerprint(kind) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("kind", [int, dict, object, range, type("Plain", (), {})])
def test_what_has_no_fields_has_no_fingerprint(kind: type) -> None:
    assert fingerprint(kind) == 0


def test_a_class_without_annotations_has_one_by_its_names() -> None:
    assert fingerprint(namedtuple("Point", "x y")) != fingerprint(namedtuple("Point", "x z"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Optional[int], int | None),  # noqa: UP045
        (Union[int, str], str | int),  # noqa: UP007
        (typing.List[int], list[int]),  # noqa: UP006
        (Annotated[int, "x"], int),
        (Literal[1, 2], Literal[2, 1]),
    ],
    ids=str,
)
def test_two_ways_to_write_a_type_are_one(one: Any, other: Any) -> None:
    assert fingerprint_of_type(one) == fingerprint_of_type(other)


def test_types_that_differ_have_other_fingerprints() -> None:
    types = [
        int, str, bool, list, list[int], list[str], tuple[int, ...], tuple[int, int], dict[str, int], dict[int, str],
        int | None, Literal[1], Literal["1"], Literal[True], Row, list[Row], Tree, dataclass(a=int),
    ]  # fmt: skip
    assert len({fingerprint_of_type(kind) for kind in types}) == len(types)


@pytest.mark.parametrize("nothing", [Any, None.__class__, object])
def test_a_type_that_says_nothing_has_no_fingerprint(nothing: Any) -> None:
    assert fingerprint_of_type(nothing) == 0


def test_a_typed_dict_counts_with_all_that_is_in_it() -> None:
    def define(kind: Any, **options: bool) -> Any:
        return TypedDict("Row", {"id": kind}, **options)  # type: ignore[misc]

    one, other, partial = define(int), define(str), define(int, total=False)
    assert len({fingerprint_of_type(list[kind]) for kind in (one, other, partial)}) == 3
    assert fingerprint_of_type(define(one)) != fingerprint_of_type(define(other))


class Odd:
    """An annotation whose repr holds an address."""


def test_annotations_that_cannot_be_read_count_as_they_are_written() -> None:
    def define(text: Any) -> type:
        return dataclasses.make_dataclass("Order", [("a", text)])

    assert fingerprint(define("Missing")) == fingerprint(define("Missing")) != fingerprint(define("Lacking"))
    assert fingerprint(define(Odd())) == fingerprint(define(Odd()))
    assert fingerprint(define(T)) != 0


PROGRAM = """
import sys
sys.path[:0] = {path!r}
from test_fingerprint import MAKERS, Row, Tree, T
from value_kit import Color, Order, Pair, Part, Right, Row as Struct
from unicache._core.records.codec import fingerprint_of_type
from unicache._core.records.codec.fingerprint import fingerprint
kinds = [Color, Order, Pair, Part, Right, Struct, *(make(a=set[int] | None) for make in MAKERS)]
types = [Row, Tree, Order | None, dict[str, frozenset[int]], T]
print([fingerprint(kind) for kind in kinds], [fingerprint_of_type(kind) for kind in types])
"""


def test_processes_with_different_hash_seeds_agree() -> None:
    program = PROGRAM.format(path=sys.path)
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told[0] == told[1] != ""
