"""Django's backend of each kind, on each store."""

import pytest

from django_backend import KINDS, Backend


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, store_url: str, namespace: str) -> Backend:
    return Backend(request.param, store_url, namespace)
