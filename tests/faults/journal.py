"""What a process of a real run writes down, line by line as it happens, and the history that these lines tell.

A line is written by one system call and lost by nothing that ends the process. Moments are nanoseconds of the machine's
monotonic clock, which all its processes share. What must not live here: which history is good (``histories``).
"""

import os
from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from time import monotonic_ns
from typing import Any

from msgspec import json

from histories import History, Invalidation, Load, LoaderFailed, Read

__all__ = ["Journal", "history_of"]


class Journal:
    """The journal of one process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def close(self) -> None:
        os.close(self._file)

    def load(self, value: str, began: int, version: int) -> None:
        """A loader has begun, and has looked at the source."""
        self._note("load", value, began, version)

    def loaded(self, value: str, *, failed: bool) -> None:
        """It is about to end."""
        self._note("loaded", value, monotonic_ns(), failed)

    def read(self, key: str, began: int, value: str | None, source: str | None = None, *, stale: bool = False) -> None:
        """A read that ends now; without a source where the caller is not told."""
        self._note("read", key, began, monotonic_ns(), value, source, stale)

    def failed(self, key: str, began: int, error: Exception) -> None:
        """A read that raised something."""
        self._note("failed", key, began, monotonic_ns(), "" if isinstance(error, LoaderFailed) else repr(error))

    def invalidation(self, promise: str, began: int, versions: dict[str, int]) -> None:
        """One that was acknowledged."""
        self._note("invalidation", promise, began, monotonic_ns(), versions)

    def uncertain(self, began: int) -> None:
        """One that was not."""
        self._note("uncertain", began)

    def _note(self, *what: Any) -> None:
        os.write(self._file, json.encode(what) + b"\n")


def history_of(paths: Iterable[Path], *, calm: bool) -> History:
    """Everything that happened.

    ``calm`` says that no request was lost: then what was given as uncached is certainly not in the store. Otherwise the
    store may have taken it without our knowing.
    """
    reader = _Reader()
    for path in paths:
        reader.take(path)
    return reader.history(calm=calm)


class _Reader:
    def __init__(self) -> None:
        self._loads: dict[str, Load] = {}
        self._reads: list[Read] = []
        self._invalidations: list[Invalidation] = []

    def take(self, path: Path) -> None:
        """All whole lines; a killed process may leave a part of one."""
        for line in path.read_bytes().split(b"\n")[:-1]:
            verb, *details = json.decode(line)
            note: Callable[..., None] = getattr(self, f"_{verb}")
            note(path.stem, *details)

    def _load(self, process: str, value: str, began: int, version: int) -> None:
        self._loads[value] = Load(value, "", process, began, began, key=value.partition(" ")[0], version=version)

    def _loaded(self, process: str, value: str, ended: int, failed: bool) -> None:
        self._loads[value].ended, self._loads[value].failed = ended, failed

    def _read(self, process: str, key: str, began: int, ended: int, *details: Any) -> None:
        value, source, stale = details
        read = Read(self._reader(process), process, began, "call", value, None, key, ended, source, stale)
        self._reads.append(read)

    def _failed(self, process: str, key: str, began: int, ended: int, told: str) -> None:
        error = RuntimeError(told) if told else LoaderFailed()
        self._reads.append(Read(self._reader(process), process, began, "call", None, error, key, ended))

    def _reader(self, process: str) -> str:
        """Each read is a caller of its own."""
        return f"{process}, read {len(self._reads)}"

    def _invalidation(self, process: str, promise: str, began: int, ended: int, versions: dict[str, int]) -> None:
        self._invalidations.append(Invalidation(began, ended, versions, promise))

    def _uncertain(self, process: str, began: int) -> None:
        self._invalidations.append(Invalidation(began, inf, {}))

    def history(self, *, calm: bool) -> History:
        for read in self._reads:
            load = self._loads.get(read.value or "")
            if load is not None and not read.shared:
                _own(load, read)
        refused = {read.value for read in self._reads if calm and read.source == "uncached"}
        accepted = [value for value in self._loads if value not in refused]
        return History(list(self._loads.values()), self._reads, self._invalidations, accepted)


def _own(load: Load, read: Read) -> None:
    """The read says that this load was its own. If two do, the second is found out."""
    load.caller = load.caller or read.caller
    if read.source == "loaded":
        load.stored = min(load.stored, read.ended)
