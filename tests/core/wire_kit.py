"""An event model moved by hand, for tests of the wire: a clock that is set, a transport that keeps what is written."""

from collections.abc import Callable, Coroutine, Generator, Hashable
from typing import Any

from unicache._core.io import Endpoint, Receiver
from unicache._core.setup.node import Credentials
from unicache._core.wire.link import Link

__all__ = ["GREETING", "HandIo", "HandTransport", "Promise", "Running", "open_link"]

GREETING = b"%2\r\n+server\r\n+valkey\r\n+version\r\n+9.1.2\r\n+OK\r\n+OK\r\n+OK\r\n"
_PENDING = object()


class Promise:
    def __init__(self) -> None:
        self.value: Any = _PENDING

    def __await__(self) -> Generator[Any, None, Any]:
        while self.value is _PENDING:
            yield
        return self.value


class Running:
    """A coroutine that goes on when told to."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self.done = False
        self.result: Any = None
        self.go()

    def go(self) -> "Running":
        if not self.done:
            try:
                self._coroutine.send(None)
            except StopIteration as stop:
                self.done, self.result = True, stop.value
            except Exception as error:  # noqa: BLE001  the outcome, whatever it is
                self.done, self.result = True, error
        return self

    def cancel(self) -> None:
        self._coroutine.close()
        self.done = True


class HandTransport:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.written: list[bytes] = []
        self.awake = False
        self.closed = False

    def wake(self) -> None:
        self.awake = True

    def flush(self) -> None:
        self.written.append(self.receiver.collect())

    def end_of_tick(self) -> None:
        if self.awake:
            self.awake = False
            self.flush()

    def read(self, *, wait: bool) -> None: ...

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True


class HandEvent:
    def __init__(self) -> None:
        self.is_set = False

    def set(self) -> None:
        self.is_set = True

    async def wait(self, seconds: float) -> bool:
        raise NotImplementedError


class Alarm:
    def __init__(self, at: float, ring: Callable[[], None]) -> None:
        self.at = at
        self.ring = ring
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class HandIo:
    exclusive = False

    def __init__(self) -> None:
        self.time = 0.0
        self.alarms: list[Alarm] = []
        self.transports: list[HandTransport] = []
        self.running: list[Running] = []
        self.unreachable = False

    def now(self) -> float:
        return self.time

    wall = now

    def here(self) -> Hashable:
        return "here"

    def promise(self, source: object = None) -> Promise:
        return Promise()

    def resolve(self, promise: Any, value: Any) -> None:
        if promise.value is _PENDING:
            promise.value = value

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        self.alarms.append(Alarm(self.time + seconds, ring))
        return self.alarms[-1]

    def event(self) -> "HandEvent":
        return HandEvent()

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.running.append(Running(main()))

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> HandTransport:
        if self.unreachable:
            raise ConnectionRefusedError("nobody there")
        self.transports.append(HandTransport(receiver))
        return self.transports[-1]

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and ring what is due."""
        self.time += seconds
        due = [alarm for alarm in self.alarms if alarm.at <= self.time]
        self.alarms = [alarm for alarm in self.alarms if alarm.at > self.time]
        for alarm in due:
            if not alarm.cancelled:
                alarm.ring()


def open_link(io: HandIo) -> tuple[Link, HandTransport]:
    """A link that has been greeted."""
    link = Link(io, Endpoint("server", 6379), Credentials())
    opening = Running(link.open(1.0))
    transport = io.transports[-1]
    transport.end_of_tick()
    link.received(GREETING)
    assert opening.go().done
    assert link.ready, opening.result
    transport.written.clear()
    return link, transport
