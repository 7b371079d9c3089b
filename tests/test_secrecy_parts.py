"""
Nothing private of attachments, merge data, SMS, batches or the other mailer is shown.

Each text is in one place of the message only, so that a leak tells where it came from.
"""

import contextlib
import gc
import logging
import pickle
import sys
import threading

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from django_directmail._compat import get_mailer
from django_directmail.api.errors import DirectMailError
from django_directmail.batch import send_batch
from django_directmail.conf import get_account
from django_directmail.message.plan import build_plan
from django_directmail.models import MailLog
from django_directmail.sandbox import (
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)
from django_directmail.sandbox.faults import KINDS
from django_directmail.sms import query_send_details, send_sms
from tests.support.smtp_server import SMTP_BACKEND
from tests.support.traces import everything_shown

PASSWORD = "marker-smtp-password"
PHONE = "8613800134711"
#: What nobody may see: each once in what is sent.
CONTENT = (
    "marker-text",
    "marker-html",
    "marker-file",
    "marker-merge",
    "marker-shared",
    "marker-template",
    "marker-param",
    "marker-batch",
)
SECRETS = (STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN, PASSWORD, "Signature=")
#: Known by the log, which is for those who may read it, and by nobody else.
LOGGED = ("marker-subject", "marker-metadata", "marker-to", "marker-cc", "marker-name")
HIDDEN = (*CONTENT, *SECRETS, *LOGGED, PHONE)
#: Quick ones; what the others do is tried with the bare client.
FAULTS = sorted(
    set(KINDS) - {"content_type", "hang", "latency", "slow", "large", "headers"}
)


def letter(**changes):
    """Return a message with something private in every part."""
    made = EmailMultiAlternatives(
        "marker-subject",
        "marker-text {name}",
        "from@example.com",
        ["marker-to@example.com", "another@example.com"],
        cc=["marker-cc@example.com"],
    )
    made.attach_alternative("<p>marker-html {name}</p>", "text/html")
    made.attach("marker-name.txt", "marker-file", "text/plain")
    made.metadata = {"key": "marker-metadata"}
    made.merge_data = {"marker-to@example.com": {"name": "marker-merge"}}
    made.merge_global_data = {"name": "marker-shared"}
    vars(made).update(changes)
    return made


def templated():
    made = EmailMessage("s", "", "from@example.com", ["marker-to@example.com"])
    made.template_id = "411558"
    made.merge_global_data = {"name": "marker-template"}
    return made


def batch():
    send_batch(
        receivers={"marker-to@example.com": {"name": "marker-merge"}},
        template_content={"subject": "marker-subject", "text_body": "marker-batch"},
        account_name="from@example.com",
    )


WAYS = {
    "mail": lambda: letter().send(),
    "template": lambda: templated().send(),
    "list": lambda: get_mailer().send_messages([letter(), templated()]),
    "batch": batch,
    "sms": lambda: send_sms(PHONE, "Sign", "SMS_1", {"code": "marker-param"}),
    "details": lambda: query_send_details(PHONE, "20260102"),
}


@pytest.fixture(params=[1, 4], ids=["one thread", "threads"])
def site(mailer, request):
    """Return a sandbox, called with a temporary key, in one or several threads."""
    return mailer(
        ACCESS_KEY_ID=STS_ACCESS_KEY_ID,
        ACCESS_KEY_SECRET=STS_ACCESS_KEY_SECRET,
        SECURITY_TOKEN=STS_SECURITY_TOKEN,
        MAX_CONCURRENCY=request.param,
        SMTP_FALLBACK={
            "BACKEND": SMTP_BACKEND,
            "OPTIONS": {"host": "127.0.0.1", "password": PASSWORD},
        },
    )


@pytest.fixture
def logged(caplog):
    """Return a function that gives all that was logged, at any level, by anybody."""
    caplog.set_level(0)
    for name in ("urllib3", "concurrent.futures", "django_directmail", "asyncio"):
        caplog.set_level(0, logger=name)
    return lambda: "\n".join(
        [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    )


def found_in(text, hidden=HIDDEN):
    """Return what of ``hidden`` is in ``text``."""
    return [word for word in hidden if word in text]


def report(error):
    """Return what Django tells of an exception where DEBUG is off."""
    request = RequestFactory().get("/")
    reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
    return reporter.get_traceback_text() + reporter.get_traceback_html()


def failure(way):
    """Go that ``way`` and return the exception."""
    try:
        WAYS[way]()
    except DirectMailError as error:
        return error
    raise AssertionError("it went out")


def shown(error):
    """Return what an exception and all in it say of themselves."""
    waiting, texts = [error], []
    while waiting:
        one = waiting.pop()
        texts.append(f"{one} {one!r} {vars(one)} {one.args} {pickle.dumps(one)}")
        waiting += [link for link in (one.__cause__, one.__context__) if link]
        waiting += [outcome.error for outcome in getattr(one, "failed", ())]
    return "\n".join(texts)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", FAULTS)
def test_no_fault_makes_an_error_or_a_log_line_tell(site, settings, way, kind, logged):
    settings.DEBUG = False
    site.add_fault(kind, times=20)

    error = failure(way)

    assert found_in(shown(error)) == []
    assert found_in(logged()) == []
    ours = report(error).split("Request information")[0]
    assert found_in(ours, SECRETS) == []


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("action", ["PostObject", "AuthorizeFileUpload"])
@pytest.mark.parametrize("kind", ["error", "garbage", "drop_before", "status"])
def test_a_failed_upload_shows_nothing_of_the_file_or_its_policy(
    site, settings, action, kind, debug, logged
):
    settings.DEBUG = debug
    policies = []
    site.on_call = lambda http: policies.append(http.headers.get("host"))
    site.add_fault(kind, action=action, times=9, message="To marker-to@x.y")

    error = failure("mail")

    secrets = [*SECRETS, site.service.file_store.secret, "OSSAccessKeyId"]
    assert policies
    assert found_in(shown(error), [*HIDDEN, *secrets]) == []
    assert found_in(logged(), [*HIDDEN, *secrets]) == []
    below = everything_shown(error, package_only=True)
    assert found_in(below, [*secrets, "marker-file", "eyJleHBpcmF0aW9u"]) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_leaves_no_error_in_its_thread(site, way, monkeypatch, logged, capfd):
    heard = []
    monkeypatch.setattr(threading, "excepthook", heard.append)
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    site.add_fault("drop_after", times=9)

    failure(way)
    gc.collect()

    assert heard == []
    assert found_in("".join(capfd.readouterr())) == []
    assert "concurrent.futures" not in logged()


def test_representations_tell_neither_content_nor_secrets(site):
    account = get_account({})
    plan = build_plan(letter(), account)

    things = [account, account.client(), plan, account.smtp_fallback]
    things += [call.files for call in plan.calls]
    things += [call.fallback_message for call in plan.calls]
    found = found_in(" ".join(map(repr, things)), [*CONTENT, *SECRETS])
    assert found == []


def test_the_password_of_the_other_mailer_is_not_in_its_failure(site, settings, logged):
    settings.DEBUG = False
    settings.DIRECTMAIL = {**settings.DIRECTMAIL, "POLICY": {"cc": "smtp"}}
    fallback = settings.DIRECTMAIL["SMTP_FALLBACK"]
    fallback["OPTIONS"]["port"] = 1

    error = failure("mail")

    assert "SMTP_FALLBACK" in str(error)
    assert found_in(shown(error)) == []
    assert found_in(logged()) == []
    assert found_in(report(error), [PASSWORD]) == []
    assert found_in(everything_shown(error, package_only=True), [PASSWORD]) == []


@pytest.mark.parametrize("way", WAYS)
def test_the_refusals_page_of_the_sandbox_tells_nothing(mailer, way):
    sandbox = mailer(ACCESS_KEY_SECRET="wrong-marker-secret")

    failure(way)

    refused = repr(sandbox.mailbox.refused())
    assert "SignatureDoesNotMatch" in refused
    assert found_in(refused, [*HIDDEN, "wrong-marker-secret"]) == []


@pytest.mark.django_db
def test_the_log_and_its_pages_hold_no_content(site):
    """Recipients, subject, metadata and names of files are what a log is for."""
    site.add_fault("error", action="SingleSendMail", message="To marker-to@x.y")
    for way in ("mail", "template", "batch"):
        with contextlib.suppress(DirectMailError):
            WAYS[way]()
    User.objects.create_superuser("admin", password="pw")
    browser = Browser()
    browser.login(username="admin", password="pw")
    pages = [reverse("admin:django_directmail_maillog_changelist")]
    pages += [
        reverse("admin:django_directmail_maillog_change", args=[row.pk])
        for row in MailLog.objects.all()
    ]

    texts = [browser.get(page).content.decode() for page in pages]
    rows = [repr(row) for row in MailLog.objects.values()]

    assert len(pages) >= 4
    assert "marker-subject" in "".join(texts)
    assert found_in("".join([*texts, *rows]), [*CONTENT, *SECRETS]) == []


def test_the_loggers_of_the_test_are_really_on(site, logged):
    letter().send()

    assert "POST / HTTP/1.1" in logged()
    assert logging.getLogger("concurrent.futures").isEnabledFor(logging.DEBUG)
