"""Cancelling queued mails from the list."""

import pytest
from django.db import connection

from django_directmail.models import MailLog
from tests.support.admin_pages import choose, confirm, log_in, text, told
from tests.support.admin_rows import make_row

pytestmark = pytest.mark.django_db


def test_queued_mails_are_cancelled_and_the_others_counted(client):
    queued = [make_row(status="queued", accepted="no") for _ in range(2)]
    others = [make_row(), make_row(), make_row(status="failed", accepted="no")]
    log_in(client, "cancel_maillog")

    page = choose(client, "cancel_selected", *queued, *others)
    answer = confirm(client, page)

    assert "2 queued mails will not be sent." in text(page)
    assert told(answer) == [
        ("success", "2 mails were cancelled."),
        (
            "warning",
            "3 mails cannot be cancelled, as they are not queued:"
            " 2 accepted, 1 failed.",
        ),
    ]
    for row in queued:
        row.refresh_from_db()
        assert row.status == "cancelled"


def test_asking_cancels_nothing(client):
    row = make_row(status="queued", accepted="no")
    log_in(client, "cancel_maillog")

    choose(client, "cancel_selected", row)

    row.refresh_from_db()
    assert row.status == "queued"


def test_mails_that_were_sent_meanwhile_are_told(client):
    row = make_row(status="queued", accepted="no")
    log_in(client, "cancel_maillog")
    page = choose(client, "cancel_selected", row, query="?status__exact=queued")
    MailLog.objects.update(status="accepted", accepted="yes")

    answer = confirm(client, page)

    assert told(answer) == [
        ("warning", "1 mail cannot be cancelled, as it is not queued: 1 accepted.")
    ]


def test_a_mail_whose_sending_begins_in_this_moment_is_told(client):
    rows = [make_row(status="queued", accepted="no") for _ in range(2)]
    log_in(client, "cancel_maillog")
    page = choose(client, "cancel_selected", *rows)

    def be_quicker(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "cancelled" in params:
            MailLog.objects.filter(pk=rows[0].pk, status="queued").update(
                status="sending"
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(be_quicker):
        answer = confirm(client, page)

    assert told(answer) == [
        ("success", "1 mail was cancelled."),
        ("warning", "1 mail was not cancelled: its sending has begun."),
    ]


def test_nothing_queued_is_told_at_once(client):
    log_in(client, "cancel_maillog")

    answer = choose(client, "cancel_selected", make_row())

    assert answer.status_code == 302
    assert len(told(answer)) == 1


def test_all_that_the_list_finds_are_cancelled(client):
    rows = [make_row(status="queued", accepted="no") for _ in range(120)]
    log_in(client, "cancel_maillog")
    query = "?status__exact=queued"

    page = choose(client, "cancel_selected", rows[0], query=query, across=True)
    answer = confirm(client, page)

    assert told(answer) == [("success", "120 mails were cancelled.")]
    assert MailLog.objects.filter(status="cancelled").count() == 120
