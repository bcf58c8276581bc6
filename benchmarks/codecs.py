"""What a value costs on its way to bytes and back: codecs, compression and keys. Run: python -m benchmarks.codecs

Nothing is sent. A column is the best of many rounds, in µs, so that other work on the machine shows little.
"""

import dataclasses
import timeit
from collections.abc import Callable
from typing import Any

from unicache._blocking import BlockingIo
from unicache._core.records.envelope import pack, unpack
from unicache._core.records.record import Record
from unicache._core.setup.settings import Settings
from unicache._core.setup.url import configuration
from unicache._core.values import Values

NAME = b"shop:order:10248"
KEYS = {"2026": bytes(32)}
ROUNDS, CALLS = 40, 2000


@dataclasses.dataclass
class Line:
    """One line of an order."""

    article: str
    number: int
    price: float


PLAIN = {"name": "Ann", "visits": 1, "tags": ["a", "b"], "score": 1.5}
ROWS = [{"id": number, "name": f"customer {number}", "city": "Berlin", "total": number * 1.5} for number in range(100)]

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("int", {}, 41),
    ("str of 100", {}, "x" * 100),
    ("flat dict of 4", {}, {"id": 1, "name": "Ann", "city": None, "total": 1.5}),
    ("dict of 4", {}, PLAIN),
    ("dict of 4, json", {"codec": "json"}, PLAIN),
    ("dict of 4, pickle and signing", {"codec": "pickle", "signing": KEYS}, PLAIN),
    ("dict of 4, signing", {"signing": KEYS}, PLAIN),
    ("dict of 4, encryption", {"encryption": KEYS}, PLAIN),
    ("dataclass", {}, Line("tea", 3, 1.5)),
    ("100 rows", {}, ROWS),
    ("100 rows, zstd", {"compression": "zstd"}, ROWS),
    ("100 rows, zstd and encryption", {"compression": "zstd", "encryption": KEYS}, ROWS),
]


def settings(options: dict[str, Any]) -> Settings:
    """The settings that these options make."""
    return configuration("memory://", options).settings


def micros(call: Callable[[], Any]) -> float:
    """The best round, per call."""
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def row(label: str, options: dict[str, Any], value: Any) -> str:
    """One line of the table."""
    chosen = settings(options)
    values = Values(BlockingIo(), chosen.codec, chosen.wrapping)
    record = values.record(NAME, value)
    data = pack(NAME, record)
    found = unpack(NAME, data)
    assert isinstance(found, Record)
    costs = [
        micros(lambda: values.record(NAME, value)),
        micros(lambda: pack(NAME, record)),
        micros(lambda: unpack(NAME, data)),
        micros(lambda: values.value(NAME, found)),
    ]
    return f"| {label} | {len(data)} | " + " | ".join(f"{cost:.2f}" for cost in costs) + " |"


def main() -> None:
    """Print the table."""
    print("| value | bytes | encode | pack | unpack | decode |\n|---|---|---|---|---|---|")
    for case in CASES:
        print(row(*case), flush=True)


if __name__ == "__main__":
    main()
