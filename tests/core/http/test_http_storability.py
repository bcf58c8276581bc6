"""What no story can say: the time a response was under way, and what an adapter saw of the application."""

from dataclasses import fields

import pytest

from unicache._core.http.copying import Copied, Copy
from unicache._core.http.freshness import Times, initial_age
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.rules import Rules
from unicache._core.http.status import Status
from unicache._core.http.storability import refusal, stored_from
from unicache._core.http.verdicts import Keep
from unicache.errors import ConfigurationError, InvalidArgument

REQUEST = Request("GET", "http", "example.com", "/", None, ())
NOW = Times(1000.0, 1000.0)


@pytest.mark.parametrize(
    ("headers", "times", "age"),
    [
        ((), Times(1000.0, 1004.0), 4.0),
        ((("age", "10"),), Times(1000.0, 1004.0), 14.0),
        ((("age", "10"),), Times(1004.0, 1000.0), 10.0),  # the clock stepped back meanwhile
        ((("date", "Thu, 01 Jan 1970 00:16:00 GMT"), ("age", "10")), Times(1000.0, 1004.0), 44.0),
    ],
)
def test_line_21_the_way_counts(headers: tuple[tuple[str, str], ...], times: Times, age: float) -> None:
    assert initial_age(headers, times) == age


@pytest.mark.parametrize(
    ("control", "reason"), [("max-age=60", "session"), ("public, max-age=60", None), ("s-maxage=60", None)]
)
def test_line_104_a_session_that_was_read_makes_a_response_private(control: str, reason: str | None) -> None:
    head = Head(200, (("cache-control", control),), personal=True)
    assert refusal(REQUEST, head, rules_of(Options()), NOW) == reason


@pytest.mark.parametrize("said", [(("content-length", "4, 4"),), (("content-length", "4"), ("content-length", "4"))])
def test_line_12_a_length_that_is_said_twice_counts(said: tuple[tuple[str, str], ...]) -> None:
    stored = stored_from(Head(200, said), rules_of(Options()), NOW)
    copy = Copy(Keep(stored, (), (), Status()), 1000)
    assert (copy.add(b"bod"), copy.body) == (Copied.PART, None)
    assert (copy.add(b"y"), copy.body) == (Copied.WHOLE, b"body")


@pytest.mark.parametrize(
    ("options", "reason"), [({"statuses": {200}}, "option-statuses"), ({"shared": False}, "option-shared"), ({}, None)]
)
def test_options_may_narrow_what_is_stored(options: dict[str, object], reason: str | None) -> None:
    head = Head(404, (("cache-control", "max-age=60"),))
    assert refusal(REQUEST, head, rules_of(Options(**options)), NOW) == reason


@pytest.mark.parametrize(("headers", "lasts"), [((), True), ((("cache-control", "max-age=0"),), False)])
def test_an_optional_lifetime_is_for_responses_without_one(headers: tuple[tuple[str, str], ...], lasts: bool) -> None:
    assert (refusal(REQUEST, Head(200, headers), rules_of(Options(ttl="1m")), NOW) is None) == lasts


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": "soon"},
        {"ttl": 0},
        {"set_cookie": "eat"},
        {"heuristic": 1.5},
        {"heuristic": float("nan")},
        {"vary": "accept"},
        {"hosts": "example.com"},
        {"ignore_query": "utm_source"},
        {"max_variants": 0},
        {"name": "two words"},
        {"collapse_timeout": -1},
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_when_it_is_given(options: dict[str, object]) -> None:
    with pytest.raises((ConfigurationError, InvalidArgument), match=next(iter(options))):
        Options(**options)


def test_every_option_becomes_a_rule() -> None:
    assert [each.name for each in fields(Options)] == [each.name for each in fields(Rules)]
    assert all(f"``{each.name}``" in (Options.__doc__ or "") for each in fields(Options))
