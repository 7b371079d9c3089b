"""A sandbox for each test."""

import pytest

from django_directmail.sandbox import Sandbox


@pytest.fixture
def sandbox():
    """Yield a DirectMail of this machine, which is there for one test."""
    with Sandbox() as sandbox:
        yield sandbox
