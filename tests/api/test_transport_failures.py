"""What broke, and whether the mail may have arrived all the same."""

import contextlib
import inspect
import socket

import pytest
from requests import exceptions

from django_directmail.api import (
    DescAccountSummary,
    RejectedError,
    TransportError,
)
from django_directmail.api.transport_errors import CAUSES
from tests.support.api_samples import KEY, mail, one_try
from tests.support.http_servers import CannedServer


def failure(client, action=None):
    """Call, and return the exception."""
    with pytest.raises(TransportError) as caught:
        client.call(action or mail())
    return caught.value


@pytest.fixture
def closed_port():
    """Return the number of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_refused_connection_has_sent_nothing(closed_port):
    error = failure(one_try(KEY, endpoint=f"http://127.0.0.1:{closed_port}"))

    assert (error.accepted, error.retryable) == ("no", True)
    assert str(error) == (
        f"SingleSendMail at http://127.0.0.1:{closed_port}: the connection was refused"
        " or there is no route. Is the network up? If this is the sandbox, is it"
        " running?"
    )


def test_an_unknown_name_has_sent_nothing():
    error = failure(one_try(KEY, endpoint="http://no-such-host.invalid"))

    assert (error.accepted, error.retryable) == ("no", True)
    assert "http://no-such-host.invalid: its name cannot be resolved" in str(error)


@pytest.mark.parametrize("host", ["dm..example", "a" * 64 + ".example", "*.example"])
def test_a_name_that_cannot_be_one_has_sent_nothing(host):
    error = failure(one_try(KEY, endpoint=f"http://{host}"))

    assert (error.accepted, error.retryable) == ("no", True)
    assert "not a valid URL. Correct the endpoint" in str(error)


def test_tls_to_a_port_without_tls_has_sent_nothing(sandbox):
    error = failure(one_try(KEY, endpoint=sandbox.url.replace("http:", "https:")))

    assert (error.accepted, error.retryable) == ("no", True)
    assert "TLS failed" in str(error)
    assert sandbox.calls == 0


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_that_is_not_there_has_sent_nothing(monkeypatch, closed_port, name):
    monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")

    error = failure(one_try(KEY, endpoint="http://dm.aliyuncs.invalid"))

    assert (error.accepted, error.retryable) == ("no", True)
    assert "Check HTTPS_PROXY and NO_PROXY" in str(error)


def test_a_connection_that_is_not_answered_has_sent_nothing():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        # Nobody accepts: when the queue is full, the kernel ignores newcomers.
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"

        error = failure(one_try(KEY, endpoint=endpoint, timeout=(0.2, 5)))

    assert (error.accepted, error.retryable) == ("no", True)
    assert "no connection within 0.2 s" in str(error)


@pytest.mark.parametrize(
    ("kind", "arrived", "said"),
    [
        ("hang", 1, "no answer within 0.5 s"),
        ("drop_before", 0, "the connection broke before the answer"),
        ("drop_after", 1, "the connection broke before the answer"),
        ("truncated", 1, "cut off"),
        ("garbage", 1, "no usable answer"),
        ("status", 0, "no usable answer"),
    ],
)
def test_a_request_that_was_written_may_have_arrived(
    sandbox, client, kind, arrived, said
):
    sandbox.add_fault(kind)
    client.timeout = (5, 0.5 if kind == "hang" else 30)

    error = failure(client)

    assert (error.accepted, error.retryable) == ("unknown", False)
    assert len(sandbox.mails) == arrived
    assert said in str(error)


@pytest.mark.parametrize(("kind", "arrived"), [("drop_before", 1), ("drop_after", 1)])
def test_the_replay_of_a_dropped_call_sends_the_mail_once(
    sandbox, client, kind, arrived
):
    prepared = client.prepare(mail())
    sandbox.add_fault(kind)
    with pytest.raises(TransportError):
        client.send(prepared)

    refused = kind == "drop_after"
    with (
        pytest.raises(RejectedError, match="SignatureNonceUsed")
        if refused
        else contextlib.nullcontext()
    ):
        client.send(prepared)

    assert len(sandbox.mails) == arrived


def test_the_certainty_of_a_call_without_a_body_comes_from_the_table(
    sandbox, closed_port
):
    options = {"signature": "ACS3-HMAC-SHA256"}
    away = one_try(KEY, endpoint=f"http://127.0.0.1:{closed_port}", **options)
    there = one_try(KEY, endpoint=sandbox.url, **options)
    sandbox.add_fault("drop_after")

    errors = [failure(each, DescAccountSummary()) for each in (away, there)]

    assert [error.accepted for error in errors] == ["no", "unknown"]


def test_a_proxy_that_hangs_up_may_have_passed_the_mail_on(monkeypatch):
    with CannedServer(b"") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        error = failure(one_try(KEY, endpoint="http://dm.aliyuncs.invalid"))

    assert (error.accepted, error.retryable) == ("unknown", False)
    assert len(proxy.received) == 1


def test_headers_that_are_no_http_are_a_broken_answer():
    with CannedServer(b"SMTP ready\r\n\r\n") as server:
        error = failure(server.client())

    assert error.accepted == "unknown"


SORTS = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, exceptions.RequestException)
]
#: Exceptions of requests that come up before a request is written.
BEFORE = {
    exceptions.ConnectTimeout,
    exceptions.InvalidProxyURL,
    exceptions.InvalidURL,
    exceptions.ProxyError,
    exceptions.SSLError,
}


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.__name__)
def test_every_exception_of_requests_has_a_row(sort):
    rows = [row for row in CAUSES if issubclass(sort, row[0])]

    assert rows
    assert rows[0][1] == ("no" if sort in BEFORE else "unknown")


def test_no_row_hides_behind_a_more_general_one():
    sorts = [sort for sort, _, _ in CAUSES]

    hidden = [
        (general, special)
        for position, special in enumerate(sorts)
        for general in sorts[:position]
        if issubclass(special, general) and special is not general
    ]

    assert hidden == []
