"""
What Django's own tests demand of every email backend, over real HTTP.

The cases are those of Django's shared backend tests and of its message tests, as far as
an API can carry them. Each message goes through the configured mailer to the sandbox
and is read back as a MIME message. Where we differ, the test states the error.
"""

import re

import django
import pytest
from django.core import mail
from django.core.mail import (
    EmailMessage,
    EmailMultiAlternatives,
    mail_admins,
    mail_managers,
    send_mail,
    send_mass_mail,
)
from django.utils.functional import Promise, lazystr

from django_directmail._compat import get_mailer
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.backends import EmailBackend
from tests.conftest import BACKEND
from tests.mime import rebuild

LEGACY_STAFF = django.VERSION < (6, 0)
needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


def message(**values):
    """Return a message, complete unless ``values`` say otherwise."""
    complete = {
        "subject": "Subject",
        "body": "Content\n",
        "from_email": "from@example.com",
        "to": ["to@example.com"],
    }
    return EmailMessage(**{**complete, **values})


def only(outbox):
    """Return the one mail that arrived, as a MIME message."""
    (received,) = outbox.mails
    return rebuild(received)


class TestBackend:
    """The shared backend tests."""

    def test_alias_is_kept(self, outbox):
        assert EmailBackend(alias="custom").alias == "custom"

    def test_alias_is_optional(self, outbox):
        assert EmailBackend().alias is None

    @needs_mailers
    def test_built_from_mailers_with_options(self, settings):
        options = {"access_key_id": "id", "access_key_secret": "secret"}
        settings.MAILERS = {"custom": {"BACKEND": BACKEND, "OPTIONS": options}}

        backend = mail.mailers["custom"]

        assert isinstance(backend, EmailBackend)
        assert backend.alias == "custom"

    def test_one_message_arrives_unchanged(self, outbox):
        assert get_mailer().send_messages([message()]) == 1

        received = only(outbox)
        assert received["Subject"] == "Subject"
        assert received["From"] == "from@example.com"
        assert received["To"] == "to@example.com"
        assert received.get_content() == "Content\n"

    def test_unicode_arrives_unchanged(self, outbox):
        send_mail("Chère maman", "Je t'aime très fort", None, ["to@example.com"])

        received = only(outbox)
        assert received["Subject"] == "Chère maman"
        assert received.get_content().rstrip("\n") == "Je t'aime très fort"

    @pytest.mark.parametrize("kind", [list, iter, tuple])
    def test_list_and_one_shot_iterator_keep_the_order(self, outbox, kind):
        messages = kind([message(subject="1"), message(subject="2")])

        assert get_mailer().send_messages(messages) == 2

        assert [received.subject for received in outbox.mails] == ["1", "2"]

    def test_close_is_harmless_on_a_fresh_backend(self, outbox):
        get_mailer().close()

    def test_context_manager_opens_and_closes_once(self, outbox):
        calls = []

        class Watched(EmailBackend):
            def open(self):
                calls.append("open")
                return super().open()

            def close(self):
                calls.append("close")
                super().close()

        with Watched() as backend:
            assert calls == ["open"]
            assert isinstance(backend, Watched)
        assert calls == ["open", "close"]

    @pytest.mark.parametrize("alias", [None, "custom"])
    @pytest.mark.parametrize("value", [True, False])
    def test_fail_silently_is_an_attribute(self, outbox, value, alias):
        backend = EmailBackend(fail_silently=value, alias=alias)

        assert backend.fail_silently is value

    def test_unknown_options_under_an_alias_are_all_named(self, outbox):
        with pytest.raises(
            django.core.exceptions.ImproperlyConfigured,
            match=re.escape("MAILERS['custom']: Unknown options 'regoin', 'foo'."),
        ) as caught:
            EmailBackend(alias="custom", regoin="x", foo=1)

        assert 'Did you mean "region"?' in str(caught.value)

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="Django 6.1 warns itself")
    def test_unknown_options_without_alias_are_warned_about(self, outbox):
        with pytest.warns(PendingDeprecationWarning, match=re.escape(BACKEND)):
            backend = EmailBackend(foo=1)

        assert not hasattr(backend, "foo")

    @pytest.mark.skipif(django.VERSION >= (6, 1), reason="older Djangos keep quiet")
    def test_unknown_options_are_refused_where_django_keeps_quiet(self, outbox):
        with pytest.raises(django.core.exceptions.ImproperlyConfigured, match="foo"):
            EmailBackend(foo=1)

    def test_same_object_three_times_counts_three(self, outbox):
        one = message()

        assert get_mailer().send_messages([one, one, one]) == 3

        assert len(outbox.mails) == 3

    def test_empty_list_returns_zero_and_calls_nobody(self, outbox):
        count = get_mailer().send_messages([])

        assert (type(count), count) == (int, 0)
        assert outbox.connections == 0

    def test_nobody_addressed_returns_zero_and_calls_nobody(self, outbox):
        nobody = message(to=["", None], cc=[""])

        assert get_mailer().send_messages([nobody]) == 0
        assert nobody.send() == 0
        assert outbox.connections == 0

    def test_open_tells_whether_it_was_open(self, outbox):
        backend = get_mailer()

        assert [backend.open(), backend.open()] == [True, False]
        backend.close()
        backend.close()
        assert backend.open() is True

    def test_timeout_is_an_option(self, mailer):
        mailer(TIMEOUT=(1, 2.5))

        assert get_mailer().client.timeout == (1.0, 2.5)

    def test_mass_mail_counts_and_arrives(self, outbox):
        data = ("Subject", "Content", None, ["to@example.com"])

        assert send_mass_mail([data, data]) == 2
        assert len(outbox.mails) == 2

    def test_long_lines_arrive_unbroken(self, outbox):
        body = "В южных морях " * 60

        message(body=body).send()

        assert only(outbox).get_content().rstrip("\n") == body

    def test_display_name_arrives(self, outbox):
        message(from_email='"Firstname Sürname" <from@example.com>').send()

        # Fifteen characters are all that DirectMail takes.
        assert only(outbox)["From"] == "Firstname Sürna <from@example.com>"

    def test_plain_mail_is_not_multipart(self, outbox):
        send_mail("Subject", "Content", None, ["nobody@example.com"])

        assert not only(outbox).is_multipart()

    def test_html_mail_keeps_text_and_html(self, outbox):
        send_mail("S", "Content", None, ["to@example.com"], html_message="<b>C</b>")

        received = only(outbox)
        text, html = received.iter_parts()
        assert text.get_content_type() == "text/plain"
        assert text.get_content().rstrip("\n") == "Content"
        assert html.get_content_type() == "text/html"
        assert html.get_content().rstrip("\n") == "<b>C</b>"

    @pytest.mark.parametrize(
        ("send", "setting"), [(mail_admins, "ADMINS"), (mail_managers, "MANAGERS")]
    )
    def test_staff_mail_has_the_prefix_of_a_lazy_subject(
        self, outbox, settings, send, setting
    ):
        address = "staff@example.com"
        entry = ("Staff", address) if LEGACY_STAFF else f'"The Staff" <{address}>'
        setattr(settings, setting, [entry])

        send(lazystr("Subject"), "Content", html_message="<b>Content</b>")

        received = only(outbox)
        assert received["Subject"] == "[Django] Subject"
        assert received["To"] == address
        assert [part.get_content_subtype() for part in received.iter_parts()] == [
            "plain",
            "html",
        ]

    def test_no_admins_means_no_call(self, outbox, settings):
        settings.ADMINS = []

        mail_admins("Subject", "Content")

        assert outbox.connections == 0

    def test_cc_gets_the_mail_by_policy(self, outbox):
        message(cc=["cc@example.com"]).send()

        assert only(outbox)["To"] == "to@example.com, cc@example.com"

    def test_idn_domains_are_encoded(self, outbox):
        message(
            from_email="from@öäü.com",
            to=["to@öäü.com"],
            cc=["cc@öäü.com"],
            bcc=["bcc@öäü.com"],
        ).send()

        (received,) = outbox.mails
        assert received.sender == "from@xn--4ca9at.com"
        assert received.to == ["to@xn--4ca9at.com", "cc@xn--4ca9at.com"]
        assert received.bcc == ["bcc@xn--4ca9at.com"]

    @pytest.mark.parametrize(
        "domain",
        ["xn--fa-hia.de", "xn--wxa.gr", "xn--10cl1a0b660p.com", "xn--mgba3gch31f.com"],
    )
    def test_encoded_idna_2008_domains_are_left_alone(self, outbox, domain):
        message(to=[f"to@{domain}"]).send()

        assert only(outbox)["To"] == f"to@{domain}"

    def test_lazy_addresses_arrive(self, outbox):
        message(
            from_email=lazystr("from@example.com"),
            to=[lazystr("to@example.com")],
            cc=[lazystr("cc@example.com")],
            bcc=[lazystr("bcc@example.com")],
            reply_to=[lazystr("reply@example.com")],
        ).send()

        (received,) = outbox.mails
        assert received.to == ["to@example.com", "cc@example.com"]
        assert received.bcc == ["bcc@example.com"]
        assert received.reply_to == "reply@example.com"

    def test_address_without_a_domain_is_refused(self, outbox):
        """Django's SMTP backend sends these; an API has no local mailboxes."""
        with pytest.raises(UnsupportedMessage, match="has no domain"):
            message(to=["webmaster"]).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        "address",
        [
            "to@other.com@example.com",
            "to@other.com <to@example.com>",
            "to@example.com, cc@example.com",
            "@",
            "to@",
            "@example.com",
            '"to\r\ncc"@example.com',
            "to\n@example.com",
        ],
    )
    @pytest.mark.parametrize("field", ["to", "cc", "bcc"])
    def test_invalid_address_is_a_value_error(self, outbox, field, address):
        with pytest.raises(ValueError, match=f"in {field} "):
            message(**{field: [address]}).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize("field", ["to", "bcc"])
    def test_non_ascii_local_part_is_refused(self, outbox, field):
        with pytest.raises(ValueError, match="before the @"):
            message(**{field: ["nø@example.dk"]}).send()

        assert outbox.calls == 0


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
