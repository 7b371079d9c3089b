"""The responses in JSON and XML, for results and for errors."""

import re

import pytest

from django_directmail.api.responses import Answer, SendResult, read_fields
from django_directmail.sandbox.responses import render_result
from tests.support.sandbox_calls import get, post

UUID = "[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"


@pytest.mark.parametrize(("send", "format"), [(get, "JSON"), (post, "json")])
def test_json_is_given_to_those_who_ask(sandbox, send, format):
    reply = send(sandbox, Format=format)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json;charset=utf-8"
    (arrived,) = sandbox.mails
    assert reply.fields == {
        "EnvId": arrived.env_id,
        "RequestId": arrived.request_id,
    }
    assert re.fullmatch(UUID, arrived.request_id)
    assert arrived.env_id.isdigit()


@pytest.mark.parametrize(
    ("send", "format"), [(get, "XML"), (post, "xml"), (get, None), (post, None)]
)
def test_xml_is_the_default(sandbox, send, format):
    reply = send(sandbox, Format=format)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/xml;charset=utf-8"
    (arrived,) = sandbox.mails
    assert reply.xml.tag == "SingleSendMailResponse"
    assert {child.tag: child.text for child in reply.xml} == {
        "EnvId": arrived.env_id,
        "RequestId": arrived.request_id,
    }


def test_a_refusal_in_json_has_the_documented_fields(sandbox):
    reply = post(sandbox, ToAddress="nobody")

    fields = reply.fields
    request_id = fields.pop("RequestId")
    assert reply.status == 400
    assert re.fullmatch(UUID, request_id)
    assert fields == {
        "HostId": sandbox.url.removeprefix("http://"),
        "Code": "InvalidToAddress",
        "Message": "An address in ToAddress is malformed.",
        "Recommend": "https://api.aliyun.com/troubleshoot?q=InvalidToAddress"
        f"&product=Dm&requestId={request_id}",
    }


def test_a_refusal_in_xml_has_the_documented_fields(sandbox):
    reply = post(sandbox, Format=None, ToAddress="nobody")

    assert (reply.status, reply.xml.tag) == (400, "Error")
    assert reply.xml.findtext("Code") == "InvalidToAddress"
    assert [child.tag for child in reply.xml] == [
        "RequestId",
        "HostId",
        "Code",
        "Message",
        "Recommend",
    ]


def test_an_unknown_format_is_refused_in_json(sandbox):
    reply = post(sandbox, Format="YAML")

    assert (reply.status, reply.code) == (400, "InvalidParameter.Format")


def test_xml_keeps_markup_and_loses_what_it_cannot_have():
    answer = render_result("Action", {"Text": "<&> \x00\x1b\t\n\ufffe"}, "XML")

    found = read_fields(Answer(answer.status, {}, answer.body))

    assert found == {"Text": "<&> \t\n"}


def test_the_package_reads_both_alike(sandbox):
    results = []
    for format in ("JSON", "XML"):
        reply = post(sandbox, Format=format)
        found = read_fields(Answer(reply.status, {}, reply.body))
        results.append(SendResult.from_fields(found))

    assert results == [
        SendResult(env_id=arrived.env_id, request_id=arrived.request_id)
        for arrived in sandbox.mails
    ]
