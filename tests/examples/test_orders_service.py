"""The orders of the tutorial, on a real PostgreSQL and a real Valkey, through HTTP."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from postgres import Postgres
from servers import observer
from services import Service
from unicache.server import Server

ORDERS = ["ALFKI", "ALFKI", "ANATR"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def service(postgres: Postgres, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {"UNICACHE_URL": server.url, "DATABASE_URL": postgres.url, "CACHE_TTL": "90s"}
    with (
        psycopg.connect(postgres.url) as connection,
        Service("orders/service:app", tmp_path_factory.mktemp("service") / "log", environment) as service,
    ):
        connection.execute("CREATE TABLE orders (id serial PRIMARY KEY, customer text NOT NULL)")
        connection.commit()
        yield service
        assert "Traceback" not in service.said()


@pytest.fixture(autouse=True)
def shop(service: Service, postgres: Postgres, server: Server) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("TRUNCATE orders")
        connection.cursor().executemany("INSERT INTO orders (customer) VALUES (%s)", [[each] for each in ORDERS])
    with observer(server) as client:
        client.flushall()


def count(service: Service, customer: str | None = None) -> bytes:
    answer = service.ask("GET", "/orders/count" + (f"?customer={customer}" if customer else ""))
    assert answer.status == 200
    return answer.body


def add_behind_its_back(postgres: Postgres, customer: str) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("INSERT INTO orders (customer) VALUES (%s)", [customer])


def test_a_hit_is_the_same_json_as_a_miss(service: Service) -> None:
    assert [count(service), count(service)] == [b"3", b"3"]
    assert [count(service, "ALFKI"), count(service, "ALFKI")] == [b"2", b"2"]
    assert [count(service, "NOBOD"), count(service, "NOBOD")] == [b"0", b"0"]


def test_a_count_is_asked_of_the_database_once(service: Service, postgres: Postgres) -> None:
    assert [count(service), count(service, "ALFKI")] == [b"3", b"2"]
    add_behind_its_back(postgres, "ALFKI")
    assert [count(service), count(service, "ALFKI")] == [b"3", b"2"]


def test_the_keys_can_be_read_and_live_as_long_as_the_environment_says(service: Service, server: Server) -> None:
    count(service)
    count(service, "ALFKI")
    with observer(server) as client:
        names = sorted(client.scan_iter())
        assert names == [b"shop:num_orders:ALFKI", b"shop:num_orders:all"]
        assert all(30_000 < client.pttl(name) <= 90_000 for name in names)


def test_a_new_order_makes_the_next_count_fresh_for_all_and_for_its_customer(service: Service) -> None:
    assert [count(service), count(service, "ALFKI")] == [b"3", b"2"]
    for fresh in ((b"4", b"3"), (b"5", b"4")):
        answer = service.ask("POST", "/orders", {"customer": "ALFKI"})
        assert (answer.status, type(answer.json)) == (200, int)
        assert (count(service), count(service, "ALFKI")) == fresh


def test_and_for_no_other_customer(service: Service, postgres: Postgres) -> None:
    assert count(service, "ANATR") == b"1"
    add_behind_its_back(postgres, "ANATR")
    assert service.ask("POST", "/orders", {"customer": "ALFKI"}).status == 200
    assert [count(service, "ANATR"), count(service)] == [b"1", b"5"]


def test_an_order_that_is_refused_leaves_the_counts_alone(service: Service, postgres: Postgres) -> None:
    assert count(service) == b"3"
    add_behind_its_back(postgres, "ALFKI")
    for customer in ("all", "", 5, None):
        assert service.ask("POST", "/orders", {"customer": customer}).status == 422
    assert count(service) == b"3"
    assert service.ask("GET", "/orders/count?customer=all").status == 422


def test_counts_go_on_without_the_store_and_a_new_order_says_that_old_ones_may_be_served(
    postgres: Postgres, service: Service, server: Server, tmp_path: Path
) -> None:
    with Server() as own:
        environment = {"UNICACHE_URL": own.url, "DATABASE_URL": postgres.url}
        with Service("orders/service:app", tmp_path / "log", environment) as other:
            own.kill()
            assert [count(other), count(other, "ALFKI")] == [b"3", b"2"]
            assert other.ask("POST", "/orders", {"customer": "ALFKI"}).status == 500
            assert count(other) == b"4"
            assert "InvalidationUncertain" in other.said()
