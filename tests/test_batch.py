"""``send_batch()`` through real settings, to the sandbox and into the log."""

import django
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from django_directmail.api import (
    CredentialsError,
    Receiver,
    RejectedError,
    SingleSendMail,
    TemplateContent,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.fields import wire_names
from django_directmail.batch import send_batch
from django_directmail.signals import post_send, pre_send
from tests.support.batches import CONTENT, send
from tests.support.mailers import BACKEND

needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


def arrived(sandbox):
    """Return to whom mails went, and with which subject."""
    return [(mail.to, mail.subject) for mail in sandbox.mails]


class TestReceivers:
    def test_addresses_alone_get_the_text_as_it_is(self, outbox):
        result = send(["ana@example.com", "Bo <bo@example.com>"])

        assert arrived(outbox) == [
            (["ana@example.com"], "Hello {UserName}"),
            (["bo@example.com"], "Hello {UserName}"),
        ]
        assert {(mail.env_id, mail.request_id) for mail in outbox.mails} == {
            (result.env_id, result.request_id)
        }
        assert outbox.calls == 1

    def test_a_dict_gives_each_address_its_data(self, outbox):
        send(
            {
                "ana@example.com": {"UserName": "Ana"},
                "bo@example.com": {"UserName": gettext_lazy("Status")},
                "cy@example.com": None,
            }
        )

        assert arrived(outbox) == [
            (["ana@example.com"], "Hello Ana"),
            (["bo@example.com"], "Hello Status"),
            (["cy@example.com"], "Hello {UserName}"),
        ]

    def test_each_address_of_a_receiver_gets_a_mail_of_its_own(self, outbox):
        data = {"UserName": "you"}
        both = Receiver(to=["ana@example.com", "bo@example.com"], template_data=data)

        send([both, "cy@example.com"])

        assert arrived(outbox) == [
            (["ana@example.com"], "Hello you"),
            (["bo@example.com"], "Hello you"),
            (["cy@example.com"], "Hello {UserName}"),
        ]

    def test_any_iterable_will_do(self, outbox):
        send(f"user{n}@example.com" for n in range(2))

        assert [mail.to for mail in outbox.mails] == [
            ["user0@example.com"],
            ["user1@example.com"],
        ]

    def test_a_domain_is_encoded(self, outbox):
        send(["ana@bücher.example"])

        # RFC 3492's Punycode of the label, as IDNA writes it.
        assert [mail.to for mail in outbox.mails] == [["ana@xn--bcher-kva.example"]]

    def test_a_mailbox_that_is_named_twice_gets_one_mail(self, outbox):
        send(["ana@example.com", "ana@EXAMPLE.com", "Ana@example.com"])

        assert [mail.to for mail in outbox.mails] == [
            ["ana@example.com"],
            ["Ana@example.com"],
        ]

    def test_a_mailbox_with_two_texts_is_refused(self, outbox):
        texts = {"ana@example.com": {"A": "1"}, "ana@EXAMPLE.com": {"A": "2"}}

        with pytest.raises(UnsupportedMessage, match="^An address at EXAMPLE.com is"):
            send(texts)

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        ("receivers", "text"),
        [
            ("ana@example.com", "receivers is of type str; make it a list"),
            (7, "receivers is of type int; make it a list"),
            ([], "have 0 addresses"),
            ([f"user{n}@example.com" for n in range(101)], "have 101 addresses"),
            (["nobody"], "address in receivers has no domain"),
            (["ana@example.com\nBcc: x@example.com"], "holds a line break"),
            ([None], "is None; make it text"),
            (
                {"ana@example.com": {"Order": 17}},
                "'Order' in template_data is a int",
            ),
            ({"ana@example.com": "Ana"}, "is a str; make it a dict"),
        ],
    )
    def test_what_cannot_be_is_refused(self, outbox, receivers, text):
        with pytest.raises(ValueError, match=text):
            send(receivers)

        assert outbox.calls == 0


class TestContent:
    def test_every_part_arrives(self, outbox):
        send(
            template_content=TemplateContent(
                subject="你好", html_body="<p>Hi</p>", text_body="Hi", alias="小红"
            )
        )

        (mail,) = outbox.mails
        assert (mail.subject, mail.html, mail.text, mail.sender_name) == (
            "你好",
            "<p>Hi</p>",
            "Hi",
            "小红",
        )

    def test_stored_list_and_template_go_by_name(self, outbox):
        send_batch(receivers_name="customers", template_name="welcome")

        assert arrived(outbox) == [
            (["ana@example.com"], "Welcome, Ana"),
            (["bo@example.net"], "Welcome, 小波"),
        ]

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("Hello", "template_content is a str; make it a dict"),
            ({**CONTENT, "html": "x"}, r'\["html"\] .* Did you mean "html_body"\?'),
            ({**CONTENT, "html_body": 7}, r'\["html_body"\] is a int'),
            ({**CONTENT, "subject": ""}, 'has no "subject"'),
            ({"text_body": "x"}, 'has no "subject"'),
            ({"subject": "x"}, "neither html_body nor text_body"),
            ({**CONTENT, "subject": "a\nBcc: b"}, r'\["subject"\] holds a line break'),
            ({**CONTENT, "alias": "a\rb"}, r'\["alias"\] holds a line break'),
        ],
    )
    def test_what_cannot_be_is_refused(self, outbox, content, text):
        with pytest.raises(ValueError, match=text):
            send(template_content=content)

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"receivers_name": "customers"}, "has both"),
            ({"receivers": None}, "has neither"),
            ({"template_name": "welcome"}, "has both"),
            ({"template_content": None}, "has neither"),
            ({"receivers": None, "receivers_name": "a\nb"}, "holds a line break"),
        ],
    )
    def test_a_contradiction_is_refused(self, outbox, values, text):
        with pytest.raises(UnsupportedMessage, match=text):
            send(**values)

        assert outbox.calls == 0


class TestSender:
    @pytest.mark.parametrize(
        ("directmail", "given", "address", "name"),
        [
            ({}, {}, "news@example.com", "News"),
            ({"ACCOUNT_NAME": "a@example.com"}, {}, "a@example.com", "News"),
            (
                {"ACCOUNT_NAME": "a@example.com"},
                {"account_name": "b@example.com"},
                "b@example.com",
                "",
            ),
            ({}, {"account_name": "Shop <b@example.com>"}, "b@example.com", "Shop"),
            (
                {"DEFAULTS": {"from_alias": "Default"}},
                {"account_name": "b@example.com"},
                "b@example.com",
                "Default",
            ),
            (
                {"DEFAULTS": {"domain_auth": True}},
                {"account_name": "example.com"},
                "example.com",
                "",
            ),
        ],
    )
    def test_the_nearest_one_wins(
        self, mailer, settings, directmail, given, address, name
    ):
        settings.DEFAULT_FROM_EMAIL = "News <news@example.com>"
        sandbox = mailer(**directmail)

        send(**given)

        (mail,) = sandbox.mails
        assert (mail.sender, mail.sender_name) == (address, name)

    def test_a_long_name_is_cut_with_a_warning(self, outbox, settings, caplog):
        settings.DEFAULT_FROM_EMAIL = "The Bookshop at the Corner <a@example.com>"

        send()

        # DirectMail's limit is 15 characters.
        assert [mail.sender_name for mail in outbox.mails] == ["The Bookshop at"]
        assert "has 26 characters and is cut to 15" in caplog.text
        assert "Bookshop" not in caplog.text

    def test_a_domain_needs_domain_auth(self, outbox):
        with pytest.raises(UnsupportedMessage, match="account_name has no domain"):
            send(account_name="example")


class TestParameters:
    DEFAULTS = {
        "tag_name": "news",
        "click_trace": True,
        "ip_pool_id": "pool",
        "reply_address": "help@example.com",
        "reply_address_alias": "Help",
        "headers": {"X-User-A": "1", "X-User-B": "1"},
        "un_subscribe_link_type": "disabled",
        # These are parameters of single mails only.
        "reply_to_address": True,
        "template": {"template_id": "411558"},
    }

    def own(self, mail):
        """Return what was sent of the parameters above, in their order."""
        known = wire_names(SingleSendMail)
        found = [mail.parameters.get(known[name]) for name in self.DEFAULTS]
        return [value for value in found if value is not None]

    def test_those_of_the_defaults_apply_that_a_batch_knows(self, mailer):
        sandbox = mailer(DEFAULTS=self.DEFAULTS)

        send()

        (mail,) = sandbox.mails
        assert self.own(mail) == [
            "news",
            "1",
            "pool",
            "help@example.com",
            "Help",
            '{"X-User-A":"1","X-User-B":"1"}',
            "disabled",
        ]

    def test_those_of_the_call_win(self, mailer):
        sandbox = mailer(DEFAULTS=self.DEFAULTS)

        send(
            tag_name="offer",
            click_trace=False,
            ip_pool_id=None,
            reply_address="sales@example.com",
            headers={"x-user-b": "2", "X-User-C": "3"},
            un_subscribe_link_type="default",
        )

        (mail,) = sandbox.mails
        assert self.own(mail) == [
            "offer",
            "0",
            "sales@example.com",
            '{"X-User-A":"1","x-user-b":"2","X-User-C":"3"}',
            "default",
        ]

    def test_none_cancels_the_headers_of_the_defaults(self, mailer):
        sandbox = mailer(DEFAULTS={"headers": {"X-User-A": "1"}})

        send(headers=None)

        assert [mail.headers for mail in sandbox.mails] == [{}]

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("tag_nam", "tag_name"),
            ("receiver", "receivers"),
            ("template", "template_name"),
        ],
    )
    def test_an_unknown_name_is_refused_with_a_suggestion(self, outbox, name, hint):
        text = rf'^"{name}" is not a parameter of send_batch\(\)\. Did you mean "{hint}'
        with pytest.raises(UnsupportedMessage, match=text):
            send(**{name: "x"})

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        "values", [{"click_trace": "maybe"}, {"headers": {"X-Other": "1"}}]
    )
    def test_a_value_that_cannot_be_is_refused(self, outbox, values):
        with pytest.raises(UnsupportedMessage):
            send(**values)

        assert outbox.calls == 0


class TestMailers:
    def test_a_mailer_of_another_kind_is_refused(self, settings):
        if django.VERSION >= (6, 1):
            settings.MAILERS = {
                "default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
            }
        else:
            settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

        with pytest.raises(ImproperlyConfigured, match="'default' is a django.core"):
            send()

    @needs_mailers
    def test_using_chooses_the_account(self, outbox, settings):
        settings.MAILERS = {
            **settings.MAILERS,
            "news": {
                "BACKEND": BACKEND,
                "OPTIONS": {
                    "account_name": "news@example.com",
                    "defaults": {"tag_name": "news"},
                },
            },
        }

        send(using="news")

        assert [(m.sender, m.tag) for m in outbox.mails] == [
            ("news@example.com", "news")
        ]

    @pytest.mark.parametrize("signature", ["HMAC-SHA1", "ACS3-HMAC-SHA256"])
    def test_both_signatures_carry_a_batch(self, mailer, signature):
        sandbox = mailer(SIGNATURE=signature)

        send({"ana@example.com": {"UserName": "小红 & 'co'"}})

        (mail,) = sandbox.mails
        assert (mail.subject, mail.signature) == ("Hello 小红 & 'co'", signature)


class TestStaging:
    """Strangers get nothing from a batch either."""

    def test_redirected_batch_keeps_its_data(self, mailer):
        outbox = mailer(REDIRECT_ALL_TO="staging@example.net")

        send({"ana@example.com": {"UserName": "Ana"}, "bo@example.com": None})

        assert arrived(outbox) == [
            (["staging@example.net"], "Hello Ana"),
            (["staging@example.net"], "Hello {UserName}"),
        ]

    def test_those_in_an_allowed_domain_get_theirs(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=["example.com"])

        send(["ana@example.com", "bo@stranger.example"])

        assert [to for to, _ in arrived(outbox)] == [["ana@example.com"]]

    def test_batch_for_strangers_only_is_refused(self, mailer):
        outbox = mailer(ALLOWED_DOMAINS=["example.com"])

        with pytest.raises(UnsupportedMessage, match="ALLOWED_DOMAINS"):
            send(["bo@stranger.example"])

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        "staging",
        [{"REDIRECT_ALL_TO": "a@example.net"}, {"ALLOWED_DOMAINS": ["example.com"]}],
    )
    def test_stored_list_is_refused(self, mailer, staging):
        outbox = mailer(**staging)

        with pytest.raises(UnsupportedMessage, match="cannot be redirected"):
            send_batch(receivers_name="customers", template_name="welcome")

        assert outbox.calls == 0


class TestErrors:
    def test_a_refusal_is_raised_with_its_code(self, outbox):
        with pytest.raises(RejectedError) as caught:
            send_batch(receivers_name="strangers", template_name="welcome")

        assert (caught.value.code, caught.value.accepted) == (
            "InvalidReceiver.NotFound",
            "no",
        )

    def test_a_late_answer_leaves_it_unknown(self, mailer):
        sandbox = mailer(TIMEOUT=(5, 0.2))
        sandbox.add_fault("hang", seconds=600)

        with pytest.raises(TransportError) as caught:
            send()

        assert (caught.value.accepted, caught.value.retryable) == ("unknown", False)
        assert len(sandbox.mails) == 1

    @pytest.mark.parametrize("signature", ["HMAC-SHA1", "ACS3-HMAC-SHA256"])
    def test_no_error_holds_content_or_receiver(self, mailer, signature):
        """The answer to a wrong signature repeats the whole request."""
        mailer(ACCESS_KEY_SECRET="wrong", SIGNATURE=signature)

        with pytest.raises(CredentialsError) as caught:
            send({"very.private@example.com": {"UserName": "Zaphod"}})

        assert caught.value.code == "SignatureDoesNotMatch"
        for private in ("very.private", "Zaphod", "Dear", "Hello"):
            assert private not in str(caught.value) + repr(vars(caught.value))

    def test_receivers_of_message_signals_hear_nothing(self, outbox, connect):
        heard = []
        for signal in (pre_send, post_send):
            connect(signal, lambda **kwargs: heard.append(kwargs))

        send()

        assert (heard, len(outbox.mails)) == ([], 1)
