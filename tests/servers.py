"""Servers for the tests, and who looks at them from outside.

Fixtures live in ``conftest``; how a flavour is driven lives in ``flavours``.
"""

import time
from collections import Counter
from pathlib import Path
from typing import Self

import trustme
from valkey import Valkey

from unicache.server import Server, ServerTls

__all__ = ["STORES", "Replicated", "calls", "certificates", "observer"]

STORES = {"memory": None, "valkey9": "valkey_server", "redis7": "floor_server"}
"""Every store the behaviour suite runs on, and the fixture of its server; ``memory`` has none."""


def observer(server: Server) -> Valkey:
    """Connect a client of another make, to read the server's own truth; use it in a ``with`` statement."""
    if server.tls is None:
        return Valkey.from_url(server.url)
    return Valkey.from_url(server.url, ssl_ca_certs=str(server.tls.authority))


def calls(client: Valkey) -> Counter[str]:
    """How often the server has carried out each command; what this function asks is not counted."""
    found = client.info("commandstats")
    return Counter(
        {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in found.items() if name != "cmdstat_info"}
    )


class Replicated:
    """A primary and its replica, for many tests; use it in a ``with`` statement.

    ``heal`` undoes what a test did to the replica.
    """

    def __init__(self, binary: Path) -> None:
        self.primary = Server(binary, unix=False, config={"repl-diskless-sync-delay": "0"})
        self.primary.start()
        host, port = self.primary.address
        self.replica = Server(binary, unix=False, config={"replicaof": f"{host} {port}"})

    def __enter__(self) -> Self:
        self.heal()
        return self

    def __exit__(self, *error: object) -> None:
        self.replica.stop()
        self.primary.stop()

    @property
    def place(self) -> str:
        """The replica as the option ``replica`` has it."""
        return "{}:{}".format(*self.replica.address)

    def heal(self) -> None:
        """Have the replica run, and hear what the primary says."""
        self.replica.start()
        self.replica.resume()
        give_up = time.monotonic() + 20.0
        with observer(self.primary) as client:
            while "online" not in str(client.info("replication").get("slave0")):
                assert time.monotonic() < give_up, "the replica never came"
                time.sleep(0.01)
            assert client.wait(1, 20_000) == 1


def certificates(directory: Path) -> ServerTls:
    """Write a certificate for ``127.0.0.1`` and ``localhost``, and the authority behind it, to a directory."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    files = ServerTls(directory / "server.pem", directory / "server.key", directory / "authority.pem")
    files.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(files.key)
    authority.cert_pem.write_to_path(files.authority)
    return files
