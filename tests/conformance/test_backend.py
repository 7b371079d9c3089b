"""The shared tests of Django's own backends."""

import re

import django
import pytest
from django.core import mail
from django.core.mail import (
    mail_admins,
    mail_managers,
    send_mail,
    send_mass_mail,
)
from django.utils.functional import lazystr

from django_directmail._compat import get_mailer
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.backends import EmailBackend
from tests.support.mailers import BACKEND
from tests.support.messages import message, only

LEGACY_STAFF = django.VERSION < (6, 0)
needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


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
