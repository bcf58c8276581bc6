"""Which cores the processes run on while a single caller is measured.

Left to the scheduler, server and client share a core in some rounds and not in others, and a single caller's round trip
differs by half between the two, which would drown every comparison. Many callers are measured with nothing tied down:
there, clients that bring threads of their own may use what they find.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["apart"]


@contextmanager
def apart(server: int) -> Iterator[None]:
    """Within the block, process ``server`` has the last core, and this one and all that it starts have the others.

    Does nothing where there is a single core, or no call for it (only Linux has one).
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        yield
        return
    _assign(server, cores[-1:], cores[:-1])
    try:
        yield
    finally:
        _assign(server, cores, cores)


def _assign(server: int, theirs: list[int], ours: list[int]) -> None:
    os.sched_setaffinity(server, theirs)
    os.sched_setaffinity(0, ours)
