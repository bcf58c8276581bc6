"""Numbers in a file that several processes have in memory, and the sign that they are to come to an end."""

import mmap
import os
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Cells"]

CELL = 8


class Cells:
    """``cells`` are ``size`` numbers. The first is the sign; what the others mean is for who derives from this.

    Somebody who works for ``parent`` goes on until there is the sign, or the parent has died.
    """

    def __init__(self, path: Path, size: int, parent: int = 0) -> None:
        if not path.exists():
            with path.open("wb") as file:
                file.truncate(size * CELL)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), size * CELL)
        self.cells = memoryview(self._memory).cast("Q")
        self._parent = parent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cells.release()
        self._memory.close()

    @property
    def going(self) -> bool:
        """Whether to go on."""
        return not self.cells[0] and os.getppid() == self._parent

    def stop(self) -> None:
        """Have all processes come to an end."""
        self.cells[0] = 1
