"""The account on the dashboard: asked seldom, and never in the way."""

import json
import pickle

import django
import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.urls import reverse

from django_directmail.api.actions.account import AccountSummary
from django_directmail.api.fields import wire_names
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from tests.support.admin_pages import log_in, text
from tests.support.http_servers import CannedServer, http

pytestmark = pytest.mark.django_db
BACKEND = "django_directmail.backends.EmailBackend"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


class BrokenCache(BaseCache):
    """A cache whose server is down."""

    def __init__(self, location, params):
        super().__init__(params)

    def add(self, *args, **kwargs):
        """Fail, as every method does."""
        raise ConnectionError("cache is down")

    get = set = add


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def account(client):
    """Return a function that opens the dashboard and returns what it says there."""
    log_in(client)

    def account():
        page = client.get(reverse("admin:django_directmail_maillog_dashboard"))
        assert page.status_code == 200
        part = text(page).partition('<h2 id="account">')[2].partition("</section>")[0]
        return " ".join(part.split())

    return account


def answer(**fields):
    """Return the HTTP answer with such a summary."""
    names = wire_names(AccountSummary)
    fields = {"request_id": "1", **fields}
    body = {names[name]: value for name, value in fields.items()}
    return http(200, json.dumps(body).encode(), Content_Type="application/json")


def test_quota_and_state_are_shown_and_asked_for_once(account, outbox):
    first, second = account(), account()

    assert first == second
    assert "<dt>State</dt><dd>normal</dd>" in first
    assert "<dt>Mails a day</dt><dd>2,000</dd>" in first
    assert "<dt>Free mails left today</dt><dd>200</dd>" in first
    assert "<dt>Level</dt><dd>2 of 10</dd>" in first
    assert "Quota and state are not known" not in first
    assert outbox.calls == 1


def test_failure_is_one_quiet_line_and_not_asked_again_at_once(account, outbox):
    outbox.add_fault("error", times=9, status=400, code="InvalidAccessKeyId.NotFound")

    first, second = account(), account()

    assert first == second
    assert '<p class="quiet">Quota and state are not known.' in first
    assert "Check the AccessKey" in first
    assert outbox.calls == 1


def test_service_that_cannot_be_reached_is_said_to_be(account, outbox):
    outbox.stop()

    assert "the connection was refused" in account()


def test_missing_credentials_are_named(account, mailer):
    mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)

    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in account()


def test_credentials_that_raise_say_no_secret(account, mailer):
    def credentials():
        raise LookupError("the secret is 42")

    mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None, CREDENTIALS=credentials)

    shown = account()
    assert "Quota and state are not known." in shown
    assert "LookupError" in shown
    assert "42" not in shown


def test_wrong_setting_is_named(account, mailer):
    mailer(REGOIN="cn-hangzhou")

    assert 'Did you mean "REGION"?' in account()


def test_broken_cache_is_no_trouble(account, outbox, settings):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.BrokenCache"}}

    assert "<dd>2,000</dd>" in account()


def test_who_asks_at_the_same_time_waits_for_the_first(account, outbox):
    account()
    (key,) = cache._cache
    cache.set(key.partition(":")[2].partition(":")[2], {})

    assert "Another request is reading them." in account()
    assert outbox.calls == 1


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (1, "frozen"),
        (2, "payment overdue"),
        (4, "sending restricted"),
        (8, "deleted"),
        (3, "unknown (3)"),
    ],
)
def test_account_that_cannot_send_is_warned_of(account, mailer, status, word):
    with CannedServer(answer(user_status=status, daily_quota=-1)) as server:
        mailer(ENDPOINT=server.url)
        shown = account()

    assert f"<dt>State</dt><dd>{word}</dd>" in shown
    assert 'class="errornote"' in shown
    assert "Mails a day" not in shown


def test_answer_without_any_number_leaves_them_out(account, mailer):
    with CannedServer(answer()) as server:
        mailer(ENDPOINT=server.url)
        shown = account()

    assert "cn-hangzhou" in shown
    assert "-1" not in shown
    assert "State" not in shown


def test_no_secret_is_kept(account, outbox):
    account()

    kept = repr([(key, pickle.loads(value)) for key, value in cache._cache.items()])
    assert "2000" in kept
    assert ACCESS_KEY_ID not in kept.replace("sandbox.", "")
    assert ACCESS_KEY_SECRET not in kept


def test_site_without_directmail_has_no_account(account, settings):
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": LOCMEM}}
    else:
        settings.EMAIL_BACKEND = LOCMEM

    assert account() == ""


@needs_mailers
def test_mailers_of_one_account_are_asked_for_once(account, outbox, settings):
    settings.MAILERS = {
        "default": {"BACKEND": BACKEND, "OPTIONS": {"fail_silently": True}},
        "bulk": {"BACKEND": BACKEND, "OPTIONS": {"split_recipients": True}},
        "wrong": {"BACKEND": BACKEND, "OPTIONS": {"regoin": "x"}},
        "other": {"BACKEND": LOCMEM},
    }

    shown = account()

    assert outbox.calls == 1
    assert "<h3>default, bulk</h3>" in shown
    assert "<h3>wrong</h3>" in shown
    assert "regoin" in shown
    assert "other" not in shown
