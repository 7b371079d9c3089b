"""The time and the size of an answer have an end, however it comes."""

import contextlib
import socketserver
import threading
import time

import pytest

from django_directmail.api import TransportError
from tests.support.api_samples import KEY, mail, one_try


class DrippingServer(socketserver.ThreadingTCPServer):
    """Answers everybody with the same ``pieces``, again and again, one at a time."""

    daemon_threads = True

    def __init__(self, *pieces):
        super().__init__(("127.0.0.1", 0), _Drip)
        self.pieces = pieces
        self.gone = threading.Event()

    @property
    def url(self):
        """Return the URL to use as the endpoint."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *details):
        self.gone.set()
        self.shutdown()
        self.server_close()


class _Drip(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1_000_000)
        start, again = self.server.pieces
        with contextlib.suppress(OSError):
            self.request.sendall(start)
            while not self.server.gone.wait(0.02):
                self.request.sendall(again)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"H", b"T"),
        (HEAD, b"x"),
        (HEAD, b"X-Header: value\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        (HEAD + b"\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["status", "header", "headers", "continue", "body", "open-body", "chunks"],
)
def test_an_answer_that_drips_has_its_time_as_a_whole(pieces):
    with DrippingServer(*pieces) as server:
        client = one_try(KEY, endpoint=server.url, timeout=(5, 0.5))
        started = time.monotonic()

        with pytest.raises(TransportError) as caught:
            client.call(mail())

    assert time.monotonic() - started < 10
    assert caught.value.accepted == "unknown"
    assert "no answer within 0.5 s" in str(caught.value)


def test_the_next_call_on_the_connection_has_its_whole_time(sandbox):
    client = one_try(KEY, endpoint=sandbox.url, timeout=(5, 3))
    sandbox.add_fault("slow", seconds=1)
    sandbox.add_fault("latency", seconds=2.2)

    client.call(mail())
    client.call(mail())

    assert (len(sandbox.mails), sandbox.connections) == (2, 1)


@pytest.mark.parametrize("kind", ["large", "headers", "deep", "bomb"])
def test_an_answer_that_is_too_much_is_not_read_to_its_end(sandbox, kind):
    sandbox.add_fault(kind)
    client = one_try(KEY, endpoint=sandbox.url, timeout=(5, 60))

    with pytest.raises(TransportError) as caught:
        client.call(mail())

    assert caught.value.accepted == "unknown"


def test_a_proxy_is_given_no_more_time(monkeypatch):
    with DrippingServer(HEAD + b"\r\n", b"x") as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        client = one_try(KEY, endpoint="http://dm.invalid", timeout=(5, 0.5))

        with pytest.raises(TransportError, match="no answer within"):
            client.call(mail())
