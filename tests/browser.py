"""A real browser without a window: Chromium, by its DevTools protocol.

What must not live here: pages, and what is asserted.
"""

import itertools
import json
import re
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

from websockets.sync.client import ClientConnection, connect

__all__ = ["Browser", "Shown"]

PATIENCE = 30.0
"""Seconds after which what a test waits for is taken not to come."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "these tests need Chromium; on Debian: apt-get install chromium"
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


class Shown(NamedTuple):
    """A page that the browser shows.

    ``status``   of what came over the wire; 0 when nothing did, because the browser's own cache had it
    ``headers``  the same, with names in lower case
    ``text``     that a reader sees
    """

    status: int
    headers: dict[str, str]
    text: str


class Browser:
    """A context manager that starts it with nothing remembered, and ends it. A machine without one fails."""

    def __enter__(self) -> Self:
        program = next(filter(None, map(shutil.which, _NAMES)), None)
        assert program, _MISSING
        with ExitStack() as stack:
            home = tempfile.mkdtemp(prefix="unicache-chromium-")
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            command = [program, *_OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.terminate)
            self._attach(stack.enter_context(connect(_address_of(process), max_size=None)))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def visit(self, url: str) -> Shown:
        """Go to a page."""
        return self._shown("Page.navigate", url=url)

    def reload(self) -> Shown:
        """What its button does."""
        return self._shown("Page.reload")

    def run(self, script: str) -> Any:
        """The value of a script's promise, in the page that is shown."""
        found = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return found["result"].get("value")

    def _attach(self, link: ClientConnection) -> None:
        self._link = link
        self._numbers, self._session, self._events = itertools.count(1), "", list[dict[str, Any]]()
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network"):
            self._ask(f"{domain}.enable")

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        self._link.send(json.dumps({"id": number, "method": method, "params": params, **session}))
        while (told := json.loads(self._link.recv(PATIENCE))).get("id") != number:
            self._events.append(told)
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    def _told(self, method: str, **wanted: Any) -> dict[str, Any]:
        """What is told with the next such event."""
        while True:
            for event in self._events:
                if event.get("method") == method and wanted.items() <= event["params"].items():
                    params: dict[str, Any] = event["params"]
                    return params
            self._events.append(json.loads(self._link.recv(PATIENCE)))

    def _shown(self, method: str, **params: Any) -> Shown:
        self._events.clear()
        self._ask(method, **params)
        self._told("Page.loadEventFired")
        told = self._told("Network.responseReceived", type="Document")
        text = str(self.run("document.body.innerText"))
        if not told["hasExtraInfo"]:
            return Shown(0, {}, text)
        wire = self._told("Network.responseReceivedExtraInfo", requestId=told["requestId"])
        return Shown(wire["statusCode"], {name.lower(): value for name, value in wire["headers"].items()}, text)


def _address_of(process: "subprocess.Popen[str]") -> str:
    """Where it speaks the protocol, as it says among other things."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"ws://\S+", line):
            return found[0]
    raise AssertionError("".join(said))
