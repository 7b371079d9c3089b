"""The function, set up as its README says, with a sandbox as DirectMail."""

from wsgiref.validate import validator

import pytest

from django_directmail import sandbox as known
from tests.support.function_calls import ORIGIN, contact_form, index, rate_limit, serve

ENVIRONMENT = {
    "CONTACT_SENDER": "web@example.com",
    "CONTACT_RECIPIENTS": "office@example.com, boss@example.com",
    "CONTACT_ORIGINS": f"{ORIGIN}, http://127.0.0.1:8000",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": known.ACCESS_KEY_ID,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": known.ACCESS_KEY_SECRET,
}


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(autouse=True)
def directmail(open_sandbox, clock, monkeypatch):
    """Set the function up as its README says; return the sandbox behind it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("CONTACT_THANKS_URL", "CONTACT_CLIENT_HEADER", "DIRECTMAIL_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DIRECTMAIL_ENDPOINT", open_sandbox.url)
    monkeypatch.setattr(contact_form, "LIMIT", rate_limit.RateLimit(clock=clock))
    return open_sandbox


@pytest.fixture
def function():
    """Yield the URL of the function behind a WSGI server that checks each rule."""
    with serve(validator(index.application)) as url:
        yield url
