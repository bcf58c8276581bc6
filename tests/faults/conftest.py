"""What tests of faults may ask for."""

import pytest

from flavours import FLAVOURS, Flavour


@pytest.fixture(params=FLAVOURS, ids=str)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Each event model in turn."""
    chosen: Flavour = request.param
    return chosen


@pytest.fixture(params=[flavour for flavour in FLAVOURS if flavour.cancels], ids=str)
def cancelling(request: pytest.FixtureRequest) -> Flavour:
    """Each event model in which a call can be cancelled from outside."""
    chosen: Flavour = request.param
    return chosen
