"""How a message becomes calls, seen from where the calls arrive."""

import logging

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils.functional import lazystr
from hypothesis import given
from hypothesis import strategies as st

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.addresses import parse_header
from tests.support.messages import message, parameters, with_html


def people(number, name="user"):
    return [f"{name}{n}@example.com" for n in range(number)]


BASE = {
    "account_name": "from@example.com",
    "to_address": "to@example.com",
    "subject": "Subject",
    "text_body": "Content\n",
    "address_type": "1",
    "reply_to_address": "false",
}


def test_plain_message_sends_nothing_but_what_it_says(outbox):
    message().send()

    assert parameters(outbox.mails[0]) == BASE


def test_everything_at_once(outbox):
    one = with_html(
        "<body>HTML</body>",
        from_email="Shop <shop@example.com>",
        cc=["cc@example.com"],
        bcc=["bcc@example.com"],
        reply_to=["Help <help@example.com>"],
        headers={"Message-ID": "<1@example.com>", "X-User-Campaign": "spring"},
    )
    one.tags = ["welcome"]
    one.track_opens = one.track_clicks = True
    one.metadata = {"order": 5, "vip": True, "note": "thanks"}
    one.directmail = {"ip_pool_id": "pool", "un_subscribe_link_type": "disabled"}

    one.send()

    assert parameters(outbox.mails[0]) == BASE | {
        "account_name": "shop@example.com",
        "from_alias": "Shop",
        "to_address": "to@example.com,cc@example.com",
        "bcc_address": "bcc@example.com",
        "html_body": "<body>HTML</body>",
        "reply_address": "help@example.com",
        "reply_address_alias": "Help",
        "tag_name": "welcome",
        "click_trace": "1",
        "ip_pool_id": "pool",
        "un_subscribe_link_type": "disabled",
        "headers": {
            "Message-ID": "<1@example.com>",
            "X-User-Campaign": "spring",
            "X-User-Notify-order": "5",
            "X-User-Notify-vip": "true",
            "X-User-Notify-note": "thanks",
        },
    }


@pytest.mark.parametrize(
    "text",
    ["a\r\nb\rc\nd", " \tspaces ", "+ % & = * ~ '", "你好\U0001f600", "\x00\x0b"],
)
def test_bodies_arrive_byte_for_byte(outbox, text):
    with_html(html=text + "<b>", body=text).send()

    (received,) = outbox.mails
    assert (received.text, received.html) == (text, text + "<b>")


def test_lazy_text_arrives_everywhere(outbox):
    one = message(
        subject=lazystr("Subject"),
        body=lazystr("Content"),
        headers={"X-User-A": lazystr("a")},
    )
    one.attach_alternative(lazystr("<p>HTML</p>"), "text/html")
    one.tags = [lazystr("tag")]
    one.metadata = {"note": str(lazystr("x"))}
    one.directmail = {"ip_pool_id": lazystr("pool")}

    one.send()

    found = parameters(outbox.mails[0])
    assert found["html_body"] == "<p>HTML</p>"
    assert found["tag_name"] == "tag"
    assert found["ip_pool_id"] == "pool"
    assert found["headers"]["X-User-A"] == "a"


class TestRecipients:
    """Who gets the mail, and beside whom."""

    def calls(self, outbox):
        return [(mail.to, mail.bcc) for mail in outbox.mails]

    def test_two_hundred_and_one_take_three_calls(self, outbox):
        everybody = people(201)

        assert message(to=everybody).send() == 1

        assert self.calls(outbox) == [
            (everybody[:100], []),
            (everybody[100:200], []),
            (everybody[200:], []),
        ]

    def test_third_bcc_gets_a_call_of_its_own(self, outbox):
        hidden = people(4, "bcc")

        message(bcc=hidden).send()

        assert self.calls(outbox) == [
            (["to@example.com"], hidden[:2]),
            ([hidden[2]], []),
            ([hidden[3]], []),
        ]

    def test_bcc_goes_with_the_first_of_several_calls_only(self, outbox):
        everybody = people(101)

        message(to=everybody, bcc=["bcc@example.com"]).send()

        assert self.calls(outbox) == [
            (everybody[:100], ["bcc@example.com"]),
            (everybody[100:], []),
        ]

    def test_bcc_alone_is_visible_to_itself_only(self, outbox):
        hidden = people(2, "bcc")

        assert message(to=[], bcc=hidden).send() == 1

        assert self.calls(outbox) == [([hidden[0]], []), ([hidden[1]], [])]

    def test_split_recipients_gives_each_a_call(self, mailer):
        outbox = mailer(SPLIT_RECIPIENTS=True)

        message(to=people(2), cc=["cc@example.com"], bcc=["bcc@example.com"]).send()

        assert self.calls(outbox) == [
            ([address], [])
            for address in [*people(2), "cc@example.com", "bcc@example.com"]
        ]

    def test_duplicates_differ_in_the_local_part_only(self, outbox):
        message(
            to=["Bob@example.com", "bob@example.com", "Bob <Bob@EXAMPLE.com>"],
            cc=["bob@example.com"],
            bcc=["bob@Example.com", "other@example.com"],
        ).send()

        assert self.calls(outbox) == [
            (["Bob@example.com", "bob@example.com"], ["other@example.com"])
        ]

    def test_status_of_each_recipient_is_kept_as_it_was_written(self, outbox):
        one = message(to=["Bob <bob@例子.测试>"], bcc=people(3, "bcc"))

        one.send()

        status = one.directmail_status
        assert status is one.anymail_status
        assert status.status == "accepted"
        assert status.error is None
        assert status.env_ids == [mail.env_id for mail in outbox.mails]
        assert status.request_ids == [mail.request_id for mail in outbox.mails]
        first, second = status.env_ids
        assert {a: (r.status, r.env_id) for a, r in status.recipients.items()} == {
            "bob@例子.测试": ("accepted", first),
            "bcc0@example.com": ("accepted", first),
            "bcc1@example.com": ("accepted", first),
            "bcc2@example.com": ("accepted", second),
        }

    def test_class_that_redirects_is_refused_and_not_ignored(self, outbox):
        class Staging(EmailMultiAlternatives):
            def recipients(self):
                return ["staging@example.com"]

        one = Staging("s", "b", "from@example.com", ["real@example.com"])
        with pytest.raises(UnsupportedMessage, match="recipients.. of Staging"):
            one.send()

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        "address", ["a@[1,victim@example.com,b]", "a@[127.0.0.1]", "a@exa$mple.com"]
    )
    def test_domain_that_could_split_the_list_is_refused(self, outbox, address):
        with pytest.raises(UnsupportedMessage):
            message(to=[address]).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            (f"to@{'ü' * 64}.com", "IDNA cannot encode"),
            ("to@😀.com", "IDNA cannot encode"),
            (f"{'a' * 998}@example.com", "more than 998 characters"),
            ('"A" <to>', "not exactly one address"),
        ],
    )
    def test_address_that_cannot_be_is_refused_with_the_reason(
        self, outbox, address, reason
    ):
        with pytest.raises(UnsupportedMessage, match=reason):
            message(to=[address]).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize("address", [":.@[", ":\t,,.@[ ", "\t.]ab@c.com;( "])
    def test_address_that_breaks_the_parser_is_a_value_error(self, outbox, address):
        with pytest.raises(ValueError, match="not exactly one address"):
            message(to=[address]).send()

    @given(st.text(alphabet=" \t@.,:;<>()[]\"\\'=?aé=_", max_size=30))
    def test_any_address_is_sound_or_a_value_error(self, text):
        try:
            found = parse_header(text, "to")
        except ValueError:
            return
        assert all(address.wire.isascii() for address in found)
        assert not any("," in address.wire for address in found)

    def test_nobody_left_by_the_policy_is_an_error_and_no_silence(self, mailer):
        outbox = mailer(POLICY={"cc": "warn"})

        with pytest.raises(UnsupportedMessage, match="cc only"):
            message(to=[], cc=["cc@example.com"]).send()

        assert outbox.calls == 0


class TestSender:
    """The sender, its name, and where replies go."""

    def test_one_account_for_all_keeps_the_display_name(self, mailer):
        outbox = mailer(ACCOUNT_NAME="verified@example.com")

        message(from_email="Shop <shop@elsewhere.test>").send()

        found = parameters(outbox.mails[0])
        assert found["account_name"] == "verified@example.com"
        assert found["from_alias"] == "Shop"

    @pytest.mark.parametrize("length", [14, 15])
    def test_fifteen_characters_of_a_name_fit(self, outbox, caplog, length):
        name = "商" * length

        message(from_email=f"{name} <from@example.com>").send()

        assert outbox.mails[0].sender_name == name
        assert not caplog.records

    def test_longer_name_is_cut_with_one_warning(self, outbox, caplog):
        message(from_email="商" * 16 + " <from@example.com>", bcc=people(5)).send()

        assert {mail.sender_name for mail in outbox.mails} == {"商" * 15}
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("django_directmail", logging.WARNING)
        assert "16 characters" in record.message

    def test_explicit_alias_wins(self, outbox):
        one = message(from_email="A much too long name <from@example.com>")
        one.directmail = {"from_alias": "Short"}

        one.send()

        assert outbox.mails[0].sender_name == "Short"

    def test_first_of_several_reply_addresses_is_kept_by_default(self, outbox, caplog):
        message(reply_to=["a@example.com", "b@example.com"]).send()

        assert outbox.mails[0].reply_to == "a@example.com"
        assert 'POLICY["reply_to"]' in caplog.text

    def test_name_of_a_reply_address_goes_with_its_address_only(self, mailer):
        outbox = mailer(
            DEFAULTS={
                "reply_address": "help@example.com",
                "reply_address_alias": "Help",
            }
        )
        one = message(reply_to=["Jane <jane@example.com>"])
        one.directmail = {"reply_address": "bob@example.com"}

        message().send()
        message(reply_to=["jane@example.com"]).send()
        one.send()

        found = [(mail.reply_to, mail.reply_to_name) for mail in outbox.mails]
        assert found == [
            ("help@example.com", "Help"),
            ("jane@example.com", ""),
            ("bob@example.com", ""),
        ]

    def test_reply_to_header_in_any_case_may_hold_several(self, outbox):
        message(headers={"reply-TO": "A <a@example.com>, b@example.com"}).send()

        assert outbox.mails[0].reply_to == "a@example.com"
        assert outbox.mails[0].reply_to_name == "A"


class TestHeaders:
    """Ten headers of a few kinds."""

    def test_ten_headers_fit_metadata_included(self, outbox):
        one = message(headers={f"X-User-{n}": "x" for n in range(8)})
        one.metadata = {"a": 1, "b": 2}

        one.send()

        assert len(outbox.mails[0].headers) == 10
        assert outbox.mails[0].notes == []

    def test_eleventh_header_is_refused_because_directmail_would_drop_it(self, outbox):
        one = message(headers={f"X-User-{n}": "x" for n in range(10)})
        one.metadata = {"a": 1}

        with pytest.raises(UnsupportedMessage, match="11 headers"):
            one.send()

        assert outbox.calls == 0

    def test_unsubscribe_headers_arrive(self, outbox):
        headers = {
            "List-Unsubscribe": "<https://example.com/u>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

        message(headers=headers).send()

        assert outbox.mails[0].headers == headers

    @pytest.mark.parametrize("name", ["", "X User", "X:User", "X-Üser"])
    def test_malformed_name_is_refused(self, outbox, name):
        with pytest.raises(UnsupportedMessage, match="name of a header"):
            message(headers={name: "x"}).send()

        assert outbox.calls == 0

    @pytest.mark.parametrize(
        "headers",
        [{"X-User-b": "1", "x-user-B": "2"}, {"X-User-A": None}, {"X-User-A": b"a"}],
        ids=["twice", "none", "bytes"],
    )
    def test_header_that_would_be_lost_or_garbled_is_refused(self, outbox, headers):
        with pytest.raises(UnsupportedMessage, match="(?i)x-user-"):
            message(headers=headers).send()

        assert outbox.calls == 0

    def test_values_need_not_be_text(self, outbox):
        message(headers={"X-User-Id": 5}).send()

        assert outbox.mails[0].headers == {"X-User-Id": "5"}


class TestDefaults:
    """DEFAULTS, what overrides them, and what cancels them."""

    def test_default_applies_and_the_message_overrides(self, mailer):
        outbox = mailer(
            DEFAULTS={
                "tag_name": "all",
                "from_alias": "Us",
                "headers": {"X-User-A": "1"},
            }
        )
        own = message(from_email="Me <from@example.com>", headers={"x-user-a": "2"})
        own.tags = ["own"]

        message().send()
        own.send()

        first, second = (parameters(mail) for mail in outbox.mails)
        assert (first["tag_name"], first["from_alias"]) == ("all", "Us")
        assert first["headers"] == {"X-User-A": "1"}
        assert (second["tag_name"], second["from_alias"]) == ("own", "Me")
        assert second["headers"] == {"x-user-a": "2"}

    def test_none_cancels_a_default(self, mailer):
        outbox = mailer(DEFAULTS={"tag_name": "all", "click_trace": True})
        one = message()
        one.directmail = {"tag_name": None}
        one.esp_extra = {"click_trace": None}

        one.send()

        assert parameters(outbox.mails[0]) == BASE

    def test_none_cancels_the_headers_of_the_defaults_only(self, mailer):
        outbox = mailer(DEFAULTS={"headers": {"X-User-A": "1"}})
        one = message(headers={"X-User-B": "2"})
        one.directmail = {"headers": None}

        one.send()

        assert outbox.mails[0].headers == {"X-User-B": "2"}

    def test_none_cancels_a_default_template_and_the_body_goes_out(self, mailer):
        outbox = mailer(DEFAULTS={"template": {"template_id": "1"}})
        one = message()
        one.directmail = {"template": None}

        one.send()

        assert parameters(outbox.mails[0]) == BASE

    def test_none_cannot_cancel_the_sender(self, outbox):
        one = message()
        one.directmail = {"account_name": None}

        one.send()

        assert outbox.mails[0].sender == "from@example.com"


def test_half_a_surrogate_pair_is_refused_by_parameter_name(outbox):
    with pytest.raises(UnsupportedMessage, match="half of a surrogate pair"):
        message(body="a\ud800b").send()

    assert outbox.calls == 0


def test_undecodable_alternative_is_refused_without_its_content(outbox):
    one = message()
    one.alternatives = [(b"secret \xff", "text/html")]

    with pytest.raises(UnsupportedMessage, match="not UTF-8") as caught:
        one.send()

    assert "secret" not in repr(caught.value)
    assert caught.value.__context__ is None
