"""Waiting for another process's load to end: woken by the store where it can, else by looking again and again."""

import random

from unicache._core.core import Core

__all__ = ["Waiting"]

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1
"""Seconds between looks where nobody tells of changes."""

LONGEST_SILENCE = 0.25
"""Seconds between looks where the server tells, in case its word was lost."""

PATIENCE = 2.5
"""Leases to wait for: a load as long as one, and another for the lease of a process that died in it."""


class Waiting:
    """One caller's wait for the lease at ``name``."""

    def __init__(self, core: Core, name: bytes) -> None:
        self._io = core.io
        self._store = core.store
        self._name = name
        self._deadline = core.io.now() + PATIENCE * core.settings.lease
        self._pause = FIRST_PAUSE

    async def more(self) -> bool:
        """Wait once; False when it was long enough. Raises what the store raises."""
        if self._io.now() >= self._deadline:
            return False
        if not await self._store.changed(self._name, LONGEST_SILENCE):
            await self._io.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311  spreads pollers, guards nothing
            self._pause = min(LONGEST_PAUSE, self._pause * 1.5)
        return True
