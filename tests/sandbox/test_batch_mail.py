"""BatchSendMail in the sandbox: mails with filled variables, and each refusal."""

import json

import pytest

from tests.support.sandbox_calls import post

ANA = {"To": ["ana@example.com"], "TemplateData": {"UserName": "Ana"}}
BO = {"To": ["bo@example.com"], "TemplateData": {"UserName": "小波", "Day": "1"}}
CONTENT = {
    "Alias": "Shop",
    "Subject": "Hello {UserName}",
    "HtmlBody": "<style>p {color: red}</style><p>{UserName}</p>",
    "TextBody": "Dear {UserName}",
}


def batch(sandbox, **changes):
    """Post a batch for two, inline, with ``changes``; return the reply."""
    own = {
        "Action": "BatchSendMail",
        "Receivers": [ANA, BO],
        "TemplateContent": CONTENT,
        "ReplyToAddress": None,
        "Subject": None,
        "TextBody": None,
        "ToAddress": None,
        **changes,
    }
    as_text = {
        name: json.dumps(value) if isinstance(value, (dict, list)) else value
        for name, value in own.items()
    }
    return post(sandbox, **as_text)


def shown(sandbox):
    """Return what each receiver got."""
    return [(mail.to, mail.subject, mail.text, mail.html) for mail in sandbox.mails]


def test_each_receiver_gets_a_mail_with_its_data(sandbox):
    reply = batch(sandbox)

    assert reply.code == ""
    style = "<style>p {color: red}</style>"
    assert shown(sandbox) == [
        (["ana@example.com"], "Hello Ana", "Dear Ana", f"{style}<p>Ana</p>"),
        (["bo@example.com"], "Hello 小波", "Dear 小波", f"{style}<p>小波</p>"),
    ]
    assert [mail.sender_name for mail in sandbox.mails] == ["Shop", "Shop"]
    assert [mail.notes for mail in sandbox.mails] == [[], []]


def test_all_mails_of_a_batch_have_one_env_id(sandbox):
    first, second = batch(sandbox).fields, batch(sandbox).fields

    assert [(mail.id, mail.env_id, mail.request_id) for mail in sandbox.mails] == [
        (1, first["EnvId"], first["RequestId"]),
        (2, first["EnvId"], first["RequestId"]),
        (3, second["EnvId"], second["RequestId"]),
        (4, second["EnvId"], second["RequestId"]),
    ]
    assert first["EnvId"] != second["EnvId"]


def test_each_mail_has_the_parameters_as_they_came_in(sandbox):
    batch(sandbox, TagName="welcome", ReplyAddress="reply@example.org")

    for mail in sandbox.mails:
        assert json.loads(mail.parameters["Receivers"]) == [ANA, BO]
        assert (mail.tag, mail.reply_to) == ("welcome", "reply@example.org")


def test_a_variable_without_data_stays_as_it_is(sandbox):
    batch(
        sandbox,
        Receivers=[{"To": ["ana@example.com"]}],
        TemplateContent={"Subject": "{UserName}", "TextBody": "{Day} {UserName} {x y}"},
    )

    (mail,) = sandbox.mails
    assert (mail.subject, mail.text) == ("{UserName}", "{Day} {UserName} {x y}")
    assert mail.notes == [
        "There is no data for {UserName}, which stayed as it is.",
        "There is no data for {Day}, which stayed as it is.",
    ]


def test_data_is_not_filled_in_twice(sandbox):
    batch(
        sandbox,
        Receivers=[
            {"To": ["a@example.com"], "TemplateData": {"UserName": "{Day}", "Day": "1"}}
        ],
    )

    assert [mail.subject for mail in sandbox.mails] == ["Hello {Day}"]


def test_a_dropped_header_is_noted_on_each_mail(sandbox):
    batch(sandbox, Headers={"X-Other": "1"}, TemplateContent={**CONTENT, "Alias": ""})

    note = "Header X-Other is not supported and was dropped."
    assert [mail.notes for mail in sandbox.mails] == [[note], [note]]


def test_stored_list_and_template_are_used(sandbox):
    reply = batch(
        sandbox,
        Receivers=None,
        TemplateContent=None,
        ReceiversName="customers",
        TemplateName="welcome",
    )

    assert reply.code == ""
    assert [(mail.to, mail.subject) for mail in sandbox.mails] == [
        (["ana@example.com"], "Welcome, Ana"),
        (["bo@example.net"], "Welcome, 小波"),
    ]


def test_stored_names_win_over_what_is_inline(sandbox):
    """So says the service's page; the package refuses to give both."""
    batch(sandbox, ReceiversName="customers", TemplateName="welcome")

    assert [mail.to for mail in sandbox.mails] == [
        ["ana@example.com"],
        ["bo@example.net"],
    ]
    assert sandbox.mails[0].subject == "Welcome, Ana"


def test_a_domain_that_is_authorised_as_a_whole_is_a_sender(sandbox):
    reply = batch(sandbox, AccountName="mail.example.com", DomainAuth="true")

    assert reply.code == ""
    assert {mail.sender for mail in sandbox.mails} == {"mail.example.com"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"AccountName": None}, 400, "MissingAccountName"),
        ({"AddressType": None}, 400, "MissingAddressType"),
        ({"AddressType": "2"}, 400, "InvalidAddressType"),
        ({"AccountName": "nobody"}, 400, "InvalidMailAddressName.Malformed"),
        ({"AccountName": "example.com"}, 400, "InvalidMailAddressName.Malformed"),
        ({"AccountName": "a@unknown.test"}, 404, "InvalidMailAddress.NotFound"),
        ({"TagName": "a tag"}, 400, "InvalidTagName.Malformed"),
        ({"Receivers": None}, 400, "MissingReceivers"),
        ({"Receivers": []}, 400, "MissingReceivers"),
        ({"Receivers": "ana@example.com"}, 400, "InvalidReceivers"),
        ({"Receivers": ANA}, 400, "InvalidReceivers"),
        ({"Receivers": ["ana@example.com"]}, 400, "InvalidReceivers"),
        ({"Receivers": [{"To": []}]}, 400, "InvalidReceivers"),
        ({"Receivers": [{"To": "ana@example.com"}]}, 400, "InvalidReceivers"),
        ({"Receivers": [{**ANA, "TemplateData": {"A": 1}}]}, 400, "InvalidReceivers"),
        ({"Receivers": [ANA] * 101}, 400, "InvalidReceivers"),
        ({"Receivers": [ANA, {"To": ["nobody"]}]}, 400, "InvalidToAddress"),
        ({"ReceiversName": "strangers"}, 404, "InvalidReceiver.NotFound"),
        ({"TemplateContent": None}, 400, "MissingTemplateContent"),
        ({"TemplateContent": "text"}, 400, "InvalidTemplateContent"),
        ({"TemplateContent": {**CONTENT, "Alias": 1}}, 400, "InvalidTemplateContent"),
        ({"TemplateContent": {"TextBody": "x"}}, 400, "InvalidSubject.Malformed"),
        (
            {"TemplateContent": {**CONTENT, "Subject": "x" * 257}},
            400,
            "InvalidSubject.Malformed",
        ),
        (
            {"TemplateContent": {**CONTENT, "Alias": "x" * 16}},
            400,
            "InvalidFromAlias.Malformed",
        ),
        ({"TemplateContent": {"Subject": "x"}}, 400, "InvalidBody"),
        ({"TemplateName": "farewell"}, 404, "InvalidTemplate.NotFound"),
        ({"TemplateName": "x" * 31}, 400, "InvalidTemplateName.Malformed"),
    ],
)
def test_what_the_service_refuses_is_refused(sandbox, changes, status, code):
    reply = batch(sandbox, **changes)

    assert (reply.status, reply.code) == (status, code)
    assert sandbox.mails == []


def test_a_hundred_receivers_are_taken(sandbox):
    assert batch(sandbox, Receivers=[ANA] * 100).code == ""

    assert len(sandbox.mails) == 100
