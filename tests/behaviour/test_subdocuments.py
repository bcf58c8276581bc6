"""Parts of documents: read from one state, changed all or none, by everybody at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import calls
from unicache import subdocument as sd
from unicache.errors import (
    CacheError,
    CasMismatch,
    CounterOverflow,
    IndexOutOfRange,
    InvalidArgument,
    KeyExists,
    KeyLocked,
    KeyNotFound,
    NotANumber,
    PathExists,
    PathMismatch,
    PathNotFound,
    ValueFormatError,
)

DOCUMENT: dict[str, Any] = {"z": [], "one": 1.0, "big": 2**64, "a": {"b": [1, 2, 3]}, "x.y": None}


@dataclass
class Owner:
    name: str


async def appended(cache: Cache, who: str, times: int) -> None:
    for number in range(times):
        await cache.mutate_in("k", [sd.append("log", f"{who}{number}"), sd.increment("n")], retries=100_000)


# Reading


async def test_parts_are_read_in_the_order_of_their_specs(cache: Cache) -> None:
    cas = await cache.set("k", DOCUMENT)
    specs = [sd.get("a.b[-1]"), sd.exists("a.c"), sd.count("a.b"), sd.get("`x.y`"), sd.get(""), sd.exists("`x.y`")]
    result = await cache.lookup_in("k", specs)
    assert list(result) == [3, False, 3, None, DOCUMENT, True]
    assert (result.key, result.cas, len(result)) == ("k", cas, 6)
    assert [result.exists(index) for index in range(6)] == [True, False, True, True, True, True]


async def test_a_missing_part_raises_only_when_it_is_read(cache: Cache) -> None:
    await cache.set("k", DOCUMENT)
    result = await cache.lookup_in("k", [sd.get("a.x"), sd.get("a.b[3]"), sd.get("one.x"), sd.get("one")])
    assert result[3] == result[-1] == 1.0
    assert [result.exists(index) for index in range(4)] == [False, False, False, True]
    for index, error, path in ((0, PathNotFound, "a.x"), (1, IndexOutOfRange, "a.b[3]"), (2, PathMismatch, "one.x")):
        for _ in range(2):
            with pytest.raises(error) as caught:
                result[index]
            assert (caught.value.key, caught.value.path) == ("k", path)
    assert (result.get(0), result.get(1, "none"), result.get(3)) == (None, "none", 1.0)
    with pytest.raises(PathMismatch):
        result.get(2, "none")
    with pytest.raises(IndexError):
        result[4]
    with pytest.raises(IndexOutOfRange):
        list(await cache.lookup_in("k", [sd.get("one"), sd.get("a.b[3]")]))


async def test_a_part_is_checked_against_the_type_that_is_asked_for(cache: Cache) -> None:
    await cache.set("k", {"owner": Owner("Ann"), "n": 1, "plain": {"name": "Bob"}})
    specs = [sd.get("owner", type=Owner), sd.get("n", type=str), sd.get("plain", type=Owner), sd.get("n", type=float)]
    result = await cache.lookup_in("k", specs)
    assert (result[0], result[2]) == (Owner("Ann"), Owner("Bob"))
    assert type(result[3]) is float
    with pytest.raises(ValueFormatError) as caught:
        result[1]
    assert caught.value.key == "k"


async def test_parts_of_what_is_not_there_raise_and_create_nothing(cache: Cache) -> None:
    await cache.set("tagged", {}, tags=["red"])
    await cache.invalidate_tags("red")
    for key in ("absent", "tagged"):
        with pytest.raises(KeyNotFound) as caught:
            await cache.lookup_in(key, [sd.exists("a")])
        assert caught.value.key == key
        with pytest.raises(KeyNotFound):
            await cache.mutate_in(key, [sd.set("a", 1)])
        assert await cache.exists(key) is False


# Changing


async def test_a_change_gives_a_new_cas_and_keeps_time_tags_and_all_other_parts(cache: Cache) -> None:
    owner, typed = Owner("Ann"), {"t": (1, {2}), "d": date(2026, 1, 1)}
    old = await cache.set("k", DOCUMENT | {"owner": owner} | typed, ttl=60, tags=["red"])
    result = await cache.mutate_in("k", [sd.set("a.c", (1,)), sd.increment("n", 5), sd.append("a.b", [])])
    assert [result[index] for index in range(len(result))] == [None, 5, None]
    entry = await cache.entry("k")
    assert entry.value == DOCUMENT | {"owner": owner} | typed | {"a": {"b": [1, 2, 3, []], "c": (1,)}, "n": 5}
    assert list(entry.value) == [*DOCUMENT, "owner", *typed, "n"]
    assert [type(entry.value[name]) for name in ("z", "one", "big", "t")] == [list, float, int, tuple]
    assert (entry.cas, entry.tags) == (result.cas, ("red",))
    assert result.cas != old
    assert 0 < (entry.ttl or 0) <= 60
    await cache.mutate_in("k", [sd.remove("n")], ttl="1h")
    assert 3590 < (await cache.ttl("k") or 0) <= 3600
    await cache.mutate_in("k", [sd.remove("z")], ttl=None)
    assert await cache.ttl("k") is None


BAD_CHANGES: list[tuple[sd.MutateSpec, type[CacheError]]] = [
    (sd.replace("x", 0), PathNotFound),
    (sd.set("x.y", 0), PathNotFound),
    (sd.remove("a.b[3]"), IndexOutOfRange),
    (sd.replace("a.b[-4]", 0), IndexOutOfRange),
    (sd.insert_at("a.b[4]", 0), IndexOutOfRange),
    (sd.insert("a", 0), PathExists),
    (sd.add_unique("a.b", 2), PathExists),
    (sd.append("a", 0), PathMismatch),
    (sd.set("one.x", 0), PathMismatch),
    (sd.increment("one"), NotANumber),
    (sd.increment("big"), CounterOverflow),
    (sd.set("new", object()), ValueFormatError),
]


@pytest.mark.parametrize(("spec", "error"), BAD_CHANGES, ids=[error.__name__ for _, error in BAD_CHANGES])
async def test_one_change_that_cannot_be_made_keeps_all_from_being_made(
    cache: Cache, spec: sd.MutateSpec, error: type[CacheError]
) -> None:
    cas = await cache.set("k", DOCUMENT, ttl=60)
    for store in ("replace", "set"):
        with pytest.raises(error) as caught:
            await cache.mutate_in("k", [sd.set("first", 2), spec, sd.remove("z")], store=store)  # type: ignore[arg-type]
        assert type(caught.value) is error
    entry = await cache.entry("k")
    assert (entry.value, entry.cas) == (DOCUMENT, cas)


async def test_specs_that_contradict_are_applied_in_order(cache: Cache) -> None:
    await cache.set("k", {"a": 1})
    await cache.mutate_in("k", [sd.remove("a"), sd.insert("a", 2), sd.set("a", [3]), sd.append("a", 4)])
    assert await cache.get("k") == {"a": [3, 4]}
    with pytest.raises(PathNotFound):
        await cache.mutate_in("k", [sd.set("b", 1), sd.remove("a"), sd.append("a", 5)])
    assert await cache.get("k") == {"a": [3, 4]}


async def test_a_document_is_made_replaced_or_must_not_be_there(cache: Cache) -> None:
    change = [sd.increment("n")]
    assert (await cache.mutate_in("k", change, store="set", ttl=60))[0] == 1
    assert 0 < (await cache.ttl("k") or 0) <= 60
    assert (await cache.mutate_in("k", change, store="set"))[0] == 2
    assert 0 < (await cache.ttl("k") or 0) <= 60
    with pytest.raises(KeyExists):
        await cache.mutate_in("k", change, store="insert")
    await cache.mutate_in("list", [sd.append("", 1)], store="insert")
    assert await cache.get_many(["k", "list"]) == {"k": {"n": 2}, "list": [1]}


async def test_a_document_that_is_made_lives_as_long_as_the_cache_says(stage: Stage) -> None:
    cache = stage.open(ttl=60)
    await cache.mutate_in("k", [sd.set("a", 1)], store="set")
    assert 0 < (await cache.ttl("k") or 0) <= 60


async def test_what_counts_as_absent_is_made_anew(cache: Cache) -> None:
    await cache.set("k", {"old": 1}, ttl=60, tags=["red"])
    await cache.invalidate_tags("red")
    await cache.mutate_in("k", [sd.set("new", 1)], store="insert")
    entry = await cache.entry("k")
    assert (entry.value, entry.tags, entry.ttl) == ({"new": 1}, (), None)


async def test_a_change_under_a_cas_happens_to_that_document_or_not_at_all(cache: Cache) -> None:
    stale = await cache.set("k", {"n": 1})
    current = await cache.set("k", {"n": 2})
    for store in ("replace", "set"):
        with pytest.raises(CasMismatch):
            await cache.mutate_in("k", [sd.increment("n")], cas=stale, store=store)  # type: ignore[arg-type]
    result = await cache.mutate_in("k", [sd.increment("n")], cas=current)
    assert (result[0], (await cache.entry("k")).cas) == (3, result.cas)
    await cache.delete("k")
    with pytest.raises(CasMismatch):
        await cache.mutate_in("k", [sd.increment("n")], cas=result.cas, store="set")
    with pytest.raises(KeyNotFound):
        await cache.mutate_in("k", [sd.increment("n")], cas=result.cas)
    assert await cache.exists("k") is False


async def test_a_locked_document_is_changed_by_the_locks_cas_alone(cache: Cache) -> None:
    cas = await cache.set("k", {"n": 1})
    lock = await cache.get_and_lock("k", 30)
    assert (await cache.lookup_in("k", [sd.get("n")])).cas == cas
    for options in ({}, {"cas": cas}, {"store": "set"}):
        with pytest.raises(KeyLocked) as caught:
            await cache.mutate_in("k", [sd.increment("n")], **options)  # type: ignore[arg-type]
        assert caught.value.key == "k"
    assert (await cache.mutate_in("k", [sd.increment("n")], cas=lock.cas))[0] == 2
    assert (await cache.mutate_in("k", [sd.increment("n")]))[0] == 3
    with pytest.raises(CasMismatch):
        await cache.mutate_in("k", [sd.increment("n")], cas=lock.cas)


async def test_what_is_wrong_about_a_call_is_told_before_anything_is_sent(cache: Cache) -> None:
    await cache.set("k", {"n": 1})
    good, wrong = [sd.set("n", 2)], partial(cache.mutate_in, "k")
    bad: list[tuple[Callable[[], Any], str]] = [
        (partial(wrong, []), "specs"),
        (partial(wrong, sd.set("n", 2)), "specs"),
        (partial(wrong, [sd.get("n")]), "specs"),
        (partial(wrong, ["n"]), "specs"),
        (partial(wrong, None), "specs"),
        (partial(wrong, good, store="upsert"), "store"),
        (partial(wrong, good, store=None), "store"),
        (partial(wrong, good, store="insert", cas=1), "cas"),
        (partial(wrong, good, cas=True), "cas"),
        (partial(wrong, good, ttl=0), "ttl"),
        (partial(wrong, good, retries=-1), "retries"),
        (partial(cache.mutate_in, "", good), "key"),
        (partial(cache.lookup_in, "k", []), "specs"),
        (partial(cache.lookup_in, "k", good), "specs"),
        (partial(cache.lookup_in, "k", sd.get("n")), "specs"),
        (partial(cache.lookup_in, "", [sd.get("n")]), "key"),
    ]
    for call, argument in bad:
        with pytest.raises(InvalidArgument) as caught:
            await call()
        assert caught.value.argument == argument
    assert await cache.get("k") == {"n": 1}


async def test_bad_input_changes_nothing_on_the_server(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("k", DOCUMENT)
    name = f"{stage.namespace}:k"
    before = observer.get(name), observer.pttl(name)
    for spec, error in BAD_CHANGES:
        with pytest.raises(error):
            await cache.mutate_in("k", [sd.set("first", 2), spec], ttl=60)
    made: list[Callable[[], sd.MutateSpec]] = [
        lambda: sd.set("a..b", 1),
        lambda: sd.increment("n", delta=True),
        lambda: sd.increment("n", 1.5),  # type: ignore[arg-type]
        lambda: sd.insert_at("a.b[-1]", 1),
    ]
    for make in made:
        with pytest.raises(InvalidArgument):
            await cache.mutate_in("k", [make()])
    assert (observer.get(name), observer.pttl(name)) == before
    assert [key for key in observer.scan_iter(f"{stage.namespace}*", count=5000) if key != name.encode()] == []


async def test_a_change_is_one_read_and_one_write_and_a_failed_one_writes_nothing(
    cache: Cache, observer: Valkey
) -> None:
    await cache.set("k", {"n": 1})
    await cache.mutate_in("k", [sd.increment("n")])  # the script is known from here on
    before = calls(observer)
    await cache.mutate_in("k", [sd.increment("n"), sd.set("a", 1)])
    with pytest.raises(PathNotFound):
        await cache.mutate_in("k", [sd.increment("n"), sd.remove("b")])
    await cache.lookup_in("k", [sd.get("n"), sd.get("a")])
    done = calls(observer) - before
    assert (done["evalsha"], done["set"]) == (1, 1)
    assert not {name for name in done if name.startswith("json")}


# Together


async def test_a_change_is_made_again_on_what_others_wrote_meanwhile(cache: Cache, stage: Stage) -> None:
    await cache.set("k", {"log": [], "n": 0})
    assert await stage.together([partial(appended, cache, f"{who}-", 10) for who in range(4)]) == [None] * 4
    document = await cache.get("k")
    assert document["n"] == 40
    assert sorted(document["log"]) == sorted(f"{who}-{number}" for who in range(4) for number in range(10))


async def test_no_append_is_lost_between_processes_of_different_flavours(
    cache: Cache, stage: Stage, elsewhere: Any
) -> None:
    await cache.set("k", {"log": [], "n": 0})
    elsewhere.begin(appended, "there", 40)
    assert await stage.together([partial(appended, cache, f"{who}-", 15) for who in range(2)]) == [None] * 2
    elsewhere.result()
    result = await cache.lookup_in("k", [sd.count("log"), sd.get("n"), sd.get("log")])
    assert (result[0], result[1], len(set(result[2]))) == (70, 70, 70)


async def test_changes_are_seen_by_another_process(cache: Cache, elsewhere: Any) -> None:
    await cache.mutate_in("k", [sd.set("a.b", [1], create_parents=True)], store="set")
    elsewhere(appended_there)
    assert await cache.get("k") == {"a": {"b": [1, (2,)]}}


async def appended_there(cache: Cache) -> None:
    assert (await cache.lookup_in("k", [sd.get("a.b")]))[0] == [1]
    await cache.mutate_in("k", [sd.append("a.b", (2,))])
