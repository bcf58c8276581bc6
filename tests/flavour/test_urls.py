"""URLs as users write them, against servers that ask for a password or for TLS: what is let in, and what is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme

from caches import open_cache
from flavours import Flavour
from unicache._core.io import Io
from unicache.errors import StoreUnavailable
from unicache.server import Server, find_binary

PASSWORD = "p@ss:w/rd?#%&=+ ż"  # noqa: S105  of a server that lives for a second


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with Server(find_binary("valkey"), unix=False, config={"requirepass": f'"{PASSWORD}"'}) as server:
        yield server


def reach(flavour: Flavour, url: str, **options: Any) -> Any:
    """Write and read a value through a cache at that URL."""

    async def body(_: Io) -> Any:
        cache = open_cache(flavour, url, timeout=20, connect_timeout=20, **options)
        try:
            await cache.set("k", "hello")
            return await cache.get("k")
        finally:
            await cache.close()

    return flavour.run(body)


def place(server: Server) -> str:
    host, port = server.address
    return f"{host}:{port}"


def test_a_quoted_password_in_the_url_is_the_password(flavour: Flavour, locked: Server) -> None:
    quoted = quote(PASSWORD, safe="")
    assert reach(flavour, f"valkey://default:{quoted}@{place(locked)}/0") == "hello"
    assert reach(flavour, f"redis://:{quoted}@{place(locked)}") == "hello"
    assert reach(flavour, f"valkey://{place(locked)}?password={quoted}") == "hello"
    assert reach(flavour, f"valkey://{place(locked)}", password=PASSWORD) == "hello"


def test_tls_verifies_authority_and_host_name_by_default(flavour: Flavour, tls_server: Server, tmp_path: Path) -> None:
    assert tls_server.tls is not None
    trusted, where = f"ssl_ca_certs={tls_server.tls.authority}", place(tls_server)
    assert reach(flavour, f"valkeys://{where}?{trusted}") == "hello"
    assert reach(flavour, f"rediss://{where}", ssl_ca_certs=str(tls_server.tls.authority)) == "hello"
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    port = where.partition(":")[2]
    for refused in (f"{where}", f"{where}?ssl_ca_certs={other}", f"127.1:{port}?{trusted}"):
        with pytest.raises(StoreUnavailable, match=f":{port}.*certificate"):
            reach(flavour, f"valkeys://{refused}")


def test_tls_trusts_anybody_only_when_told_so(flavour: Flavour, tls_server: Server) -> None:
    assert reach(flavour, f"valkeys://{place(tls_server)}?ssl_cert_reqs=none") == "hello"


def test_plain_text_to_a_tls_server_is_an_error_that_names_it(flavour: Flavour, tls_server: Server) -> None:
    with pytest.raises(StoreUnavailable, match=place(tls_server)):
        reach(flavour, f"valkey://{place(tls_server)}")
