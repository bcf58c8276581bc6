"""Life cycle: nothing is opened before it is needed, closing is final and clean, and there is one connection."""

import logging
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import observer as observer_of
from unicache.errors import CacheClosed, CacheError, ConfigurationError, InvalidArgument, StoreUnavailable
from unicache.server import Server


def connections(observer: Valkey, name: str) -> int:
    """How many the server has of that name."""
    return [client["name"] for client in observer.client_list()].count(name)


async def test_a_new_cache_opens_nothing(stage: Stage, observer: Valkey) -> None:
    stage.open(client_name="unused")
    assert connections(observer, "unused") == 0


async def test_a_new_cache_asks_nothing_of_a_server_that_is_not_there(stage: Stage) -> None:
    cache = stage.open("unix:///nowhere/at/all.sock")
    assert stage.namespace in repr(cache)


async def test_the_first_call_connects_by_itself(cache: Cache) -> None:
    await cache.set("k", 1)
    assert await cache.get("k") == 1


async def test_connect_may_be_called_any_number_of_times(stage: Stage, observer: Valkey) -> None:
    cache = stage.open(client_name="eager")
    for _ in range(3):
        await cache.connect()
    await stage.together([cache.connect] * 5)
    assert 1 <= connections(observer, "eager") <= (5 if stage.flavour.name == "threads" else 1)


async def test_connect_and_ping_are_fine_on_every_store(cache: Cache) -> None:
    await cache.connect()
    await cache.ping()
    await cache.connect()


async def test_connect_waits_for_a_server_that_is_still_starting(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)
    own_server.kill()
    with pytest.raises(StoreUnavailable):
        await cache.connect()
    waiting = stage.begin(partial(cache.connect, within=20))
    with pytest.raises(StoreUnavailable):
        await cache.connect(within=0.05)
    own_server.start()
    await waiting.result()
    await cache.set("k", 1)


async def test_what_is_no_time_to_wait_for_a_connection_is_refused(cache: Cache) -> None:
    for within in (0, -1, True, "soon"):
        with pytest.raises(InvalidArgument) as caught:
            await cache.connect(within=within)
        assert caught.value.argument == "within"


async def test_a_wrong_configuration_is_not_waited_for(stage: Stage, own_server: Server) -> None:
    with pytest.raises(ConfigurationError, match="99"):
        await stage.open(own_server.url, db=99).connect(within=3600)


async def test_a_context_connects_and_closes(stage: Stage) -> None:
    async with stage.open() as cache:
        await cache.set("k", 1)
        assert await cache.get("k") == 1
    with pytest.raises(CacheClosed):
        await cache.get("k")


async def test_closing_twice_is_fine_and_later_calls_raise_cache_closed(cache: Cache) -> None:
    function = cache.cached(key="f")(partial_of)
    await cache.set("k", 1)
    await function()
    await cache.close()
    await cache.close()
    for call in (
        partial(cache.get, "k"),
        partial(cache.set, "k", 2),
        partial(cache.get_many, ["k"]),
        partial(cache.invalidate, "k"),
        partial(cache.invalidate_tags, "t"),
        partial(cache.get_or_set, "k", partial_of),
        cache.clear,
        cache.ping,
        cache.connect,
        function,
    ):
        with pytest.raises(CacheClosed):
            await call()


async def partial_of() -> int:
    return 1


async def test_a_cache_and_its_views_are_closed_together(stage: Stage) -> None:
    cache = stage.open()
    view = cache.namespace("view")
    await view.set("k", 1)
    await view.namespace("inner").close()
    for each in (cache, view):
        with pytest.raises(CacheClosed):
            await each.get("k")


async def test_closing_a_cache_that_was_never_used_is_fine(cache: Cache) -> None:
    await cache.close()
    with pytest.raises(CacheClosed):
        await cache.set("k", 1)


async def test_closing_leaves_no_connection(stage: Stage, observer: Valkey) -> None:
    cache = stage.open(client_name="leaving")
    await stage.together([partial(cache.set, "k", 1)] * 4)
    assert connections(observer, "leaving") >= 1
    await cache.close()
    await stage.until(lambda: connections(observer, "leaving") == 0)


async def test_calls_under_way_fail_when_the_cache_is_closed(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=20)
    await cache.ping()
    own_server.pause()
    begun: list[int] = []

    async def call() -> None:
        begun.append(1)
        await cache.get("k")

    pending = [stage.begin(call) for _ in range(3)]
    await stage.until(lambda: len(begun) == 3)
    await cache.close()
    for running in pending:
        with pytest.raises(CacheClosed):
            await running.result()


async def test_fifty_callers_share_one_connection(stage: Stage, observer: Valkey) -> None:
    cache = stage.open(client_name="shared", max_connections=4)
    await stage.together([partial(cache.set, f"k{number}", number) for number in range(50)])
    found = await stage.together([partial(cache.get, f"k{number}") for number in range(50)])
    assert found == list(range(50))
    assert 1 <= connections(observer, "shared") <= (4 if stage.flavour.name == "threads" else 1)


async def test_a_hundred_calls_before_there_is_a_connection_run_in_order(cache: Cache, stage: Stage) -> None:
    await stage.issue([partial(cache.set, "k", number) for number in range(100)])
    assert await cache.get("k") == 99


async def test_calls_on_one_key_are_applied_in_program_order(cache: Cache, stage: Stage) -> None:
    await in_program_order(cache, stage)


async def test_they_are_on_a_server_that_does_not_know_our_scripts(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    observer.script_flush()
    await in_program_order(cache, stage)


async def in_program_order(cache: Cache, stage: Stage) -> None:
    calls: list[Any] = [partial(cache.set, "k", 1), partial(cache.get, "k"), partial(cache.delete, "k")]
    calls += [partial(cache.get, "k"), partial(cache.insert, "k", 2), partial(cache.get, "k")]
    outcomes = await stage.issue(calls)
    assert [outcomes[1], outcomes[2], outcomes[3], outcomes[5]] == [1, True, None, 2]


async def test_a_hundred_calls_without_a_server_all_fail(stage: Stage) -> None:
    cache = stage.open("unix:///nowhere/at/all.sock", timeout=0.2, connect_timeout=0.2)
    outcomes = await stage.together([partial(cache.get, "k")] * 100)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}


async def test_a_wrong_port_is_named(stage: Stage) -> None:
    cache = stage.open("valkey://user:hidden@127.0.0.1:1/0", timeout=0.05)
    for call in (cache.connect, cache.ping, partial(cache.get, "k")):
        with pytest.raises(StoreUnavailable) as caught:
            await call()
        assert "127.0.0.1:1" in str(caught.value)
        assert "hidden" not in told(caught.value)


async def test_a_host_that_does_not_exist_is_named(stage: Stage) -> None:
    cache = stage.open("valkey://nowhere.invalid:6379")
    with pytest.raises(StoreUnavailable) as caught:
        await cache.connect()
    assert "nowhere.invalid:6379" in str(caught.value)


async def test_a_wrong_password_is_told_without_it(
    stage: Stage, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with observer_of(own_server) as client:
        client.config_set("requirepass", "r1ght-secret")
        cache = stage.open(own_server.url, password="wr0ng-secret")  # noqa: S106
        without = stage.open(own_server.url)
        with caplog.at_level(logging.DEBUG):
            for refused in (cache, without):
                with pytest.raises(StoreUnavailable, match="credentials") as caught:
                    await refused.connect()
                assert own_server.url.removeprefix("unix://") in str(caught.value)
                assert "secret" not in told(caught.value)
            assert await cache.get_or_set("k", partial_of) == 1
        assert "secret" not in caplog.text + repr(cache)
        right = stage.open(own_server.url, password="r1ght-secret")  # noqa: S106
        await right.set("k", 1)
        assert await right.get("k") == 1


def told(error: BaseException | None) -> str:
    """All that an error and its causes say."""
    if error is None:
        return ""
    return f"{error!r} {error} {vars(error)}" + told(error.__cause__ or error.__context__)


async def test_a_database_that_does_not_exist_is_told(stage: Stage, own_server: Server) -> None:
    with pytest.raises(ConfigurationError, match="99"):
        await stage.open(own_server.url, db=99).connect()


async def test_databases_are_kept_apart(stage: Stage, own_server: Server) -> None:
    one, other = stage.open(own_server.url, db=1), stage.open(f"{own_server.url}?db=2")
    await one.set("k", 1)
    assert await other.exists("k") is False
    assert await stage.open(own_server.url, db=1).get("k") == 1


async def test_an_error_of_one_call_harms_no_other(cache: Cache, stage: Stage) -> None:
    await cache.set("text", "x")
    calls: list[Any] = [partial(cache.get, "text", type=int), partial(cache.get, ""), partial(cache.get, "text")]
    outcomes = await stage.together(calls * 10)
    assert outcomes[2::3] == ["x"] * 10
    assert all(isinstance(outcome, CacheError) for outcome in outcomes[::3] + outcomes[1::3])
