"""The tests of Django's messages, for what a field-mapping backend must do itself."""

import django
import pytest
from django.core import mail
from django.core.mail import (
    EmailMessage,
    EmailMultiAlternatives,
)
from django.utils.functional import Promise, lazystr

from django_directmail.api.errors import UnsupportedMessage
from tests.support.mailers import BACKEND
from tests.support.messages import message, only, rebuild

LEGACY_STAFF = django.VERSION < (6, 0)
needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


class TestMessage:
    """The message tests, for what a field-mapping backend must do itself."""

    def test_empty_strings_are_no_recipients(self, outbox):
        message(to=["to@example.com", ""], cc=["", "cc@example.com"], bcc=[""]).send()

        (received,) = outbox.mails
        assert received.to == ["to@example.com", "cc@example.com"]

    def test_empty_reply_to_is_tolerated(self, outbox):
        message(reply_to=["", None]).send()

        assert outbox.mails[0].reply_to == ""

    def test_bcc_is_in_no_visible_place(self, outbox):
        message(bcc=["hidden@example.com"]).send()

        (received,) = outbox.mails
        assert received.bcc == ["hidden@example.com"]
        assert "hidden" not in rebuild(received).as_string()

    @pytest.mark.parametrize("name", ["Bcc", "bcc"])
    def test_bcc_header_is_a_value_error(self, outbox, name):
        with pytest.raises(ValueError, match="message.bcc"):
            message(headers={name: "hidden@example.com"}).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize("name", ["To", "Cc", "Date", "X-Priority", "References"])
    def test_headers_that_the_api_lacks_are_refused_by_name(self, outbox, name):
        with pytest.raises(UnsupportedMessage, match=f"the header {name}"):
            message(headers={name: "x@example.com"}).send()

        assert outbox.calls == 0

    def test_reply_to_header_beats_the_attribute(self, outbox):
        message(
            reply_to=["reply@example.com"], headers={"Reply-To": "other@example.com"}
        ).send()

        assert only(outbox)["Reply-To"] == "other@example.com"

    def test_from_header_is_what_readers_see(self, outbox):
        message(
            from_email="bounce@example.com", headers={"From": "From <from@example.com>"}
        ).send()

        assert only(outbox)["From"] == "From <from@example.com>"

    @pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
    def test_bare_string_set_afterwards_is_a_type_error(self, outbox, field):
        one = message()
        setattr(one, field, "to@example.com")

        with pytest.raises(TypeError):
            one.send()

        assert outbox.calls == 0

    @pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n"])
    @pytest.mark.parametrize(
        "values",
        [
            {"subject": "Subject{}Injected: x"},
            {"subject": lazystr("Subject{}Injected: x")},
            {"from_email": "Name{}Injected: x <from@example.com>"},
            {"to": ["Name{}Injected: x <to@example.com>"]},
            {"cc": ["cc@example.com{}"]},
            {"bcc": ["bcc@example.com{}Injected: x"]},
            {"reply_to": ["reply{}@example.com"]},
            {"headers": {"X-User-A": "a{}Injected: x"}},
            {"headers": {"X-User-A{}Injected: x": "a"}},
            {"headers": {"From": "a{}b <from@example.com>"}},
            {"headers": {"Reply-To": "a{}b <from@example.com>"}},
        ],
        ids=lambda values: next(iter(values)),
    )
    def test_line_break_anywhere_is_a_value_error(self, outbox, values, line_break):
        def fill(value):
            if isinstance(value, list):
                return [fill(item) for item in value]
            if isinstance(value, dict):
                return {fill(name): fill(item) for name, item in value.items()}
            if isinstance(value, Promise):
                return lazystr(str(value).replace("{}", line_break))
            return value.replace("{}", line_break)

        with pytest.raises(ValueError, match="line break"):
            message(**{name: fill(value) for name, value in values.items()}).send()

        assert outbox.calls == 0

    def test_line_break_hidden_in_an_encoded_word_is_a_value_error(self, outbox):
        with pytest.raises(ValueError, match="in to "):
            message(to=["=?utf-8?q?a=0ABcc:_x?= <to@example.com>"]).send()

        assert outbox.calls == 0

    @pytest.mark.skipif(django.VERSION >= (6, 0), reason="a plain ValueError by then")
    def test_line_break_is_a_bad_header_error_on_old_djangos(self, outbox):
        with pytest.raises(mail.BadHeaderError):
            message(subject="a\nb").send()

    def test_message_id_may_be_given(self, outbox):
        message(headers={"message-ID": "<x@example.com>"}).send()

        assert only(outbox)["Message-ID"] == "<x@example.com>"

    def test_sending_does_not_change_the_message(self, outbox):
        one = EmailMultiAlternatives(
            "Subject",
            "",
            "from@example.com",
            ["to@example.com"],
            headers={"Reply-To": "reply@example.com", "X-User-A": "a"},
        )
        one.attach_alternative("<b>HTML</b>", "text/html")
        before = dict(vars(one))
        before = {name: repr(value) for name, value in before.items()}

        one.send()

        after = {name: repr(value) for name, value in vars(one).items()}
        del after["directmail_status"], after["anymail_status"]
        # Django up to 6.0 puts the backend there.
        after.pop("connection", None), before.pop("connection", None)
        assert after == before

    def test_same_object_sent_twice_arrives_twice_the_same(self, outbox):
        one = message(headers={"Message-ID": "<x@example.com>"})

        one.send()
        one.send()

        first, second = (rebuild(received) for received in outbox.mails)
        assert first.as_bytes() == second.as_bytes()
        assert one.extra_headers == {"Message-ID": "<x@example.com>"}

    @pytest.mark.parametrize(
        ("given", "name", "spec"),
        [
            ('"A, B" <to@example.com>', "A, B", "to@example.com"),
            ('"to@other.com" <to@example.com>', "to@other.com", "to@example.com"),
            ("Jörg <to@example.com>", "Jörg", "to@example.com"),
            ("=?utf-8?q?J=C3=B6rg?= <to@example.com>", "Jörg", "to@example.com"),
            ("<to@example.com>", "", "to@example.com"),
            ("Name <to@例子.测试>", "Name", "to@xn--fsqu00a.xn--0zwm56d"),
        ],
    )
    def test_display_names_are_understood(self, outbox, given, name, spec):
        message(from_email=given, to=[given]).send()

        (received,) = outbox.mails
        assert (received.sender_name, received.sender) == (name, spec)
        assert received.to == [spec]

    def test_quoted_local_part_is_refused(self, outbox):
        """A comma in it would split the list of recipients."""
        with pytest.raises(UnsupportedMessage, match="before the @"):
            message(to=['"to,other"@example.com']).send()

        assert outbox.calls == 0

    def test_address_objects_arrive(self, outbox):
        from email.headerregistry import Address

        one = message()
        one.from_email = Address("From Me", addr_spec="from@example.com")
        one.to = [Address("To You", addr_spec="to@example.com")]
        one.send()

        (received,) = outbox.mails
        assert (received.sender_name, received.sender) == (
            "From Me",
            "from@example.com",
        )
        assert received.to == ["to@example.com"]

    @pytest.mark.parametrize(
        "alternative",
        [("<b>HTML</b>", "text/html"), (b"<b>HTML</b>", "text/html")],
        ids=["str", "bytes"],
    )
    def test_alternatives_may_be_tuples_of_text_or_bytes(self, outbox, alternative):
        one = EmailMultiAlternatives("S", "T", "from@example.com", ["to@example.com"])
        one.alternatives = [alternative]

        one.send()

        assert outbox.mails[0].html == "<b>HTML</b>"

    def test_body_none_and_no_subject_go_out_as_placeholders(self, outbox):
        EmailMessage(body=None, to=["to@example.com"]).send()

        (received,) = outbox.mails
        assert (received.subject, received.text) == ("(no subject)", "\n")

    def test_all_attributes_may_be_set_after_construction(self, outbox):
        one = EmailMessage()
        one.subject, one.body = "Subject", "Content"
        one.from_email, one.to = "from@example.com", ["to@example.com"]
        one.cc, one.bcc = ["cc@example.com"], ["bcc@example.com"]
        one.reply_to = ["reply@example.com"]
        one.content_subtype = "html"

        one.send()

        (received,) = outbox.mails
        assert received.subject == "Subject"
        assert received.to == ["to@example.com", "cc@example.com"]
        assert (received.text, received.html) == ("", "Content")

    def test_encoding_is_accepted(self, outbox):
        one = message(body="Grüße")
        one.encoding = "iso-8859-1"

        one.send()

        assert outbox.mails[0].text == "Grüße"

    @needs_mailers
    def test_using_picks_the_mailer(self, outbox, settings):
        settings.MAILERS = {
            "default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"},
            "direct": {"BACKEND": BACKEND},
        }

        assert message().send(using="direct") == 1

        assert len(outbox.mails) == 1
