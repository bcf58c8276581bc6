"""Stored responses are data, versioned and of the length they say (lines 101 and 103)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.http.freshness import Times
from unicache._core.http.messages import Head
from unicache._core.http.options import Options, rules_of
from unicache._core.http.policy import kept_for
from unicache._core.http.storability import stored_from
from unicache._core.http.stored import Page, Stored, pack_page, pack_stored, unpack_page, unpack_stored

GENERATION = bytes(range(16))
PAGE = Page(GENERATION, (("accept", "foo"), ()), (b"1" * 16, b"2" * 16), 5.5, 0.0)
STORED = Stored(200, (("a", "1"), ("a", "2"), ("\u00fc", "")), 4, 1000.0, 1000.5, 2.0, 60.0, 5.0, 6.0, strict=True)
BODY = b"\0\xff12"


def test_what_was_packed_comes_back_as_it_was() -> None:
    assert unpack_page(pack_page(PAGE)) == PAGE
    assert unpack_stored(GENERATION, pack_stored(GENERATION, STORED, BODY)) == (STORED, BODY)


def test_a_variant_of_another_generation_is_none() -> None:
    assert unpack_stored(b"x" * 16, pack_stored(GENERATION, STORED, BODY)) is None


def test_neither_is_the_other() -> None:
    assert unpack_page(pack_stored(GENERATION, STORED, BODY)) is None
    assert unpack_stored(GENERATION, pack_page(PAGE)) is None


@pytest.mark.parametrize("cut", range(0, 120, 3))
def test_line_101_what_was_cut_off_is_nothing(cut: int) -> None:
    assert unpack_page(pack_page(PAGE)[: -cut - 1]) is None
    assert unpack_stored(GENERATION, pack_stored(GENERATION, STORED, BODY)[: -cut - 1]) is None


def test_line_101_a_version_of_the_future_is_nothing() -> None:
    data = bytearray(pack_page(PAGE))
    data[2] += 1
    assert unpack_page(bytes(data)) is None


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 7))
def test_line_101_no_bytes_raise_and_no_flipped_bit_is_taken_for_another_body(junk: bytes, at: int, bit: int) -> None:
    assert unpack_page(junk) is None
    whole = pack_stored(GENERATION, STORED, BODY)
    data = bytearray(whole)
    data[at % (len(whole) - len(BODY))] ^= 1 << bit  # the envelope's checksum covers the body
    found = unpack_stored(GENERATION, bytes(data))
    assert found is None or found[1] == BODY


@pytest.mark.parametrize(
    ("headers", "options", "seconds"),
    [
        ({"cache-control": "max-age=60"}, {}, 120.0),
        ({"cache-control": "max-age=60"}, {"stale_if_down": None}, 60.0),
        ({"cache-control": "max-age=60, must-revalidate"}, {}, 60.0),
        ({"cache-control": "max-age=60", "age": "20"}, {"stale_if_down": 5}, 45.0),
        ({"cache-control": "max-age=60", "etag": '"a"'}, {"keep": 100}, 160.0),
        ({"cache-control": "max-age=60, stale-if-error=500", "etag": '"a"'}, {"keep": 100}, 560.0),
        ({"cache-control": "max-age=60, stale-while-revalidate=70"}, {"keep": 100}, 130.0),
        ({"cache-control": "no-cache", "etag": '"a"'}, {"keep": 100}, 100.0),
        ({"cache-control": "max-age=99999999999"}, {}, 2.0**31 + 60),
        ({"cache-control": "max-age=1, stale-if-error=99999999999"}, {}, 2.0**31 + 1),
    ],
)
def test_line_103_a_response_is_kept_while_it_may_be_of_use(
    headers: dict[str, str], options: dict[str, Any], seconds: float
) -> None:
    chosen = rules_of(Options(**options))
    stored = stored_from(Head(200, tuple(headers.items())), chosen, Times(0.0, 0.0))
    assert kept_for(stored, chosen, 0.0) == seconds
