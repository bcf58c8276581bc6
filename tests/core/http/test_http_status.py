"""Cache-Status is a list of Structured Fields that others can read (lines 67 and 68)."""

import http_sf
import pytest

from unicache._core.http.answers import told
from unicache._core.http.fields import combined
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.rules import Case, Rules
from unicache._core.http.status import Status

REQUEST = Request("GET", "http", "example.com", "/", "token=secret", ())
HEAD = Head(200, (("cache-status", '"up stream"; hit'),))

STATUSES = [
    Status(ttl=5.5),
    Status(ttl=-0.5, detail="stale-while-revalidate"),
    Status("uri-miss", 200, stored=True),
    Status("stale", 304, 60.0, collapsed=True),
    Status("bypass", detail="x-forwarded-host"),
]


def parsed(rules: Rules, status: Status) -> list[tuple[object, dict[str, object]]]:
    text = combined(told(Case(REQUEST, rules, 0.0), HEAD, status).headers, "cache-status") or ""
    return [(str(name), parameters) for name, parameters in http_sf.parse(text.encode(), tltype="list")]  # type: ignore[misc]


@pytest.mark.parametrize("status", STATUSES, ids=str)
def test_line_68_ours_comes_last_and_is_well_formed(status: Status) -> None:
    (above, _), (name, found) = parsed(rules_of(Options()), status)
    assert (above, name) == ("up stream", "unicache")
    assert ("hit" in found) != ("fwd" in found)
    assert "key" not in found


def test_a_ttl_is_rounded_down_and_may_be_negative() -> None:
    assert parsed(rules_of(Options()), STATUSES[1])[1][1]["ttl"] == -1


def test_line_68_the_key_is_shown_for_debugging_only() -> None:
    found = parsed(rules_of(Options(debug=True, name="edge")), STATUSES[0])[1]
    assert found[0] == "edge"
    assert str(found[1]["key"]).startswith("http://example.com/#")
    assert "secret" not in str(found[1]["key"])


def test_line_68_it_can_be_switched_off() -> None:
    assert told(Case(REQUEST, rules_of(Options(status=False)), 0.0), HEAD, STATUSES[0]) == HEAD
