"""What importing a package brings with it: nothing of another event model, no reactor, no patch."""

import json
import subprocess
import sys

import pytest

ROOTS = ("anyio", "asyncio", "gevent", "greenlet", "trio", "twisted", "uvloop")


def after(statements: str, question: str) -> object:
    """The answer, in a fresh interpreter, after the statements were run."""
    program = f"import json, sys\n{statements}\nprint(json.dumps({question}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not done.stderr
    return json.loads(done.stdout)


def event_models(statements: str) -> set[str]:
    """The event models that are loaded after the statements."""
    answer = after(statements, f"[each for each in {ROOTS!r} if each in sys.modules]")
    assert isinstance(answer, list)
    return set(answer)


@pytest.mark.parametrize("module", ["unicache", "unicache.errors", "unicache.typing", "unicache.server"])
def test_importing_the_synchronous_package_loads_no_event_model(module: str) -> None:
    assert event_models(f"import {module}") == set()


def test_using_the_synchronous_package_loads_no_event_model() -> None:
    use = "import unicache\ncache = unicache.Cache()\ncache.get_or_set('key', lambda: 1)\ncache.invalidate('key')"
    assert event_models(use) == set()


def test_commit_hooks_load_no_database_layer() -> None:
    use = "import unicache\ncache = unicache.Cache()\nwith cache.pending() as t: cache.on_commit(t, keys=['a'])"
    assert after(use, "[each for each in sys.modules if 'sql' in each or 'adbapi' in each]") == []


@pytest.mark.parametrize("package", ["unicache", "unicache_asyncio", "unicache_gevent", "unicache_twisted"])
def test_importing_a_package_loads_no_framework(package: str) -> None:
    frameworks = ("cachelib", "chocs", "django", "fastapi", "flask", "flask_caching", "starlette", "werkzeug")
    assert after(f"import {package}", f"[each for each in {frameworks!r} if each in sys.modules]") == []


def test_importing_the_adapter_for_chocs_does_not_load_chocs() -> None:
    assert after("import unicache.chocs", "[each for each in sys.modules if 'chocs' in each]") == ["unicache.chocs"]


def test_importing_the_asynchronous_package_loads_asyncio_only() -> None:
    assert event_models("import unicache_asyncio") == {"asyncio"}


def test_importing_the_gevent_package_loads_gevent_only() -> None:
    assert event_models("import unicache_gevent") == {"gevent", "greenlet"}


def test_importing_the_gevent_package_patches_nothing() -> None:
    before = "import select, socket, ssl, threading, time\n"
    things = "[socket.socket, socket.create_connection, select.select, ssl.SSLContext, threading.Lock, time.sleep]"
    program = f"{before}kept = {things}\nimport unicache_gevent\nimport gevent.monkey"
    assert after(program, f"[kept == {things}, list(gevent.monkey.saved)]") == [True, []]


def test_importing_the_twisted_package_loads_twisted_and_what_that_loads() -> None:
    assert event_models("import unicache_twisted") == event_models("import twisted.internet.endpoints")


def test_importing_the_twisted_package_installs_no_reactor() -> None:
    made = "import unicache_twisted.web\ncache = unicache_twisted.Cache('valkey://localhost')"
    assert after(made, "'twisted.internet.reactor' in sys.modules") is False


@pytest.mark.parametrize("package", ["unicache_asyncio", "unicache_gevent", "unicache_twisted"])
def test_making_a_cache_at_module_level_needs_nothing_running(package: str) -> None:
    program = f"import {package}\ncache = {package}.Cache('valkey://localhost', namespace='there')"
    assert after(program, "repr(cache)") == f"<{package}.Cache namespace='there'>"


@pytest.mark.parametrize("model", ["gevent", "twisted"])
def test_a_package_whose_event_model_is_missing_says_what_to_install(model: str) -> None:
    program = f"""
sys.modules[{model!r}] = None
try:
    import unicache_{model}
except ModuleNotFoundError as error:
    found = [error.name.partition(".")[0], *error.__notes__]
"""
    name, note = after(program, "found")  # type: ignore[misc]
    assert name == model
    assert f"pip install 'unicache-kit[{model}]'" in note
