"""A mail of the log, sent once more."""

import contextlib
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from django_directmail.api.errors import DirectMailError
from django_directmail.log.resend import obstacle, resend
from django_directmail.models import MailLog
from tests.support.sandbox_mails import content

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(mailer):
    """Return the sandbox of a mailer that keeps content."""
    return mailer(LOG={"BODIES": True}, DEFAULTS={"tag_name": "default"})


def message(**values):
    """Return a message with much in it."""
    values = {
        "subject": "订单 🎉",
        "body": "Text\r\nbody\n",
        "from_email": "Shop <shop@example.com>",
        "to": ["Bob@Example.com"],
        **values,
    }
    return EmailMultiAlternatives(**values)


def send(one):
    """Send and return the row, whatever comes of it."""
    with contextlib.suppress(DirectMailError):
        one.send()
    return MailLog.objects.order_by("pk").last()


def fail(outbox, one=None):
    """Return the row of a mail that never arrived."""
    outbox.add_fault("error", status=400, code="Throttling.User")
    return send(one or message())


class TestSameMail:
    """What arrives is what would have arrived the first time."""

    def messages():
        html = message(to=["a@example.com", "b@example.org"], cc=["c@example.com"])
        html.attach_alternative("<p>你好 & \r\n</p>", "text/html")
        only_html = message(body="<p>HTML</p>")
        only_html.content_subtype = "html"
        rich = message(reply_to=["Help <help@example.com>"], headers={"X-User-A": "é"})
        rich.metadata = {"order": 7, "name": "null", "ok": None}
        rich.tags = ["own"]
        rich.attach_alternative("<body>HTML</body>", "text/html")
        rich.track_clicks = rich.track_opens = True
        raw = message(
            headers={"X-User-Notify-price": "1.10", "x-user-notify-n": '"a"'},
            from_email='"Käse, Brot" <shop@example.com>',
        )
        raw.metadata = {"big": 1e300, "nan": float("nan")}
        cancelled = message()
        cancelled.directmail = {"tag_name": None, "address_type": 0}
        template = message(body="")
        template.template_id, template.merge_global_data = "7", {"name": "Bob"}
        return {
            "plain": message(),
            "both bodies and Cc": html,
            "HTML only": only_html,
            "everything": rich,
            "headers by hand": raw,
            "cancelled default": cancelled,
            "template": template,
            "Bcc": message(bcc=["x@example.com"]),
            "Bcc only": message(to=[], bcc=["x@example.com"]),
            "empty": message(subject="", body=""),
        }

    @pytest.mark.parametrize("name", list(messages()))
    def test_resent_mail_is_the_same(self, outbox, name):
        one = TestSameMail.messages()[name]
        one.send()
        row = MailLog.objects.get()

        status = resend(row, by="ada", key="1")

        first, second = outbox.mails
        assert status.status == "accepted"
        assert content(first) == content(second)


def test_new_row_is_linked_to_the_old_one(outbox):
    row = fail(outbox)

    resend(row, by="ada", key="1")

    (new,) = row.resends.all()
    assert (new.status, new.resent_by) == ("accepted", "ada")
    row.refresh_from_db()
    assert row.status == "failed"


def test_same_key_sends_once(outbox):
    row = fail(outbox)

    statuses = [resend(row, by="ada", key="1").status for _ in range(2)]

    assert statuses == ["accepted", "accepted"]
    assert len(outbox.mails) == 1


def test_failure_is_in_the_status(outbox):
    row = fail(outbox)
    outbox.add_fault("error", status=400, code="InvalidBody")

    status = resend(row, by="ada", key="1")

    assert (status.status, status.error.code) == ("rejected", "InvalidBody")


def test_missing_content_is_an_obstacle_that_nobody_can_confirm(mailer):
    outbox = mailer()
    row = fail(outbox)

    found = obstacle(row)

    assert 'LOG["BODIES"]' in found.text
    assert not found.confirmable
    with pytest.raises(ValueError, match="not kept"):
        resend(row, by="ada", key="1")


@pytest.mark.parametrize(
    "fields", [{"route": "smtp"}, {"attachments": [{"name": "a", "size": 1}]}]
)
def test_what_the_log_does_not_keep_is_an_obstacle(mailer, fields):
    row = fail(mailer(LOG={"BODIES": True}))
    assert obstacle(row) is None
    for name, value in fields.items():
        setattr(row, name, value)

    found = obstacle(row)

    assert not found.confirmable
    assert "Send this one from where it came" in found.text


def test_mail_that_never_became_a_call_is_an_obstacle(outbox):
    row = send(message(to=["webmaster"]))

    assert not obstacle(row).confirmable


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "would get it twice"),
        ({"kind": "drop_after"}, "might get it twice"),
    ],
)
def test_possible_duplicate_must_be_confirmed(outbox, fault, words):
    if fault:
        outbox.add_fault(**fault)
    row = send(message())

    found = obstacle(row)

    assert words in found.text
    assert found.confirmable


def test_second_resend_must_be_confirmed(outbox):
    row = fail(outbox)
    assert obstacle(row) is None
    resend(row, by="ada", key="1")

    assert obstacle(row).confirmable


def test_resend_that_failed_is_no_obstacle(outbox):
    row = fail(outbox)
    outbox.add_fault("error", status=400, code="Throttling.User")
    resend(row, by="ada", key="1")

    assert obstacle(row) is None


@pytest.mark.parametrize(
    ("status", "minutes", "confirmable"),
    [
        ("sending", 1, False),
        ("sending", 20, True),
        ("queued", 1, False),
        ("queued", 20, False),
    ],
)
def test_mail_on_its_way(outbox, status, minutes, confirmable):
    row = fail(outbox)
    row.status, row.accepted = status, "unknown"
    row.created_at = timezone.now() - timedelta(minutes=minutes)

    assert obstacle(row).confirmable is confirmable


def test_erased_recipients_are_an_obstacle(outbox):
    row = fail(outbox)
    row.recipients.all().delete()

    assert "erased" in obstacle(row).text


def test_other_mailer_is_a_configuration_error(outbox, settings):
    row = fail(outbox)
    row.alias = "gone"

    with pytest.raises(ImproperlyConfigured):
        resend(row, by="ada", key="1")
