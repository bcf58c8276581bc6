"""The limit for trio: a task that reads, a task that writes what one turn of the scheduler has collected."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_readable, wait_task_rescheduled

from benchmarks.bare.wire import Wire

__all__ = ["Connection"]

_READ = 65536


def _deliver(task: Task, reply: Any) -> None:
    reschedule(task, outcome.Value(reply))


def _give_up(_: object) -> Abort:
    return Abort.SUCCEEDED


class Connection:
    """One multiplexed connection."""

    def __init__(self, link: socket.socket) -> None:
        self._socket = link
        self._wire: Wire[Task] = Wire(_deliver, link.sendall, self._soon)

    @classmethod
    @asynccontextmanager
    async def open(cls, host: str, port: int) -> AsyncIterator["Connection"]:
        """Connect, and hang up at the end of the block."""
        with socket.create_connection((host, port)) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.settimeout(0)
            connection = cls(link)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(connection._read)
                await nursery.start(connection._write)
                yield connection
                nursery.cancel_scope.cancel()

    async def get(self, key: str) -> Any:
        """Ask and wait."""
        self._wire.ask(key, current_task())
        return await wait_task_rescheduled(_give_up)

    def _soon(self, flush: Callable[[], None]) -> None:
        reschedule(self._writer, outcome.Value(flush))

    async def _write(self, task_status: trio.TaskStatus[None]) -> None:
        self._writer = current_task()
        task_status.started()
        while True:
            flush = await wait_task_rescheduled(_give_up)
            flush()

    async def _read(self) -> None:
        while True:
            await wait_readable(self._socket)
            self._wire.received(self._socket.recv(_READ))
