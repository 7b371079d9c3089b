"""SingleSendMail, with the official SDK as the witness of names and values."""

import json
from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import Attachment, SingleSendMail, Template
from django_directmail.api.responses import SendResult
from django_directmail.sandbox.http_request import BUCKET
from tests.support.api_samples import COMMON_PARAMETERS, mail
from tests.support.official_sdk import INTERNAL, sdk_client

#: Everything that one can say, in values that both clients take.
EVERYTHING = {
    "account_name": "news@mail.example.com",
    "address_type": 1,
    "bcc_address": "carol@example.org,dave@example.org",
    "click_trace": "1",
    "domain_auth": True,
    "from_alias": "小红",
    "html_body": '<p>It\'s 100% *ok*! a+b~c (d) & "e"\r\n</p>',
    "ip_pool_id": "e4xxxxxe-4xx0-4xx3-8xxa-74cxxxxx1cef",
    "reply_address": "reply@example.org",
    "reply_address_alias": "小明",
    "reply_to_address": True,
    "subject": "你好 *~+",
    "tag_name": "welcome_1",
    "text_body": "line\r\nbreak",
    "to_address": "alice@example.org,bob@example.org",
    "un_subscribe_filter_level": "mailfrom_domain",
    "un_subscribe_link_type": "default",
}
HEADERS = {"Message-ID": "<m1@example.com>", "X-User-UID1": '"ä"'}
TEMPLATE_DATA = {"name": "<小红>", "day": "1"}
FILES = [
    (name, f"http://{BUCKET}.e.example/{key}")
    for name, key in (("a b.txt", "k/1"), ("ü&.pdf", "k/2?x"))
]
OURS = SingleSendMail(
    **EVERYTHING,
    headers=HEADERS,
    template=Template(template_id="411558", template_data=TEMPLATE_DATA),
    attachments=[
        Attachment(attachment_name=name, attachment_url=url) for name, url in FILES
    ],
)
THEIRS = models.SingleSendMailRequest(
    **EVERYTHING,
    headers=json.dumps(HEADERS, ensure_ascii=False),
    template=models.SingleSendMailRequestTemplate(
        template_id="411558", template_data=TEMPLATE_DATA
    ),
    attachments=[
        models.SingleSendMailRequestAttachments(
            attachment_name=name, attachment_url=url
        )
        for name, url in FILES
    ],
)


def comparable(parameters):
    """Return ``parameters`` without the gateway's, and as the service reads them."""
    found = {k: v for k, v in parameters.items() if k not in COMMON_PARAMETERS}
    for name in ("Headers", "Template"):
        found[name] = json.loads(found[name])
    for name in ("DomainAuth", "ReplyToAddress"):
        found[name] = found[name].lower()
    return found


def test_no_parameter_of_the_sdk_is_missing():
    known = {field.name for field in fields(SingleSendMail)}

    assert known == set(vars(models.SingleSendMailRequest())) - INTERNAL


def test_everything_is_said():
    assert None not in vars(OURS).values()
    assert {name for name, value in vars(THEIRS).items() if value is None} == INTERNAL


def test_names_and_values_on_the_wire_are_those_of_the_sdk(sandbox, client, signature):
    for send in (
        lambda: client.call(OURS),
        lambda: sdk_client(sandbox, signature=signature).single_send_mail(THEIRS),
    ):
        for key in ("k/1", "k/2?x"):
            sandbox.service.file_store.add(key, b"content")
        send()

    ours, theirs = [comparable(mail.parameters) for mail in sandbox.mails]
    assert ours == theirs
    assert set(ours) == {
        "AccountName",
        "AddressType",
        "Attachments.1.AttachmentName",
        "Attachments.1.AttachmentUrl",
        "Attachments.2.AttachmentName",
        "Attachments.2.AttachmentUrl",
        "BccAddress",
        "ClickTrace",
        "DomainAuth",
        "FromAlias",
        "Headers",
        "HtmlBody",
        "IpPoolId",
        "ReplyAddress",
        "ReplyAddressAlias",
        "ReplyToAddress",
        "Subject",
        "TagName",
        "Template",
        "TextBody",
        "ToAddress",
        "UnSubscribeFilterLevel",
        "UnSubscribeLinkType",
    }


def test_what_is_not_given_is_not_sent():
    assert mail().parameters() == {
        "AccountName": "news@mail.example.com",
        "ToAddress": "alice.liddell@example.org",
        "Subject": "The subject of this mail",
        "TextBody": "The text of this mail",
        "AddressType": "1",
        "ReplyToAddress": "false",
    }


def test_flags_are_the_lower_case_words_of_the_documentation():
    parameters = mail(reply_to_address=True, domain_auth=False).parameters()

    assert (parameters["ReplyToAddress"], parameters["DomainAuth"]) == ("true", "false")


def test_a_template_without_variables_has_only_its_id():
    parameters = mail(template=Template(template_id="411558")).parameters()

    assert parameters["Template"] == '{"TemplateId":"411558"}'


def test_the_answer_becomes_the_ids_of_the_mail(sandbox, client):
    result = client.call(mail())

    (arrived,) = sandbox.mails
    assert result == SendResult(env_id=arrived.env_id, request_id=arrived.request_id)


@pytest.mark.parametrize(
    ("to", "count"), [("a@example.org", 1), ("a@example.org,b@example.org", 2)]
)
def test_the_representation_has_the_sender_and_a_number(to, count):
    assert repr(mail(to_address=to)) == (
        f"<SingleSendMail from news@mail.example.com to {count}>"
    )
