"""Keys are injective, bounded, and show no secrets (lines 87, 91 and 102)."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from http_table.guarding import FORWARDING
from unicache._core.http.keys import base_of, key_of, unkeyable, variant_of, with_normal_query
from unicache._core.http.messages import Request
from unicache._core.http.options import Options, rules_of

PLAIN = rules_of(Options())


def url(path: str = "/", query: str | None = None, *headers: tuple[str, str], host: str = "example.com") -> Request:
    return Request("GET", "http", host, path, query, headers)


def test_no_two_of_these_urls_share_a_key() -> None:
    urls = [url("/ab"), url("/a", "b"), url("/a", ""), url("/a"), url("/a", "b", host="c.com"), url("/", "ab")]
    for one, other in combinations(urls, 2):
        assert key_of(one, PLAIN) != key_of(other, PLAIN)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_parts_of_the_key_do_not_run_into_one(one: list[str], other: list[str]) -> None:
    keys = {key_of(url(), rules_of(Options(parts=lambda _, parts=parts: parts))) for parts in (one, other)}  # type: ignore[misc]
    assert len(keys) == (1 if one == other else 2)


@given(st.text(st.characters(max_codepoint=255), max_size=8), st.text(st.characters(max_codepoint=255), max_size=8))
def test_variants_do_not_run_into_one(one: str, other: str) -> None:
    requests = [url("/", None, ("a", one), ("b", other)), url("/", None, ("a", other), ("b", one))]
    digests = {variant_of(each, ("a", "b"), PLAIN) for each in requests}
    same = variant_of(requests[0], ("a",), PLAIN) == variant_of(requests[1], ("a",), PLAIN)
    assert len(digests) == (1 if same else 2)


def test_line_102_a_long_url_has_a_short_key() -> None:
    keys = {key_of(url("/" + "x" * 65_000 + last, "y" * 65_000), PLAIN) for last in "ab"}
    assert len(keys) == 2
    assert max(map(len, keys)) < 500


def test_line_102_what_is_in_a_query_is_not_in_the_key() -> None:
    assert "secret" not in key_of(url("/", "token=secret"), PLAIN)


def test_a_prefix_of_a_url_is_one_of_its_key() -> None:
    assert key_of(url("/a/b", "c"), PLAIN).startswith(base_of(url("/a/")))


@pytest.mark.parametrize("name", FORWARDING)
def test_line_91_a_field_that_urls_are_built_from_is_keyed_or_nothing_is_stored(name: str) -> None:
    evil, good = url("/", None, (name.lower(), "evil.com")), url()
    assert unkeyable(evil, PLAIN) is not None
    trusting = rules_of(Options(trusted=[name]))
    assert unkeyable(evil, trusting) is None
    assert key_of(evil, trusting) != key_of(good, trusting)


@pytest.mark.parametrize("name", ["X_Forwarded_Host", "X-HTTP_Method_Override"])
def test_line_90_a_field_is_the_same_with_underscores(name: str) -> None:
    assert unkeyable(url("/", None, (name.lower(), "evil.com")), PLAIN) is not None


@pytest.mark.parametrize("vary", ["accept-language", "accept_language"])
def test_line_27_a_variant_is_the_same_with_underscores(vary: str) -> None:
    said = [(("accept-language", "de"),), (("accept_language", "de"),), ()]
    one, other, none = [variant_of(url("/", None, *headers), (vary,), PLAIN) for headers in said]
    assert one == other != none


def test_without_choices_the_query_is_left_as_it_is() -> None:
    asked = url("/", "b&a&&=&%61=1")
    assert with_normal_query(asked, PLAIN) is asked
