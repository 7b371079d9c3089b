"""The HTTP server: ``with Sandbox() as sandbox: ...sandbox.url...``."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django_directmail.sandbox.accounts import DEFAULT_SENDERS, Senders
from django_directmail.sandbox.authentication import BUCKET, HttpCall
from django_directmail.sandbox.fault_responses import (
    body_of,
    endless_headers,
    reset_at_close,
    spoil,
)
from django_directmail.sandbox.faults import Fault, Faults
from django_directmail.sandbox.mailbox import Mail, Mailbox
from django_directmail.sandbox.request_body import parse_fields, refuse_length
from django_directmail.sandbox.responses import HttpAnswer
from django_directmail.sandbox.service import Service
from django_directmail.sandbox.sms_service import Sms
from django_directmail.sandbox.web_ui import Viewer

__all__ = ["DEFAULT_PORT", "Sandbox"]

DEFAULT_PORT = 8025
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Sandbox:
    """
    A local DirectMail over HTTP.

    ``port`` 0 picks a free one. ``senders`` are the addresses that may send: an
    address, ``@domain`` for a domain and those below it, ``*`` for all. Raise
    :exc:`OSError` if the port is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        senders: Iterable[str] = DEFAULT_SENDERS,
        capacity: int = 1000,
    ) -> None:
        self.mailbox = Mailbox(capacity)
        self.faults = Faults()
        self.service = Service(Senders(senders), self.mailbox)
        self.viewer = Viewer(self.mailbox, self.service.sms, self.faults, self.status)
        self.stopping = threading.Event()
        #: Told of each call of the API as it came in, whatever becomes of it.
        self.on_call: Callable[[HttpCall], object] = lambda http: None
        self._server = _Server((host, port), _Handler)
        self._server.sandbox = self
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return the URL to use as the endpoint, and to open in a browser."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else host
        return f"http://{shown!s}:{port}"

    @property
    def connections(self) -> int:
        """Return how many TCP connections were opened so far."""
        return self._server.connections

    @property
    def calls(self) -> int:
        """Return how many calls of the API came in so far, good or bad."""
        return self._server.calls

    @property
    def mails(self) -> list[Mail]:
        """Return the accepted mail, oldest first."""
        return self.mailbox.all()

    @property
    def sms(self) -> list[Sms]:
        """Return the accepted SMS, oldest first."""
        return self.service.sms.all()

    def add_fault(self, kind: str, **values: Any) -> None:
        """Let the next call fail; see :class:`~django_directmail.sandbox.Fault`."""
        self.faults.add(Fault(kind, **values))

    def status(self) -> dict[str, Any]:
        """Return the counters and who may send, for the page and for tests."""
        return {
            "revision": self.mailbox.revision,
            "mails": len(self.mails),
            "sms": len(self.sms),
            "sms_revision": self.service.sms.revision,
            "capacity": self.mailbox.capacity,
            "calls": self.calls,
            "connections": self.connections,
            "faults": len(self.faults.as_list()),
            "refused": self.mailbox.refused(),
            "senders": list(self.service.senders.patterns),
        }

    def serve_forever(self) -> None:
        """Serve in this thread until :meth:`stop` is called from another."""
        self._server.serve_forever(poll_interval=0.05)

    def start(self) -> Sandbox:
        """Serve in a thread of its own; return self."""
        self._thread = threading.Thread(
            target=self.serve_forever, name="directmail-sandbox", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; the mail stays readable."""
        self.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    sandbox: Sandbox
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[Any]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.connections = 0
        self.calls = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        request, address = super().get_request()
        with self._lock:
            self.connections += 1
            self._open.add(request)
        return request, address

    def count_call(self) -> None:
        with self._lock:
            self.calls += 1

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        is_to_be_reset = False
        # Closed already, if Ctrl+C came just when its thread had been started.
        with contextlib.suppress(OSError):
            is_to_be_reset = bool(
                request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER)
            )
        if is_to_be_reset:
            # No orderly end before that.
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about callers that hang up: this server makes them do so."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        with self._lock:
            kept_alive = list(self._open)
        for request in kept_alive:
            # Wakes the thread that waits for the next request, which then closes it.
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "DirectMailSandbox"
    # Without this, an answer of two writes waits for the caller's delayed ACK.
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        sandbox = self.server.sandbox
        try:
            url = urlsplit(self.path)
        except ValueError:
            self.send_error(400)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        refusal = refuse_length(length, chunked="transfer-encoding" in headers)
        if refusal:
            # What follows is not the next request.
            self.close_connection = True
            self._reply(HttpAnswer(refusal, b""))
            return
        body = self.rfile.read(int(length))
        http = HttpCall(
            method=self.command,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            form=parse_fields(headers, body),
            headers=headers,
            body=body,
            path=url.path,
        )
        if not self._may_ask(http.host):
            self._reply(HttpAnswer(403, b"Forbidden: use the address of the sandbox."))
        elif http.is_call:
            if not http.is_upload:
                self.server.count_call()
                sandbox.on_call(http)
            self._answer_call(http, sandbox.faults.next(http.action))
        else:
            method = "GET" if self.command == "HEAD" else self.command
            self._reply(sandbox.viewer.answer(method, url.path, headers, body))

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = do_PATCH = _handle

    def _may_ask(self, address: str) -> bool:
        """
        Refuse other host names on the loopback interface.

        A page of any site can point its own name at 127.0.0.1 and read the mail. But
        no site has a name that ends in this address; the official SDK makes one up.
        """
        try:
            host = urlsplit(f"//{address.removeprefix(f'{BUCKET}.')}").hostname
        except ValueError:
            return False
        bound = str(self.server.server_address[0])
        return bound not in LOOPBACK or host in LOOPBACK or host == bound

    def _answer_call(self, http: HttpCall, fault: Fault | None) -> None:
        service = self.server.sandbox.service
        if fault is None:
            self._reply(service.answer(http))
            return
        answer = service.answer(http) if fault.carries_out else HttpAnswer(200, b"")
        stopping = self.server.sandbox.stopping
        if fault.kind.startswith(("drop_", "reset_")):
            self.close_connection = True
            if fault.kind.startswith("reset_"):
                reset_at_close(self.connection)
        elif fault.kind in ("hang", "latency") and stopping.wait(fault.seconds):
            self.close_connection = True
        elif fault.kind == "headers":
            self.close_connection = True
            endless_headers(self.wfile.write, stopping)
        else:
            self._reply(spoil(fault, http, answer, service), fault)

    def _reply(self, answer: HttpAnswer, fault: Fault | None = None) -> None:
        body = b"" if self.command == "HEAD" else answer.body
        length, pieces = body_of(fault, body, self.server.sandbox.stopping)
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Unknown"
        self.send_response(answer.status, phrase)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length or len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        sent = 0
        for piece in pieces:
            self.wfile.write(piece)
            sent += len(piece)
        if sent < length:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: what came in is on the page."""
