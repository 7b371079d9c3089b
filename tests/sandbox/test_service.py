"""Which actions there are, and the refusal of all others."""

import pytest

from django_directmail.api import ApiError, Client, DescAccountSummary
from tests.support.api_samples import KEY
from tests.support.sandbox_calls import post


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Version": "2017-06-22"}, 400, "NoSuchVersion"),
        ({"Action": "SendMail"}, 404, "InvalidApi.NotFound"),
        ({"Action": "singlesendmail"}, 404, "InvalidApi.NotFound"),
    ],
)
def test_an_unknown_action_or_version_is_refused(sandbox, changes, status, code):
    reply = post(sandbox, **changes)

    assert (reply.status, reply.code) == (status, code)


def test_an_unknown_version_in_a_header_is_refused(sandbox):
    class Old(DescAccountSummary):
        version = "2017-06-22"

        @classmethod
        def action_name(cls):
            return "DescAccountSummary"

    client = Client(KEY, endpoint=sandbox.url, signature="ACS3-HMAC-SHA256")

    with pytest.raises(ApiError) as caught:
        client.call(Old())

    assert caught.value.code == "NoSuchVersion"


def test_a_query_sends_no_mail(sandbox, client):
    client.call(DescAccountSummary())

    assert (sandbox.calls, sandbox.mails) == (1, [])
