"""Nothing private is in an exception, a representation or a log line."""

import copy
import logging
import pickle
import socket
from traceback import walk_tb

import pytest

from django_directmail.api import Client, Credentials, DirectMailError, Template
from django_directmail.api.error_codes import api_error
from django_directmail.api.signing import SIGNATURES
from django_directmail.sandbox import (
    ACCESS_KEY_ID,
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)
from tests.support.api_samples import mail, one_try
from tests.support.clocks import FakeClock
from tests.support.http_servers import CannedServer, http
from tests.support.traces import everything_shown

#: Texts that are in the mail and nowhere else.
PRIVATE = {
    "to_address": "alice.liddell@example.org,white.rabbit@example.org",
    "bcc_address": "cheshire.cat@example.org",
    "subject": "A very private subject",
    "text_body": "The plain words of a private letter",
    "html_body": "<p>The private letter, in HTML &amp; colours</p>",
    "from_alias": "Lewis C.",
    "reply_address": "queen.of.hearts@example.org",
    "headers": {"X-User-Token": "header-token-0815"},
}
TEMPLATE = Template(template_id="411558", template_data={"code": "one-time-4711"})
#: What must not be found, in any of the forms that a request has.
TRACES = [
    "alice.liddell",
    "white.rabbit",
    "cheshire.cat",
    "queen.of.hearts",
    "private subject",
    "private+subject",
    "private%20subject",
    "private%2520subject",
    "private letter",
    "private+letter",
    "private%20letter",
    "private%2520letter",
    "header-token",
    "one-time-4711",
    "wrong-secret",
    STS_SECURITY_TOKEN,
    "sandbox%2Ftoken",
    "sandbox%252Ftoken",
    ACCESS_KEY_ID,
    STS_ACCESS_KEY_ID,
    "Signature=",
]
KEYS = {
    "permanent": Credentials(ACCESS_KEY_ID, "wrong-secret"),
    "temporary": Credentials(STS_ACCESS_KEY_ID, "wrong-secret", STS_SECURITY_TOKEN),
}


def found_in(text):
    """Return the private texts that are in ``text``."""
    return [trace for trace in TRACES if trace in text]


@pytest.fixture
def logged(caplog):
    """Return a function that gives all that was logged, at any level."""
    caplog.set_level(0)
    for name in ("urllib3", "requests", "django_directmail"):
        caplog.set_level(0, logger=name)
    return lambda: "\n".join(
        [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    )


def failure(client, action):
    """Call, and return the exception."""
    with pytest.raises(DirectMailError) as caught:
        client.call(action)
    return caught.value


def refuse_connections():
    """Return the URL of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("template", [None, TEMPLATE], ids=["plain", "template"])
def test_a_signature_mismatch_shows_nothing_of_its_echo(
    sandbox, signature, key, template, logged
):
    client = one_try(key, endpoint=sandbox.url, signature=signature)

    error = failure(client, mail(**PRIVATE, template=template))

    assert error.code == "SignatureDoesNotMatch"
    assert error.message.startswith("Specified signature is not matched with our")
    assert found_in(everything_shown(error)) == []
    assert found_in(logged()) == []
    assert error.__cause__ is error.__context__ is None


def test_the_mismatch_answer_really_repeats_the_request(signature):
    with CannedServer(http(200, b"{}", Connection="close")) as server:
        failure(server.client(signature=signature), mail(**PRIVATE))

    # What the tests above search for can be found by them, if it is there.
    (received,) = server.received
    shown = f"{received.headers} {received.body.decode()}"
    found = set(found_in(shown))
    assert {"alice.liddell", "header-token"} <= found
    assert {"private+subject", "private%20subject"} & found


@pytest.mark.parametrize(
    "kind", ["hang", "drop_before", "drop_after", "truncated", "garbage", "status"]
)
def test_a_fault_shows_nothing_of_the_request(sandbox, signature, kind, logged):
    sandbox.add_fault(kind)
    client = one_try(
        KEYS["temporary"], endpoint=sandbox.url, signature=signature, timeout=(1, 0.1)
    )

    error = failure(client, mail(**PRIVATE))

    assert found_in(everything_shown(error)) == []
    assert found_in(logged()) == []
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize("kinds", [["drop_after"], ["throttled"] * 9, ["garbage"] * 9])
def test_a_call_that_was_tried_again_shows_nothing(sandbox, signature, kinds, logged):
    for kind in kinds:
        sandbox.add_fault(kind)
    key = Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)
    client = Client(
        key, endpoint=sandbox.url, signature=signature, clock=FakeClock().clock
    )

    error = failure(client, mail(**PRIVATE))

    assert error.attempts > 1
    assert found_in(everything_shown(error, package_only=True)) == []
    assert found_in(logged()) == []
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize(
    "endpoint",
    [refuse_connections, lambda: "http://no-such-host.invalid", lambda: "http://a..b"],
)
def test_a_host_that_is_not_reached_shows_nothing(signature, endpoint, logged):
    client = one_try(KEYS["temporary"], endpoint=endpoint(), signature=signature)

    error = failure(client, mail(**PRIVATE))

    assert found_in(everything_shown(error)) == []
    assert found_in(logged()) == []
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize(
    "make",
    [
        lambda body: http(400, b'{"Code":"X","Message":"%s"}' % body),
        lambda body: http(400, b'{"Code":"%s","Message":""}' % body),
        lambda body: http(400, b'{"Code":"X","RequestId":"%s"}' % body),
        lambda body: http(400, b"<Error><Code>X</Code><Message>%s</Message></Error>"
                          % body.replace(b"&", b"&amp;")),
        lambda body: http(200, body),
        lambda body: http(502, b"<html><p>%s</p>" % body, X_Echo="private letter"),
        lambda body: http(302, Location="http://h/?" + body.decode()),
        lambda body: http(200, body)[:-5],
        lambda body: body,
        lambda body: http(200, body * 10_000),
    ],
)  # fmt: skip
def test_an_echo_of_the_raw_body_does_not_get_through(make, signature, logged):
    with CannedServer(b"") as server:
        client = server.client(signature=signature)
        prepared = client.prepare(mail(**PRIVATE))
        server.answer = make(prepared.request.body)
        with pytest.raises(DirectMailError) as caught:
            client.send(prepared)

    assert found_in(everything_shown(caught.value)) == []
    assert found_in(logged()) == []


def test_an_answer_that_is_looked_at_leaves_no_trace_when_it_is_read(signature):
    with CannedServer(b"") as server:
        client = server.client(signature=signature)
        prepared = client.prepare(mail(**PRIVATE))
        echo = b'{"Code":"X","Message":"%s"}' % prepared.request.body
        server.answer = http(400, echo, X_Echo="private letter", Connection="close")
        answer = client.post(prepared)

    with pytest.raises(DirectMailError) as caught:
        client.read(prepared, answer)

    assert found_in(answer.body.decode())
    assert found_in(repr(answer)) == []
    assert found_in(everything_shown(caught.value, package_only=True)) == []
    frames = [frame for frame, _ in walk_tb(caught.value.__traceback__)]
    assert answer in frames[0].f_locals.values()
    assert [f for f in frames[1:] if "answer" in f.f_locals] == []


def test_representations_show_no_secret_and_no_mail(signature):
    key = KEYS["temporary"]
    client = one_try(key, signature=signature)
    action = mail(**PRIVATE)
    prepared = client.prepare(action)

    shown = [key, client, prepared, prepared.request, prepared.request.data, action]

    assert repr(key) == f"Credentials(access_key_id={STS_ACCESS_KEY_ID!r})"
    assert found_in(repr(shown[1:])) == []


def test_the_data_of_a_template_is_not_shown_with_it():
    assert "411558" in repr(TEMPLATE)
    assert found_in(repr(TEMPLATE)) == []


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize("kind", ["error", "status", "drop_after", None])
def test_an_exception_of_a_call_can_be_stored_and_read_again(
    sandbox, client, kind, again
):
    if kind:
        sandbox.add_fault(kind)
    error = failure(client, mail(account_name="news@unknown.test"))

    found = again(error)

    assert type(found) is type(error)
    assert found.args == error.args
    assert vars(found) == vars(error)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_what_proves_the_sender_is_never_shown(sandbox, signature):
    """Even in the words of a server that names it outside of any echo."""
    key = Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)
    told = f"Key {STS_ACCESS_KEY_ID} with {STS_SECURITY_TOKEN} may not."
    sandbox.add_fault("error", status=400, code="Forbidden", message=told)

    error = failure(one_try(key, endpoint=sandbox.url, signature=signature), mail())

    assert error.message == "Key [...] with [...] may not."
    assert STS_ACCESS_KEY_ID not in str(error)
    assert STS_SECURITY_TOKEN not in str(error)


def test_the_wording_of_the_mismatch_does_not_matter():
    echoes = [f"{start}POST&%2F&{rest}" for start in ("", "服务器:") for rest in TRACES]

    errors = [
        api_error(
            "SingleSendMail",
            code="SignatureDoesNotMatch",
            message=echo,
            request_id="R",
            http_status=400,
        )
        for echo in echoes
    ]

    assert found_in(" ".join(map(str, errors))) == []


def test_debug_logging_is_really_on(client, logged):
    client.call(mail())

    assert "POST / HTTP/1.1" in logged()
    assert logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)
