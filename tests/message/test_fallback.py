"""The copy for another mailer says all that the API's call would say."""

import io
from datetime import datetime, timezone

import pytest
from django.core.mail import EmailMultiAlternatives

from django_directmail.api.errors import UnsupportedMessage
from tests.support.messages import message, with_html

pytest_plugins = ["tests.support.smtp_fallback"]


def with_cc(**values):
    """Return a message that takes the other mailer."""
    return message(**{"cc": ["cc@example.com"], **values})


class TestHeaders:
    """What wins over what is the same on both ways."""

    def test_hand_written_headers_win_over_those_of_the_message(self, routed, smtp):
        routed()
        one = with_cc(headers={"x-user-a": "message", "X-User-B": "kept"})
        one.directmail = {"headers": {"X-User-A": "by hand"}}

        one.send()

        (arrived,) = smtp.messages
        assert arrived.get_all("X-User-A") == ["by hand"]
        assert arrived["X-User-B"] == "kept"

    def test_merge_headers_arrive_even_if_the_api_does_not_carry_them(
        self, routed, smtp
    ):
        routed()
        one = message(to=["a@example.com", "b@example.com"])
        one.extra_headers = {"X-Priority": "3", "X-User-A": "all"}
        one.merge_headers = {
            "a@example.com": {"x-priority": "1", "X-User-A": "a", "Subject": "For a"}
        }

        one.send()

        found = [(m["X-Priority"], m["X-User-A"], m["Subject"]) for m in smtp.messages]
        assert found == [("1", "a", "For a"), ("3", "all", "Subject")]

    @pytest.mark.parametrize("name", ["from", "FROM", "From"])
    def test_from_header_counts_in_any_case(self, routed, smtp, name):
        routed()

        with_cc(headers={name: "Shop <shop@example.com>"}).send()

        assert smtp.messages[0].get_all("From") == ["Shop <shop@example.com>"]

    def test_reply_to_header_counts_in_any_case(self, routed, smtp):
        routed()

        with_cc(
            headers={"reply-TO": "Help <help@example.com>, b@example.com"},
            reply_to=["other@example.com"],
        ).send()

        assert smtp.messages[0].get_all("Reply-To") == [
            "Help <help@example.com>, b@example.com"
        ]

    @pytest.mark.parametrize("name", ["to", "CC"])
    def test_visible_recipients_are_those_of_the_header_in_any_case(
        self, routed, smtp, name
    ):
        routed()

        message(headers={name: "Friends <friends@example.com>"}).send()

        assert smtp.messages[0].get_all(name) == ["Friends <friends@example.com>"]
        assert smtp.envelopes[0].rcpt_tos == ["to@example.com"]

    def test_values_need_not_be_text(self, routed, smtp):
        routed()
        date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

        message(headers={"X-Priority": 1, "Date": date}).send()

        (arrived,) = smtp.messages
        assert arrived["X-Priority"] == "1"
        assert arrived["Date"].datetime == date


class TestReplies:
    """The reply address is the one that the call would have."""

    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            ({"reply_address": "hand@example.com"}, "hand@example.com"),
            (
                {"reply_address": "hand@example.com", "reply_address_alias": "H, I"},
                '"H, I" <hand@example.com>',
            ),
            ({"reply_address": None}, None),
        ],
    )
    def test_hand_written_address_wins(self, routed, smtp, parameters, expected):
        routed()
        one = with_cc(reply_to=["attribute@example.com"])
        one.directmail = parameters

        one.send()

        assert smtp.messages[0]["Reply-To"] == expected

    def test_long_name_is_not_cut(self, routed, smtp):
        routed()
        address = "A company with a long name <help@example.com>"

        with_cc(reply_to=[address]).send()

        assert smtp.messages[0]["Reply-To"] == address

    @pytest.mark.parametrize("name", ["account_name", "reply_address"])
    def test_parameter_that_is_no_address_is_refused(self, routed, smtp, name):
        routed()
        one = with_cc()
        one.directmail = {name: "Help"}

        with pytest.raises(UnsupportedMessage, match=f"{name} has no domain"):
            one.send()

        assert smtp.messages == []


class TestRecipients:
    """Each sees of the others what the message says."""

    def test_names_stay_where_each_gets_a_letter(self, routed, smtp):
        routed(SPLIT_RECIPIENTS=True)

        message(
            to=['"Lee, Ann" <ann@example.com>'], cc=["Bob <bob@example.com>"]
        ).send()

        assert [(m["To"], m["Cc"]) for m in smtp.messages] == [
            ('"Lee, Ann" <ann@example.com>', None),
            (None, "Bob <bob@example.com>"),
        ]

    def test_class_that_remembers_its_recipients_reaches_no_stranger(
        self, routed, smtp
    ):
        class Fixed(EmailMultiAlternatives):
            def recipients(self):
                return ["a@example.com", "cc@example.com"]

        routed(REDIRECT_ALL_TO="staging@example.net")
        one = Fixed("s", "b", "from@example.com", ["a@example.com"])
        one.cc = ["cc@example.com"]

        with pytest.raises(UnsupportedMessage, match="recipients.. of Fixed"):
            one.send()

        assert smtp.envelopes == []

    def test_redirected_mail_of_two_hundred_and_one(self, routed, smtp):
        everybody = [f"user{n}@example.com" for n in range(201)]
        routed(REDIRECT_ALL_TO="staging@example.net")

        message(to=everybody, headers={"X-Priority": "1"}).send()

        assert smtp.envelopes[0].rcpt_tos == ["staging@example.net"]
        (arrived,) = smtp.messages
        assert arrived["X-User-Original-To"].split(", ") == everybody


class TestContent:
    """Body, alternatives and files."""

    def test_bytes_are_text_and_are_filled_in(self, routed, smtp):
        routed()
        one = with_html(b"<p>{name}</p>", body=b"Dear {name}", cc=["cc@example.com"])
        one.attach_alternative("<p>{name}</p>", "text/X-amp")
        one.merge_global_data = {"name": "A&B"}

        one.send()

        assert leaves(smtp.messages[0]) == [
            ("text/plain", b"Dear A&B"),
            ("text/html", b"<p>A&amp;B</p>"),
            ("text/x-amp", b"<p>A&B</p>"),
        ]

    def test_plain_tuple_is_an_alternative(self, routed, smtp):
        routed()
        one = with_cc()
        one.alternatives = [("<p>", "text/html")]

        one.send()

        assert leaves(smtp.messages[0])[1:] == [("text/html", b"<p>")]

    def test_html_is_escaped_whatever_the_case_of_its_kind(self, routed, smtp):
        routed()
        one = with_cc(body="<p>{name}</p>")
        one.content_subtype = "HTML"
        one.merge_global_data = {"name": "A&B"}

        one.send()

        assert leaves(smtp.messages[0]) == [("text/html", b"<p>A&amp;B</p>")]

    def test_file_that_can_be_read_only_once_is_in_each_letter(self, routed, smtp):
        routed(SPLIT_RECIPIENTS=True)
        one = message(to=["a@example.com", "b@example.com"])
        one.attach("a.bin", Once(b"data"), "application/octet-stream")

        one.send()

        assert [leaves(arrived)[1:] for arrived in smtp.messages] == [
            [("application/octet-stream", b"data")]
        ] * 2

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_any_bytes_are_bytes(self, routed, smtp, kind):
        routed()
        one = message()
        one.attachments.append(("a.bin", kind(b"\0"), "application/octet-stream"))

        one.send()

        assert leaves(smtp.messages[0])[1:] == [("application/octet-stream", b"\0")]


class Once(io.RawIOBase):
    """A stream, such as the body of an HTTP answer."""

    def __init__(self, content):
        self.rest = content

    def read(self, *args):
        found, self.rest = self.rest, b""
        return found


def leaves(arrived):
    """Return kind and content of each part that has no parts."""
    return [
        (part.get_content_type(), part.get_payload(decode=True).rstrip(b"\r\n"))
        for part in arrived.walk()
        if not part.is_multipart()
    ]
