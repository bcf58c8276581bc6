"""The orders, in SQLite: how they get there, and the slow queries on them. It blocks, and knows no cache.

There is no index on the customer: each query reads the whole table, which is what makes it worth caching.
"""

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["Orders", "Row", "Spending", "invented"]

Row = tuple[str, float]
"""The customer and the amount of an order."""

_TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, amount REAL NOT NULL)"
_INSERT = "INSERT INTO orders (customer, amount) VALUES (?, ?)"
_BUSIEST = "SELECT customer FROM orders GROUP BY customer ORDER BY count(*) DESC, customer LIMIT ?"
_CHUNK = 10_000
_PATIENCE = 60.0
"""Seconds to wait for another process that writes."""


@dataclass(frozen=True)
class Spending:
    """What a customer spent, in all and per order."""

    total: float
    average: float


class Orders:
    """The table of orders in the file ``path``.

    ``runs`` counts the queries that this object ran; every one opens the file anew, as they come from many threads.
    """

    def __init__(self, path: Path) -> None:
        self.runs = 0
        self.path = path
        self._lock = Lock()

    def count(self, customer: str) -> int:
        """How many orders the customer placed. Slow."""
        self._note_run()
        return int(self._row("SELECT count(*) FROM orders WHERE customer = ?", customer)[0])

    def spending(self, customer: str) -> Spending:
        """What the customer spent. Slow."""
        self._note_run()
        return Spending(*self._row("SELECT total(amount), avg(amount) FROM orders WHERE customer = ?", customer))

    def add(self, customer: str, amount: float) -> None:
        """Place an order."""
        with closing(self._connect()) as connection, connection:
            connection.execute(_INSERT, (customer, amount))

    def busiest(self, number: int) -> list[str]:
        """The customers with the most orders."""
        with closing(self._connect()) as connection:
            return [customer for (customer,) in connection.execute(_BUSIEST, (number,))]

    def fill(self, rows: Iterable[Row], tell: Callable[[int], None]) -> None:
        """Make the table; ``tell`` hears how many rows came in since it was last told."""
        source = iter(rows)
        with closing(self._connect()) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # it need not survive the machine
            connection.execute(_TABLE)
            while chunk := list(islice(source, _CHUNK)):
                connection.executemany(_INSERT, chunk)
                tell(len(chunk))

    def _note_run(self) -> None:
        with self._lock:
            self.runs += 1

    def _row(self, query: str, customer: str) -> tuple[Any, ...]:
        with closing(self._connect()) as connection:
            row: tuple[Any, ...] = connection.execute(query, (customer,)).fetchone()
            return row

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_PATIENCE)


def invented(rows: int) -> Iterator[Row]:
    """That many orders of a thousand customers, the same each time."""
    dice = random.Random(2009)  # noqa: S311  guards nothing
    for _ in range(rows):
        yield f"C{int(dice.random() * 1000):03}", int(dice.random() * 50_000) / 100
