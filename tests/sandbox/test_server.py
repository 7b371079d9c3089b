"""The HTTP server: its address, its counters, its end, and requests of all kinds."""

import contextlib
import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest

from django_directmail.api import Client, TransportError
from django_directmail.sandbox import Sandbox
from tests.support.api_samples import KEY, mail
from tests.support.sandbox_calls import FORM, parameters, post, send, send_bytes


class TestWhereItListens:
    def test_only_this_machine_reaches_it_by_default(self, sandbox):
        assert urlsplit(sandbox.url).hostname == "127.0.0.1"

    def test_each_sandbox_has_a_port_of_its_own(self, sandbox):
        with Sandbox() as another:
            assert another.url != sandbox.url

    def test_a_taken_port_is_an_error_at_once(self, sandbox):
        port = urlsplit(sandbox.url).port

        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port)

    def test_a_port_is_free_again_afterwards(self):
        with Sandbox() as first:
            port = urlsplit(first.url).port

        with Sandbox(port=port) as second:
            Client(KEY, endpoint=second.url).call(mail())

        assert (len(first.mails), len(second.mails)) == (0, 1)

    def test_the_newer_internet_protocol_has_brackets_in_its_url(self):
        try:
            sandbox = Sandbox(host="::1")
        except OSError:
            pytest.skip("This machine has no IPv6.")

        with sandbox:
            Client(KEY, endpoint=sandbox.url).call(mail())

        assert sandbox.url.startswith("http://[::1]:")
        assert len(sandbox.mails) == 1


class TestWhatItCounts:
    def test_calls_good_and_bad_but_not_looks_at_the_page(self, sandbox):
        post(sandbox)
        post(sandbox, Subject="")
        sandbox.add_fault("status")
        post(sandbox)
        send(sandbox, "GET", "/api/status")

        assert (sandbox.calls, sandbox.connections) == (3, 4)

    def test_calls_on_one_connection(self, sandbox):
        parts = urlsplit(sandbox.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port)
        with contextlib.closing(connection):
            for _ in range(3):
                connection.request("POST", "/", urlencode(parameters()), FORM)
                assert connection.getresponse().read()

        assert (sandbox.calls, sandbox.connections) == (3, 1)

    def test_nothing_is_lost_among_threads(self, sandbox):
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda n: post(sandbox, Subject=f"{n}"), range(40)))

        assert {reply.status for reply in replies} == {200}
        assert {m.subject for m in sandbox.mails} == {str(n) for n in range(40)}
        assert (sandbox.calls, sandbox.connections) == (40, 40)
        assert sorted(m.id for m in sandbox.mails) == list(range(1, 41))

    def test_the_status_sums_it_up(self, sandbox):
        post(sandbox)
        sandbox.add_fault("hang", times=2)

        status = sandbox.status()

        assert (
            status.items()
            >= {
                "mails": 1,
                "capacity": 1000,
                "calls": 1,
                "connections": 1,
                "faults": 2,
                "senders": ["@example.com", "@example.net", "@example.org"],
            }.items()
        )


class TestHowItEnds:
    def test_the_mail_stays_and_nobody_answers(self):
        with Sandbox() as sandbox:
            client = Client(KEY, endpoint=sandbox.url)
            client.call(mail())

        with pytest.raises(TransportError) as caught:
            client.call(mail())

        assert caught.value.accepted == "no"
        assert len(sandbox.mails) == 1

    def test_stopping_twice_is_no_harm(self, sandbox):
        sandbox.stop()
        sandbox.stop()

    def test_a_connection_that_an_interrupt_has_closed_is_no_error(self):
        # Ctrl+C closes the one that came in just then, and its thread does so again.
        request, caller = socket.socketpair()
        sandbox = Sandbox()

        sandbox._server.shutdown_request(request)
        sandbox._server.shutdown_request(request)

        with caller:
            assert caller.recv(1) == b""
        sandbox.stop()

    def test_a_sandbox_that_was_never_started_can_be_stopped(self):
        sandbox = Sandbox()

        sandbox.stop()

        with pytest.raises(ConnectionRefusedError):
            post(sandbox)

    def test_kept_connections_are_closed(self):
        with Sandbox() as sandbox:
            parts = urlsplit(sandbox.url)
            sock = socket.create_connection((parts.hostname, parts.port), timeout=10)
            with sock:
                sock.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert sock.recv(65536)

                sandbox.stop()

                assert b"" in iter(lambda: sock.recv(65536), None)


class TestRequestsOfAllKinds:
    @pytest.mark.parametrize(
        ("header", "status"),
        [
            ("Content-Length: -1", 400),
            ("Content-Length: many", 400),
            (f"Content-Length: {32 * 1024 * 1024 + 1}", 413),
            (f"Content-Length: {'9' * 5000}", 400),
            ("Transfer-Encoding: chunked", 411),
        ],
    )
    def test_a_body_of_another_size_is_not_read(self, sandbox, header, status):
        request = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\n"

        answer = send_bytes(sandbox, f"{request}\r\n".encode())

        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"\r\nConnection: close\r\n" in answer
        assert sandbox.calls == 0

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "["])
    def test_a_call_under_another_name_is_refused(self, sandbox, host):
        body = urlencode(parameters())

        reply = send(sandbox, "POST", "/", body, {**FORM, "Host": host})

        assert reply.status == 403
        assert (sandbox.calls, sandbox.mails) == (0, [])

    def test_a_call_without_a_name_is_refused(self, sandbox):
        assert send_bytes(sandbox, b"GET / HTTP/1.0\r\n\r\n").startswith(
            b"HTTP/1.1 403 "
        )

    @pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8025", "127.0.0.1"])
    def test_a_call_under_its_own_names_is_answered(self, sandbox, name):
        body = urlencode(parameters())

        reply = send(sandbox, "POST", "/", body, {**FORM, "Host": name})

        assert reply.status == 200

    def test_a_sandbox_for_others_takes_every_name(self):
        with Sandbox(host="0.0.0.0") as sandbox:
            port = urlsplit(sandbox.url).port
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            with contextlib.closing(connection):
                body = urlencode(parameters())
                connection.request("POST", "/", body, {**FORM, "Host": "mail.test"})
                assert connection.getresponse().status == 200

    def test_bytes_that_are_no_text_do_no_harm(self, sandbox):
        reply = send(sandbox, "POST", "/", b"\xff\xfe=%ff&Format=JSON", FORM)

        assert (reply.status, reply.code) == (400, "MissingAction")

    def test_what_is_no_http_is_refused_and_the_next_one_answered(self, sandbox):
        answer = send_bytes(sandbox, b"EHLO example.org\r\n\r\n")

        assert b"400" in answer
        assert post(sandbox).status == 200

    def test_a_url_that_is_none_is_a_bad_request(self, sandbox, capfd):
        answer = send_bytes(
            sandbox, b"GET http://[/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert capfd.readouterr() == ("", "")

    def test_nothing_is_printed(self, sandbox, capfd):
        post(sandbox)
        send_bytes(sandbox, b"EHLO example.org\r\n\r\n")
        sandbox.add_fault("drop_after")
        with pytest.raises(http.client.RemoteDisconnected):
            post(sandbox)
        sandbox.stop()

        assert capfd.readouterr() == ("", "")
