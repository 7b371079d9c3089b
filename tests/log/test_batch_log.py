"""What the log has of a batch."""

import json

import pytest

from django_directmail.api import RejectedError, TransportError
from django_directmail.batch import send_batch
from django_directmail.models import MailLog
from tests.support.batches import send

pytestmark = pytest.mark.django_db


def test_an_inline_batch_is_one_row_with_its_receivers(outbox):
    result = send(
        {"ana@bücher.example": {"UserName": "Ana"}, "bo@example.com": None},
        tag_name="news",
        headers={"X-User-A": "1", "X-User-Notify-issue": "7"},
    )

    row = MailLog.objects.get()
    assert (row.status, row.accepted, row.attempts) == ("accepted", "yes", 1)
    assert (row.env_id, row.request_id) == (result.env_id, result.request_id)
    assert (row.sender, row.subject) == (
        "noreply@mail.example.com",
        "Hello {UserName}",
    )
    assert (row.tag, row.metadata, row.template_id) == ("news", {"issue": 7}, "")
    assert row.size == len("Hello {UserName}Dear {UserName}")
    assert row.parameters == {
        "account_name": "noreply@mail.example.com",
        "address_type": 1,
        "tag_name": "news",
        "headers": {"X-User-A": "1"},
    }
    assert row.nonce in outbox.mails[0].parameters.values()
    assert [(r.address, r.kind) for r in row.recipients.order_by("pk")] == [
        ("ana@bücher.example", "to"),
        ("bo@example.com", "to"),
    ]


def test_a_stored_batch_is_one_row_with_its_names(outbox):
    send_batch(receivers_name="customers", template_name="welcome")

    row = MailLog.objects.get()
    assert (row.template_id, row.subject, row.size) == ("welcome", "", 0)
    assert row.parameters["receivers_name"] == "customers"
    assert not row.recipients.exists()


def test_a_refused_batch_is_on_record_with_its_error(outbox):
    with pytest.raises(RejectedError):
        send_batch(receivers_name="strangers", template_name="welcome")

    row = MailLog.objects.get()
    assert (row.status, row.accepted) == ("rejected", "no")
    assert (row.error_code, row.http_status) == ("InvalidReceiver.NotFound", 404)


def test_a_lost_answer_is_on_record_as_unconfirmed(outbox):
    outbox.add_fault("drop_after")

    with pytest.raises(TransportError):
        send()

    row = MailLog.objects.get()
    assert (row.status, row.accepted) == ("unconfirmed", "unknown")


def test_no_content_is_kept_as_nobody_got_it(mailer):
    mailer(LOG={"BODIES": True})

    send({"ana@example.com": {"UserName": "Ana"}})

    row = MailLog.objects.get()
    assert (row.has_body, row.text_body, row.html_body) == (False, "", "")
    assert "Ana" not in json.dumps(row.parameters)


def test_a_broken_log_stops_no_batch(mailer):
    sandbox = mailer(LOG={"DATABASE": "missing"})

    send()

    assert len(sandbox.mails) == 1


def test_a_batch_can_be_opened_in_the_admin(outbox, admin_client):
    send_batch(receivers_name="customers", template_name="welcome")
    url = "/admin/django_directmail/maillog/"

    listed = admin_client.get(url)
    shown = admin_client.get(f"{url}{MailLog.objects.get().pk}/change/")

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert "customers" in shown.content.decode()
