"""Staging: strangers get nothing, and it can be seen whom a mail was meant for."""

import pytest

from django_directmail.backends import EmailBackend
from django_directmail.models import MailLog, MailRecipient
from tests.support.messages import message

STAGING = "staging@example.net"


def people(number, name="user"):
    return [f"{name}{n}@example.com" for n in range(number)]


def all_kinds(**values):
    return message(
        **{
            "to": ["to@example.com"],
            "cc": ["cc@example.com"],
            "bcc": ["bcc@example.com"],
            **values,
        }
    )


class TestRedirect:
    """REDIRECT_ALL_TO gets it all."""

    def test_to_cc_and_bcc_alike(self, mailer):
        outbox = mailer(REDIRECT_ALL_TO=STAGING)

        assert all_kinds().send() == 1

        (mail,) = outbox.mails
        assert (mail.to, mail.bcc) == ([STAGING], [])
        assert mail.headers == {
            "X-User-Original-To": "to@example.com, cc@example.com, bcc@example.com"
        }

    def test_status_names_those_who_were_meant(self, mailer):
        mailer(REDIRECT_ALL_TO=STAGING)
        one = all_kinds()

        one.send()

        assert {
            a: r.status for a, r in one.directmail_status.recipients.items()
        } == dict.fromkeys(
            ["to@example.com", "cc@example.com", "bcc@example.com"], "accepted"
        )

    def test_calls_stay_as_many_as_they_would_be(self, mailer):
        outbox = mailer(REDIRECT_ALL_TO=STAGING, SPLIT_RECIPIENTS=True)

        all_kinds().send()

        assert [mail.to for mail in outbox.mails] == [[STAGING]] * 3
        assert [mail.headers["X-User-Original-To"] for mail in outbox.mails] == [
            "to@example.com",
            "cc@example.com",
            "bcc@example.com",
        ]

    def test_merged_mails_are_all_to_be_seen(self, mailer):
        outbox = mailer(REDIRECT_ALL_TO=STAGING)
        one = message(to=people(2), body="{n}")
        one.merge_data = {address: {"n": address} for address in people(2)}

        one.send()

        assert [(mail.to, mail.text) for mail in outbox.mails] == [
            ([STAGING], address) for address in people(2)
        ]

    def test_message_with_ten_headers_goes_out_without_the_eleventh(
        self, mailer, caplog
    ):
        outbox = mailer(REDIRECT_ALL_TO=STAGING)
        headers = {f"X-User-{n}": "x" for n in range(10)}

        assert message(headers=headers).send() == 1

        assert outbox.mails[0].headers == headers
        assert "X-User-Original-To does not tell" in caplog.text

    def test_several_addresses(self, mailer):
        both = [STAGING, "other@example.net"]
        outbox = mailer(REDIRECT_ALL_TO=both)

        message().send()

        assert outbox.mails[0].to == both

    @pytest.mark.django_db
    def test_log_has_the_original_addresses(self, mailer):
        mailer(REDIRECT_ALL_TO=STAGING)

        all_kinds().send()

        row = MailLog.objects.get()
        assert (row.redirected_to, row.status) == (STAGING, "accepted")
        found = row.recipients.order_by("pk").values_list("address", "kind")
        assert list(found) == [
            ("to@example.com", "to"),
            ("cc@example.com", "cc"),
            ("bcc@example.com", "bcc"),
        ]
        assert row.parameters.get("headers") is None


class TestAllowedDomains:
    """Others get nothing, and that is said."""

    def test_those_who_are_known_get_their_mail(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=["Example.com", "例子.测试"])
        one = all_kinds(
            to=["a@example.com", "b@stranger.example", "c@例子.测试"],
            cc=["d@sub.example.com"],
        )

        assert one.send() == 1

        (mail,) = outbox.mails
        assert mail.to == ["a@example.com", "c@xn--fsqu00a.xn--0zwm56d"]
        assert mail.bcc == ["bcc@example.com"]
        assert mail.headers == {}
        assert {a: r.status for a, r in one.directmail_status.recipients.items()} == {
            "a@example.com": "accepted",
            "c@例子.测试": "accepted",
            "bcc@example.com": "accepted",
            "b@stranger.example": "suppressed",
            "d@sub.example.com": "suppressed",
        }
        assert one.directmail_status.status == "accepted"
        assert one.directmail_status.error is None

    def test_message_to_strangers_only_is_suppressed_and_said(self, mailer, caplog):
        outbox = mailer(ALLOWED_DOMAINS=["example.com"])
        one = message(to=["a@stranger.example"])

        assert one.send() == 0

        assert outbox.calls == 0
        assert one.directmail_status.status == "suppressed"
        assert "ALLOWED_DOMAINS" in caplog.text
        assert "stranger" not in caplog.text

    def test_empty_list_lets_nothing_out(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=[])

        assert all_kinds().send() == 0

        assert outbox.calls == 0

    def test_with_redirection_strangers_are_redirected(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=["example.com"], REDIRECT_ALL_TO=STAGING)

        message(to=["a@example.com", "b@stranger.example"]).send()

        assert [(m.to, m.headers.get("X-User-Original-To")) for m in outbox.mails] == [
            (["a@example.com"], None),
            ([STAGING], "b@stranger.example"),
        ]

    def test_merge_without_data_for_a_stranger_is_no_error(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=["example.com"])
        one = message(to=["a@example.com", "b@stranger.example"], body="{n}")
        one.merge_data = {"a@example.com": {"n": "1"}}

        one.send()

        assert [mail.text for mail in outbox.mails] == ["1"]

    @pytest.mark.django_db
    def test_log_has_both(self, mailer):
        mailer(ALLOWED_DOMAINS=["example.com"])

        message(to=["a@example.com", "b@stranger.example"]).send()

        rows = MailLog.objects.order_by("status")
        assert [(row.status, row.accepted) for row in rows] == [
            ("accepted", "yes"),
            ("suppressed", "no"),
        ]
        assert "ALLOWED_DOMAINS" in rows[1].error_message
        assert rows[0].message_uid == rows[1].message_uid
        found = MailRecipient.objects.order_by("pk").values_list("log", "address")
        assert list(found) == [
            (rows[0].pk, "a@example.com"),
            (rows[1].pk, "b@stranger.example"),
        ]

    @pytest.mark.django_db
    def test_key_of_a_suppressed_message_is_free_again(self, mailer):
        mailer(ALLOWED_DOMAINS=[])
        one = message()
        one.idempotency_key = "key"
        one.send()
        outbox = mailer()

        again = message()
        again.idempotency_key = "key"

        assert EmailBackend().send_messages([again]) == 1
        assert len(outbox.mails) == 1
