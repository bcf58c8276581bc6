"""The store is down: documents say so, functions answer by running, invalidations are loud; and it comes back."""

import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from servers import observer
from unicache.errors import InvalidationUncertain, OperationTimeout, StoreUnavailable
from unicache.server import Server


class Counted:
    """A cached function that counts its runs."""

    def __init__(self, cache: Cache) -> None:
        self.runs = 0
        self.call = cache.cached(key="f:{number}", tags=["all"], ttl=60)(self._run)

    async def _run(self, number: int) -> int:
        self.runs += 1
        return number


def document_calls(cache: Cache) -> list[Callable[[], Coroutine[Any, Any, Any]]]:
    return [
        partial(cache.get, "k"),
        partial(cache.entry, "k"),
        partial(cache.set, "k", 1),
        partial(cache.set, "k", 1, tags=["red"]),
        partial(cache.insert, "k", 1),
        partial(cache.replace, "k", 1),
        partial(cache.delete, "k"),
        partial(cache.touch, "k", 1),
        partial(cache.get_and_touch, "k", 1),
        partial(cache.exists, "k"),
        partial(cache.ttl, "k"),
        partial(cache.mutate, "k", str),
        partial(cache.get_many, ["k"]),
        partial(cache.set_many, {"k": 1}),
        partial(cache.delete_many, ["k"]),
        cache.ping,
        cache.connect,
    ]


async def test_documents_raise_store_unavailable(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.1)
    await cache.connect(within=20)
    await cache.set("k", 1)
    own_server.kill()
    outcomes = await stage.together(document_calls(cache))
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    about = [outcome.key for outcome in outcomes]
    assert about == ["k"] * (len(about) - 2) + [None] * 2  # who pings and who connects has none


async def test_invalidations_raise_invalidation_uncertain(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.1)
    await cache.connect(within=20)
    function = Counted(cache)
    await function.call(1)
    own_server.kill()
    for call in (
        partial(cache.invalidate, "f:1"),
        partial(cache.invalidate_tags, "all"),
        cache.clear,
        partial(function.call.invalidate, 1),
        function.call.invalidate_all,
    ):
        with pytest.raises(InvalidationUncertain) as caught:
            await call()
        assert caught.value.ambiguous


async def test_an_invalidating_function_has_run_and_says_that_the_store_did_not_confirm(
    stage: Stage, own_server: Server
) -> None:
    cache = stage.open(own_server.url)
    done: list[int] = []

    @cache.invalidates(keys="f:{number}")
    async def write(number: int) -> None:
        done.append(number)

    await write(1)
    own_server.kill()
    with pytest.raises(InvalidationUncertain):
        await write(2)
    assert done == [1, 2]


async def test_a_cached_function_answers_by_running_with_one_warning(
    stage: Stage, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    cache = stage.open(own_server.url)
    function = Counted(cache)
    outages: list[Any] = []
    cache.on("outage", lambda **details: outages.append(details["error"]))
    await function.call(1)
    own_server.kill()
    with caplog.at_level(logging.WARNING, "unicache"):
        assert [await function.call(1) for _ in range(5)] == [1] * 5
        assert await cache.get_or_set("k", partial(function._run, 2)) == 2
    assert function.runs == 1 + 5 + 1
    assert len(caplog.records) == 1
    assert isinstance(outages[0], StoreUnavailable)
    assert len(outages) == 1


async def test_a_failing_function_raises_its_own_error_when_the_store_is_down(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)
    own_server.kill()

    async def failing() -> None:
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        await cache.get_or_set("k", failing)


async def test_it_recovers_by_itself(stage: Stage, own_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    cache = stage.open(own_server.url)
    function = Counted(cache)
    back: list[bool] = []
    cache.on("recovered", lambda: back.append(True))
    own_server.kill()
    with caplog.at_level(logging.WARNING, "unicache"):
        await function.call(1)
        own_server.start()
        await stage.until(lambda: hit_of(function))
    assert back == [True]
    assert [record.message for record in caplog.records][1:] == ["the cache is back"]
    await cache.set("k", 1)
    assert await cache.get("k") == 1


async def hit_of(function: Counted) -> bool:
    """Call it; whether that was a hit."""
    before = function.runs
    await function.call(1)
    return function.runs == before


async def test_a_load_that_the_store_does_not_survive_gives_its_value(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)

    async def load() -> str:
        own_server.kill()
        return "loaded"

    assert await cache.get_or_set("k", load, tags=["red"]) == "loaded"


async def test_a_server_that_restarts_between_calls_is_used_again(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)
    await cache.set("k", 1)
    own_server.restart()
    assert await cache.get("k", "gone") == "gone"
    await cache.set("k", 2)
    assert await cache.get("k") == 2
    own_server.restart()
    function = Counted(cache)
    assert [await function.call(1), await function.call(1), function.runs] == [1, 1, 1]


async def test_a_lost_connection_is_replaced_without_a_word(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)
    assert await cache.set("n", 0)
    with observer(own_server) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert await cache.get("n") == 0


async def test_a_server_that_does_not_answer_is_an_honest_time_out(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.1)
    await cache.connect(within=20)
    await cache.set("k", 1)
    own_server.pause()
    with pytest.raises(OperationTimeout) as caught:
        await cache.set("k", 2)
    assert caught.value.ambiguous
    with pytest.raises(InvalidationUncertain):
        await cache.invalidate("k")
    assert await cache.get_or_set("k", partial(Counted(cache)._run, 7)) == 7
    own_server.resume()
    await stage.until(lambda: answers(cache))
    assert await cache.exists("k") is False


async def answers(cache: Cache) -> bool:
    try:
        await cache.ping()
    except (StoreUnavailable, OperationTimeout):
        return False
    return True


async def test_a_call_that_is_under_way_when_the_server_dies_fails(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=20)
    await cache.set("k", 1)
    own_server.pause()
    pending = [stage.begin(partial(cache.set, "k", number)) for number in range(5)]
    own_server.kill()
    for call in pending:
        with pytest.raises(StoreUnavailable):
            await call.result()


async def test_a_full_server_lets_functions_answer_and_keys_go(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)
    await cache.set("k", 1)
    with observer(own_server) as client:
        client.config_set("maxmemory", "1")
        function = Counted(cache)
        assert [await function.call(1), await function.call(1)] == [1, 1]
        await cache.invalidate("k")
        await cache.invalidate_tags("all")
        await cache.clear()
        client.config_set("maxmemory", "0")
    assert await cache.exists("k") is False
