"""Being interrupted, for programs that have something to put away: Ctrl-C, a polite kill, a terminal that is closed.

For the command line only: signal handlers belong to the program, never to a library.
"""

import signal
import sys
from types import FrameType

__all__ = ["heed", "ignore"]

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def heed() -> None:
    """From now on an interrupt raises SystemExit, with 128 and the signal's number, wherever the program is."""
    for number in _SIGNALS:
        signal.signal(number, _leave)


def ignore() -> None:
    """From now on nothing interrupts: what is left to do is putting things away."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    ignore()
    print("unicache: interrupted", file=sys.stderr)
    raise SystemExit(128 + number)
