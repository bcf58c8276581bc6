"""``python -m unicache``: the same as the command ``unicache``."""

import sys

from unicache._cli import run

__all__ = ["main"]


def main() -> None:
    """Run the command line, and end with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
