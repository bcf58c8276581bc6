"""What befalls the processes of a real run, their server and their connections: they are killed, stopped and cut.

What must not live here: what they make of it, and how often it befalls them.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle

from crew import Crew

from servers import observer
from unicache.server import Server

__all__ = ["Nemesis"]

LONGEST_STOP = 0.6
"""Seconds; longer than the leases and time-outs of who is to be tormented."""


class Nemesis:
    """``struck`` counts what it has done."""

    def __init__(self, crew: Crew, server: Server) -> None:
        self._crew = crew
        self._server = server
        self._chance = random.Random(os.getpid())  # noqa: S311  it is not repeatable anyway
        self._ways: list[Callable[[], None]] = [self._kill, self._stop, self._freeze, self._cut, self._cut_all]
        self._turns = cycle(self._ways)
        self.struck: Counter[str] = Counter()

    def strike(self) -> None:
        """Do the next evil."""
        way = next(self._turns)
        way()
        self.struck[way.__name__.strip("_")] += 1

    def _kill(self) -> None:
        """A worker dies in the midst of a load, and another takes its place."""
        self._crew.replace(self._leader())

    def _stop(self) -> None:
        """A worker stands still in the midst of a load, for longer than its lease or not."""
        row = self._leader()
        self._crew.freeze(row)
        try:
            time.sleep(self._chance.uniform(0.0, LONGEST_STOP))
        finally:
            self._crew.thaw(row)

    def _freeze(self) -> None:
        """The server stands still, for longer than a time-out or not."""
        self._server.pause()
        try:
            time.sleep(self._chance.uniform(0.0, LONGEST_STOP / 2))
        finally:
            self._server.resume()

    def _cut(self) -> None:
        """One connection."""
        with observer(self._server) as client:
            mine = client.client_id()
            others = [each["id"] for each in client.client_list() if each["id"] != str(mine)]
            client.client_kill_filter(_id=self._chance.choice(others))

    def _cut_all(self) -> None:
        with observer(self._server) as client:
            client.client_kill_filter(_type="normal", skipme=True)

    def _leader(self) -> int:
        """Somebody who is just loading the lone key."""
        while not (leaders := self._crew.board.leaders):
            time.sleep(0.0005)
        return self._chance.choice(leaders)
