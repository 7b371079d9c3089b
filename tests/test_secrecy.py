"""Nothing secret gets into errors, logs and Django's error reports."""

import logging
import pickle
import sys
import traceback

import django
import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from django_directmail.api.errors import DirectMailError
from django_directmail.sandbox import STS_ACCESS_KEY_ID, STS_SECURITY_TOKEN
from tests.urls import send as failing_view

SECRET = "wrong-secret-4711"
BODY = "the-body-with-a-reset-link"
SUBJECT = "subject-that-is-private"
LOCAL_PART = "very.private.person"
#: None of these may be seen anywhere.
HIDDEN = (SECRET, BODY, SUBJECT, LOCAL_PART, STS_ACCESS_KEY_ID, STS_SECURITY_TOKEN)


def message():
    return EmailMessage(
        SUBJECT, BODY, "from@example.com", [f"{LOCAL_PART}@example.com"]
    )


@pytest.fixture(params=["HMAC-SHA1", "ACS3-HMAC-SHA256"])
def failing(mailer, request):
    """Configure a wrong secret: the answer to it repeats the whole request."""
    return mailer(
        ACCESS_KEY_ID=STS_ACCESS_KEY_ID,
        ACCESS_KEY_SECRET=SECRET,
        SECURITY_TOKEN=STS_SECURITY_TOKEN,
        SIGNATURE=request.param,
    )


def fail(sandbox, how):
    """Send and return the exception."""
    if how == "refused":
        sandbox.stop()
    elif how != "mismatch":
        sandbox.add_fault(how)
    try:
        message().send()
    except DirectMailError as error:
        return error
    raise AssertionError("the mail went out")


WAYS = ["mismatch", "refused", "drop_before", "garbage", "status", "error"]


@pytest.mark.parametrize("how", WAYS)
def test_exception_holds_nothing_secret(failing, how):
    error = fail(failing, how)

    links = [error]
    while links[-1].__context__ is not None:
        links.append(links[-1].__context__)
    for link in links:
        shown = f"{link} {link!r} {vars(link)} {link.args} {pickle.dumps(link)}"
        assert not [word for word in HIDDEN if word in shown]


@pytest.mark.parametrize("how", WAYS)
def test_log_holds_nothing_secret(failing, how, caplog):
    with caplog.at_level(0):
        fail(failing, how)

    assert not [word for word in HIDDEN if word in caplog.text]


@pytest.mark.parametrize("how", WAYS)
def test_traceback_below_the_backend_holds_nothing_secret(failing, how):
    error = fail(failing, how)

    below = error.__traceback__
    while below is not None and "send_messages" not in below.tb_frame.f_code.co_name:
        below = below.tb_next
    found = traceback.TracebackException(
        type(error), error, below.tb_next, capture_locals=True
    )
    text = "".join(found.format())
    assert not [word for word in (SECRET, STS_SECURITY_TOKEN) if word in text]


@pytest.mark.parametrize("how", WAYS)
def test_djangos_error_report_hides_credentials_and_content(failing, settings, how):
    settings.DEBUG = False
    request = RequestFactory().get("/send/")
    try:
        fail_with(failing, how)
    except DirectMailError:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        report = reporter.get_traceback_text() + reporter.get_traceback_html()

    assert "django_directmail" in report
    hidden = [SECRET, STS_ACCESS_KEY_ID, STS_SECURITY_TOKEN]
    assert not [word for word in hidden if word in report]


def fail_with(sandbox, how):
    """Fail as :func:`fail` does and let the exception out."""
    if how == "refused":
        sandbox.stop()
    elif how != "mismatch":
        sandbox.add_fault(how)
    failing_view(RequestFactory().get("/send/"))


@pytest.mark.parametrize("how", WAYS)
def test_frames_of_ours_are_hidden_whole_in_the_report(failing, settings, how):
    settings.DEBUG = False
    try:
        fail_with(failing, how)
    except DirectMailError:
        reporter = ExceptionReporter(None, *sys.exc_info())
        frames = reporter.get_traceback_frames()

    ours = [
        frame
        for frame in frames
        if "/django_directmail/" in frame["filename"]
        and frame["function"] != "__init__"
    ]
    assert ours
    shown = [value for frame in ours for name, value in frame["vars"]]
    assert not [text for text in shown if "Content" in text or "Body" in text]


def test_settings_are_masked_in_the_report(failing):
    reporter = ExceptionReporter(RequestFactory().get("/"), None, None, None)

    shown = str(reporter.filter.get_safe_settings()["DIRECTMAIL"])

    assert SECRET not in shown
    assert STS_SECURITY_TOKEN not in shown


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
def test_options_are_masked_in_the_report(settings):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django_directmail.backends.EmailBackend",
            "OPTIONS": {"access_key_id": "id-4711", "access_key_secret": SECRET},
        }
    }
    reporter = ExceptionReporter(RequestFactory().get("/"), None, None, None)

    shown = str(reporter.filter.get_safe_settings()["MAILERS"])

    assert "id-4711" not in shown
    assert SECRET not in shown
    assert SECRET not in str(vars(mail.mailers.default))


def test_nothing_is_logged_as_an_error(failing, caplog):
    """An error would be mailed to the admins, through this very backend."""
    with caplog.at_level(0):
        fail(failing, "mismatch")

    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]
