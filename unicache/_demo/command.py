"""The demo as a whole: what is started, in which order, and that all of it is gone in the end.

What must not live here: the scenario, and what is right.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from unicache import Cache, _interrupts
from unicache._demo.crew import ProcessWorker, ThreadWorker, Worker
from unicache._demo.database import Orders, Row, invented
from unicache._demo.foreign import ForeignOrders
from unicache._demo.scenario import CUSTOMERS, STEPS, play, prepare
from unicache._demo.shop import FLAVOURS
from unicache._demo.table import show
from unicache._demo.verdict import Step, merged
from unicache.errors import ConfigurationError
from unicache.server import Server, find_binary

__all__ = ["demo"]

_MEMORY = "memory://"
_TIMEOUT = 10
"""Seconds that our own server may take: five processes and 250 callers may share a small machine with others."""

_SHARED = "One process for each event model; all share one cache, and play one scenario."
_ALONE = (
    "memory:// is in one process, and shares nothing with other processes or other event models: each flavour plays "
    "the scenario alone, one after another, on threads of this process."
)


def demo(url: str | None, file: Path | None, rows: int) -> int:
    """Run the demo, and return 0 when all checks passed, else 1.

    ``url``   the server to use; None for one of its own, or for ``memory://`` when there is no program for that
    ``file``  an SQLite database with a table of orders; None for ``rows`` orders made up

    Raises CacheError when it cannot be run: ConfigurationError for a wrong URL or file, StoreUnavailable, and so on.
    """
    start = time.monotonic()
    console = Console(highlight=False)
    _require_models()
    source = _source(file, rows)
    with ExitStack() as stack:
        url = _place(url, stack, console)
        home = _home(stack)
        stack.callback(_interrupts.ignore)
        orders = _filled(Orders(home / "orders.sqlite"), *source, console)
        steps = _played(url, orders, console)
    return 0 if show(steps, time.monotonic() - start, console) else 1


# -- what there is to work with


def _require_models() -> None:
    missing = [name for name in FLAVOURS if name != "threads" and find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"the demo runs every event model, and {' and '.join(missing)} is missing: "
            f"pip install 'unicache-kit[{','.join(missing)}]'"
        )


def _source(file: Path | None, rows: int) -> tuple[int, Iterator[Row]]:
    """How many orders there are, and the orders."""
    if file is None:
        return rows, invented(rows)
    found = ForeignOrders(file)
    return found.count, found.rows()


def _place(url: str | None, stack: ExitStack, console: Console) -> str:
    """The URL of a store that answers."""
    if url is None:
        return _own_server(stack, console)
    with Cache(url):
        console.print(_ALONE if _in_memory(url) else f"The server is the one that --url names. {_SHARED}")
    return url


def _own_server(stack: ExitStack, console: Console) -> str:
    try:
        server = Server(find_binary("valkey"))
    except ConfigurationError as error:
        console.print(f"There is no server: {error}.\n{_ALONE}", markup=False)
        return _MEMORY
    stack.callback(server.stop)
    server.start()
    console.print(f"valkey-server {server.version} runs on a private Unix socket. {_SHARED}")
    return f"{server.url}?timeout={_TIMEOUT}"


def _in_memory(url: str) -> bool:
    return url.startswith(_MEMORY)


def _home(stack: ExitStack) -> Path:
    """A directory for our files. Its removal is arranged first: an interrupt may come as soon as it is there."""
    home = Path(tempfile.gettempdir()) / f"unicache-demo-{uuid4().hex}"
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    home.mkdir(mode=0o700)
    return home


def _filled(orders: Orders, number: int, rows: Iterator[Row], console: Console) -> Orders:
    with _progress(console, "orders into SQLite", number) as tell:
        orders.fill(rows, tell)
    return orders


# -- the scenario


def _played(url: str, orders: Orders, console: Console) -> list[Step]:
    """The steps, with what came of them: by all flavours together, or in memory by each alone."""
    alone = _in_memory(url)
    kind, groups = (ThreadWorker, [[name] for name in FLAVOURS]) if alone else (ProcessWorker, [list(FLAVOURS)])
    customers = _customers(orders)
    played: list[list[Step]] = []
    with _progress(console, "steps of the scenario", STEPS * len(groups)) as tell, _namespace(url, customers) as name:
        for names in groups:
            with _crew(kind, names) as group:
                prepare(group, url, name, orders)
                played.append([*_told(play(group, orders, customers), tell)])
    return merged(played)


@contextmanager
def _crew(kind: Callable[[str], Worker], names: Sequence[str]) -> Iterator[list[Worker]]:
    """The workers of those names; they are gone in the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(kind(name)) for name in names]


def _told(steps: Iterable[Step], tell: Callable[[int], None]) -> Iterator[Step]:
    for step in steps:
        tell(1)
        yield step


def _customers(orders: Orders) -> list[str]:
    found = orders.busiest(CUSTOMERS)
    if len(found) < CUSTOMERS:
        raise ConfigurationError(f"the orders are of {len(found)} customers; the demo needs {CUSTOMERS} or more")
    return found


@contextmanager
def _namespace(url: str, customers: Sequence[str]) -> Iterator[str]:
    """A namespace that nobody else has, and of which nothing is left in the end."""
    name = f"demo-{uuid4().hex}"
    try:
        yield name
    finally:
        _interrupts.ignore()
        with Cache(url, namespace=name) as cache:
            cache.clear()
            _forget_tags(cache, customers)


def _forget_tags(cache: Cache, customers: Sequence[str]) -> None:
    @cache.invalidates(tags="customer:{customer}")
    def forget(customer: str) -> None:
        """Nothing is out of date; the tag's version is removed."""

    for customer in customers:
        forget(customer)


@contextmanager
def _progress(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar, and the function that moves it on."""
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda number: bar.update(task, advance=number)
