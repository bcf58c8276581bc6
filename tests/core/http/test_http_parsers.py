"""Whatever comes over the wire, no parser raises, and none takes longer than its length."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from http_table.wild import headers, statuses, values, wild
from unicache._core.http.conditionals import evaluated, matches_304, range_applies, validating
from unicache._core.http.dates import http_date, moment
from unicache._core.http.directives import cache_control, control_of
from unicache._core.http.fields import MOST_SECONDS, Headers, delta, end_to_end, members, normal, safe, split
from unicache._core.http.freshness import Times
from unicache._core.http.invalidation import group_tags, outdated_by
from unicache._core.http.keys import key_of, unkeyable, variant_of
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.policy import on_request, on_response, passed_by
from unicache._core.http.ranges import ranges_of
from unicache._core.http.rules import Case
from unicache._core.http.storability import refusal, stored_from
from unicache._core.http.verdicts import Forward, Revalidate

NOW = 1_800_000_000.0
OPTIONS = rules_of(Options())


def request(found: Headers, path: str = "/") -> Request:
    return Request("GET", "http", "example.com", path, None, found)


@given(headers)
def test_directives_come_out_of_anything(found: Headers) -> None:
    for directives in (cache_control(found), control_of(found, ("cdn-cache-control", "x")).directives):
        for name in directives.given:
            assert 0 <= (directives.seconds(name) or 0) <= MOST_SECONDS
            assert directives.bare(name) in (True, False)
            assert all(name == name.lower() for name in directives.names(name))


@given(wild)
def test_a_list_has_no_empty_members_and_loses_nothing(text: str) -> None:
    found = split(text)
    assert all(member and member == member.strip(" \t") for member in found)
    assert re.sub(r"[ \t,]", "", "".join(found)) == re.sub(r"[ \t,]", "", text)


@given(wild)
def test_seconds_are_a_number_within_bounds_or_nothing(text: str) -> None:
    found = delta(text)
    assert (found is None) == (re.fullmatch("[0-9]+", text) is None)
    assert found is None or 0 <= found <= MOST_SECONDS


@given(st.floats(0, 4_000_000_000))
def test_a_date_that_was_written_is_read_as_it_was(when: float) -> None:
    assert moment(http_date(when), NOW) == int(when)


@given(values)
def test_what_is_no_date_is_nothing(text: str) -> None:
    assert moment(text, NOW) is None or text.endswith("GMT") or text[-4:].isdigit()


@pytest.mark.parametrize(
    ("text", "year"), [("76", 2076), ("77", 2077), ("78", 1978), ("99", 1999), ("00", 2000), ("27", 2027)]
)
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(text: str, year: int) -> None:
    assert moment(f"Monday, 01-Mar-{text} 00:00:00 GMT", NOW) == moment(f"Mon, 01 Mar {year} 00:00:00 GMT", NOW)


@given(values, st.integers(0, 100))
@example("bytes=0-0,-1", 0)
def test_ranges_lie_in_the_body(text: str, length: int) -> None:
    for part in ranges_of(text, length, 5) or ():
        assert 0 <= part.start < part.stop <= length


@given(headers, headers, statuses, st.floats(-100, 100_000))
def test_the_policy_has_a_verdict_for_everything(asked: Headers, found: Headers, status: int, later: float) -> None:
    head, times = Head(status, found), Times(NOW, NOW + 1)
    stored = stored_from(head, OPTIONS, times, length=10)
    case = Case(request(asked), OPTIONS, NOW + later)
    assert (passed_by(case.request, OPTIONS) or on_request(case, None)) is not None
    verdict = on_request(case, stored)
    assert stored.age_at(case.now) >= 0.0
    evaluated(case, stored)
    range_applies(case, stored)
    matches_304(stored, found)
    if isinstance(verdict, Forward | Revalidate):
        assert on_response(case, verdict, stored, head, NOW) is not None


@given(headers, headers, statuses)
def test_what_is_unsafe_to_send_is_never_stored(asked: Headers, found: Headers, status: int) -> None:
    reason = refusal(request(asked), Head(status, found), OPTIONS, Times(NOW, NOW))
    assert reason or safe(found)


@given(headers, headers, st.sampled_from(["POST", "GET", "odd"]), statuses)
def test_invalidation_stays_within_the_origin(asked: Headers, found: Headers, method: str, status: int) -> None:
    changing = Request(method, "http", "example.com", "/", None, asked)
    gone = outdated_by(changing, Head(status, found), OPTIONS)
    assert all((each.scheme, each.host) == ("http", "example.com") for each in gone.targets)
    assert all(
        tag.startswith("group http://example.com ") for tag in gone.tags + group_tags(changing, Head(200, found))
    )


@given(headers, values)
def test_any_request_has_a_key_or_none_is_wanted(found: Headers, path: str) -> None:
    asked = request(found, path)
    if unkeyable(asked, OPTIONS) is None:
        assert len(key_of(asked, OPTIONS).encode()) < 500
        assert len(variant_of(asked, ("x", "vary"), OPTIONS)) == 16


@given(headers)
def test_fields_of_the_connection_are_gone_in_any_case(found: Headers) -> None:
    left = end_to_end(found)
    assert not {name for name, _ in left} & {"connection", *(each.lower() for each in members(found, "connection"))}


@given(headers, headers)
def test_a_validating_request_has_only_the_caches_own_conditions(asked: Headers, found: Headers) -> None:
    stored = stored_from(Head(200, found), OPTIONS, Times(NOW, NOW))
    sent = [name for name, _ in validating(request(asked), stored) if name.startswith("if-") or name == "range"]
    assert len(sent) == len(set(sent))
    assert set(sent) <= {"if-none-match", "if-modified-since"}


@pytest.mark.parametrize(
    "text", ['"' * 50_000, '"\\' * 50_000, "," * 100_000, "a=" * 50_000, "W/" * 50_000, "1-" * 50_000]
)
def test_long_fields_are_read_in_their_length(text: str) -> None:
    """Quadratic parsing would take minutes here, and the run's time limit would end it."""
    found = normal([("cache-control", text), ("if-none-match", text), ("vary", text), ("range", "bytes=" + text)])
    stored = stored_from(Head(200, (("etag", '"a"'),)), OPTIONS, Times(NOW, NOW), length=10)
    passed_by(request(found), OPTIONS)
    on_request(Case(request(found), OPTIONS, NOW), stored)
    refusal(request(found), Head(200, found), OPTIONS, Times(NOW, NOW))
