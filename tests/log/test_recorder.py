"""What is on record of each mail: before it leaves, and after it ended."""

import contextlib
from datetime import datetime, timedelta, timezone

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_directmail.api.errors import DirectMailError
from django_directmail.backends import EmailBackend
from django_directmail.log.settle import cancel
from django_directmail.models import MailLog, MailRecipient
from django_directmail.sandbox import ACCESS_KEY_SECRET
from django_directmail.signals import (
    CancelSend,
    post_send,
    pre_send,
)
from tests.support.sandbox_mails import nonce_and_time

pytestmark = pytest.mark.django_db


def message(subject="Subject", **values):
    """Return a message, complete unless ``values`` say otherwise."""
    values = {"to": ["to@example.com"], "from_email": "from@example.com", **values}
    return EmailMessage(subject, "Content", **values)


def send(*messages):
    """Send a list, whatever comes of it, and return its rows in their order."""
    with contextlib.suppress(DirectMailError, ValueError, TypeError, LookupError):
        EmailBackend().send_messages(list(messages))
    return list(MailLog.objects.order_by("created_at"))


class TestOutcomes:
    """Every outcome is on record, with its certainty."""

    FAULTS = {
        "accepted": (None, "accepted", "yes", ""),
        "throttled": (
            {"kind": "error", "status": 400, "code": "Throttling.User"},
            "failed",
            "no",
            "Throttling.User",
        ),
        "refused": (
            {"kind": "error", "status": 400, "code": "InvalidBody"},
            "rejected",
            "no",
            "InvalidBody",
        ),
        "broken": (
            {"kind": "error", "status": 500, "code": "InternalError"},
            "unconfirmed",
            "unknown",
            "InternalError",
        ),
        "cut off": ({"kind": "drop_after"}, "unconfirmed", "unknown", "TransportError"),
    }

    @pytest.mark.parametrize("name", FAULTS)
    def test_row_says_what_came_of_it(self, outbox, name):
        fault, status, accepted, code = self.FAULTS[name]
        if fault:
            outbox.add_fault(**fault)
        one = message()

        (row,) = send(one)

        assert (row.status, row.accepted, row.error_code) == (status, accepted, code)
        assert row.status == one.directmail_status.status
        assert row.error_message == str(one.directmail_status.error or "")
        assert row.attempts == 1
        assert row.created_at <= row.sent_at <= row.finished_at
        lasted = row.finished_at - row.sent_at
        assert abs(timedelta(milliseconds=row.duration_ms) - lasted) < timedelta(
            milliseconds=50
        )

    def test_ids_of_the_service_are_kept(self, outbox):
        (row,) = send(message())

        (mail,) = outbox.mails
        assert (row.env_id, row.request_id) == (mail.env_id, mail.request_id)

    def test_error_has_request_id_and_http_status(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidBody")
        one = message()

        (row,) = send(one)

        assert row.http_status == 400
        assert row.request_id == one.directmail_status.error.request_id != ""

    def test_connection_refused_is_failed(self, outbox):
        outbox.stop()

        (row,) = send(message())

        assert (row.status, row.accepted, row.attempts) == ("failed", "no", 1)

    def test_message_that_cannot_be_expressed(self, outbox):
        (row,) = send(message("Hello", to=["Ann <ann@example.com>", "webmaster"]))

        assert (row.status, row.accepted, row.attempts) == ("rejected", "no", 0)
        assert row.error_code == "UnsupportedMessage"
        assert "no domain" in row.error_message
        assert (row.subject, row.sender) == ("Hello", "from@example.com")
        found = row.recipients.order_by("pk").values_list("address", flat=True)
        assert list(found) == ["ann@example.com", "webmaster"]

    def test_message_that_a_receiver_cancels(self, outbox, connect):
        def receiver(**kwargs):
            raise CancelSend

        connect(pre_send, receiver)

        (row,) = send(message())

        assert (row.status, row.accepted, row.error_code) == ("cancelled", "no", "")
        assert row.finished_at is not None

    def test_foreign_error_is_named_and_not_quoted(self, outbox, connect):
        def receiver(**kwargs):
            raise LookupError("token=geheim")

        connect(pre_send, receiver)

        (row,) = send(message())

        assert (row.error_code, row.error_message) == ("LookupError", "")

    def test_foreign_configuration_error_is_not_quoted_either(self, outbox, connect):
        def receiver(**kwargs):
            raise ImproperlyConfigured("password=geheim")

        connect(pre_send, receiver)

        with contextlib.suppress(ImproperlyConfigured):
            message().send()

        assert MailLog.objects.get().error_message == ""

    def test_odd_messages_do_not_take_the_log_from_the_others(self, outbox):
        class Odd(EmailMessage):
            @property
            def from_email(self):
                raise LookupError("geheim")

            @from_email.setter
            def from_email(self, value):
                pass

        bare = message("bare")
        del bare.to
        odd = Odd("odd", "-", "a@example.com", ["b@example.com", object()])

        rows = send(message("1"), odd, bare, message("2"))

        assert [mail.subject for mail in outbox.mails] == ["1", "2"]
        assert [row.status for row in rows] == ["accepted", "rejected", "accepted"]
        assert "geheim" not in rows[1].error_message
        assert "(object)" in rows[1].recipients.values_list("address", flat=True)

    def test_missing_key_is_on_record(self, mailer):
        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)

        with contextlib.suppress(Exception):
            message().send()

        row = MailLog.objects.get()
        assert (row.status, row.accepted, row.attempts) == ("rejected", "no", 0)
        assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in row.error_message

    @pytest.mark.parametrize("odd", [{"to": []}, {"to": [], "cc": [""]}])
    def test_mail_to_nobody_has_no_row(self, outbox, odd):
        assert send(message(**odd)) == []

    def test_what_is_no_message_has_no_row(self, outbox):
        assert len(send(message(), None, message())) == 2

    def test_oddly_typed_message_is_on_record(self, outbox):
        odd = message()
        odd.to, odd.subject = "bob@example.com", None

        (row,) = send(odd)

        assert (row.status, row.subject) == ("rejected", "")
        assert row.recipients.get().address == "bob@example.com"

    def test_interrupted_list_is_told_apart(self, outbox, connect):
        """What was under way may have arrived; what was not tried did not."""

        class Stop(BaseException):
            pass

        def credentials():
            if outbox.mails:
                raise Stop
            return type("Key", (), key)

        key = {
            "access_key_id": "sandbox-id",
            "access_key_secret": ACCESS_KEY_SECRET,
            "security_token": "",
        }
        backend = EmailBackend(
            credentials=credentials, endpoint=outbox.url, log={"ENABLED": True}
        )

        with pytest.raises(Stop):
            backend.send_messages([message(str(n)) for n in range(3)])

        rows = MailLog.objects.order_by("created_at")
        assert [(row.status, row.accepted) for row in rows] == [
            ("accepted", "yes"),
            ("failed", "no"),
            ("failed", "no"),
        ]


class TestBefore:
    """The row is there before the request is."""

    def test_nonce_and_time_are_on_record_before_the_request(self, outbox, after_begin):
        seen = []

        def receiver(submissions):
            row = MailLog.objects.get()
            seen.append((row.status, row.accepted, row.nonce, row.signed_at))
            assert outbox.calls == 0

        after_begin(receiver)

        send(message())

        nonce, stamp = nonce_and_time(outbox.mails[0])
        signed_at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=timezone.utc
        )
        assert seen == [("sending", "unknown", nonce, signed_at)]

    def test_call_that_waited_long_is_signed_with_the_time_of_its_turn(
        self, outbox, after_begin
    ):
        old = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

        def receiver(submissions):
            submissions[0].calls[0].signed_at = old

        after_begin(receiver)

        (row,) = send(message())

        assert row.status == "accepted"
        assert row.signed_at > old
        assert nonce_and_time(outbox.mails[0])[0] == row.nonce


class TestQueries:
    """Four at most, however long the list is."""

    def test_long_list_with_keys_and_failures(self, outbox):
        messages = [message(str(n), bcc=["b@example.com"]) for n in range(200)]
        for n, one in enumerate(messages):
            one.idempotency_key = f"key {n}"
        messages.append(message(to=["webmaster"]))
        outbox.add_fault("error", status=400, code="InvalidBody", times=3)

        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = send(*messages)

        ours = [q["sql"] for q in queries if "directmail_" in q["sql"]]
        # The last one is the test's own.
        assert len(ours) - 1 <= 4, [sql[:80] for sql in ours]
        assert len(rows) == 201
        assert MailRecipient.objects.count() == 401

    def test_large_bodies_go_in_several_statements_and_all_arrive(self, mailer):
        mailer(LOG={"BODIES": True})
        body = "x" * 700_000

        rows = send(
            *[
                EmailMessage(str(n), body, "a@example.com", ["b@example.com"])
                for n in range(5)
            ]
        )

        assert [len(row.text_body) for row in rows] == [700_000] * 5


def test_receivers_of_post_send_find_the_outcome_in_the_log(outbox, connect):
    found = []

    def receiver(**kwargs):
        found.append(MailLog.objects.get().status)

    connect(post_send, receiver)

    send(message())

    assert found == ["accepted"]


def test_cancel_takes_what_is_queued_and_nothing_else(outbox):
    rows = send(message(), message())
    MailLog.objects.filter(pk=rows[0].pk).update(status="queued")

    assert cancel([row.pk for row in rows]) == 1

    assert {row.status for row in MailLog.objects.all()} == {"cancelled", "accepted"}
