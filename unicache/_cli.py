"""The command line: which commands there are, what they take, and how they end. What a command does lives elsewhere.

Exit codes: 0 all is well, 1 a check failed, 2 it could not be done, 128 and the signal's number when interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from unicache import _interrupts
from unicache.errors import CacheError

__all__ = ["run"]

FEWEST_ROWS = 100


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say, and return the exit code. Raises SystemExit for wrong ones, and when interrupted."""
    options = _parser().parse_args(arguments)
    _interrupts.heed()
    try:
        return _demo(options)
    except (CacheError, OSError) as error:
        print(f"unicache: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unicache", description="One cache for Valkey, under every event model.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo = commands.add_parser(
        "demo",
        help="show threads, asyncio, trio, gevent and Twisted sharing one cache",
        description="Run one scenario in five processes, one per event model, that share one cache, and check it.",
    )
    demo.add_argument("--url", help="the server to use, such as valkey://localhost; by default one of its own")
    orders = demo.add_mutually_exclusive_group()
    orders.add_argument("--db", type=Path, metavar="FILE", help="an SQLite file with a table 'orders'; it is only read")
    orders.add_argument("--rows", type=_rows, default=500_000, metavar="N", help="orders to make up (default: 500,000)")
    return parser


def _rows(text: str) -> int:
    try:
        rows = int(text.replace("_", "").replace(",", ""))
    except ValueError:
        rows = 0
    if rows < FEWEST_ROWS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {FEWEST_ROWS} or more")
    return rows


def _demo(options: argparse.Namespace) -> int:
    if find_spec("rich") is None:
        print("unicache: the demo needs rich for its table: pip install 'unicache-kit[cli]'", file=sys.stderr)
        return 2
    from unicache._demo.command import demo

    return demo(url=options.url, file=options.db, rows=options.rows)
