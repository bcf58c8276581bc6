"""URLs and options: what is wrong is named, the right one is suggested, and a password is shown nowhere."""

import pickle
from typing import Any

import pytest

import unicache
import unicache_asyncio
import unicache_gevent
import unicache_twisted
from caches import Cache, Stage, open_cache
from flavours import Flavour
from unicache.errors import ConfigurationError

PACKAGES = [unicache, unicache_asyncio, unicache_gevent, unicache_twisted]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("valkey://h?tiemout=5", "'tiemout'; did you mean 'timeout'"),
        ("valkey://h?max_connection=5", "'max_connection'; did you mean 'max_connections'"),
        ("unix:///s?pasword=hidden", "'pasword'; did you mean 'password'"),
        ("memory://?max_entrys=5", "'max_entrys'; did you mean 'max_entries'"),
        ("memory://?zzz=5", "'zzz'; there are"),
        ("memory://?password=hidden", "'password' is an option of valkey://, redis://, unix://"),
        ("valkey://h?ssl_ca_certs=x", "'ssl_ca_certs' is an option of valkeys://, rediss:// alone"),
        ("valkey://h?max_entries=5", "'max_entries' is an option of memory:// alone"),
        ("valky://h", "'valky'; did you mean 'valkey'"),
        ("http://u:hidden@h", "'http'"),
        ("://h", "''"),
        ("localhost:6379", "begin with a scheme, such as valkey://"),
        ("u:hidden@localhost", "begin with a scheme"),
        ("", "begin with a scheme"),
        ("memory://max_entries=5", "no host and no path"),
        ("memory://u:hidden@/cache", "no host and no path"),
        ("valkey://:1#hidden@h", "%23"),
        ("valkey://:1?hidden@h", "%3F"),
        ("valkey://:1?hidden=1&timeout=@h", "%3F"),
        ("valkey://:1/hidden@h", "number of a database"),
        ("valkey://u:hidden@h:port", "url is malformed"),
        ("valkey://u:hidden@[::1", "url is malformed"),
        ("valkey://h:99999", "url is malformed"),
        ("valkey://h/zero", "number of a database"),
        ("valkey://h/-1", "number of a database"),
        ("valkey://h?timeout=0", "timeout"),
        ("valkey://h?timeout=soon", "timeout"),
        ("valkey://h?timeout=", "timeout"),
        ("valkey://h?timeout=1&timeout=2", "twice"),
        ("valkey://h/1?db=2", "db is given twice"),
        ("valkey://u:hidden@h?password=hidden", "password is given twice"),
        ("valkey://h?max_connections=0", "max_connections"),
        ("valkey://h?db=x", "db"),
        ("valkey://h?acknowledged_by=-1", "acknowledged_by"),
        ("valkey://h?acknowledged_by=all", "acknowledged_by"),
        ("memory://?acknowledged_by=1", "'acknowledged_by' is an option of valkey://"),
        ("valkey://h?replica=", "replica"),
        ("valkey://h?replica=other:port", "replica must be 'host' or 'host:port'"),
        ("valkey://h?replica=u:hidden@other", "replica must be 'host' or 'host:port'"),
        ("valkey://h?replica=valkey://other", "replica must be 'host' or 'host:port'"),
        ("valkey://h?replica=:6379", "replica must be 'host' or 'host:port'"),
        ("memory://?max_bytes=-1", "max_bytes"),
        ("memory://?ttl=0", "ttl"),
        ("memory://?ttl=nan", "ttl"),
        ("unix://relative", "three slashes"),
        ("unix://", "three slashes"),
        ("valkeys://h?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
        ("valkeys://h?ssl_ca_certs=/nowhere", "certificate"),
        ("valkey+cluster://a,b", "not supported yet"),
        ("valkey+sentinel://a/b", "not supported yet"),
    ],
)
def test_a_wrong_url_is_told_by_the_part_that_is_wrong(flavour: Flavour, url: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_cache(flavour, url)
    assert told in str(caught.value)
    shown = f"{caught.value!r} {vars(caught.value)} {caught.value.__cause__!r}"
    assert "hidden" not in shown
    if not caught.value.__suppress_context__:
        assert "hidden" not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tiemout": 5}, "'tiemout'; did you mean 'timeout'"),
        ({"timeout": True}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"ttl": 0}, "ttl"),
        ({"ttl": float("nan")}, "ttl"),
        ({"max_connections": 2.5}, "max_connections"),
        ({"password": b"hidden"}, "password"),
        ({"password": ""}, "password"),
        ({"db": -1}, "db"),
        ({"max_entries": 0}, "max_entries"),  # of another scheme, but wrong in every one
        ({"namespace": "a//b"}, "namespace"),
        ({"namespace": None}, "namespace"),
        ({"lease": 0}, "lease"),
    ],
    ids=str,
)
def test_a_wrong_option_is_named(flavour: Flavour, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_cache(flavour, "valkey://h", **options)
    assert told in str(caught.value)
    assert "hidden" not in repr(caught.value)


@pytest.mark.parametrize("url", ["memory://", "valkey://h"])
def test_options_may_stay_when_the_url_changes(flavour: Flavour, url: str) -> None:
    open_cache(flavour, url, timeout=5, max_entries=5, ssl_cert_reqs="none")


def test_what_may_be_left_out_may_be_none(flavour: Flavour) -> None:
    for url in ("memory://", "valkey://127.0.0.1:1"):
        open_cache(flavour, url, ttl=None, near=None, codec=None)


@pytest.mark.parametrize("url", [None, 5, b"memory://", ["memory://"]], ids=repr)
def test_what_is_no_text_is_no_url(flavour: Flavour, url: Any) -> None:
    with pytest.raises(ConfigurationError, match="url must be a str"):
        open_cache(flavour, url)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_no_repr_shows_a_password(package: Any) -> None:
    cache = package.Cache("valkey://user:hidden@h:1/0", namespace="n")
    assert repr(cache) == f"<{package.__name__}.Cache namespace='n'>"
    shown = [repr(cache), repr(cache._engine.core.store._links._options), str(cache._engine.core.store._links._options)]
    assert "hidden" not in "".join(shown)


def test_a_configuration_error_pickles() -> None:
    with pytest.raises(ConfigurationError) as caught:
        unicache.Cache("valkey://h?tiemout=1")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own bytes
    assert (type(again), str(again)) == (ConfigurationError, str(caught.value))


@pytest.mark.parametrize("package", [unicache, unicache_gevent], ids=lambda package: package.__name__)
def test_a_coroutine_function_is_refused_by_a_synchronous_cache(package: Any) -> None:
    cache = package.Cache()

    async def function() -> None: ...

    for decorator in (cache.cached(), cache.invalidates(keys="k")):
        for given in (function, staticmethod(function), classmethod(function)):
            with pytest.raises(ConfigurationError, match="unicache_asyncio"):
                decorator(given)
    with pytest.raises(ConfigurationError, match="unicache_asyncio"):
        cache.get_or_set("k", function)
    assert cache.exists("k") is False
    cache.close()


def test_a_plain_function_is_refused_by_the_asynchronous_cache() -> None:
    cache = unicache_asyncio.Cache()

    def function() -> None: ...

    for decorator in (cache.cached(), cache.invalidates(keys="k")):
        for given in (function, staticmethod(function), classmethod(function)):
            with pytest.raises(ConfigurationError, match="async def, or take Cache from unicache"):
                decorator(given)  # type: ignore[operator]


def test_one_cached_function_is_no_list_of_them() -> None:
    cache = unicache.Cache()

    def function() -> None: ...

    with pytest.raises(ConfigurationError, match="functions must be a list"):
        cache.invalidates(functions=cache.cached()(function))(function)  # type: ignore[arg-type]


def test_a_function_of_another_event_model_cannot_be_invalidated_by_its_handle() -> None:
    def function() -> None: ...

    theirs = unicache.Cache().cached()(function)
    for package in (unicache_gevent, unicache_twisted):
        with pytest.raises(ConfigurationError, match="another event model"):
            package.Cache().invalidates(functions=[theirs])(function)


async def test_options_stand_in_the_url_or_beside_it(stage: Stage) -> None:
    mark = "&" if "?" in stage.url else "?"
    for cache in (stage.open(f"{stage.url}{mark}ttl=60&lease=5s"), stage.open(ttl="1m", lease=5)):
        await cache.set("k", 1)
        assert 50 < (await cache.ttl("k") or 0) <= 60


async def test_a_memory_cache_is_its_own(cache: Cache, stage: Stage) -> None:
    one, other = stage.open("memory://"), stage.open("memory://")
    await one.set("k", 1)
    assert await other.exists("k") is False
    assert await cache.exists("k") is False
