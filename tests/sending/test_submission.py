"""A call that is tried more than once: what the log and the message say of it."""

import contextlib

import pytest
from django.core.mail import EmailMessage

from django_directmail.api import DirectMailError, retries
from django_directmail.models import MailLog
from tests.support.sandbox_mails import nonce_and_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(mailer, monkeypatch):
    """Return the sandbox behind a mailer that tries three times and never waits."""
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.0)
    return mailer(MAX_ATTEMPTS=3)


@pytest.fixture
def received(outbox):
    """Return the nonce and the time of each request that came in."""
    found = []
    outbox.on_call = lambda http: found.append(nonce_and_time(http))
    return found


def send():
    """Send a message, whatever comes of it, and return it with its row."""
    message = EmailMessage("Subject", "Text", "from@example.com", ["to@example.com"])
    with contextlib.suppress(DirectMailError):
        message.send()
    return message, MailLog.objects.get()


def on_record(row):
    """Return nonce and time of a row, as DirectMail spells them."""
    return row.nonce, f"{row.signed_at:%Y-%m-%dT%H:%M:%SZ}"


def test_throttled_mail_is_accepted_and_the_last_request_is_on_record(outbox, received):
    outbox.add_fault("throttled", times=2, retry_after=0)

    message, row = send()

    assert message.directmail_status.status == row.status == "accepted"
    assert (row.attempts, row.error_code) == (3, "")
    assert len({nonce for nonce, _ in received}) == 3
    assert on_record(row) == received[-1]
    assert len(outbox.mails) == 1


def test_lost_mail_is_accepted_by_a_replay(outbox, received):
    outbox.add_fault("drop_before")

    message, row = send()

    assert message.directmail_status.status == row.status == "accepted"
    assert row.attempts == 2
    assert [on_record(row)] * 2 == received


def test_mail_in_doubt_is_unconfirmed_and_there_once(outbox, received):
    outbox.add_fault("drop_after")

    message, row = send()

    assert message.directmail_status.status == row.status == "unconfirmed"
    assert (row.accepted, row.attempts) == ("unknown", 2)
    assert "DirectMail has seen this request before" in row.error_message
    assert [on_record(row)] * 2 == received
    assert len(outbox.mails) == 1


def test_mail_that_is_throttled_too_often_is_failed(outbox, received):
    outbox.add_fault("throttled", times=9, retry_after=0)

    message, row = send()

    assert message.directmail_status.status == row.status == "failed"
    assert (row.accepted, row.attempts) == ("no", 3)
    assert row.error_message.startswith("Tried 3 times. ")
    assert on_record(row) == received[-1]


def test_time_is_from_the_first_request_to_the_end(outbox):
    outbox.add_fault("latency", seconds=0.2)
    outbox.add_fault("drop_before")

    _, row = send()

    assert row.duration_ms >= 200
    assert row.sent_at <= row.finished_at
