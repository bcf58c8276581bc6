"""Bodies of WSGI on their way from the application to the server, past the exchange.

What must not live here: how an application is asked (``wsgi``).
"""

from collections.abc import Iterable, Iterator, Sequence

from unicache._core.http.exchange import Exchange
from unicache._core.run import run

__all__ = ["Body", "Listed", "chained", "close"]


class Body:
    """The application's body on its way to the client; the exchange sees each piece before the client does."""

    def __init__(self, body: Iterator[bytes], result: Iterable[bytes], exchange: Exchange) -> None:
        self._body = body
        self._result = result
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._body)
        except StopIteration:
            run(self._exchange.end())
            raise
        except BaseException:
            run(self._exchange.abandoned())
            raise
        run(self._exchange.data(chunk))
        return chunk

    def close(self) -> None:
        """The server is done, at the end or before."""
        run(self._exchange.abandoned())
        result, self._result = self._result, ()
        close(result)


class Listed:
    """A body that is there already. Servers tell its length, for which some go through it once more than others."""

    def __init__(self, pieces: Sequence[bytes], exchange: Exchange) -> None:
        self._pieces = pieces
        self._body = Body(iter(pieces), (), exchange)
        self._first = True

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[bytes]:
        first, self._first = self._first, False
        return self._body if first else iter(self._pieces)

    def close(self) -> None:
        """The server is done."""
        self._body.close()


def chained(first: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    """One after the other."""
    yield from first
    yield from rest


def close(result: Iterable[bytes]) -> None:
    """Close what an application gave, if it wants that."""
    finish = getattr(result, "close", None)
    if finish is not None:
        finish()
