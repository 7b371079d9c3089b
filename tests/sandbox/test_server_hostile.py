"""Any bytes as a request: a response or a closed connection, and no output."""

import io
import json
from contextlib import redirect_stderr, suppress
from functools import cache
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_directmail.sandbox import Sandbox
from tests.support.sandbox_calls import parameters, send_bytes


@cache
def running():
    """Return one sandbox for all examples; it outlives none of the tests."""
    return Sandbox(senders=["*"]).start()


@pytest.fixture(scope="module", autouse=True)
def _stop():
    yield
    running().stop()
    running.cache_clear()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
line = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)
paths = st.sampled_from(
    ["/", "//", "/?", "/api/status", "/api/mails", "/api/mails/1", "/api/faults"]
    + ["/api/sms", "/mails/1/preview", "/mails/1/attachments/1", "/static/web_ui.js"]
    + ["/directmail-sandbox/", "http://[", "http://h/", "*", "/static/../server.py"]
)
known = st.sampled_from(
    [
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "SignatureMethod",
        "Signature",
        "ToAddress",
        "Headers",
        "Template",
        "Receivers",
        "TemplateContent",
        "TemplateName",
        "ReceiversName",
        "PhoneNumbers",
        "SignName",
        "TemplateCode",
        "TemplateParam",
        "PageNo",
        "PageSize",
        "KeyWord",
        "StartTime",
        "EndTime",
        "Product",
        "DomainId",
        "TagName",
        "Attachments.1.AttachmentUrl",
        "AccountName",
        "SendDate",
        "PhoneNumber",
        "CurrentPage",
        "Attachments.1.AttachmentName",
        "DomainAuth",
    ]
)
actions = st.sampled_from(
    [
        "SingleSendMail",
        "BatchSendMail",
        "DescAccountSummary",
        "QueryMailAddressByParam",
        "QueryDomainByParam",
        "DescDomain",
        "QueryTagByParam",
        "CreateTag",
        "QueryTemplateByParam",
        "DescTemplate",
        "SenderStatisticsByTagNameAndBatchID",
        "SenderStatisticsDetailByParam",
        "AuthorizeFileUpload",
        "SendSms",
        "QuerySendDetails",
        "GetTrackList",
    ]
)
versions = st.sampled_from(["2015-11-23", "2019-12-19", "2017-05-25"])
small = st.sampled_from(
    ["", "0", "1", "-1", "9" * 30, "²", "[]", "{}", "null", "[[]]", "a@b.c", "SMS_1"]
    + ['{"TemplateId":1}', '[{"To":["a@b.c"],"TemplateData":{"x":"\\ud800"}}]']
    + ['{"Subject":"\\ud800","TextBody":"{x}"}', "13800138000", "20260102", "{" * 3000]
    + ['[{"To":[1]}]', '{"a":NaN}', "http://directmail-sandbox.h/k", "\x00", "\ufffe"]
)
fields = st.dictionaries(known | texts, small | texts, max_size=6)
signed = st.builds(
    lambda action, version, given: urlencode(
        parameters(**{**given, "Action": action, "Version": version})
    ),
    actions,
    versions,
    st.dictionaries(known, small | texts, max_size=8),
)
FORM = "application/x-www-form-urlencoded"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "times", "status", "seconds", "code", "x"]), inner
        )
    ),
    max_leaves=6,
)
parts = st.lists(
    st.tuples(
        st.sampled_from(["file", "policy", "key", "Signature", "OSSAccessKeyId"])
        | line,
        line,
    ),
    max_size=6,
)


def _multipart(parts):
    head = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return "".join(head.format(*part) for part in parts) + "--b--"


bodies = st.one_of(
    st.tuples(st.just(FORM), signed),
    st.tuples(st.just(FORM), fields.map(urlencode)),
    st.tuples(st.just("application/json"), JSON.map(json.dumps)),
    st.tuples(st.just("multipart/form-data; boundary=b"), parts.map(_multipart)),
    st.tuples(line, line),
)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "x-acs-action",
                "x-acs-version",
                "Authorization",
                "Host",
                "x-acs-date",
                "Expect",
                "Content-Length",
                "Transfer-Encoding",
                "x-acs-signature-nonce",
            ]
        )
        | line,
        line,
    ),
    max_size=4,
)


def _request(method, path, query, headers, body):
    kind, text = body
    content = text.encode("latin-1", "replace")
    names = {name.lower() for name, _ in headers}
    rows = [*headers, ("Content-Type", kind), ("Connection", "close")]
    rows += [("Host", "127.0.0.1")] * ("host" not in names)
    rows += [("Content-Length", str(len(content)))] * ("content-length" not in names)
    head = "".join(f"{name}: {value}\r\n" for name, value in rows)
    target = path + (f"?{urlencode(query)}" if query else "")
    start = f"{method} {target} HTTP/1.1\r\n{head}\r\n"
    return start.encode("latin-1", "replace") + content


requests = st.binary(max_size=200) | st.builds(
    _request,
    st.sampled_from(["GET", "POST", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"]),
    paths,
    st.just({}) | fields,
    headers,
    bodies,
)


@settings(deadline=5_000)
@given(requests)
def test_any_request_gets_an_answer_or_a_closed_connection(request):
    sandbox = running()
    sandbox.faults.clear()

    with redirect_stderr(io.StringIO()) as printed:
        answer = b""
        # It is hung up on who still talks when the answer is known.
        with suppress(OSError):
            answer = send_bytes(sandbox, request)

    assert printed.getvalue() == ""
    assert answer == b"" or answer.startswith(
        (b"HTTP/1.1 ", b"<!DOCTYPE", b"Forbidden")
    )
