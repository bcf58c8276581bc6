"""Orders from a file of the user's: which table and columns they stand in. The file is opened for reading only.

The demo works on a copy of the two columns it needs, so that the orders it adds are none of the user's.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from unicache._demo.database import Row
from unicache.errors import ConfigurationError

__all__ = ["ForeignOrders", "column"]

CUSTOMER = ("customer", "customerid", "customername", "customerno", "client", "clientid", "buyer", "userid", "user")
AMOUNT = ("amount", "total", "totalamount", "totalprice", "price", "value", "sum", "subtotal", "freight")


class ForeignOrders:
    """The table ``orders`` of an SQLite file, or the view.

    Raises ConfigurationError when the file is not there or is no database, and when it has no such table or columns;
    the message says which.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ConfigurationError(f"there is no file {path}")
        self._path = path
        try:
            self._look()
        except sqlite3.Error as error:
            raise ConfigurationError(f"{path} cannot be read as an SQLite database: {error}") from None

    def _look(self) -> None:
        with closing(self._open()) as connection:
            columns = [row[1] for row in connection.execute("PRAGMA table_info(orders)")]
            if not columns:
                raise ConfigurationError(f"{self._path} has no table 'orders'; {_there_are(connection)}")
            customer = column(columns, CUSTOMER, "customer", self._path)
            amount = column(columns, AMOUNT, "amount", self._path)
            self._from = f"FROM orders WHERE {customer} IS NOT NULL"
            self._query = f"SELECT CAST({customer} AS TEXT), CAST(coalesce({amount}, 0) AS REAL) {self._from}"
            self.count = int(connection.execute(f"SELECT count(*) {self._from}").fetchone()[0])

    def rows(self) -> Iterator[Row]:
        """The orders; those of nobody are left out."""
        with closing(self._open()) as connection:
            yield from connection.execute(self._query)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)


def column(columns: Sequence[str], wanted: Sequence[str], what: str, path: Path) -> str:
    """The first of the columns that are wanted, quoted for SQL; capitals and underscores make no difference."""
    plain = {name.replace("_", "").lower(): name for name in columns}
    for name in wanted:
        if name in plain:
            quoted = plain[name].replace('"', '""')
            return f'"{quoted}"'
    raise ConfigurationError(
        f"table 'orders' of {path} has no column for the {what}, such as {', '.join(wanted[:4])}; "
        f"it has {', '.join(columns)}"
    )


def _there_are(connection: sqlite3.Connection) -> str:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    return f"there are {', '.join(tables)}" if tables else "it is empty"
