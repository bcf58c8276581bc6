"""Any program of calls does the same in memory as on each server: the same values, errors and times left.

Flavours differ in how they wait and in nothing that is looked at here, so one of them plays.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import unicache
from servers import STORES
from unicache.errors import CacheError
from unicache.server import Server


class Step(NamedTuple):
    call: str
    key: str
    value: Any
    tags: list[str]
    ttl: int | None
    cas: int | None


class Player:
    """One cache, and each CAS that was seen of each key."""

    def __init__(self, cache: unicache.Cache) -> None:
        self.cache = cache
        self.seen: dict[str, list[int]] = defaultdict(lambda: [1])

    def play(self, step: Step) -> Any:
        """What came of the step; for a write, which keys have a new CAS."""
        try:
            return getattr(self, f"do_{step.call}")(step)
        except CacheError as error:
            return type(error)

    def _wrote(self, cas: dict[str, Any]) -> dict[str, Any]:
        for key, each in cas.items():
            if isinstance(each, int):
                self.seen[key].append(each)
        return {key: isinstance(each, int) or type(each) for key, each in cas.items()}

    def _cas(self, step: Step) -> int | None:
        """The one that was seen last, or that number before it."""
        return None if step.cas is None else self.seen[step.key][-1 - step.cas :][0]

    def do_set(self, step: Step) -> Any:
        cas = self.cache.set(step.key, step.value, ttl=step.ttl, tags=step.tags, cas=self._cas(step))
        return self._wrote({step.key: cas})

    def do_keep(self, step: Step) -> Any:
        cas = self.cache.set(step.key, step.value, tags=step.tags, cas=self._cas(step), keep_ttl=True)
        return self._wrote({step.key: cas})

    def do_insert(self, step: Step) -> Any:
        return self._wrote({step.key: self.cache.insert(step.key, step.value, ttl=step.ttl, tags=step.tags)})

    def do_replace(self, step: Step) -> Any:
        cas = self.cache.replace(step.key, step.value, ttl=step.ttl, tags=step.tags, cas=self._cas(step))
        return self._wrote({step.key: cas})

    def do_set_many(self, step: Step) -> Any:
        cas = {step.key: self._cas(step) or 1} if step.cas is not None else None
        values = {"a": step.value, step.key: step.value}
        return self._wrote(self.cache.set_many(values, ttl=step.ttl, tags=step.tags, cas=cas, return_exceptions=True))

    def do_delete(self, step: Step) -> Any:
        return self.cache.delete(step.key, cas=self._cas(step))

    def do_delete_many(self, step: Step) -> Any:
        return self.cache.delete_many(["a", step.key])

    def do_touch(self, step: Step) -> Any:
        self.cache.touch(step.key, step.ttl)

    def do_get_and_touch(self, step: Step) -> Any:
        return self.cache.get_and_touch(step.key, step.ttl)

    def do_entry(self, step: Step) -> Any:
        entry = self.cache.entry(step.key)
        return entry.value, entry.tags, entry.stale, self.cache.ttl(step.key) is None, round(entry.ttl or 0, -2)

    def do_look(self, step: Step) -> Any:
        return self.cache.exists(step.key), self.cache.get(step.key, "absent"), self.cache.get_many(["a", step.key])

    def do_mutate(self, step: Step) -> Any:
        return self.cache.mutate(step.key, lambda value: [value])

    def do_load(self, step: Step) -> Any:
        return self.cache.get_or_set(step.key, lambda: step.value, ttl=step.ttl, tags=step.tags)

    def do_invalidate(self, step: Step) -> Any:
        self.cache.invalidate(step.key)

    def do_invalidate_tags(self, step: Step) -> Any:
        self.cache.invalidate_tags(*step.tags)

    def do_clear(self, _: Step) -> Any:
        self.cache.clear()


CALLS = [name.removeprefix("do_") for name in vars(Player) if name.startswith("do_")]

STEPS = st.builds(
    Step,
    call=st.sampled_from(CALLS),
    key=st.sampled_from("ab"),
    value=st.sampled_from([None, 0, "text", [1]]),
    tags=st.lists(st.sampled_from(["red", "blue"]), unique=True),
    ttl=st.sampled_from([None, 500, 4000]),
    cas=st.sampled_from([None, None, 0, 1]),
)


@pytest.fixture(params=[fixture for fixture in STORES.values() if fixture])
def there(request: pytest.FixtureRequest, namespace: str) -> Iterator[unicache.Cache]:
    """A cache on each server in turn."""
    server: Server = request.getfixturevalue(request.param)
    with unicache.Cache(server.url, namespace=namespace, timeout=20) as cache:
        yield cache


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=10, max_size=40))
def test_a_program_does_the_same_in_memory_and_on_a_server(there: unicache.Cache, steps: list[Step]) -> None:
    there.clear()
    there.invalidate_tags("red", "blue")
    with unicache.Cache("memory://") as here:
        one, other = Player(here), Player(there)
        for step in steps:
            assert one.play(step) == other.play(step), step
