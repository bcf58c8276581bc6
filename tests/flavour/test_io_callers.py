"""Many callers on few connections: everybody gets the own reply, in the right order, whoever has gone meanwhile."""

from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from flavours import FLAVOURS, Flavour, Started
from servers import observer
from unicache._core.io import PIECE, Event, Io
from unicache._core.setup.node import Credentials
from unicache._core.wire import resp
from unicache._core.wire.link import Link
from unicache._core.wire.links import Links
from unicache.server import Server
from wires import clients, linked, links_to, say


async def _echo(links: Links, *numbers: int) -> list[int]:
    return [int(await say(links, "ECHO", number)) for number in numbers]


def test_sixty_four_callers_get_their_own_replies(flavour: Flavour, valkey_server: Server, namespace: str) -> None:
    numbers = [range(first, first + 30) for first in range(0, 64_000, 1000)]

    async def body(io: Io) -> list[list[int]]:
        async with linked(io, valkey_server, Credentials(client_name=namespace)) as links:
            replies = await flavour.together([partial(_echo, links, *own) for own in numbers])
            assert clients(valkey_server, namespace) <= 32
            return replies

    assert flavour.run(body) == [list(own) for own in numbers]


@pytest.mark.parametrize("looped", [each for each in FLAVOURS if each.name in {"asyncio", "uvloop", "trio"}], ids=str)
def test_few_calls_of_a_crowd_end_at_once_and_large_values_come_in_large_pieces(
    looped: Flavour, valkey_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    received = Link.received

    def noted(link: Link, data: bytes) -> None:
        pieces.append(len(data))
        received(link, data)

    monkeypatch.setattr(Link, "received", noted)

    async def body(io: Io) -> None:
        async with linked(io, valkey_server) as links:
            await looped.together([partial(say, links, "ECHO", "x" * 1000)] * 300)
            assert sum(pieces) > 300_000
            assert max(pieces) == PIECE
            await links.request(resp.pack("ECHO", "x" * 2**20), again=False, aside=True)
            assert max(pieces) > PIECE

    looped.run(body)


def test_several_replies_come_back_as_one_list(flavour: Flavour, valkey_server: Server, namespace: str) -> None:
    async def body(io: Io) -> Any:
        async with linked(io, valkey_server) as links:
            payload = b"".join(
                b"*2\r\n$4\r\nINCR\r\n$%d\r\n%b\r\n" % (len(namespace), namespace.encode()) for _ in "abc"
            )
            return await links.request(payload, 3, again=False)

    assert flavour.run(body) == [1, 2, 3]


def test_requests_before_the_link_is_open_go_out_in_their_order(
    cancelling: Flavour, valkey_server: Server, namespace: str
) -> None:
    async def body(io: Io) -> None:
        links = links_to(io, valkey_server)
        asked: list[bytes] = []

        async def push(number: int) -> None:
            asked.append(b"%d" % number)
            await say(links, "RPUSH", namespace, number)

        await cancelling.together([partial(push, number) for number in range(50)])
        assert await say(links, "LRANGE", namespace, 0, -1) == asked
        links.close()

    cancelling.run(body)


def _begun(flavour: Flavour, event: Event, call: Coroutine[Any, Any, Any]) -> Started:
    async def begin() -> None:
        event.set()
        await call

    return flavour.start(begin)


def test_a_cancelled_call_leaves_the_link_in_step(cancelling: Flavour) -> None:
    async def body(io: Io) -> None:
        async with linked(io, server) as links:
            connection = await say(links, "CLIENT", "ID")
            server.pause()
            event = io.event()
            call = _begun(cancelling, event, say(links, "ECHO", "nobody's"))
            assert await event.wait(20.0)
            call.cancel()
            await call.ended()
            server.resume()
            assert await say(links, "ECHO", "mine") == b"mine"
            assert await say(links, "CLIENT", "ID") == connection

    with Server() as server:
        cancelling.run(body)


def test_a_call_cancelled_before_the_link_is_open_is_never_sent(cancelling: Flavour) -> None:
    async def body(io: Io) -> None:
        links = links_to(io, server)
        event = io.event()
        call = _begun(cancelling, event, say(links, "SET", "unwanted", "x"))
        assert await event.wait(20.0)
        call.cancel()
        await call.ended()
        server.resume()
        assert await say(links, "EXISTS", "unwanted") == 0
        links.close()

    with Server() as server:
        server.pause()
        cancelling.run(body)


def test_ten_thousand_calls_of_which_a_third_is_cancelled_under_way_cross_no_reply(
    cancelling: Flavour, namespace: str
) -> None:
    async def body(io: Io) -> None:
        async with linked(io, server, Credentials(client_name=namespace)) as links:
            for first in range(0, 10_000, 500):
                await _round(cancelling, server, links, range(first, first + 500))
            assert clients(server, namespace) == 1

    with Server() as server:
        cancelling.run(body)


async def _round(flavour: Flavour, server: Server, links: Links, numbers: range) -> None:
    """Every third call is cancelled when all have been sent and none is answered."""
    replies: dict[int, int] = {}
    sent = links._io.event()

    async def keep(number: int) -> None:
        if number == max(numbers):
            sent.set()
        (replies[number],) = await _echo(links, number)

    server.pause()
    calls = {number: flavour.start(partial(keep, number)) for number in numbers}
    assert await sent.wait(20.0)
    unwanted = list(calls.values())[::3]
    for call in unwanted:
        call.cancel()
    for call in unwanted:
        await call.ended()
    server.resume()
    for call in calls.values():
        await call.ended()
    kept = [number for place, number in enumerate(numbers) if place % 3]
    assert replies == dict(zip(kept, kept, strict=True))


def test_a_value_and_an_error_are_told_apart(flavour: Flavour, valkey_server: Server, namespace: str) -> None:
    async def body(io: Io) -> Any:
        async with linked(io, valkey_server) as links:
            return await say(links, "INCR", namespace)

    with observer(valkey_server) as client:
        client.set(namespace, "text")
    assert "not an integer" in str(flavour.run(body))
