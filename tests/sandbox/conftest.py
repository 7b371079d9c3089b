"""The sandbox, a client of it, and a mail with attachments, for each test."""

import pytest

from django_directmail.api import Client, File, upload
from django_directmail.sandbox import Sandbox
from tests.support.api_samples import KEY
from tests.support.sandbox_mails import send


@pytest.fixture
def sandbox():
    """Yield a running sandbox for one test."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shared_sandbox():
    """Yield a running sandbox for all tests of a module."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    """Return a client of the sandbox."""
    return Client(KEY, endpoint=sandbox.url)


@pytest.fixture
def attach(sandbox, client):
    """Return a function that sends one mail with files, pairs of name and content."""

    def attach(*files):
        return send(
            sandbox, attachments=[upload(client, File(*file)) for file in files]
        )

    return attach
