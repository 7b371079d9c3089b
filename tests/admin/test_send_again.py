"""Sending mails again, from the list and from one mail's page."""

from contextlib import suppress

import pytest
from django.core.mail import send_mail
from django.test import Client

from django_directmail.api.errors import DirectMailError
from django_directmail.models import MailLog
from tests.support.admin_pages import (
    LIST,
    ask_again,
    button,
    choose,
    confirm,
    log_in,
    text,
    told,
)
from tests.support.admin_rows import make_row, make_staff

pytestmark = pytest.mark.django_db
ACTIONS = ["resend_selected", "cancel_selected", "export_selected"]


@pytest.fixture
def outbox(mailer):
    """Return the sandbox behind a mailer that keeps the content of mails."""
    return mailer(LOG={"BODIES": True})


def sent(subject="Hello", to="bob@example.com"):
    """Send a mail; return its row."""
    with suppress(DirectMailError):
        send_mail(subject, "Good day", None, [to])
    return MailLog.objects.get(subject=subject)


def refused(outbox, subject="Hello", **fields):
    """Send a mail that DirectMail refuses; return its row."""
    outbox.add_fault("error", status=400, code="InvalidMailAddress.NotFound")
    return sent(subject, **fields)


def unconfirmed(outbox, subject="Hello"):
    """Send a mail of which nobody knows whether it arrived; return its row."""
    outbox.add_fault("error", status=500, code="InternalError")
    return sent(subject)


class TestWhoMay:
    """Each action has a permission of its own."""

    @pytest.mark.parametrize("action", ACTIONS)
    def test_to_see_the_log_is_not_to_act_on_it(self, client, outbox, action):
        row = refused(outbox)
        queued = make_row(subject="Queued", status="queued", accepted="no")
        log_in(client)

        listed = client.get(LIST)
        answer = choose(client, action, row, queued)

        assert action not in text(listed)
        assert 'name="confirmation"' not in text(answer)
        assert outbox.mails == []
        queued.refresh_from_db()
        assert queued.status == "queued"

    @pytest.mark.parametrize(
        ("permission", "allowed"),
        [
            ("resend_maillog", "resend_selected"),
            ("cancel_maillog", "cancel_selected"),
            ("export_maillog", "export_selected"),
        ],
    )
    def test_one_permission_gives_one_action(self, client, outbox, permission, allowed):
        row = make_row(status="queued", accepted="no")
        log_in(client, permission)

        offered = [action for action in ACTIONS if action in text(client.get(LIST))]
        page = choose(client, allowed, row)

        assert offered == [allowed]
        assert 'name="confirmation"' in text(page)

    def test_strangers_are_asked_to_log_in(self, client, outbox):
        row = refused(outbox)

        answers = [ask_again(client, row), choose(client, "resend_selected", row)]

        assert all("/admin/login/" in answer.url for answer in answers)
        assert outbox.mails == []

    @pytest.mark.parametrize("permission", ["view_maillog", "resend_maillog"])
    def test_half_of_what_it_takes_is_not_enough(self, client, outbox, permission):
        row = refused(outbox)
        client.force_login(make_staff(permission))

        assert ask_again(client, row).status_code == 403
        assert outbox.mails == []

    def test_a_post_from_elsewhere_is_refused(self, outbox):
        row = refused(outbox)
        client = Client(enforce_csrf_checks=True)
        log_in(client, "resend_maillog")

        answers = [ask_again(client, row), choose(client, "resend_selected", row)]

        assert [answer.status_code for answer in answers] == [403, 403]
        assert outbox.mails == []


class TestResendOne:
    """From the page of one mail."""

    def test_refused_mail_is_sent_once_the_cause_is_gone(self, client, outbox):
        row = refused(outbox)
        user = log_in(client, "resend_maillog")

        page = ask_again(client, row)
        assert outbox.mails == []
        answer = confirm(client, page)

        (received,) = outbox.mails
        assert (received.to, received.text) == (["bob@example.com"], "Good day")
        new = row.resends.get()
        assert (new.status, new.resent_by) == ("accepted", user.username)
        assert answer.url == f"{LIST}{new.pk}/change/"
        assert told(answer) == [
            ("success", "1 mail was sent again and accepted by DirectMail.")
        ]

    def test_looking_at_the_address_sends_nothing(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")

        answer = client.get(f"{LIST}{row.pk}/resend/?confirmation={'0' * 32}")

        assert answer.status_code == 405
        assert outbox.mails == []

    def test_one_page_confirmed_twice_sends_one_mail(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")
        page = ask_again(client, row)

        answers = [confirm(client, page), confirm(client, page)]

        assert len(outbox.mails) == 1
        assert answers[0].url == answers[1].url
        assert told(answers[1])[-1][0] == "success"

    def test_a_second_page_says_that_it_was_sent_again(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")
        confirm(client, ask_again(client, row))

        page = ask_again(client, row)
        answer = confirm(client, page)

        assert "has been sent again already" in text(page)
        assert "Nothing was sent." in text(answer)
        assert len(outbox.mails) == 1

    def test_uncertain_mail_is_sent_only_with_the_box_ticked(self, client, outbox):
        row = unconfirmed(outbox)
        log_in(client, "resend_maillog")

        page = ask_again(client, row)
        without = confirm(client, page)
        assert outbox.mails == []
        answer = confirm(client, without, repeat="on")

        assert "Send it although it may arrive twice" in text(page)
        assert 'role="alert">Nothing was sent. See below why.' in text(without)
        assert len(outbox.mails) == 1
        assert answer.url == f"{LIST}{row.resends.get().pk}/change/"

    def test_mail_without_its_content_is_never_sent(self, client, mailer):
        outbox = mailer()
        row = sent()
        log_in(client, "resend_maillog")

        page = ask_again(client, row)
        confirmed = client.post(
            f"{LIST}{row.pk}/resend/", {"confirmation": "0" * 32, "repeat": "on"}
        )

        assert button(page) is None
        assert "was not kept" in text(page)
        assert "Nothing was sent." in text(confirmed)
        assert len(outbox.mails) == 1

    def test_a_refusal_is_told_with_its_remedy(self, client, outbox):
        row = refused(outbox)
        make_row(resent_from=row, status="rejected", accepted="no")
        log_in(client, "resend_maillog")
        page = ask_again(client, row)
        outbox.add_fault("error", status=400, code="InvalidMailAddress.NotFound")

        answer = confirm(client, page)

        ((level, message),) = told(answer)
        assert level == "error"
        assert "bob@example.com: not sent again. SingleSendMail was refused" in message
        assert "Create it in the console" in message
        assert answer.url == f"{LIST}{row.pk}/change/"

    def test_what_to_correct_first_is_on_the_page(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")

        page = text(ask_again(client, row))

        assert "<em>Will be sent.</em> The sender address does not exist" in page

    def test_an_uncertain_outcome_is_told_as_one(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")
        page = ask_again(client, row)
        outbox.add_fault("error", status=500, code="InternalError")

        answer = confirm(client, page)

        ((level, message),) = told(answer)
        assert level == "warning"
        assert "it is not certain whether it was sent again. SingleSend" in message

    def test_a_mailer_that_is_gone_is_told(self, client, outbox, settings):
        row = refused(outbox)
        MailLog.objects.update(alias="newsletter")
        log_in(client, "resend_maillog")
        page = ask_again(client, row)

        answer = confirm(client, page)

        ((level, message),) = told(answer)
        assert level == "error"
        assert "newsletter" in message
        assert '"' not in message
        assert answer.url == f"{LIST}{row.pk}/change/"

    @pytest.mark.parametrize("token", ["", "x", "0" * 31, "0" * 32 + "\n", "Z" * 32])
    def test_a_made_up_token_confirms_nothing(self, client, outbox, token):
        row = refused(outbox)
        log_in(client, "resend_maillog")

        answer = client.post(f"{LIST}{row.pk}/resend/", {"confirmation": token})

        assert button(answer) == "Send again"
        assert outbox.mails == []

    def test_unknown_mail_is_not_found(self, client, outbox):
        log_in(client, "resend_maillog")

        answer = client.post(f"{LIST}{'0' * 8}-0000-0000-0000-{'0' * 12}/resend/")

        assert answer.status_code == 404

    def test_what_others_wrote_is_shown_as_text(self, client, outbox):
        row = make_row(["x\u202e@example.com"], subject="<b>\u202egnp</b>")
        log_in(client, "resend_maillog")

        shown = ask_again(client, row).content.decode()

        assert "<bdi>&lt;b&gt;[U+202E]gnp&lt;/b&gt;</bdi>" in shown
        assert "\u202e" not in shown


class TestResendSeveral:
    """From the list."""

    def test_each_is_sent_in_the_order_in_which_it_was_written(self, client, outbox):
        rows = [refused(outbox, f"Mail {number}") for number in range(3)]
        log_in(client, "resend_maillog")

        answer = confirm(client, choose(client, "resend_selected", *rows, query="?q="))

        assert [mail.subject for mail in outbox.mails] == ["Mail 0", "Mail 1", "Mail 2"]
        assert answer.url == f"{LIST}?q="
        assert told(answer) == [
            ("success", "3 mails were sent again and accepted by DirectMail.")
        ]

    def test_the_page_says_of_each_what_will_become_of_it(self, client, outbox):
        rows = [refused(outbox, "A"), unconfirmed(outbox, "B"), make_row(subject="C")]
        log_in(client, "resend_maillog")

        shown = text(choose(client, "resend_selected", *rows))

        fates = [
            "Will be sent.",
            "Will be sent if you tick the box.",
            "Will not be sent.",
        ]
        for subject, fate in zip("ABC", fates, strict=True):
            line = shown.partition(f"<bdi>{subject}</bdi>")[2].partition("</li>")[0]
            assert fate in line
            assert "To bob@example.com" in line

    @pytest.mark.parametrize("ticked", [{}, {"repeat": "on"}])
    def test_those_that_cannot_be_sent_do_not_stop_the_others(
        self, client, outbox, ticked
    ):
        rows = [refused(outbox, "A"), unconfirmed(outbox, "B"), make_row(subject="C")]
        log_in(client, "resend_maillog")

        answer = confirm(client, choose(client, "resend_selected", *rows), **ticked)

        assert [mail.subject for mail in outbox.mails] == ["A", "B"][: 1 + len(ticked)]
        levels = [level for level, message in told(answer)]
        assert levels == ["success"] + ["warning"] * (2 - len(ticked))

    def test_many_failures_are_a_few_lines(self, client, outbox):
        rows = [refused(outbox, f"Mail {number}") for number in range(6)]
        log_in(client, "resend_maillog")
        page = choose(client, "resend_selected", *rows)
        for _ in rows:
            outbox.add_fault("error", status=400, code="InvalidBody")

        answer = confirm(client, page)

        *lines, last = told(answer)
        assert [level for level, message in lines] == ["error"] * 3
        assert last[1].startswith("3 more mails were not sent again")

    def test_all_that_the_list_finds_are_those_on_the_page(self, client, outbox):
        old = refused(outbox, "Old")
        log_in(client, "resend_maillog")
        query = "?status__exact=rejected"
        page = choose(client, "resend_selected", old, query=query, across=True)
        refused(outbox, "New")

        confirm(client, page)

        assert [mail.subject for mail in outbox.mails] == ["Old"]

    def test_more_than_a_hundred_are_refused(self, client, outbox):
        rows = [make_row() for _ in range(101)]
        log_in(client, "resend_maillog")

        answer = choose(client, "resend_selected", rows[0], across=True)

        assert answer.status_code == 302
        ((level, message),) = told(answer)
        assert level == "error"
        assert "At most 100 mails" in message

    def test_mails_that_are_gone_by_then_are_no_error(self, client, outbox):
        row = refused(outbox)
        log_in(client, "resend_maillog")
        page = choose(client, "resend_selected", row)
        MailLog.objects.all().delete()

        answer = confirm(client, page)

        assert answer.status_code == 302
        assert outbox.mails == []
