"""A flavour at work: takes one order a line, carries it out in its own event model, and answers in one line.

    {"do": "count", "customer": "C042", "times": 25}   →   {"seen": ["497", …], "runs": 0, "seconds": 0.0001}

The first line says where the cache and the orders are. The end of the input is the end of the work.
What must not live here: what the steps are and what is right (``scenario``, ``verdict``), and any one event model.
"""

import json
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TextIO

from unicache._demo.database import Orders
from unicache._demo.shop import Call, Flavour, Shop, flavour

__all__ = ["document", "serve"]

Reply = dict[str, Any]


def serve(name: str, source: TextIO, sink: TextIO) -> None:
    """Run the event model until the source ends."""
    model = flavour(name)
    model.run(lambda: _serve(name, model, source, sink))


def document(author: str) -> dict[str, Any]:
    """What an author writes for the others: one of each kind of value, among them what JSON cannot carry."""
    return {
        "author": author,
        "placed": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
        "amount": Decimal("19.90"),
        "lines": [{"article": "tea", "pieces": 2**70}, ("a", b"\x00\xff"), None, True, 0, 0.5, ""],
    }


async def _serve(name: str, model: Flavour, source: TextIO, sink: TextIO) -> None:
    where = json.loads(await model.blocking(source.readline) or "null")
    if where is None:
        return
    orders = Orders(Path(where["orders"]))
    worker = _Worker(name, model, model.shop(where["url"], where["namespace"], orders), orders)
    while line := await model.blocking(source.readline):
        reply = await worker.carry_out(**json.loads(line))
        print(json.dumps(reply), file=sink, flush=True)
    await _settled(worker.shop.cache.close())


class _Worker:
    def __init__(self, name: str, model: Flavour, shop: Shop, orders: Orders) -> None:
        self.name = name
        self.shop = shop
        self._model = model
        self._orders = orders

    async def carry_out(self, do: str, **details: Any) -> Reply:
        """Do what is asked for, and tell what came of it."""
        runs = self._orders.runs
        times = details.pop("times", 1)
        call = partial(getattr(self, f"_{do}"), **details)
        asked = self._at_once if do == "herd" else self._one_by_one
        seen, seconds = await asked(call, times)
        return {"seen": seen, "runs": self._orders.runs - runs, "seconds": seconds}

    async def _one_by_one(self, call: Call, times: int) -> tuple[list[str], float]:
        seen, seconds = zip(*[await _timed(call) for _ in range(times)], strict=True)
        return list(seen), median(seconds)

    async def _at_once(self, call: Call, times: int) -> tuple[list[str], float]:
        timed: Callable[[], Coroutine[Any, Any, tuple[str, float]]] = partial(_timed, call)
        seen, seconds = zip(*await self._model.together([timed] * times), strict=True)
        return list(seen), median(seconds)

    # -- what can be asked for

    def _connect(self) -> Any:
        return self.shop.cache.connect()

    def _count(self, customer: str) -> Any:
        return self.shop.num_orders(customer)

    def _herd(self, customer: str) -> Any:
        return self.shop.spending(customer)

    def _add(self, customer: str, amount: float) -> Any:
        return self.shop.add_order(customer, amount)

    def _write(self) -> Any:
        return self.shop.cache.set(f"document:{self.name}", document(self.name))

    def _read(self, author: str) -> Any:
        return self.shop.cache.get(f"document:{author}")


async def _timed(call: Call) -> tuple[str, float]:
    """What the call gave, or the error it raised, and the seconds it took."""
    start = perf_counter()
    try:
        seen = repr(await _settled(call()))
    except Exception as error:  # noqa: BLE001  whatever it is, it is what this flavour saw
        seen = f"{type(error).__name__}: {error}"
    return seen, perf_counter() - start


async def _settled(given: Any) -> Any:
    """A value as it is; of a coroutine or Deferred what it brings."""
    return await given if hasattr(given, "__await__") else given


if __name__ == "__main__":
    serve(sys.argv[1], sys.stdin, sys.stdout)
