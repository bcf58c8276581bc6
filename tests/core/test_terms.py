"""The terms of a load: what is read from the options, and which of them contradict each other."""

from datetime import timedelta
from typing import Any

import pytest

from unicache._core.loads.freshness import Windows
from unicache._core.loads.terms import Terms, terms_of
from unicache._core.setup.settings import Settings
from unicache.errors import ConfigurationError, InvalidArgument
from unicache.typing import DEFAULT

SETTINGS = Settings(ttl=300.0, lease=10.0)


def terms(ttl: Any = 60, **options: Any) -> Terms:
    return terms_of(SETTINGS, ttl, options)


def test_without_options_there_is_a_ttl_and_nothing_else() -> None:
    assert terms() == Terms(60.0)
    assert terms().windows == Windows()


def test_the_default_ttl_is_the_caches() -> None:
    assert terms(DEFAULT).ttl == 300.0
    assert terms(None).ttl is None


def test_durations_are_read_in_every_form() -> None:
    windows = {"stale_while_revalidate": "90s", "stale_if_error": timedelta(hours=1)}
    read = terms("1m", soft_timeout=0.5, hard_timeout=2, **windows)
    assert read.windows == Windows(revalidate=90.0, if_error=3600.0)
    assert (read.ttl, read.soft_timeout, read.hard_timeout) == (60.0, 0.5, 2.0)


def test_none_stands_for_an_option_that_is_not_given() -> None:
    options = ("stale_while_revalidate", "stale_if_error", "soft_timeout", "hard_timeout", "result_tags")
    assert terms(**dict.fromkeys(options)) == Terms(60.0)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"ttl": None, "stale_while_revalidate": 1}, "needs a ttl"),
        ({"ttl": None, "stale_if_error": 1}, "needs a ttl"),
        ({"ttl": None, "early_refresh": 1.0}, "needs a ttl"),
        ({"jitter": 1.0}, "jitter must be below 1"),
        ({"jitter": -0.1}, "jitter must be a number"),
        ({"jitter": "a lot"}, "jitter must be a number"),
        ({"jitter": float("nan")}, "jitter must be a number"),
        ({"early_refresh": True}, "early_refresh must be a number"),
        ({"early_refresh": float("inf")}, "early_refresh must be a number"),
        ({"soft_timeout": 1}, "needs stale_if_error"),
        ({"soft_timeout": 1, "stale_while_revalidate": 60}, "needs stale_if_error"),
        ({"soft_timeout": 2, "hard_timeout": 2, "stale_if_error": 60}, "shorter than hard_timeout"),
        ({"soft_timeout": 3, "hard_timeout": 2, "stale_if_error": 60}, "shorter than hard_timeout"),
        ({"hard_timeout": 10.1}, "lease"),
        ({"negative": {KeyboardInterrupt: 1}}, "exception classes"),
        ({"negative": {LookupError("made"): 1}}, "exception classes"),
        ({"negative": [LookupError]}, "exception classes"),
        ({"negative": None}, "exception classes"),
        ({"result_tags": "red"}, "result_tags must be a function"),
        ({"result_tags": ["red"]}, "result_tags must be a function"),
        ({"stale": 1}, "unknown option 'stale'"),
    ],
)
def test_what_contradicts_itself_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        terms(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": 0},
        {"ttl": True},
        {"stale_if_error": -1},
        {"stale_while_revalidate": 0},
        {"soft_timeout": "soon", "stale_if_error": 60},
        {"hard_timeout": float("nan")},
        {"negative": {LookupError: 0}},
    ],
)
def test_what_is_no_duration_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        terms(**options)


def test_a_hard_timeout_as_long_as_the_lease_will_do() -> None:
    assert terms(hard_timeout=10).hard_timeout == 10.0


def test_a_ttl_of_the_result_is_computed_for_each() -> None:
    computed = terms(lambda value: value, stale_if_error=60)
    assert [computed.life(value) for value in (1, "2m", timedelta(seconds=3), None)] == [1.0, 120.0, 3.0, None]
    assert computed.longest_known is None
    with pytest.raises(InvalidArgument) as caught:
        computed.life(-1)
    assert caught.value.argument == "ttl"


def test_an_entry_lives_for_its_ttl_and_the_longest_window() -> None:
    assert terms(60).longest_known == 60.0
    assert terms(60, stale_while_revalidate=5, stale_if_error=30).longest_known == 90.0
    assert terms(None).longest_known is None


def test_the_first_class_that_fits_says_how_long_a_failure_is_remembered() -> None:
    read = terms(negative={KeyError: "1m", LookupError: 5})
    assert [read.negative_life(error) for error in (KeyError(), IndexError(), LookupError())] == [60.0, 5.0, 5.0]
    assert read.negative_life(ValueError()) is None
