"""The suite itself: installed by npm, its origin started, its client run, and its verdicts counted as it counts them.

https://cache-tests.fyi says what each test is about. None of its code is kept here.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DEFAULT", "KINDS", "Suite", "Tally", "installed"]

DEFAULT = "http-cache-tests@0.4.5"

KINDS = ("required", "optimal", "check")

_TESTS = "import('{}').then(tests => console.log(JSON.stringify(tests.default)))"


@dataclass
class Tally:
    """What came of the tests of each kind; ``failed`` has all but those of ``check``, which only inform."""

    passed: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


def installed(what: str, directory: Path) -> "Suite":
    """Have npm install the suite into an empty directory; ``what`` is a package, a Git repository or a directory."""
    (directory / "package.json").write_text("{}")
    _run(["npm", "install", "--install-links", "--no-audit", "--no-fund", what], directory, {})
    (name,) = json.loads((directory / "package.json").read_text())["dependencies"]
    return Suite(directory / "node_modules" / name)


class Suite:
    """The suite in a directory. Its tests are where they are in any of its versions."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        engine = directory / "test-engine"
        self._engine = engine if engine.is_dir() else directory
        script = _TESTS.format((directory / "tests" / "index.mjs").as_uri())
        groups = json.loads(_run(["node", "-e", script], directory, {}))
        self._tests = {test["id"]: test for group in groups for test in group["tests"]}

    @contextmanager
    def origin(self, port: int) -> Iterator[str]:
        """Run the origin; its URL."""
        config = {"protocol": "http", "port": str(port), "pidfile": os.devnull}
        command = ["node", str(self._engine / "server" / "server.mjs")]
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            command, cwd=self._directory, env=_environment(config), stdout=subprocess.DEVNULL
        )
        with process:
            try:
                yield f"http://localhost:{port}"
            finally:
                process.terminate()

    def run(self, url: str) -> Tally:
        """Have the client ask the cache at ``url`` for everything."""
        client = ["node", "--no-warnings", str(self._engine / "cli.mjs")]
        told = _run(client, self._directory, {"base": url, "id": ""})
        return self._tally(json.loads(told[told.index("{") :]))

    def _tally(self, results: Mapping[str, Any]) -> Tally:
        tally = Tally()
        for name, test in self._tests.items():
            if name not in results:  # it is for browsers
                continue
            kind = test.get("kind", "required")
            tally.ran[kind] += 1
            if self._passed(name, results):
                tally.passed[kind] += 1
            elif kind != "check":
                told = results[name]
                tally.failed[name] = "needs another that failed" if told is True else told[1]
        return tally

    def _passed(self, name: str, results: Mapping[str, Any]) -> bool:
        """A test counts only with all that it depends on."""
        needed = self._tests[name].get("depends_on", ())
        return results.get(name) is True and all(self._passed(each, results) for each in needed)


def _run(command: list[str], directory: Path, config: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - the command is ours
        command, cwd=directory, env=_environment(config), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _environment(config: Mapping[str, str]) -> dict[str, str]:
    """What npm would tell a script."""
    return {**os.environ, **{f"npm_package_config_{name}": value for name, value in config.items()}}
