"""What is said first, and what the answers mean."""

import pytest
from hiredis import ReplyError

from unicache._core.setup.node import Credentials
from unicache._core.wire.handshake import features, greeting
from unicache.errors import CacheError, ConfigurationError, StoreUnavailable

SECRET = "sesame"  # noqa: S105  it is none


def _hello(server: str, version: str) -> dict[bytes, bytes]:
    return {b"server": server.encode(), b"version": version.encode()}


def test_the_greeting_asks_for_resp3_and_says_who_we_are() -> None:
    hello, tracking, *rest = greeting(Credentials())
    assert (hello, tracking) == (("HELLO", 3), ("CLIENT", "TRACKING", "ON", "OPTIN"))
    assert [command[:3] for command in rest] == [("CLIENT", "SETINFO", "LIB-NAME"), ("CLIENT", "SETINFO", "LIB-VER")]


def test_credentials_database_and_name_are_in_the_greeting() -> None:
    hello, _, select, *_ = greeting(Credentials("alice", SECRET, 5, "shop"))
    assert hello == ("HELLO", 3, "AUTH", "alice", SECRET, "SETNAME", "shop")
    assert select == ("SELECT", 5)


def test_a_password_is_in_no_repr() -> None:
    assert SECRET not in repr(Credentials("alice", SECRET))


@pytest.mark.parametrize(
    ("server", "version", "ifeq", "delifeq"),
    [
        ("valkey", "9.1.2", True, True),
        ("valkey", "8.1.0", True, False),
        ("valkey", "8.0.9", False, False),
        ("redis", "7.0.15", False, False),
        ("redis", "9.9.9", False, False),
    ],
)
def test_commands_are_used_where_the_server_has_them(server: str, version: str, ifeq: bool, delifeq: bool) -> None:
    found = features([_hello(server, version), b"OK"], Credentials(), "here")
    assert (found.set_ifeq, found.delifeq) == (ifeq, delifeq)


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ("WRONGPASS invalid username-password pair", StoreUnavailable, r"here refused the credentials \(WRONGPASS\)"),
        ("NOAUTH HELLO must be called with the client already authenticated", StoreUnavailable, "NOAUTH"),
        ("NOPERM this user has no permissions", StoreUnavailable, "NOPERM"),
        ("NOPROTO unsupported protocol version", ConfigurationError, "here does not speak RESP3"),
        ("ERR unknown command `HELLO`, with args", ConfigurationError, "here does not speak RESP3"),
        ("ERR max number of clients reached", StoreUnavailable, "here refused the connection: ERR max number"),
        ("LOADING Redis is loading the dataset in memory", StoreUnavailable, "LOADING"),
    ],
)
def test_a_refusal_says_what_is_wrong(answer: str, kind: type[CacheError], text: str) -> None:
    with pytest.raises(kind, match=text):
        features([ReplyError(answer)], Credentials(), "here")


def test_a_server_below_the_floor_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"here is redis 6\.2\.14; unicache needs Valkey, or Redis 7\.0"):
        features([_hello("redis", "6.2.14"), b"OK"], Credentials(), "here")


def test_a_database_that_does_not_exist_is_named() -> None:
    replies = [_hello("valkey", "9.1.2"), b"OK", ReplyError("ERR DB index is out of range")]
    with pytest.raises(ConfigurationError, match="here has no database 99"):
        features(replies, Credentials(database=99), "here")


@pytest.mark.parametrize(("answer", "tracking"), [(b"OK", True), (ReplyError("NOPERM no 'client|tracking'"), False)])
def test_a_user_who_may_not_be_told_of_changes_does_without(answer: object, tracking: bool) -> None:
    assert features([_hello("valkey", "9.1.2"), answer], Credentials(), "here").tracking is tracking
