"""The responses of faulty calls, as they arrive at the caller."""

import http.client
import itertools
import socket
import threading
from urllib.parse import urlencode, urlsplit

import pytest

from django_directmail.sandbox.fault_responses import LARGE
from tests.support.sandbox_calls import FORM, parameters, post


@pytest.fixture
def ask(sandbox):
    """Return a function that calls and returns the bare connection."""
    opened = []

    def ask():
        parts = urlsplit(sandbox.url)
        connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
        opened.append(connection)
        body = urlencode(parameters()).encode()
        connection.sendall(
            f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: {FORM['content-type']}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return connection

    yield ask
    for connection in opened:
        connection.close()


def workers():
    """Return how many threads of sandboxes answer somebody."""
    return sum("process_request_thread" in t.name for t in threading.enumerate())


@pytest.mark.parametrize(("kind", "arrived"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_one(sandbox, kind, arrived):
    sandbox.add_fault(kind)

    with pytest.raises(ConnectionResetError) as caught:
        post(sandbox)

    # A connection that is only closed is a subclass of it.
    assert type(caught.value) is ConnectionResetError
    assert len(sandbox.mails) == arrived


def test_a_throttled_call_is_told_to_wait(sandbox):
    sandbox.add_fault("throttled", retry_after=1500)

    reply = post(sandbox)

    assert (reply.status, reply.code) == (400, "Throttling.User")
    assert reply.headers["x-acs-retry-after"] == "1500"
    assert sandbox.mails == []


def test_a_redirect_points_to_another_host(sandbox):
    sandbox.add_fault("redirect")

    reply = post(sandbox)

    assert reply.status == 302
    assert reply.headers["Location"] == "http://elsewhere.invalid/"


def test_a_wrong_content_type_has_the_right_answer(sandbox):
    sandbox.add_fault("content_type")

    reply = post(sandbox)

    assert reply.headers["Content-Type"] == "text/html"
    assert reply.fields["EnvId"] == sandbox.mails[0].env_id


def test_a_slow_answer_comes_whole_in_the_end(sandbox):
    sandbox.add_fault("slow", seconds=0.1)

    reply = post(sandbox)

    assert reply.fields["EnvId"] == sandbox.mails[0].env_id


def test_a_deep_answer_is_json_that_is_deep(sandbox):
    sandbox.add_fault("deep")

    reply = post(sandbox)

    assert reply.body.count(b"[") == reply.body.count(b"]") == 100_000


def test_a_bomb_is_xml_with_ten_levels_of_entities(sandbox):
    sandbox.add_fault("bomb")

    reply = post(sandbox)

    assert reply.headers["Content-Type"] == "text/xml"
    assert reply.body.count(b"<!ENTITY ") == 10
    assert b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' in reply.body
    assert len(reply.body) < 1000


def test_a_large_answer_has_a_gigabyte(sandbox, ask):
    sandbox.add_fault("large")

    with http.client.HTTPResponse(ask()) as response:
        response.begin()
        start = response.read(200_000)

    assert int(response.headers["Content-Length"]) == LARGE == 10**9
    assert start == b" " * 200_000


def test_headers_without_an_end_go_on_and_on(sandbox, ask):
    sandbox.add_fault("headers")

    with ask().makefile("rb") as answer:
        lines = list(itertools.islice(answer, 2_000))

    assert lines[0] == b"HTTP/1.1 200 OK\r\n"
    assert {line[:10] for line in lines[1:]} == {b"X-Filler: "}


@pytest.mark.parametrize("kind", ["large", "headers", "slow"])
def test_nothing_more_is_made_once_the_caller_is_gone(sandbox, ask, kind):
    before = workers()
    sandbox.add_fault(kind, seconds=5)
    connection = ask()
    connection.recv(1)

    connection.close()

    for _ in range(600):
        if workers() == before:
            break
        sandbox.stopping.wait(0.05)
    assert workers() == before


@pytest.mark.parametrize("kind", ["large", "headers", "slow"])
def test_it_ends_with_the_sandbox(sandbox, ask, kind):
    before = set(threading.enumerate())
    sandbox.add_fault(kind, seconds=600)
    connection = ask()
    connection.recv(1)

    sandbox.stop()

    while connection.recv(1_000_000):
        pass
    # Other sandboxes may have theirs, which wait for the next request.
    ours = set(threading.enumerate()) - before
    for thread in ours:
        thread.join(20)
    assert not any(thread.is_alive() for thread in ours)
