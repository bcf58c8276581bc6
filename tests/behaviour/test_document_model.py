"""Any program of document calls does what the model says, in every flavour and on every store.

Times pass in earnest: who is to expire gets a millisecond to live, and is waited for.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from document_model import Model, Step
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caches import Cache, Stage
from flavours import FLAVOURS, Flavour
from servers import STORES
from unicache import subdocument as sd
from unicache.errors import CacheError
from unicache.server import Server

CALLS = sorted(name for name, member in vars(Model).items() if callable(member) and name[0] != "_")
HELPERS = {"play", "cas", "found", "there", "unlocked", "same", "put", "extend"}
OFTEN = ["set"] * 8 + ["insert", "replace", "append", "prepend", "increment", "touch", "add_part"] * 3 + ["unlock"] * 4
"""What is done more often than the rest, so that there is something to be done to."""

TTLS = [None, 500, 4000]

STEPS = st.builds(
    Step,
    call=st.sampled_from([*OFTEN, *(name for name in CALLS if name not in HELPERS)]),
    key=st.sampled_from("aab"),
    value=st.sampled_from(["text", "text", 41, 0, [1], None, 2**63 - 1, 2**70, ""]),
    data=st.sampled_from(["x", "x", ""]),
    delta=st.sampled_from([1, -1, 0, 2**62]),
    initial=st.sampled_from([None, None, 0, 2**62]),
    ttl=st.sampled_from(TTLS),
    tags=st.sampled_from([(), (), ("red",), ("red", "blue")]),
    keep=st.booleans(),
    cas=st.sampled_from([None, None, 0, 1]),
    lock=st.sampled_from([False, False, True]),
    many=st.booleans(),
)


class Player:
    """The same calls on a cache; what it answers is made comparable to what the model does."""

    def __init__(self, cache: Cache, stage: Stage, model: Model) -> None:
        self.cache = cache
        self.stage = stage
        self.model = model
        self.known: dict[int, int] = {0: 1}  # from the model's numbers to what a cache gave for them
        self.cas: int | None = None
        self.held = 1

    async def check(self, step: Step) -> None:
        """Make the call, and compare."""
        number, before = self.model.cas(step), self.model.number
        self.cas = None if number is None else self.known.get(number, 1)
        lock = self.known.get(self.model.locks.get(step.key, 0), 1)
        expected = self.model.play(step)
        answer = await self.answer(step, lock)
        if self.model.number > before and step.call != "lock":
            self.known[self.model.number] = answer if expected == "cas" else (await self.cache.entry(step.key)).cas
        assert ("cas" if expected == "cas" and type(answer) is int else answer) == expected, step
        assert await self.get(step) == self.model.get(step), step  # before anything else can cover it up

    async def answer(self, step: Step, lock: int) -> Any:
        """What the cache says: a value, or the class of an error."""
        self.held = lock
        try:
            many = await self.many(step) if step.many else None
            answer = await getattr(self, step.call)(step) if many is None else many.get(step.key, "absent")
        except CacheError as error:
            return type(error)
        return type(answer) if isinstance(answer, CacheError) else answer

    async def many(self, step: Step) -> dict[str, Any] | None:
        """What the call of many keys gives for this one; None where there is none that does the same."""
        key, loose = step.key, {"return_exceptions": True}
        cas = None if self.cas is None else {key: self.cas}
        calls: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "get": lambda: self.cache.get_many([key], **loose),
            "exists": lambda: self.cache.exists_many([key], **loose),
            "set": lambda: self.cache.set_many(
                {key: step.value}, tags=step.tags, cas=cas, ttl={key: step.ttl}, **loose
            ),
            "insert": lambda: self.cache.insert_many({key: step.value}, tags={key: step.tags}, ttl=step.ttl, **loose),
            "replace": lambda: self.cache.replace_many(
                {key: step.value}, tags=step.tags, cas=cas, **self.options(step), **loose
            ),
            "delete": lambda: self.cache.delete_many([key], **loose),
            "touch": lambda: self.cache.touch_many([key], step.ttl, **loose),
            "append": lambda: self.cache.append_many({key: step.data}, **loose),
            "prepend": lambda: self.cache.prepend_many({key: step.data}, **loose),
            "increment": lambda: self.cache.increment_many(
                [key], {key: step.delta}, initial=step.initial, ttl=step.ttl, **loose
            ),
        }
        unlike = (step.call == "set" and step.keep) or (step.call == "delete" and cas is not None)
        return None if unlike or step.call not in calls else await calls[step.call]()

    def options(self, step: Step) -> dict[str, Any]:
        return {"keep_ttl": True} if step.keep else {"ttl": step.ttl}

    async def get(self, step: Step) -> Any:
        return await self.cache.get(step.key, "absent")

    async def get_many(self, step: Step) -> Any:
        return await self.cache.get_many(["a", step.key])

    async def exists(self, step: Step) -> Any:
        return await self.cache.exists(step.key)

    async def ttl(self, step: Step) -> Any:
        return rounded(await self.cache.ttl(step.key))

    async def entry(self, step: Step) -> Any:
        entry = await self.cache.entry(step.key)
        return entry.value, entry.tags, rounded(entry.ttl), entry.locked

    async def set(self, step: Step) -> Any:
        return await self.cache.set(step.key, step.value, tags=step.tags, cas=self.cas, **self.options(step))

    async def insert(self, step: Step) -> Any:
        return await self.cache.insert(step.key, step.value, tags=step.tags, ttl=step.ttl)

    async def replace(self, step: Step) -> Any:
        return await self.cache.replace(step.key, step.value, tags=step.tags, cas=self.cas, **self.options(step))

    async def delete(self, step: Step) -> Any:
        return await self.cache.delete(step.key, cas=self.cas)

    async def touch(self, step: Step) -> Any:
        await self.cache.touch(step.key, step.ttl)

    async def get_and_touch(self, step: Step) -> Any:
        return await self.cache.get_and_touch(step.key, step.ttl)

    async def mutate(self, step: Step) -> Any:
        return await self.cache.mutate(step.key, lambda _: [step.value])

    async def append(self, step: Step) -> Any:
        return await self.cache.append(step.key, step.data)

    async def prepend(self, step: Step) -> Any:
        return await self.cache.prepend(step.key, step.data)

    async def increment(self, step: Step) -> Any:
        if step.keep:  # it says nothing here, so it chooses which of the two is called
            return await self.cache.decrement(step.key, -step.delta, initial=step.initial, ttl=step.ttl)
        return await self.cache.increment(step.key, step.delta, initial=step.initial, ttl=step.ttl)

    async def part(self, step: Step) -> Any:
        return (await self.cache.lookup_in(step.key, [sd.get("")]))[0]

    async def add_part(self, step: Step) -> Any:
        return (await self.cache.mutate_in(step.key, [sd.append("", step.value)])).cas

    async def scan(self, _: Step) -> Any:
        return sorted(await self.cache.scan().all())

    async def lock(self, step: Step) -> Any:
        entry = await self.cache.get_and_lock(step.key, 3600)
        self.known[self.model.number] = entry.cas
        return entry.value, entry.tags, rounded(entry.ttl), entry.locked

    async def unlock(self, step: Step) -> Any:
        await self.cache.unlock(step.key, self.held)

    async def invalidate(self, step: Step) -> Any:
        await self.cache.invalidate(step.key)

    async def invalidate_tags(self, step: Step) -> Any:
        await self.cache.invalidate_tags(*step.tags)

    async def clear(self, _: Step) -> Any:
        await self.cache.clear()

    async def time_is_up(self, step: Step) -> Any:
        results = await self.cache.touch_many([step.key], 0.001, return_exceptions=True)

        async def gone() -> bool:
            return not await self.cache.exists(step.key)

        if results[step.key] is None:
            await self.stage.until(gone)


def rounded(ttl: float | None) -> int | None:
    """The time that was given, from what is left of it."""
    return None if ttl is None else min((given for given in TTLS if given), key=lambda given: abs(given - ttl))


@pytest.fixture(params=FLAVOURS, ids=str)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    chosen: Flavour = request.param
    return chosen


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest) -> str:
    fixture = STORES[request.param]
    server: Server | None = request.getfixturevalue(fixture) if fixture else None
    return server.url if server else "memory://"


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=50, max_size=80))
def test_a_program_does_what_the_model_says(flavour: Flavour, url: str, namespace: str, steps: list[Step]) -> None:
    stage = Stage(flavour, url, namespace)

    async def body() -> None:
        cache = stage.open(timeout=20)
        await cache.clear()
        await cache.invalidate_tags("red", "blue")
        player = Player(cache, stage, Model())
        for step in steps:
            await player.check(step)

    stage.run(body)
