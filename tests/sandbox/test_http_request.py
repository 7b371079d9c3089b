"""How a request is read: its parameters, its format, and whom it is for."""

from urllib.parse import urlencode

from django_directmail.api import Client
from tests.support.api_samples import KEY, mail
from tests.support.sandbox_calls import FORM, parameters, send


def test_query_and_form_are_read_together(sandbox):
    found = parameters()
    query = {name: found.pop(name) for name in ("Action", "Timestamp", "Signature")}

    reply = send(sandbox, "POST", f"/?{urlencode(query)}", urlencode(found), FORM)

    assert reply.status == 200
    assert sandbox.mails[0].subject == "Subject"


def test_a_body_of_another_type_has_no_parameters(sandbox):
    body = urlencode(parameters())

    reply = send(sandbox, "POST", "/", body, {"content-type": "text/plain"})

    assert reply.status == 400
    assert reply.xml.findtext("Code") == "MissingAction"


def test_a_call_to_another_path_is_none(sandbox):
    reply = send(sandbox, "POST", "/other", urlencode(parameters()), FORM)

    assert reply.status == 404
    assert sandbox.calls == 0


def test_a_call_with_the_newer_signature_gets_json_by_default(sandbox):
    client = Client(KEY, endpoint=sandbox.url, signature="ACS3-HMAC-SHA256")
    request = client.prepare(mail()).request

    reply = send(sandbox, "POST", "/", request.body, request.headers)

    assert reply.headers["Content-Type"] == "application/json;charset=utf-8"
    assert set(reply.fields) == {"EnvId", "RequestId"}
