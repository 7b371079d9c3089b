"""A file that cannot be uploaded: no mail was sent, and nothing secret is said."""

import json
import pickle

import pytest

from django_directmail.api import (
    Client,
    Credentials,
    CredentialsError,
    DescAccountSummary,
    DirectMailError,
    File,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
    upload,
)
from tests.support.api_samples import KEY, mail
from tests.support.http_servers import CannedServer, http
from tests.support.traces import everything_shown

STEPS = ["AuthorizeFileUpload", "PostObject"]
LEAVE = {
    "AccessKeyId": "LTAIplatform",
    "Bucket": "dm-upload",
    "EncodedPolicy": "policy-of-the-platform",
    "Endpoint": "oss-cn-hangzhou.aliyuncs.com",
    "ObjectKey": "dm/4711",
    "RequestId": "R-1",
    "Signature": "signature-of-the-platform",
    "UseAccelerate": False,
}
FILE = File("private-name.pdf", b"the content is private")
#: What no error may show: the file, and what proves the leave to write.
PRIVATE = [
    "private-name",
    "content is private",
    "policy-of-the-platform",
    "signature-of-the-platform",
    "LTAIplatform",
]


def fail(client, **options):
    """Upload, and return the exception."""
    with pytest.raises(DirectMailError) as caught:
        upload(client, FILE, **options)
    return caught.value


class Store(CannedServer):
    """Gives leave to upload to itself, and ``answer`` to what is uploaded."""

    def __init__(self, answer, **changes):
        super().__init__(b"")
        self.reply = answer
        self.leave = {**LEAVE, "Endpoint": f"127.0.0.1:{self.server_address[1]}"}
        self.leave.update(changes)

    @property
    def answer(self):
        """Return the answer to the request that came in last."""
        kind = self.received[-1].headers.get("content-type", "")
        if kind.startswith("multipart/"):
            return self.reply
        return http(200, json.dumps(self.leave).encode(), Connection="close")

    @answer.setter
    def answer(self, value):
        pass


def oss_error(status, code, message="Message."):
    """Return an error as OSS words it."""
    body = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>"
        "<RequestId>5C3D9175B6FC201293AD4890</RequestId>"
        "<HostId>dm-upload.oss-cn-hangzhou.aliyuncs.com</HostId></Error>"
    )
    return http(
        status, body.encode(), Content_Type="application/xml", Connection="close"
    )


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("fault", "sort"),
    [
        ({"kind": "error"}, ServerError),
        ({"kind": "error", "code": "Throttling.User", "status": 429}, ThrottledError),
        ({"kind": "status", "status": 502}, TransportError),
        ({"kind": "drop_before"}, TransportError),
        ({"kind": "drop_after"}, TransportError),
        ({"kind": "hang", "seconds": 30}, TransportError),
        ({"kind": "garbage"}, TransportError),
        ({"kind": "truncated"}, TransportError),
    ],
)
def test_a_failure_that_may_pass_can_be_repeated(sandbox, client, step, fault, sort):
    sandbox.add_fault(**fault, action=step)
    client.timeout = (1, 0.3)

    error = fail(client, number=3)

    assert (type(error), error.accepted, error.retryable) == (sort, "no", True)
    assert str(error).startswith(f"Attachment 3 was not uploaded. {step} ")
    assert "went out" not in str(error)
    assert "may have kept" not in str(error)
    assert "console" not in str(error)
    client.timeout = (5, 10)
    client.call(mail(attachments=[upload(client, FILE)]))
    assert sandbox.mails[0].attachments[0].content == FILE.content


@pytest.mark.parametrize("step", STEPS)
def test_a_refusal_is_final(sandbox, client, step):
    sandbox.add_fault("error", code="AccessDenied", status=403, action=step)

    error = fail(client)

    assert (type(error), error.accepted, error.retryable) == (
        RejectedError,
        "no",
        False,
    )
    assert (error.code, error.http_status) == ("AccessDenied", 403)


def test_a_wrong_key_is_said_to_be_wrong(sandbox, signature):
    key = Credentials(KEY.access_key_id, "wrong")
    client = Client(key, endpoint=sandbox.url, signature=signature)

    error = fail(client)

    assert type(error) is CredentialsError
    assert (error.accepted, error.retryable) == ("no", False)


def test_a_nonce_that_was_used_may_be_replaced(sandbox, client):
    sandbox.add_fault(
        "error", code="SignatureNonceUsed", status=400, action="AuthorizeFileUpload"
    )

    error = fail(client)

    assert (error.accepted, error.retryable) == ("no", True)
    assert error.remedy == "Try again later."


def test_a_store_that_is_away_is_named():
    with Store(b"", Endpoint="localhost:1") as server:
        error = fail(server.client())

    assert (type(error), error.accepted, error.retryable) == (
        TransportError,
        "no",
        True,
    )
    assert str(error).startswith(
        "Attachment 1 was not uploaded. PostObject at http://localhost:1/dm-upload/:"
        " the connection was refused"
    )


@pytest.mark.parametrize(
    ("status", "sort", "retryable", "words"),
    [
        (400, RejectedError, False, "does not take it"),
        (403, RejectedError, False, "does not take it"),
        (429, ThrottledError, True, "is busy"),
        (500, ServerError, True, "failed"),
        (503, ServerError, True, "failed"),
    ],
)
def test_the_words_of_the_store_are_told(status, sort, retryable, words):
    with Store(oss_error(status, "AccessDenied", "Policy expired.")) as server:
        error = fail(server.client())

    assert (type(error), error.retryable) == (sort, retryable)
    assert (error.code, error.request_id) == (
        "AccessDenied",
        "5C3D9175B6FC201293AD4890",
    )
    assert "Policy expired." in str(error)
    assert f"OSS, which keeps the file until the mail is sent, {words}." in str(error)


@pytest.mark.parametrize("status", [200, 204, 302, 404])
def test_only_a_201_is_a_success(status):
    with Store(http(status, b"", Connection="close")) as server:
        error = fail(server.client())

    assert (type(error), error.accepted) == (TransportError, "no")
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bucket", ""),
        ("Bucket", "evil.example/"),
        ("Bucket", "user:word@evil"),
        ("Bucket", "up\r\nX: y"),
        ("Bucket", "UPPER"),
        ("Endpoint", ""),
        ("Endpoint", "user@evil.example"),
        ("Endpoint", "evil.example/path"),
        ("Endpoint", "evil.example#"),
        ("Endpoint", "evil.example:port"),
        ("Endpoint", "evil.example\n"),
        ("Endpoint", "http://evil.example"),
        ("ObjectKey", ""),
        ("ObjectKey", "/a"),
        ("ObjectKey", 'a"; x="'),
        ("ObjectKey", "a\r\nX: y"),
        ("ObjectKey", "a?b"),
        ("ObjectKey", "a b"),
        ("ObjectKey", "é"),
        ("AccessKeyId", ""),
        ("EncodedPolicy", None),
        ("Signature", None),
    ],
)
def test_an_answer_that_makes_no_sense_is_not_used(name, value):
    with Store(b"", **{name: value}) as server:
        error = fail(server.client())

    assert len(server.received) == 1
    assert str(error) == (
        "Attachment 1 was not uploaded. AuthorizeFileUpload was answered without a"
        f" usable {name} (request R-1). Is the endpoint right?"
    )
    assert (type(error), error.accepted, error.retryable) == (
        TransportError,
        "no",
        False,
    )


@pytest.mark.parametrize(
    "answer",
    [
        oss_error(403, "AccessDenied", " ".join(map(str, LEAVE.values()))),
        http(502, b"policy-of-the-platform", Connection="close"),
        b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nshort",
        b"",
    ],
)
def test_nothing_secret_is_in_the_error(answer):
    with Store(answer) as server:
        error = fail(server.client())

    shown = everything_shown(error, package_only=True)
    assert [text for text in PRIVATE[1:] if text in shown] == []
    assert PRIVATE[0] not in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_wrong_size_does_not_put_the_content_into_the_traceback(client):
    file = File("a", lambda: b"the content is private", size=3)

    with pytest.raises(DirectMailError) as caught:
        upload(client, file)

    assert "content is private" not in everything_shown(caught.value, package_only=True)


class TestAdvice:
    """To look for a mail is said only of what sends one."""

    @pytest.mark.parametrize("kind", ["hang", "drop_after", "truncated"])
    def test_a_question_is_not_told_to_look_for_its_mail(self, sandbox, client, kind):
        sandbox.add_fault(kind, times=2)
        client.timeout = (1, 0.2)

        with pytest.raises(TransportError) as asked:
            client.call(DescAccountSummary())
        with pytest.raises(TransportError) as sent:
            client.call(mail())

        look = "Look whether the mail went out before you send it again."
        assert (look in str(asked.value), look in str(sent.value)) == (False, True)

    @pytest.mark.parametrize("code", ["InternalError", "SignatureNonceUsed", "New"])
    def test_nor_by_the_table_of_codes(self, sandbox, client, code):
        sandbox.add_fault("error", times=2, code=code)

        with pytest.raises(DirectMailError) as asked:
            client.call(DescAccountSummary())
        with pytest.raises(DirectMailError) as sent:
            client.call(mail())

        assert "Try again later." in str(asked.value)
        assert "console" in str(sent.value)
