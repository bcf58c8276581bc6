"""When the network or the server fails: deadlines hold, no reply is crossed, and nothing is done twice in secret."""

from typing import Any

import pytest

from flavours import Flavour
from servers import observer
from unicache._core.io import Io
from unicache.errors import CacheError, OperationTimeout, StoreUnavailable
from unicache.server import Server
from wires import Proxy, linked, links_to, say


async def _timed(io: Io, call: Any) -> tuple[float, CacheError]:
    start = io.now()
    with pytest.raises((OperationTimeout, StoreUnavailable)) as caught:
        await call
    return io.now() - start, caught.value


def test_a_frozen_server_costs_the_deadline_and_no_more(flavour: Flavour) -> None:
    async def body(io: Io) -> tuple[float, CacheError]:
        async with linked(io, server, timeout=0.2) as links:
            server.pause()
            return await _timed(io, say(links, "INCR", "frozen", again=True))

    with Server() as server:
        took, error = flavour.run(body)
    assert 0.2 <= took < 2.0
    assert isinstance(error, OperationTimeout)
    assert error.ambiguous


def test_a_request_larger_than_any_buffer_costs_a_frozen_server_the_same(flavour: Flavour) -> None:
    async def body(io: Io) -> tuple[float, CacheError]:
        async with linked(io, server, timeout=0.2) as links:
            server.pause()
            return await _timed(io, say(links, "SET", "large", b"x" * 30_000_000))

    with Server() as server:
        took, error = flavour.run(body)
    assert 0.2 <= took < 2.0
    assert error.ambiguous  # type: ignore[attr-defined]  # both kinds have it


def test_a_server_that_was_frozen_before_the_first_call_is_named(flavour: Flavour) -> None:
    async def body(io: Io) -> tuple[float, CacheError]:
        links = links_to(io, server, timeout=0.2, connect_timeout=0.2)
        try:
            return await _timed(io, say(links, "PING"))
        finally:
            links.close()

    with Server() as server:
        server.pause()
        took, error = flavour.run(body)
        assert str(server.address) in str(error)
    assert 0.2 <= took < 2.0
    assert not error.ambiguous  # type: ignore[attr-defined]


def test_a_late_reply_is_not_taken_for_the_next_one(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        async with linked(io, server, timeout=0.2) as links:
            connection = await say(links, "CLIENT", "ID")
            server.pause()
            with pytest.raises(OperationTimeout):
                await say(links, "ECHO", "late")
            server.resume()
            links._timeout = 20.0
            assert await say(links, "ECHO", "mine") == b"mine"
            assert await say(links, "CLIENT", "ID") == connection

    with Server() as server:
        flavour.run(body)


@pytest.mark.parametrize("piece", [1, 2, 7])
def test_replies_may_arrive_in_pieces_of_any_size(flavour: Flavour, valkey_server: Server, piece: int) -> None:
    async def body(io: Io) -> list[Any]:
        async with linked(io, proxy) as links:
            return await flavour.together([lambda n=n: say(links, "ECHO", b"\r\n%d\r\n" % n * n) for n in range(40)])

    with Proxy(valkey_server, piece=piece) as proxy:
        assert flavour.run(body) == [b"\r\n%d\r\n" % n * n for n in range(40)]


def test_a_server_that_restarted_is_found_again_by_the_next_call(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        async with linked(io, server) as links:
            for _ in range(3):
                server.restart()
                assert await say(links, "ECHO", "back", again=True) == b"back"

    with Server() as server:
        flavour.run(body)


def test_a_server_that_was_down_is_found_again_without_anybody_doing_anything(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        async with linked(io, server) as links:
            server.kill()
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    await say(links, "PING", again=True)
            server.start()
            assert await say(links, "ECHO", "back") == b"back"

    with Server() as server:
        flavour.run(body)


def test_what_may_not_be_repeated_is_not(flavour: Flavour, valkey_server: Server, namespace: str) -> None:
    async def body(io: Io) -> None:
        async with linked(io, proxy) as links:
            proxy.spoil = True
            with pytest.raises(StoreUnavailable) as caught:
                await say(links, "INCR", namespace)
            assert caught.value.ambiguous
            assert await say(links, "GET", namespace) == b"1"

    with Proxy(valkey_server) as proxy:
        flavour.run(body)


def test_what_may_be_repeated_is_repeated_once(flavour: Flavour, valkey_server: Server, namespace: str) -> None:
    async def body(io: Io) -> None:
        async with linked(io, proxy) as links:
            proxy.spoil = True
            assert await say(links, "INCR", namespace, again=True) == 2

    with Proxy(valkey_server) as proxy:
        flavour.run(body)
        assert proxy.connections == 2


def test_a_repetition_that_fails_leaves_it_open_whether_the_first_attempt_worked(
    flavour: Flavour, valkey_server: Server, namespace: str
) -> None:
    async def body(io: Io) -> None:
        async with linked(io, proxy) as links:
            proxy.stop_listening()
            proxy.spoil = True
            with pytest.raises(StoreUnavailable, match="cannot reach") as caught:
                await say(links, "INCR", namespace, again=True)
            assert caught.value.ambiguous

    with Proxy(valkey_server) as proxy:
        flavour.run(body)
    with observer(valkey_server) as client:
        assert client.get(namespace) == b"1"


def test_a_refused_connection_is_tried_once_for_each_call(flavour: Flavour, valkey_server: Server) -> None:
    async def body(io: Io) -> None:
        links = links_to(io, proxy)
        proxy.spoil = True
        with pytest.raises(StoreUnavailable):
            await say(links, "PING", again=True)
        assert proxy.connections == 1
        links.close()

    with Proxy(valkey_server) as proxy:
        flavour.run(body)


def test_an_answer_for_another_request_costs_the_link_and_not_the_next_call(
    flavour: Flavour, valkey_server: Server
) -> None:
    async def body(io: Io) -> None:
        async with linked(io, valkey_server) as links:
            connection = await say(links, "CLIENT", "ID")
            links.distrust()
            assert await say(links, "CLIENT", "ID") != connection

    flavour.run(body)
