"""What more than one test module needs."""

import contextlib
import os
import re
import reprlib

import pytest

from django_directmail.api.rate import forget_lanes
from tests.support.mailers import BACKEND

try:
    import django
except ImportError:
    # api/, sandbox/ and what uses only them are tested without Django, too.
    collect_ignore = sorted(
        set(os.listdir(os.path.dirname(__file__)))
        - {"__init__.py", "conftest.py", "api", "sandbox", "function", "support"}
    )
    django = None


def pytest_configure(config):
    """Set Django up, where it is installed, before pytest-django looks for it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if django is not None:
        django.setup()


def pytest_make_parametrize_id(val):
    """Name a case by its value: in short, and alike in every process."""
    if isinstance(val, (dict, list, tuple)):
        return re.sub(r"x[0-9a-f]{9,}>", ">", reprlib.repr(val))


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch):
    """Keep the developer's own AccessKey and proxies out of every test."""
    for name in list(os.environ):
        if name.startswith("ALIBABA_CLOUD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _pace():
    """Begin without a pace: the port of a sandbox may have been that of another."""
    forget_lanes()


@pytest.fixture(autouse=True)
def _language():
    """Forget the language that a page was asked for: it stays with the thread."""
    yield
    if django is not None:
        from django.utils import translation

        translation.deactivate()


@pytest.fixture
def connect():
    """Return a function that connects a receiver to a signal, for one test."""
    with contextlib.ExitStack() as stack:

        def connect(signal, receiver):
            signal.connect(receiver, weak=False)
            stack.callback(signal.disconnect, receiver)

        yield connect


@pytest.fixture
def after_begin(monkeypatch):
    """Return a function that sets what is called when the rows of a list are there."""
    from django_directmail.log.recorder import LogRecorder

    begin = LogRecorder.begin

    def set_hook(hook):
        def begin_and_call(recorder, submissions):
            begin(recorder, submissions)
            hook(submissions)

        monkeypatch.setattr(LogRecorder, "begin", begin_and_call)

    return set_hook


@pytest.fixture
def open_sandbox():
    """Yield a running sandbox in which everybody may send."""
    from django_directmail.sandbox import Sandbox

    with Sandbox(senders=["*"]) as sandbox:
        yield sandbox


@pytest.fixture
def configure(request, settings):
    """
    Return a function that makes DirectMail the default mailer, on any Django.

    The log is off in tests that do not ask for a database.
    """
    has_database = request.node.get_closest_marker("django_db") or {
        "db",
        "transactional_db",
    } & set(request.fixturenames)

    def configure(options=None, **directmail):
        log = {} if has_database else {"LOG": {"ENABLED": False}}
        settings.DIRECTMAIL = {**log, **directmail}
        if django.VERSION >= (6, 1):
            settings.MAILERS = {
                "default": {"BACKEND": BACKEND, "OPTIONS": options or {}}
            }
        else:
            assert not options, "OPTIONS need Django 6.1"
            settings.EMAIL_BACKEND = BACKEND

    return configure


@pytest.fixture
def mailer(open_sandbox, configure):
    """
    Make the sandbox the default mailer and return a function that adds settings.

    A call is tried once, and long lists go out as fast as they can.
    """
    from django_directmail import sandbox

    def mailer(**directmail):
        configure(
            **{
                "ACCESS_KEY_ID": sandbox.ACCESS_KEY_ID,
                "ACCESS_KEY_SECRET": sandbox.ACCESS_KEY_SECRET,
                "ENDPOINT": open_sandbox.url,
                # What a list sends arrives in its order.
                "MAX_CONCURRENCY": 1,
                "MAX_ATTEMPTS": 1,
                "RATE_LIMIT": 100_000,
                **directmail,
            }
        )
        return open_sandbox

    return mailer


@pytest.fixture
def outbox(mailer):
    """Return the sandbox behind the default mailer; its ``mails`` are what arrived."""
    return mailer()
