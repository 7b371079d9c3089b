"""What becomes of a mail that was sent to the sandbox."""

import json

import pytest

from django_directmail.api import RejectedError, SingleSendMail, Template
from tests.support.api_samples import mail

TEMPLATE = Template(template_id="411558", template_data={"name": "value"})


def test_a_refused_mail_is_not_kept(sandbox, client):
    with pytest.raises(RejectedError):
        client.call(mail(to_address="nobody"))

    assert (sandbox.calls, sandbox.mails) == (1, [])


def test_a_mail_has_the_parameters_of_its_call(sandbox, client):
    action = SingleSendMail(
        account_name="a@example.com",
        to_address="b@example.org,c@example.org",
        bcc_address="d@example.org",
        subject="Subject",
        text_body="Text",
        html_body="<p>HTML</p>",
        from_alias="Alias",
        reply_address="e@example.org",
        reply_address_alias="Reply",
        tag_name="tag",
        headers={"X-User-A": "1"},
        template=TEMPLATE,
    )

    client.call(action)

    (arrived,) = sandbox.mails
    found = arrived.as_dict()
    assert json.loads(found.pop("template")) == {
        "TemplateId": "411558",
        "TemplateData": {"name": "value"},
    }
    assert action.parameters().items() <= found.pop("parameters").items()
    for name in ("received_at", "env_id", "request_id"):
        assert found.pop(name)
    assert found == {
        "id": 1,
        "signature": "HMAC-SHA1",
        "access_key_id": "sandbox-id",
        "sender": "a@example.com",
        "sender_name": "Alias",
        "to": ["b@example.org", "c@example.org"],
        "bcc": ["d@example.org"],
        "reply_to": "e@example.org",
        "reply_to_name": "Reply",
        "subject": "Subject",
        "text": "Text",
        "html": "<p>HTML</p>",
        "tag": "tag",
        "headers": {"X-User-A": "1"},
        "notes": [],
        "attachments": [],
    }
