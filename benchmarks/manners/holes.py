"""Black holes: two ways in which a server can keep its callers waiting for ever."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["HOLES", "full", "silent"]

_HOST = "127.0.0.1"


@contextmanager
def silent() -> Iterator[str]:
    """Connections are taken, by the kernel, and that is all. Gives its URL."""
    with socket.create_server((_HOST, 0)) as listening:
        yield _url(listening)


@contextmanager
def full() -> Iterator[str]:
    """The queue of connections is full, so that the kernel leaves new ones unanswered. Gives its URL."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server((_HOST, 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            waiting.connect_ex(listening.getsockname())
        yield _url(listening)


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()
    return f"valkey://{host}:{port}"


HOLES = {"never answers": silent, "never accepts": full}
"""By what they are called in tables."""
