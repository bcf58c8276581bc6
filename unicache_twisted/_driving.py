"""How the engine's coroutines run under Twisted: one Deferred for a call, which itself takes the coroutine on.

It does what ``Deferred.fromCoroutine`` does at half the cost, because what the engine waits for most, the reply on a
link, need not be a Deferred: nobody but the coroutine waits for it. Whatever an application's loader awaits may be one.

What must not live here: what a call does (the engine), and how links are opened (``_io``).
"""

from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

__all__ = ["Driven", "Promised"]

T = TypeVar("T")

_PENDING = object()


class Promised:
    """A value to come, awaited by one coroutine that is ``Driven``."""

    value: Any = _PENDING  # as attributes of the class, because most of what it costs is to make it
    waiting: "Driven[Any] | None" = None

    def __await__(self) -> Generator["Promised", None, Any]:
        if self.value is _PENDING:
            yield self
            if self.value is _PENDING:
                raise RuntimeError("a coroutine of the engine was driven by something else")
        return self.value

    def resolve(self, value: Any) -> None:
        """Deliver it, unless something was delivered before; who waits for it goes on at once."""
        if self.value is _PENDING:
            self.value = value
            if (call := self.waiting) is not None:
                call.go_on()


class Driven(Deferred[T]):
    """The result of a coroutine, which has run as far as it could when this is made.

    Cancelling it raises CancelledError where the coroutine waits; it is over when the coroutine is, which may have
    things to tidy up. The coroutine has a copy of its maker's context variables.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        super().__init__(_cancel)
        self._coroutine = coroutine
        self._within = copy_context().run
        self._held_back = False  # cancelled, and not over
        self.go_on()

    def go_on(self) -> None:
        """What was promised is there, and the coroutine looks at it."""
        self._drive(self._coroutine.send, None)

    def _came(self, result: Any) -> None:
        """Of a Deferred, which has a result until this returns, but does not yet take a failure for its own."""
        if isinstance(result, Failure):
            self._drive(result.throwExceptionIntoGenerator, self._coroutine)
        else:
            self.go_on()

    def _drive(self, resume: Callable[[Any], Any], value: Any) -> None:
        self._awaited: Any = None
        try:
            self._awaited = awaited = self._within(resume, value)
        except StopIteration as stop:
            result = stop.value
        except BaseException:  # noqa: BLE001  whoever waits for it gets it
            result = Failure()  # type: ignore[no-untyped-call]
        else:
            if type(awaited) is Promised:
                awaited.waiting = self
            else:
                self._wait_for(awaited)
            return
        self._finish(result)

    def _wait_for(self, awaited: Any) -> None:
        if isinstance(awaited, Deferred):
            awaited.addBoth(self._came)
        else:
            error = RuntimeError("something of another event loop was awaited; Twisted's coroutines await Deferreds")
            self._drive(self._coroutine.throw, error)

    def _finish(self, result: Any) -> None:
        if self._held_back:
            self.result = result
            self.unpause()
        else:
            self.callback(result)

    def stop(self) -> None:
        """Have the coroutine raise CancelledError."""
        awaited = self._awaited
        if type(awaited) is Promised:
            awaited.waiting = None
            self._drive(self._coroutine.throw, CancelledError())
        elif awaited is not None:
            awaited.cancel()
        if not self.called:  # Twisted makes it a failure now; the callbacks wait for what really came of it
            self._held_back = True
            self.pause()


def _cancel(call: Deferred[Any]) -> None:
    assert isinstance(call, Driven)
    call.stop()
