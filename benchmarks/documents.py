"""Each document call beside the plain command that does the least of it: ``python -m benchmarks.documents``.

Both go over sockets of one kind, one at a time, in turns: what differs is what the call promises and the command does
not.
"""

import socket
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from unicache import Cache
from unicache import subdocument as sd
from unicache._core.wire import resp
from unicache.server import Server

__all__ = ["main"]

ROUNDS, TIMES = 7, 400
VALUE = "x" * 100
MANY = [f"many:{number}" for number in range(100)]


class Duel(NamedTuple):
    """A call, and the commands beside which it is put."""

    name: str
    call: Callable[[], object]
    command: tuple[str, ...]
    plain: list[tuple[str | int, ...]]


class Bare:
    """A socket with nothing around it."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(server.address)
        self._reader = resp.reader()

    def ask(self, commands: list[tuple[str | int, ...]]) -> list[object]:
        """The replies to commands that go out in one write."""
        self._socket.sendall(resp.pack_all(commands))
        replies: list[object] = []
        while len(replies) < len(commands):
            while (reply := self._reader.gets()) is resp.NOTHING:
                self._reader.feed(self._socket.recv(65536))
            replies.append(reply)
        return replies


def duels(cache: Cache) -> list[Duel]:
    """All of them; each leaves behind what the next round needs."""
    cache.set_many(dict.fromkeys(MANY, VALUE))
    cache.set("k", VALUE)
    cache.set("text", "")
    cache.set("n", 0)

    def held() -> None:
        cache.unlock("k", cache.get_and_lock("k", 60).cas)

    def created() -> None:
        cache.insert("i", VALUE)
        cache.delete("i")

    def part_set() -> None:
        cache.mutate_in("doc", [sd.set("a[0]", 2)])

    def queued() -> None:
        queue.push("x")
        queue.pop()

    cache.set("doc", {"a": [1]})
    queue = cache.as_queue("q")
    return [
        Duel("get", lambda: cache.get("k"), ("GET",), [("GET", "p")]),
        Duel("entry", lambda: cache.entry("k"), ("GET", "PTTL"), [("GET", "p"), ("PTTL", "p")]),
        Duel("set", lambda: cache.set("k", VALUE, ttl=60), ("SET PX",), [("SET", "p", VALUE, "PX", 60000)]),
        Duel("insert, delete", created, ("SET NX", "DEL"), [("SET", "pi", VALUE, "NX"), ("DEL", "pi")]),
        Duel("exists", lambda: cache.exists("k"), ("EXISTS",), [("EXISTS", "p")]),
        Duel("get_and_touch", lambda: cache.get_and_touch("k", 60), ("GETEX PX",), [("GETEX", "p", "PX", 60000)]),
        Duel("mutate", lambda: cache.mutate("k", str), ("GET", "SET"), [("GET", "p"), ("SET", "p", VALUE)]),
        Duel("lookup_in", lambda: cache.lookup_in("doc", [sd.get("a[0]")]), ("GET",), [("GET", "p")]),
        Duel("mutate_in", part_set, ("GET", "SET"), [("GET", "p"), ("SET", "p", VALUE)]),
        Duel("push, pop of a queue", queued, ("RPUSH", "LPOP"), [("RPUSH", "pq", "x"), ("LPOP", "pq")]),
        Duel("replace", lambda: cache.replace("k", VALUE), ("SET XX",), [("SET", "p", VALUE, "XX")]),
        Duel("touch", lambda: cache.touch("k", 60), ("PEXPIRE",), [("PEXPIRE", "p", 60000)]),
        Duel("increment", lambda: cache.increment("n"), ("INCRBY",), [("INCRBY", "pn", 1)]),
        Duel("append", lambda: cache.append("text", "x"), ("APPEND",), [("APPEND", "pt", "x")]),
        Duel("get_and_lock, unlock", held, ("SET NX", "DEL"), [("SET", "pl", "1", "NX"), ("DEL", "pl")]),
        Duel("get_many of 100", lambda: cache.get_many(MANY), ("MGET",), [("MGET", *MANY)]),
        Duel(
            "set_many of 100",
            lambda: cache.set_many(dict.fromkeys(MANY, VALUE)),
            ("100 SET",),
            [("SET", key, VALUE) for key in MANY],
        ),
    ]


def timed(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    started = perf_counter()
    for _ in range(TIMES):
        call()
    return (perf_counter() - started) / TIMES * 1e6


def main() -> None:
    """Measure, and print the table."""
    table = Table("call", "µs", "command", "µs", "times", title=f"medians of {ROUNDS} rounds in turns")
    with Server() as server, Cache(server.url, namespace="calls") as cache:
        bare = Bare(server)
        bare.ask([("SET", "p", VALUE), *[("SET", key, VALUE) for key in MANY]])
        for duel in duels(cache):
            pairs = [(timed(duel.call), timed(partial(bare.ask, duel.plain))) for _ in range(ROUNDS)]
            ours, theirs = (median(each) for each in zip(*pairs, strict=True))
            table.add_row(duel.name, f"{ours:.0f}", " ".join(duel.command), f"{theirs:.0f}", f"{ours / theirs:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
