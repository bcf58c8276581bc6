"""The four packages have one face: names, kinds, defaults, annotations, docstrings. There is no list of exceptions."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from faces import face, kind, members, plain, waits
from twisted.internet.defer import Deferred

import unicache
import unicache_asyncio
import unicache_gevent
import unicache_twisted

OTHERS = (unicache_asyncio, unicache_gevent, unicache_twisted)
CLASSES = [name for name in unicache.__all__ if getattr(unicache, name) is not getattr(unicache_asyncio, name, None)]
"""What each flavour has its own of; everything else must be the very same object in all packages."""


def pairs() -> Iterator[Any]:
    for package in OTHERS:
        for name in CLASSES:
            yield pytest.param(getattr(unicache, name), getattr(package, name), id=f"{package.__name__}.{name}")


def differences(model: type, other: type) -> list[str]:
    """Every difference between two faces, one line each."""
    ours, theirs = members(model), members(other)
    found = [f"{name} is not in both" for name in sorted(ours.keys() ^ theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        if kind(ours[name]) != kind(theirs[name]):
            found.append(f"{name} is a {kind(ours[name])} in one and a {kind(theirs[name])} in the other")
        elif face(ours[name]) != face(theirs[name]):
            found.append(f"{name}:\n  {face(ours[name])}\n  {face(theirs[name])}")
        if inspect.getdoc(plain(ours[name])) != inspect.getdoc(plain(theirs[name])):
            found.append(f"{name} is documented otherwise")
    return found


@pytest.mark.parametrize("package", OTHERS, ids=lambda package: package.__name__)
def test_every_package_exports_the_same_names(package: ModuleType) -> None:
    assert package.__all__ == unicache.__all__
    assert {"Cache", "CachedFunction", "InvalidatingFunction"} <= set(CLASSES)


@pytest.mark.parametrize("package", OTHERS, ids=lambda package: package.__name__)
def test_what_is_no_facade_is_the_same_object_everywhere(package: ModuleType) -> None:
    shared = set(unicache.__all__) - set(CLASSES)
    assert {name for name in shared if getattr(package, name) is getattr(unicache, name)} == shared


@pytest.mark.parametrize(("model", "other"), list(pairs()))
def test_every_class_has_the_same_face(model: type, other: type) -> None:
    assert not differences(model, other)


@pytest.mark.parametrize(("model", "other"), list(pairs()))
def test_every_class_has_the_same_docstring(model: type, other: type) -> None:
    assert model.__doc__
    assert model.__doc__ == other.__doc__


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_call_is_documented(name: str) -> None:
    special = {"__enter__", "__exit__", "__init__", "__iter__", "__next__"}
    bare = [call for call, member in members(getattr(unicache, name)).items() if not plain(member).__doc__]
    assert set(bare) <= special


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_awaited_on_asyncio_is_a_deferred_on_twisted(name: str) -> None:
    coroutines = {call for call, member in members(getattr(unicache_asyncio, name)).items() if waits(member)}
    deferreds = {call for call, member in members(getattr(unicache_twisted, name)).items() if waits(member)}
    assert coroutines == deferreds
    assert coroutines


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("package", [unicache, unicache_gevent], ids=lambda package: package.__name__)
def test_nothing_is_waited_for_in_the_synchronous_packages(package: ModuleType, name: str) -> None:
    assert not [call for call, member in members(getattr(package, name)).items() if waits(member)]


# That the comparison sees what it is there for


class Model:
    """A class to compare with."""

    __module__ = "unicache.model"

    def get(self, key: str, default: int = 0, *, many: bool = False) -> int:
        """One."""
        raise NotImplementedError


async def same(self: Any, key: str, default: int = 0, *, many: bool = False) -> int:
    """One."""
    raise NotImplementedError


def same_deferred(self: Any, key: str, default: int = 0, *, many: bool = False) -> "Deferred[int] | int":
    """One."""
    raise NotImplementedError


async def renamed(self: Any, name: str, default: int = 0, *, many: bool = False) -> int:
    """One."""
    raise NotImplementedError


async def other_default(self: Any, key: str, default: int = 1, *, many: bool = False) -> int:
    """One."""
    raise NotImplementedError


async def positional(self: Any, key: str, default: int = 0, many: bool = False) -> int:
    """One."""
    raise NotImplementedError


async def other_result(self: Any, key: str, default: int = 0, *, many: bool = False) -> int | None:
    """One."""
    raise NotImplementedError


async def other_doc(self: Any, key: str, default: int = 0, *, many: bool = False) -> int:
    """Two."""
    raise NotImplementedError


def copy(**body: Any) -> type:
    for member in body.values():
        getattr(member, "__func__", member).__annotations__.pop("self", None)
    return type("Copy", (), {"__module__": "unicache_copy", **body})


@pytest.mark.parametrize("member", [same, same_deferred])
def test_a_copy_that_only_waits_is_the_same(member: Any) -> None:
    assert not differences(Model, copy(get=member))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"get": same, "more": same},
        {"get": classmethod(same)},
        {"get": renamed},
        {"get": other_default},
        {"get": positional},
        {"get": other_result},
        {"get": other_doc},
    ],
    ids=["missing", "more", "kind", "name", "default", "positional", "result", "docstring"],
)
def test_every_kind_of_difference_is_seen(body: dict[str, Any]) -> None:
    assert differences(Model, copy(**body))
