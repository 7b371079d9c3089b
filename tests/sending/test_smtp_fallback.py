"""What the API cannot carry takes another mailer: here a real SMTP server."""

import io
from email.message import MIMEPart
from email.mime.image import MIMEImage

import django
import pytest
from django.core.mail import EmailMessage

from django_directmail._compat import build_mailer
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import DirectMailError, UnsupportedMessage
from django_directmail.api.smtp_headers import smtp_headers
from django_directmail.backends import EmailBackend
from django_directmail.models import MailLog
from tests.support.messages import message, with_html
from tests.support.smtp_server import SMTP_BACKEND

pytest_plugins = ["tests.support.smtp_fallback"]

needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


def inline_image():
    if django.VERSION < (6, 0):
        image = MIMEImage(b"GIF89a", "gif")
        image["Content-ID"] = "<logo>"
        image["Content-Disposition"] = "inline"
    else:
        image = MIMEPart()
        image.set_content(b"GIF89a", "image", "gif", disposition="inline", cid="<logo>")
    return image


class TestWhatArrives:
    """The message as it is, byte for byte."""

    def test_cc_is_a_cc_again(self, routed, smtp):
        outbox = routed()

        sent = message(cc=["cc@example.com"], bcc=["bcc@example.com"]).send()

        assert (sent, outbox.calls) == (1, 0)
        (arrived,) = smtp.messages
        assert (arrived["To"], arrived["Cc"]) == ("to@example.com", "cc@example.com")
        assert "bcc" not in arrived
        assert smtp.envelopes[0].rcpt_tos == [
            "to@example.com",
            "cc@example.com",
            "bcc@example.com",
        ]

    def test_inline_image_keeps_its_content_id(self, routed, smtp):
        routed()
        one = with_html('<img src="cid:logo">')
        one.attachments.append(inline_image())

        one.send()

        (image,) = [
            part
            for part in smtp.messages[0].walk()
            if part.get_content_type() == "image/gif"
        ]
        assert image["Content-ID"] == "<logo>"
        assert image.get_payload(decode=True) == b"GIF89a"

    def test_calendar_is_an_alternative(self, routed, smtp):
        routed()
        calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
        one = with_html()
        one.attach_alternative(calendar, "text/calendar")

        one.send()

        found = {
            part.get_content_type(): part.get_payload(decode=True).decode()
            for part in smtp.messages[0].walk()
            if not part.is_multipart()
        }
        assert found["text/calendar"].replace("\r\n", "\n") == calendar.replace(
            "\r\n", "\n"
        )
        assert found["text/html"].strip() == "<p>HTML</p>"

    def test_any_header_arrives(self, routed, smtp):
        routed()
        headers = {"X-Priority": "1", "References": "<a@b.example>", "X-User-A": "ä"}

        message(headers=headers).send()

        assert {name: smtp.messages[0][name] for name in headers} == headers

    def test_several_reply_addresses_stay_several(self, routed, smtp):
        routed()

        message(reply_to=["a@example.com", "b@example.com"]).send()

        assert smtp.messages[0]["Reply-To"] == "a@example.com, b@example.com"

    def test_attachments_need_no_upload(self, routed, smtp):
        outbox = routed()
        one = message()
        one.attach("data.bin", b"\0\xff", "application/octet-stream")
        one.attach("open.bin", io.BytesIO(b"read"), "application/octet-stream")

        one.send()

        assert outbox.calls == 0
        files = [
            (part.get_filename(), part.get_payload(decode=True))
            for part in smtp.messages[0].iter_attachments()
        ]
        assert files == [("data.bin", b"\0\xff"), ("open.bin", b"read")]

    def test_it_is_what_django_itself_would_send(self, routed, smtp):
        routed()
        one = with_html(
            body="Käse\n",
            cc=["cc@example.com"],
            headers={"Message-ID": "<1@x.example>", "Date": "Thu, 1 Jan 2026 00:00:00"},
        )
        one.attach("a.txt", "text", "text/plain")

        one.send()
        options = {"host": "127.0.0.1", "port": smtp.port}
        same = build_mailer(SMTP_BACKEND, options, has_names=False)
        same.send_messages([one])

        ours, theirs = [parts(one) for one in smtp.messages]
        assert ours == theirs

    def test_others_of_the_list_take_the_api(self, routed, smtp):
        outbox = routed()

        messages = [message(), message(cc=["cc@example.com"]), message()]
        assert EmailBackend().send_messages(messages) == 3

        assert (len(outbox.mails), len(smtp.messages)) == (2, 1)
        assert [one.directmail_status.status for one in messages] == ["accepted"] * 3

    def test_one_connection_serves_a_list(self, routed, smtp):
        routed()

        EmailBackend().send_messages([message(cc=["cc@example.com"]) for _ in range(5)])

        assert (len(smtp.messages), smtp.connections) == (5, 1)


def parts(one):
    """Return headers and content of all parts, without boundaries."""
    return [
        (
            [h for h in part.items() if "boundary" not in h[1]],
            None if part.is_multipart() else part.get_payload(decode=True),
        )
        for part in one.walk()
    ]


class TestWhatIsSaidBeside:
    """Tags, metadata and the like go as headers of DirectMail's SMTP service."""

    def test_parameters_become_headers(self, routed, smtp):
        routed(DEFAULTS={"ip_pool_id": "pool"})
        one = with_html("<body>x</body>", cc=["cc@example.com"])
        one.tags, one.track_opens = ["news"], True
        one.metadata = {"order": 5}
        one.directmail = {
            "un_subscribe_link_type": "default",
            "un_subscribe_filter_level": "mailfrom_domain",
            "reply_address": "help@example.com",
            "from_alias": "The shop",
        }

        one.send()

        (arrived,) = smtp.messages
        said = smtp_headers(
            SingleSendMail(
                account_name="",
                to_address="",
                subject="",
                tag_name="news",
                click_trace="1",
                un_subscribe_link_type="default",
                un_subscribe_filter_level="mailfrom_domain",
                ip_pool_id="pool",
            )
        )
        assert {name: arrived[name].strip() for name in said} == said
        assert len(said) == 2
        assert arrived["X-User-Notify-order"] == "5"
        assert arrived["Reply-To"] == "help@example.com"
        assert arrived["From"] == "The shop <from@example.com>"

    def test_long_name_of_the_sender_is_not_cut(self, routed, smtp):
        routed()
        name = "A company with a long name"

        message(from_email=f"{name} <from@example.com>", cc=["cc@example.com"]).send()

        assert smtp.messages[0]["From"] == f"{name} <from@example.com>"

    def test_account_name_is_the_sender(self, routed, smtp):
        routed(ACCOUNT_NAME="one@mail.example.com")

        message(from_email="Shop <from@example.com>", cc=["cc@example.com"]).send()

        assert smtp.envelopes[0].mail_from == "one@mail.example.com"
        assert smtp.messages[0]["From"] == "Shop <one@mail.example.com>"

    def test_template_is_refused(self, routed, smtp):
        routed()
        one = message(cc=["cc@example.com"])
        one.template_id = "1"

        with pytest.raises(UnsupportedMessage, match="which has no templates"):
            one.send()

        assert smtp.messages == []

    def test_the_message_itself_stays_as_it_was(self, routed):
        routed(ACCOUNT_NAME="one@mail.example.com")
        one = message(cc=["cc@example.com"], headers={"X-Priority": "1"})
        one.tags = ["a"]

        one.send()

        assert (one.from_email, one.to) == ("from@example.com", ["to@example.com"])
        assert one.extra_headers == {"X-Priority": "1"}


class TestMergeAndStaging:
    """Also here nobody sees what is for others, and strangers get nothing."""

    def test_each_recipient_gets_a_letter_of_their_own(self, routed, smtp):
        routed()
        one = with_html(
            "<p>{name}</p>", body="Dear {name}", subject="{name}!", to=["a@example.com"]
        )
        one.cc = ["b@example.com"]
        one.merge_data = {
            "a@example.com": {"name": "Ann"},
            "b@example.com": {"name": "B&B"},
        }

        assert one.send() == 1

        found = [
            (
                envelope.rcpt_tos,
                arrived["Subject"],
                arrived.get_body(("plain",)).get_content().strip(),
                arrived.get_body(("html",)).get_content().strip(),
            )
            for envelope, arrived in zip(smtp.envelopes, smtp.messages, strict=True)
        ]
        assert found == [
            (["a@example.com"], "Ann!", "Dear Ann", "<p>Ann</p>"),
            (["b@example.com"], "B&B!", "Dear B&B", "<p>B&amp;B</p>"),
        ]

    def test_redirected_mail_goes_to_one_address(self, routed, smtp):
        routed(REDIRECT_ALL_TO="staging@example.net")

        message(cc=["cc@example.com"], bcc=["bcc@example.com"]).send()

        assert smtp.envelopes[0].rcpt_tos == ["staging@example.net"]
        (arrived,) = smtp.messages
        assert (arrived["To"], arrived["Cc"]) == ("staging@example.net", None)
        assert arrived["X-User-Original-To"] == (
            "to@example.com, cc@example.com, bcc@example.com"
        )

    def test_strangers_get_nothing(self, routed, smtp):
        routed(ALLOWED_DOMAINS=["example.com"])
        one = message(cc=["cc@stranger.example"])

        one.send()

        assert smtp.envelopes[0].rcpt_tos == ["to@example.com"]
        assert "stranger" not in str(smtp.messages[0])


class TestWays:
    """An alias, a path, or a path with options."""

    @needs_mailers
    def test_alias_of_mailers(self, routed, smtp, settings):
        outbox = routed(SMTP_FALLBACK="smtp")
        options = {"host": "127.0.0.1", "port": smtp.port}
        settings.MAILERS = {
            **settings.MAILERS,
            "smtp": {"BACKEND": SMTP_BACKEND, "OPTIONS": options},
        }

        message(cc=["cc@example.com"]).send()

        assert (outbox.calls, len(smtp.messages)) == (0, 1)

    def test_path_alone(self, routed):
        from django.core import mail

        routed(SMTP_FALLBACK="django.core.mail.backends.locmem.EmailBackend")

        message(cc=["cc@example.com"]).send()

        assert [one.cc for one in mail.outbox] == [["cc@example.com"]]


@pytest.mark.django_db
class TestLog:
    """The log says which way a mail took."""

    def test_row_of_a_letter(self, routed):
        routed()
        one = message(cc=["cc@example.com"])
        one.attach("a.txt", "text", "text/plain")

        one.send()

        row = MailLog.objects.get()
        assert (row.route, row.status, row.accepted) == (
            SMTP_BACKEND,
            "accepted",
            "yes",
        )
        assert (row.subject, row.sender, row.nonce) == (
            "Subject",
            "from@example.com",
            "",
        )
        assert row.attachments == [{"name": "a.txt", "size": 4}]
        kinds = row.recipients.order_by("pk").values_list("address", "kind")
        assert list(kinds) == [("to@example.com", "to"), ("cc@example.com", "cc")]

    def test_row_of_a_failed_letter(self, routed, smtp):
        routed()
        smtp.replies = ["554 no"]

        with pytest.raises(DirectMailError):
            message(cc=["cc@example.com"]).send()

        row = MailLog.objects.get()
        assert (row.route, row.status, row.accepted) == (SMTP_BACKEND, "rejected", "no")
        assert "554" in row.error_message


def test_kind_of_body_that_the_api_does_not_know(routed, smtp):
    routed()
    one = EmailMessage(
        "Subject", "BEGIN:VCALENDAR", "from@example.com", ["a@b.example"]
    )
    one.content_subtype = "calendar"

    one.send()

    assert smtp.messages[0].get_content_type() == "text/calendar"
