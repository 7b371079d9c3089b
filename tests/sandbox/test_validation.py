"""Each limit of SingleSendMail: the last accepted and the first refused value."""

import pytest

from django_directmail.api import (
    Client,
    DirectMailError,
    RejectedError,
    Template,
)
from tests.support.api_samples import KEY, mail
from tests.support.sandbox_calls import post

TEMPLATE = Template(template_id="411558", template_data={"name": "value"})
MEGABYTES = 1024 * 1024


def address(length):
    """Return an address of ``length`` characters."""
    return "a@example.org".rjust(length, "a")


def recipients(count):
    """Return ``count`` addresses."""
    return ",".join(f"user{n}@example.org" for n in range(count))


def headers(count):
    """Return ``count`` headers that the API carries."""
    return {f"X-User-{n}": str(n) for n in range(count)}


@pytest.fixture
def client(shared_sandbox):
    """Return a client, with the signature that is fast for large bodies."""
    return Client(KEY, endpoint=shared_sandbox.url, signature="ACS3-HMAC-SHA256")


@pytest.mark.parametrize(
    "changes",
    [
        {"to_address": recipients(100)},
        {"to_address": "a@example.org, b@example.org"},
        {"to_address": address(192)},
        {"to_address": "first.last+tag_1-2@sub-1.under_score.example.org"},
        {"bcc_address": recipients(2)},
        {"subject": "x" * 256},
        {"subject": "你" * 256},
        {"from_alias": "x" * 15},
        {"from_alias": "你" * 15},
        {"from_alias": ""},
        {"reply_address": "reply@example.org"},
        {"reply_address_alias": "你" * 15},
        {"tag_name": "Aa0_-" + "x" * 123},
        {"address_type": 0},
        {"click_trace": "0"},
        {"click_trace": "1"},
        {"reply_to_address": True},
        {"domain_auth": True},
        {"headers": {}},
        {"headers": headers(10)},
        {"headers": headers(11)},
        {"headers": {"Message-ID": "<m@example.com>", "LIST-UNSUBSCRIBE": "<x>"}},
        {"text_body": None, "html_body": "<p>x</p>"},
        {"html_body": "<p>x</p>"},
        {"text_body": None, "template": TEMPLATE},
        {"template": Template(template_id="411558")},
        *({"un_subscribe_link_type": v} for v in ("disabled", "default", "zh-cn")),
        *(
            {"un_subscribe_filter_level": v}
            for v in ("disabled", "default", "mailfrom", "mailfrom_domain", "edm_id")
        ),
        {"text_body": "x" * 8 * MEGABYTES},
        {"account_name": "News@MAIL.Example.COM"},
        {"account_name": "anything@deep.below.example.net"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_what_is_just_inside_is_accepted(shared_sandbox, client, changes):
    result = client.call(mail(**changes))

    assert shared_sandbox.mails[-1].env_id == result.env_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to_address": recipients(101)}, "InvalidToAddress"),
        ({"to_address": address(193)}, "InvalidToAddress"),
        ({"to_address": "Alice <alice@example.org>"}, "InvalidToAddress"),
        ({"to_address": "alice"}, "InvalidToAddress"),
        ({"to_address": "alice@"}, "InvalidToAddress"),
        ({"to_address": "@example.org"}, "InvalidToAddress"),
        ({"to_address": "alice@localhost"}, "InvalidToAddress"),
        ({"to_address": "ali ce@example.org"}, "InvalidToAddress"),
        ({"to_address": "alice@exa\nmple.org"}, "InvalidToAddress"),
        ({"to_address": "alice@пример.org"}, "InvalidToAddress"),
        ({"to_address": "a@example.org,"}, "InvalidToAddress"),
        ({"to_address": "a@example.org;b@example.org"}, "InvalidToAddress"),
        ({"bcc_address": recipients(3)}, "InvalidBccAddress"),
        ({"bcc_address": "bob"}, "InvalidBccAddress"),
        ({"subject": "x" * 257}, "InvalidSubject.Malformed"),
        ({"subject": ""}, "MissingSubject"),
        ({"from_alias": "x" * 16}, "InvalidFromAlias.Malformed"),
        ({"reply_address": "reply"}, "InvalidReplyAddress.Malformed"),
        ({"reply_address": "a@example.org,b@example.org"},
         "InvalidReplyAddress.Malformed"),
        ({"reply_address_alias": "x" * 16}, "InvalidReplyAddressAlias.Malformed"),
        ({"tag_name": "x" * 129}, "InvalidTagName.Malformed"),
        ({"tag_name": "two words"}, "InvalidTagName.Malformed"),
        ({"tag_name": "тег"}, "InvalidTagName.Malformed"),
        ({"tag_name": "tag\n"}, "InvalidTagName.Malformed"),
        ({"address_type": 2}, "InvalidAddressType"),
        ({"click_trace": "2"}, "InvalidClickTrace"),
        ({"un_subscribe_link_type": "fr"}, "InvalidUnSubscribeLinkType"),
        ({"un_subscribe_filter_level": "x"}, "InvalidUnSubscribeFilterLevel"),
        ({"text_body": None}, "InvalidBody"),
        ({"text_body": "", "html_body": ""}, "InvalidBody"),
        ({"text_body": "x" * 8 * MEGABYTES, "html_body": "x"}, "InvalidBody"),
        ({"template": Template(template_id=5)}, "InvalidTemplate"),
        ({"template": Template(template_id="5", template_data={"a": 5})},
         "InvalidTemplate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else str(value),
)  # fmt: skip
def test_what_is_just_outside_is_refused(shared_sandbox, client, changes, code):
    before = len(shared_sandbox.mails)

    with pytest.raises(RejectedError) as caught:
        client.call(mail(**changes))

    error = caught.value
    assert (error.http_status, error.code, error.accepted) == (400, code, "no")
    assert len(shared_sandbox.mails) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AccountName", None),
        ("AddressType", None),
        ("ReplyToAddress", None),
        ("ToAddress", None),
        ("Subject", None),
        ("Subject", ""),
    ],
)
def test_a_missing_mandatory_parameter_is_refused(shared_sandbox, name, value):
    reply = post(shared_sandbox, **{name: value})

    assert (reply.status, reply.code) == (400, f"Missing{name}")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ReplyToAddress": "True"}, ""),
        ({"ReplyToAddress": "yes"}, "InvalidReplyToAddress"),
        ({"DomainAuth": "FALSE"}, ""),
        ({"DomainAuth": "1"}, "InvalidDomainAuth"),
        ({"Headers": "X-User-A: 1"}, "InvalidHeaders"),
        ({"Headers": '["X-User-A"]'}, "InvalidHeaders"),
        ({"Headers": "[" * 100_000}, "InvalidHeaders"),
        ({"Template": "411558"}, "InvalidTemplate"),
        ({"Template": '{"TemplateData":{}}'}, "InvalidTemplate"),
        ({"Template": '{"TemplateId":"1","TemplateData":[]}'}, "InvalidTemplate"),
        ({"IpPoolId": "anything"}, ""),
        ({"OwnerId": "1", "Unknown": "1"}, ""),
    ],
)
def test_values_that_our_own_client_cannot_send_are_judged(
    shared_sandbox, changes, code
):
    assert post(shared_sandbox, **changes).code == code


class TestHeaders:
    def test_the_eleventh_header_is_dropped_with_a_note(self, sandbox):
        Client(KEY, endpoint=sandbox.url).call(mail(headers=headers(11)))

        (arrived,) = sandbox.mails
        assert arrived.headers == headers(10)
        assert arrived.notes == ["Header X-User-10 was dropped: ten headers at most."]

    def test_an_unsupported_header_is_dropped_with_a_note(self, sandbox):
        given = {"X-Priority": "1", "x-user-notify-id": "7", "List-Unsubscribe": "<u>"}

        Client(KEY, endpoint=sandbox.url).call(mail(headers=given))

        (arrived,) = sandbox.mails
        assert arrived.headers == {"x-user-notify-id": "7", "List-Unsubscribe": "<u>"}
        assert arrived.notes == ["Header X-Priority is not supported and was dropped."]

    def test_a_mail_without_oddities_has_no_notes(self, sandbox):
        Client(KEY, endpoint=sandbox.url).call(mail(headers=headers(10)))

        assert sandbox.mails[0].notes == []


@pytest.mark.parametrize("domain_auth", [None, False, True])
def test_a_sender_of_another_domain_does_not_exist(sandbox, domain_auth):
    client = Client(KEY, endpoint=sandbox.url)

    with pytest.raises(DirectMailError) as caught:
        client.call(mail(account_name="a@b.test", domain_auth=domain_auth))

    error = caught.value
    assert (error.http_status, error.code) == (404, "InvalidMailAddress.NotFound")
    assert "example.com" in error.message
