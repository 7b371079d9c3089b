"""BatchSendMail, with the official SDK as the witness of names and values."""

import json
from dataclasses import fields, replace

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import (
    BatchSendMail,
    Client,
    Receiver,
    TemplateContent,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import SendResult
from tests.support.api_samples import COMMON_PARAMETERS, KEY
from tests.support.official_sdk import INTERNAL, sdk_client

#: What both clients take as it is.
PLAIN = {
    "account_name": "news@mail.example.com",
    "address_type": 1,
    "click_trace": "1",
    "domain_auth": True,
    "ip_pool_id": "e4xxxxxe-4xx0-4xx3-8xxa-74cxxxxx1cef",
    "reply_address": "reply@example.org",
    "reply_address_alias": "小明",
    "tag_name": "welcome_1",
    "un_subscribe_filter_level": "mailfrom_domain",
    "un_subscribe_link_type": "default",
}
HEADERS = {"X-User-UID1": '"ä"', "Message-ID": "<m1@example.com>"}
#: The example of the SDK's comment, and one that encoders like to get wrong.
RECEIVERS = [
    (["Jackie@example.com"], {"UserName": "Jackie"}),
    (["tom@example.com", "a+b@example.com"], {"UserName": '"小红" & <b>\r\n'}),
]
CONTENT = {
    "alias": "小红",
    "subject": "你好 {UserName}",
    "html_body": '<p>It\'s 100% *ok*! "{UserName}"\r\n</p>',
    "text_body": "line\r\nbreak",
}
STORED = {"receivers_name": "customers", "template_name": "welcome"}

INLINE = BatchSendMail(
    **PLAIN,
    headers=HEADERS,
    receivers=[Receiver(to=to, template_data=data) for to, data in RECEIVERS],
    template_content=TemplateContent(**CONTENT),
)


def sdk_request(**values):
    """Return the SDK's request with all that :data:`INLINE` says, and ``values``."""
    return models.BatchSendMailRequest(
        **PLAIN, headers=json.dumps(HEADERS, ensure_ascii=False), **values
    )


def sdk_inline():
    """Return the SDK's request that is :data:`INLINE`."""
    return sdk_request(
        receivers=[
            models.BatchSendMailRequestReceivers(to=to, template_data=data)
            for to, data in RECEIVERS
        ],
        template_content=models.BatchSendMailRequestTemplateContent(**CONTENT),
    )


def batch(**changes):
    """Return a batch that the sandbox accepts, with ``changes``."""
    values = {
        "account_name": "news@mail.example.com",
        "receivers": [Receiver(to=["alice.liddell@example.org"])],
        "template_content": TemplateContent(subject="Secret", text_body="Hidden"),
        **changes,
    }
    return BatchSendMail(**values)


def comparable(mail):
    """Return what arrived, without the gateway's, as the service reads it."""
    found = {k: v for k, v in mail.parameters.items() if k not in COMMON_PARAMETERS}
    for name in {"Headers", "Receivers", "TemplateContent"} & set(found):
        found[name] = json.loads(found[name])
    found["DomainAuth"] = found["DomainAuth"].lower()
    # What the SDK writes for a list that is not given.
    return {name: value for name, value in found.items() if value != []}


class TestTheSdkAsWitness:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (BatchSendMail, models.BatchSendMailRequest),
            (Receiver, models.BatchSendMailRequestReceivers),
            (TemplateContent, models.BatchSendMailRequestTemplateContent),
        ],
    )
    def test_no_parameter_is_missing(self, ours, theirs):
        assert {field.name for field in fields(ours)} == set(vars(theirs())) - INTERNAL

    @pytest.mark.parametrize(
        ("ours", "theirs", "values"),
        [
            (
                Receiver,
                models.BatchSendMailRequestReceivers,
                {"to": ["a@b.example"], "template_data": {"A": "b"}},
            ),
            (TemplateContent, models.BatchSendMailRequestTemplateContent, CONTENT),
        ],
    )
    def test_names_within_json_are_the_same(self, ours, theirs, values):
        named = {wire: values[name] for name, wire in wire_names(ours).items()}

        assert named == theirs(**values).to_map()

    def test_inline_names_and_values_are_the_same(self, sandbox, client, signature):
        ours = Client(KEY, endpoint=sandbox.url, signature=signature)

        ours.call(INLINE)
        sdk_client(sandbox, signature=signature).batch_send_mail(sdk_inline())

        first, _, third, _ = map(comparable, sandbox.mails)
        assert first == third
        assert set(first) == {
            "AccountName",
            "AddressType",
            "ClickTrace",
            "DomainAuth",
            "Headers",
            "IpPoolId",
            "Receivers",
            "ReplyAddress",
            "ReplyAddressAlias",
            "TagName",
            "TemplateContent",
            "UnSubscribeFilterLevel",
            "UnSubscribeLinkType",
        }

    def test_stored_names_and_values_are_the_same(self, sandbox, client, signature):
        ours = Client(KEY, endpoint=sandbox.url, signature=signature)

        ours.call(
            replace(INLINE, **STORED, receivers=None, template_content=None),
        )
        theirs = sdk_client(sandbox, signature=signature)
        theirs.batch_send_mail(sdk_request(**STORED))

        half = len(sandbox.mails) // 2
        assert half
        assert comparable(sandbox.mails[0]) == comparable(sandbox.mails[half])

    def test_json_is_written_to_the_letter_as_the_sdk_writes_it(self, sandbox, client):
        """Compact, and Chinese as it is: the order of names says nothing."""
        client.call(INLINE)
        sdk_client(sandbox).batch_send_mail(sdk_inline())

        first, _, third, _ = sandbox.mails
        for name in ("Receivers", "TemplateContent"):
            ours, theirs = (mail.parameters[name] for mail in (first, third))
            assert sorted(ours) == sorted(theirs)


def test_what_is_not_given_is_not_sent():
    action = BatchSendMail(
        account_name="news@mail.example.com",
        receivers_name="customers",
        template_name="welcome",
    )

    assert action.parameters() == {
        "AccountName": "news@mail.example.com",
        "AddressType": "1",
        "ReceiversName": "customers",
        "TemplateName": "welcome",
    }


def test_the_answer_becomes_the_ids_of_the_task(sandbox, client):
    result = client.call(INLINE)

    assert [(mail.env_id, mail.request_id) for mail in sandbox.mails] == [
        (result.env_id, result.request_id)
    ] * 2
    assert result == SendResult(env_id=result.env_id, request_id=result.request_id)
    assert result.env_id


class TestContradictions:
    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"receivers_name": "customers"}, "receivers or receivers_name; .* both"),
            ({"receivers": None}, "receivers or receivers_name; .* neither"),
            (
                {"receivers": None, "receivers_name": ""},
                "receivers or receivers_name; .* neither",
            ),
            (
                {"template_name": "welcome"},
                "template_content or template_name; .* both",
            ),
            ({"template_content": None}, "content or template_name; .* neither"),
            ({"receivers": []}, "have 0 addresses"),
        ],
    )
    def test_one_way_must_be_chosen(self, changes, text):
        with pytest.raises(UnsupportedMessage, match=text) as caught:
            batch(**changes)

        assert caught.value.accepted == "no"

    def test_a_hundred_receivers_are_taken(self):
        receivers = [Receiver(to=[f"user{n}@example.org"]) for n in range(100)]

        assert len(
            json.loads(batch(receivers=receivers).parameters()["Receivers"])
        ) == (100)

    @pytest.mark.parametrize(
        "receivers",
        [
            [Receiver(to=[f"user{n}@example.org"]) for n in range(101)],
            [Receiver(to=[f"user{n}@example.org" for n in range(101)])],
        ],
    )
    def test_one_more_is_refused(self, receivers):
        with pytest.raises(UnsupportedMessage, match=r"101 .* 100\. .* receivers_name"):
            batch(receivers=receivers)

    @pytest.mark.parametrize("bodies", [{}, {"html_body": "", "text_body": ""}])
    def test_content_needs_a_body(self, bodies):
        with pytest.raises(UnsupportedMessage, match="neither html_body nor text_body"):
            TemplateContent(subject="Subject", **bodies)

    @pytest.mark.parametrize("to", [[], "alice@example.org", None, [None], [b"a"]])
    def test_a_receiver_needs_a_list_of_addresses(self, to):
        with pytest.raises(UnsupportedMessage, match="must be a list of addresses"):
            Receiver(to=to)

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            ({"Order": 17}, "variable 'Order' of a Receiver is a int"),
            ({"Name": None}, "variable 'Name' of a Receiver is a NoneType"),
            ({7: "seven"}, "variable 7 of a Receiver is a int"),
            (["UserName"], "is a list; make it a dict"),
        ],
    )
    def test_data_must_be_text(self, data, text):
        with pytest.raises(UnsupportedMessage, match=text):
            Receiver(to=["alice@example.org"], template_data=data)

    def test_half_a_surrogate_pair_is_refused_by_name(self):
        content = TemplateContent(subject="bad \ud800", text_body="Text")

        with pytest.raises(UnsupportedMessage, match="^TemplateContent holds half"):
            batch(template_content=content).parameters()


def test_representations_have_no_content_and_no_receiver():
    shown = [repr(batch()), repr(batch().receivers[0]), repr(batch().template_content)]

    assert shown == [
        "<BatchSendMail from news@mail.example.com to 1>",
        "<Receiver with 1>",
        "<TemplateContent>",
    ]


def test_the_representation_names_a_stored_list():
    action = batch(receivers=None, receivers_name="customers")

    assert repr(action) == (
        "<BatchSendMail from news@mail.example.com to the list 'customers'>"
    )


def test_a_lost_answer_leaves_it_unknown_who_got_mail(sandbox, client):
    sandbox.add_fault("drop_after")

    with pytest.raises(TransportError) as caught:
        client.call(INLINE)

    assert caught.value.accepted == "unknown"
    assert len(sandbox.mails) == 2
