"""Answers, from the documented ones to what only a broken network sends."""

import json

import pytest

from django_directmail.api import (
    CredentialsError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from django_directmail.api.actions.account import MailAddress
from django_directmail.api.responses import (
    Answer,
    Page,
    SendResult,
    read_error,
    read_fields,
)

REQUEST_ID = "00000000-0000-4000-8000-0000000000FF"
SENT_JSON = b'{"EnvId":"600001234567","RequestId":"%s"}' % REQUEST_ID.encode()
SENT_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><SingleSendMailResponse>'
    b"<EnvId>600001234567</EnvId><RequestId>%s</RequestId></SingleSendMailResponse>"
) % REQUEST_ID.encode()
REFUSED = {
    "RequestId": REQUEST_ID,
    "HostId": "dm.aliyuncs.com",
    "Code": "InvalidMailAddress.NotFound",
    "Message": "The specified mailAddress does not exist.",
    "Recommend": "https://api.aliyun.com/troubleshoot?q=InvalidMailAddress.NotFound",
}
REFUSED_XML = (
    "<Error>"
    + "".join(f"<{name}>{value}</{name}>" for name, value in REFUSED.items())
    + "</Error>"
)
LOWER_CASE = {
    "requestId": REQUEST_ID,
    "code": "InvalidMailAddress.NotFound",
    "message": "The specified mailAddress does not exist.",
}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE Error [<!ENTITY a "Throttling">'
    '<!ENTITY b "&a;&a;&a;&a;">]><Error><Code>&a;</Code><RequestId>&b;</RequestId>'
    "</Error>"
)


def error_for(body, status=200, headers=None, private=()):
    """Return what the package makes of an answer to SingleSendMail."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status, headers or {}, body)
    return read_error("SingleSendMail", answer, read_fields(answer), private=private)


@pytest.mark.parametrize(
    "body", [SENT_JSON, SENT_XML, b"\r\n " + SENT_XML, b"\xef\xbb\xbf" + SENT_JSON]
)
def test_the_documented_success_is_read(body):
    answer = Answer(200, {}, body)
    found = read_fields(answer)

    assert read_error("SingleSendMail", answer, found) is None
    assert SendResult.from_fields(found) == SendResult(
        env_id="600001234567", request_id=REQUEST_ID
    )


@pytest.mark.parametrize(
    "body", [REFUSED, LOWER_CASE, REFUSED_XML.encode()], ids=["json", "lower", "xml"]
)
def test_the_documented_refusal_is_read(body):
    error = error_for(body, 404)

    assert type(error) is RejectedError
    assert vars(error) == {
        "accepted": "no",
        "retryable": False,
        "retry_after": None,
        "attempts": 0,
        "code": "InvalidMailAddress.NotFound",
        "message": "The specified mailAddress does not exist.",
        "request_id": REQUEST_ID,
        "http_status": 404,
        "remedy": error.remedy,
    }
    assert str(error) == (
        "SingleSendMail was refused: InvalidMailAddress.NotFound (request"
        f" {REQUEST_ID}). The specified mailAddress does not exist. {error.remedy}"
    )
    assert "region" in error.remedy


@pytest.mark.parametrize("status", [200, 202, 400, 403, 503])
def test_a_code_is_an_error_whatever_the_http_status(status):
    error = error_for({"Code": "SignatureDoesNotMatch", "RequestId": "R"}, status)

    assert type(error) is CredentialsError
    assert (error.http_status, error.accepted) == (status, "no")


@pytest.mark.parametrize("body", [{"Code": "OK"}, {"code": "OK"}, {"Code": ""}])
def test_the_code_ok_is_no_error(body):
    assert error_for({**body, "RequestId": REQUEST_ID}) is None


def test_an_error_without_message_and_request_id_is_still_one():
    error = error_for({"Code": "Throttling.User"}, 400)

    assert type(error) is ThrottledError
    assert (error.message, error.request_id) == ("", "")
    assert "(request unknown)" in str(error)


@pytest.mark.parametrize("code", ["OK", "Success", "200"])
def test_a_success_may_have_a_code_that_means_nothing(code):
    found = {"Code": code, "RequestId": "R", "EnvId": "6"}
    answer = Answer(200, {}, json.dumps(found).encode())

    assert read_error("SingleSendMail", answer, found) is None


def test_a_known_code_is_an_error_whatever_the_status():
    error = error_for({"Code": "Throttling", "RequestId": "R", "EnvId": ""}, 200)

    assert (error.accepted, error.retryable) == ("no", True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1500", 1.5),
        ("0", 0.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("²", None),
        ("9" * 400, None),
        ("9" * 5000, None),
    ],
)
def test_the_wait_that_the_gateway_asks_for_is_in_milliseconds(header, seconds):
    headers = {"x-acs-retry-after": header}

    error = error_for({"Code": "Throttling", "RequestId": "R"}, 400, headers)

    assert error.retry_after == seconds
    assert error.retryable


@pytest.mark.parametrize(
    ("status", "body", "accepted", "said"),
    [
        (200, b"<html><body>Welcome</body></html>", "unknown", "proxy in between"),
        (200, b"<html><p>not closed</html>", "unknown", "proxy in between"),
        (502, b"<html><body><h1>502</h1></body></html>", "unknown", "HTTP 502"),
        (407, b"<html><body>Who are you?</body></html>", "no", "authentication"),
        (200, b"", "unknown", "an empty body"),
        (200, b" \r\n", "unknown", "an empty body"),
        (500, b"", "unknown", "an empty body"),
        (302, b"", "unknown", "a redirect, which is not followed"),
        (200, SENT_JSON[:-10], "unknown", "proxy in between"),
        (200, SENT_XML[:-10], "unknown", "proxy in between"),
        (200, b"\x00\xff\xfe not an answer", "unknown", "proxy in between"),
        (200, b"[" * 100_000, "unknown", "100000 bytes"),
        (200, b'{"a":' * 100_000, "unknown", "500000 bytes"),
        (200, b"<a>" * 100_000 + b"</a>" * 100_000, "unknown", "700000 bytes"),
        (200, b'[{"Code":"Throttling"}]', "unknown", "proxy in between"),
        (200, b"null", "unknown", "proxy in between"),
        (200, b'"Throttling"', "unknown", "proxy in between"),
        (200, b"NaN", "unknown", "proxy in between"),
        (200, b"1" * 5000, "unknown", "proxy in between"),
        (200, b"{}", "unknown", "proxy in between"),
        (200, b'{"EnvId":"600001234567"}', "unknown", "proxy in between"),
        (200, b'{"Code":{"a":1},"RequestId":["x"]}', "unknown", "proxy in between"),
        (500, SENT_JSON, "unknown", "HTTP 500"),
        (100, SENT_JSON, "unknown", "HTTP 100"),
    ],
)
def test_what_is_no_answer_of_directmail_is_a_transport_error(
    status, body, accepted, said
):
    error = error_for(body, status, {"content-type": "text/html; charset=utf-8"})

    assert type(error) is TransportError
    assert (error.accepted, error.retryable) == (accepted, False)
    assert error.retry_after is None
    assert said in str(error)
    assert f"HTTP {status}" in str(error)


def test_the_content_type_of_an_unreadable_answer_is_named():
    html = error_for(b"<p>", headers={"content-type": "text/html; charset=utf-8"})
    none = error_for(b"<p>")

    assert "(text/html, 3 bytes)" in str(html)
    assert "(no content type, 3 bytes)" in str(none)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_refused_in_every_encoding(encoding):
    answer = Answer(400, {}, BOMB.encode(encoding))

    assert read_fields(answer) is None


@pytest.mark.parametrize("encoding", ["no-such-encoding", "base64", "rot13"])
def test_xml_in_an_encoding_that_is_none_is_a_transport_error(encoding):
    body = f'<?xml version="1.0" encoding="{encoding}"?><R><RequestId>R</RequestId></R>'

    error = error_for(body.encode())

    assert type(error) is TransportError
    assert error.accepted == "unknown"


def test_an_unknown_code_is_judged_by_the_http_status():
    found = {
        status: error_for({"Code": "Novel.Thing", "RequestId": "R"}, status)
        for status in (400, 429, 500)
    }

    assert {
        status: (type(e), e.accepted, e.retryable) for status, e in found.items()
    } == {
        400: (RejectedError, "no", False),
        429: (ThrottledError, "no", True),
        500: (ServerError, "unknown", False),
    }


def test_an_answer_shows_neither_headers_nor_body():
    answer = Answer(200, {"x-private": "private"}, b"private")

    assert repr(answer) == "Answer(status=200)"


def page_of(answer):
    """Return the page of addresses that the fields of an answer hold."""
    return Page.of(MailAddress, answer, "data", "mailAddress")


class TestPage:
    def test_a_page_of_addresses_is_read(self):
        rows = [{"AccountName": "a@example.com", "DailyCount": "7"}, {}]
        found = {
            "RequestId": "R",
            "TotalCount": "2",
            "PageNumber": 1,
            "PageSize": "10",
            "data": {"mailAddress": rows},
        }

        page = page_of(found)

        assert page == Page(
            request_id="R",
            total_count=2,
            page_number=1,
            page_size=10,
            items=(
                MailAddress(account_name="a@example.com", daily_count=7),
                MailAddress(),
            ),
        )

    def test_one_address_in_xml_is_a_page_of_one(self):
        body = (
            b"<QueryMailAddressByParamResponse><TotalCount>1</TotalCount><data>"
            b"<mailAddress><AccountName>a@example.com</AccountName></mailAddress>"
            b"</data></QueryMailAddressByParamResponse>"
        )

        page = page_of(read_fields(Answer(200, {}, body)))

        assert [item.account_name for item in page.items] == ["a@example.com"]

    def test_several_addresses_in_xml_keep_their_order(self):
        row = b"<mailAddress><AccountName>%d</AccountName></mailAddress>"
        body = b"<R><data>%s</data></R>" % b"".join(row % n for n in range(4))

        page = page_of(read_fields(Answer(200, {}, body)))

        assert [item.account_name for item in page.items] == list("0123")

    @pytest.mark.parametrize(
        "data",
        [None, "", "text", 5, [], {}, {"mailAddress": "x"}, {"mailAddress": [5]}],
    )
    def test_addresses_of_another_shape_are_an_empty_page(self, data):
        page = page_of({"RequestId": "R", "data": data})

        assert page == Page(request_id="R")
