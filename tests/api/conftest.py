"""Fixtures for the tests of the API: a sandbox, and the ways to sign."""

import pytest

from django_directmail.api.signing import SIGNATURES
from django_directmail.sandbox import Sandbox
from tests.support.api_samples import KEY, one_try


@pytest.fixture
def sandbox():
    """Yield a DirectMail of this machine, which is there for one test."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=SIGNATURES)
def signature(request):
    """Run the test once for each signature."""
    return request.param


@pytest.fixture
def client(sandbox):
    """Return a client of the sandbox."""
    return one_try(KEY, endpoint=sandbox.url)
