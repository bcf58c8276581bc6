"""What is optional: without it everything else works, and who asks for it is told what to install."""

import json
import subprocess
import sys

import pytest

from unicache._core.records.compression import compress

LACKING = """
import json, sys
for name in ("backports", "backports.zstd", "compression", "compression.zstd", "cryptography", "pydantic", "attrs"):
    sys.modules[name] = None
from unicache import Cache
told = []
def tell(call):
    try:
        told.append(repr(call()))
    except Exception as error:
        told.append(f"{type(error).__name__}: {error}")
"""


def without_extras(*calls: str) -> list[str]:
    """What came of the calls in a process that has nothing but what the library needs."""
    program = LACKING + "".join(f"tell(lambda: {call})\n" for call in calls) + "print(json.dumps(told))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_everything_else_works_without_them() -> None:
    assert without_extras(
        "Cache().get_or_set('k', lambda: (1,))",
        "Cache(codec='json', compression='none').get_or_set('k', lambda: [1])",
        "Cache(codec='pickle', signing={'1': bytes(32)}).get_or_set('k', lambda: 1j)",
    ) == ["(1,)", "[1]", "1j"]


@pytest.mark.parametrize(
    ("option", "extra"), [("compression='zstd'", "compression"), ("encryption={'1': bytes(32)}", "encryption")]
)
def test_who_asks_for_one_is_told_what_to_install(option: str, extra: str) -> None:
    [told] = without_extras(f"Cache({option})")
    assert told == f"ConfigurationError: {extra} needs pip install 'unicache-kit[{extra}]'"


def test_who_cannot_decompress_is_told_what_to_install() -> None:
    read = "__import__('unicache._core.records.compression', fromlist=['x']).decompress"
    [told] = without_extras(f"{read}({compress(b'x' * 100)!r}, 1000)")
    assert told.startswith("ValueFormatError: ")
    assert "pip install 'unicache-kit[compression]'" in told


def test_pickle_is_not_even_imported_by_who_does_not_want_it() -> None:
    assert without_extras("'unicache._core.records.codec.as_pickle' in sys.modules") == ["False"]
