"""What the log keeps of a message, and what not."""

import contextlib
import json
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone as timezone_of_django

from django_directmail.api.errors import DirectMailError
from django_directmail.backends import EmailBackend
from django_directmail.models import MailLog, MailRecipient

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


class TestColumns:
    """What a row tells of the mail."""

    def test_everything_a_message_has(self, mailer):
        mailer(REGION="ap-southeast-1", DEFAULTS={"ip_pool_id": "pool"})
        one = message(
            "订单 🎉",
            from_email="Shop <shop@example.com>",
            headers={"X-User-A": "1"},
            reply_to=["help@example.com"],
        )
        one.tags, one.metadata = ["orders"], {"order": 7, "name": "Zoë"}

        (row,) = send(one)

        assert (row.alias, row.region) == ("", "ap-southeast-1")
        assert (row.sender, row.subject) == ("shop@example.com", "订单 🎉")
        assert (row.tag, row.metadata) == ("orders", {"order": 7, "name": "Zoë"})
        assert row.parameters == {
            "account_name": "shop@example.com",
            "address_type": 1,
            "reply_to_address": False,
            "from_alias": "Shop",
            "reply_address": "help@example.com",
            "tag_name": "orders",
            "headers": {"X-User-A": "1"},
            "ip_pool_id": "pool",
        }
        assert row.size == len("订单 🎉".encode() + b"Content")

    def test_alias_of_the_mailer(self, outbox):
        EmailBackend(alias="bulk").send_messages([message()])

        assert MailLog.objects.get().alias == "bulk"

    def test_recipients_and_where_they_stood(self, mailer):
        mailer()
        one = message(
            to=["Bob@Example.com", "a@example.com"],
            cc=["c@example.com", "a@EXAMPLE.com"],
            bcc=["x@example.com"],
        )

        (row,) = send(one)

        found = row.recipients.order_by("pk")
        assert [(r.address, r.address_key, r.kind, r.status) for r in found] == [
            ("Bob@Example.com", "bob@example.com", "to", "pending"),
            ("a@example.com", "a@example.com", "to", "pending"),
            ("c@example.com", "c@example.com", "cc", "pending"),
            ("x@example.com", "x@example.com", "bcc", "pending"),
        ]

    def test_calls_of_one_message_share_its_uid(self, outbox):
        to = [f"user{n}@example.com" for n in range(101)]

        rows = send(message(to=to, bcc=["a@example.com"]), message())

        assert len(rows) == 3
        assert rows[0].message_uid == rows[1].message_uid != rows[2].message_uid
        assert [row.recipients.count() for row in rows] == [101, 1, 1]

    def test_half_refused_message_has_a_row_for_each_half(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidToAddress.Spam")

        rows = send(message(to=[f"user{n}@example.com" for n in range(101)]))

        assert [row.status for row in rows] == ["rejected", "accepted"]

    @pytest.mark.parametrize("subject", ["\0null", "half \ud800 pair", "x" * 2000])
    def test_hostile_subject_is_on_record(self, outbox, subject):
        (row,) = send(message(subject))

        assert row.status in ("accepted", "rejected")
        assert row.subject[:4] == subject[:4].replace("\0", "\ufffd")

    def test_odd_metadata_is_on_record(self, outbox):
        one = message()
        one.metadata = {"nul": "a\0b", "nan": float("nan"), "deep": "深" * 500}

        (row,) = send(one)

        assert row.metadata["nan"] == "nan"
        assert row.metadata["nul"] == "a\ufffdb"

    def test_local_time_without_time_zones(self, outbox, settings):
        settings.USE_TZ = False

        with timezone_of_django.override("America/New_York"):
            (row,) = send(message())

        assert row.status == "accepted"
        assert row.created_at <= row.sent_at
        assert abs(datetime.now() - row.sent_at) < timedelta(minutes=1)


class TestBodies:
    """Content is kept only where that was asked for."""

    def rich(self):
        one = EmailMultiAlternatives(
            "S", "geheimer Text", "from@example.com", ["to@example.com"]
        )
        one.attach_alternative("<p>geheimes HTML</p>", "text/html")
        return one

    def everything(self):
        rows = [*MailLog.objects.values(), *MailRecipient.objects.values()]
        return json.dumps(rows, default=str, ensure_ascii=False)

    def test_bodies_are_not_kept_by_default(self, outbox):
        (row,) = send(self.rich())

        assert not row.has_body
        assert "geheim" not in self.everything()

    def test_template_data_is_content(self, outbox):
        one = message()
        one.template_id, one.merge_global_data = "7", {"link": "geheim"}

        (row,) = send(one)

        assert (row.template_id, row.parameters["template"]) == (
            "7",
            {"template_id": "7"},
        )
        assert "geheim" not in self.everything()

    def test_bodies_are_kept_if_wanted(self, mailer):
        mailer(LOG={"BODIES": True})

        (row,) = send(self.rich())

        assert row.has_body
        assert (row.text_body, row.html_body) == (
            "geheimer Text",
            "<p>geheimes HTML</p>",
        )

    def test_no_secret_is_in_any_column(self, mailer):
        outbox = mailer(ACCESS_KEY_SECRET="wrong-secret", LOG={"BODIES": True})

        send(self.rich(), message())

        assert outbox.mails == []
        assert "wrong-secret" not in self.everything()
        assert "SignatureDoesNotMatch" in self.everything()

    def test_nothing_is_recorded_where_the_log_is_off(self, mailer):
        mailer(LOG={"ENABLED": False})

        assert send(message()) == []
