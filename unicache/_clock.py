"""The clock of deadlines, in all flavours: monotonic, and it goes on while the machine is suspended.

A near cache must not take the hours that a laptop slept for the second in which its link last showed to be alive.
"""

import time
from functools import partial

__all__ = ["now"]

_GOES_ON = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; what other systems call monotonic is the best they have

now = time.monotonic if _GOES_ON is None else partial(time.clock_gettime, _GOES_ON)
"""Seconds."""
