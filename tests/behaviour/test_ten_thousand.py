"""Removing ten thousand keys at a time: all of these and no others, in steps that hold nobody up."""

from valkey import Valkey

from caches import Cache, Stage
from servers import calls

MANY = {str(number): number for number in range(10_000)}
KEYS = list(MANY)


def patient(stage: Stage) -> Cache:
    """So many keys take a while where the machine is busy."""
    return stage.open(timeout=20, connect_timeout=20)


async def test_clear_takes_ten_thousand_keys_of_one_namespace_and_no_other(stage: Stage) -> None:
    cache = patient(stage)
    user = cache.namespace("user")
    near = [cache, *map(cache.namespace, ("users", "use", "user/s", "user:", "user#", "user*", "u?er"))]
    for each in near:
        await each.set_many(dict.fromkeys(["k", ":", "user:k", "s:k"], "theirs"), tags=["t"])
    await user.set_many(MANY, tags=["t"])
    assert await user.get_many(KEYS) == MANY
    await user.clear()
    assert await user.get_many(KEYS) == {}
    for each in near:
        assert list((await each.get_many(["k", ":", "user:k", "s:k"])).values()) == ["theirs"] * 4


async def test_a_tag_takes_its_ten_thousand_entries_and_those_of_no_other_tag_or_namespace(stage: Stage) -> None:
    cache = patient(stage)
    names = ["users", "use", "user:", "user#", "user*", "User", ":user", " user"]
    for name in names:
        await cache.set(f"by {name}", name, tags=[name])
    await cache.namespace("other").set("k", "theirs", tags=["user"])
    await cache.set_many(MANY, tags=["user", "users"])
    assert await cache.get_many(KEYS) == MANY
    await cache.invalidate_tags("user")
    assert await cache.get_many(KEYS) == {}
    assert await cache.get_many([f"by {name}" for name in names]) == {f"by {name}": name for name in names}
    assert await cache.namespace("other").get("k") == "theirs"
    await cache.clear()  # or every later search of this server would be longer


async def test_clearing_ten_thousand_keys_asks_in_steps_and_leaves_other_applications_alone(
    stage: Stage, observer: Valkey
) -> None:
    cache = patient(stage)
    own = f"{stage.namespace}:"
    patterns = ["{}s:k", "{}", "{}.k", "x{}:k", "{}/k", "{}*", "[{}]:k"]
    foreign = {pattern.format(stage.namespace): b"theirs" for pattern in patterns}
    observer.mset(foreign)
    await cache.set_many(MANY)
    keys = observer.dbsize()
    before = calls(observer)
    await cache.clear()
    done = calls(observer) - before
    assert observer.dbsize() <= keys - len(MANY)  # what other tests left there may expire meanwhile
    assert not list(observer.scan_iter(match=own + "*", count=5000))
    assert observer.mget(foreign) == list(foreign.values())
    assert done["keys"] == 0
    assert all(len(MANY) // 1000 <= done[name] <= keys // 100 for name in ("scan", "unlink")), done
