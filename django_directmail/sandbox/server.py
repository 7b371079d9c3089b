"""The sandbox as an HTTP server: ``with Sandbox() as sandbox: ...sandbox.url...``."""

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
from django_directmail.sandbox.fault_responses import (
    body_pieces,
    faulty_response,
    reset_at_close,
    write_endless_headers,
)
from django_directmail.sandbox.faults import Fault, Faults
from django_directmail.sandbox.http_request import BUCKET, HttpRequest
from django_directmail.sandbox.mailbox import Mail, Mailbox
from django_directmail.sandbox.request_body import parse_fields, refuse_length
from django_directmail.sandbox.responses import HttpResponse
from django_directmail.sandbox.service import Service
from django_directmail.sandbox.sms_service import Sms
from django_directmail.sandbox.web_ui import WebUi

__all__ = ["DEFAULT_PORT", "Sandbox"]

DEFAULT_PORT = 8025
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Sandbox:
    """
    A local DirectMail over HTTP.

    ``port`` 0 picks a free one. ``senders`` are the addresses that may send: an
    address, ``@domain`` for a domain and its subdomains, ``*`` for every address.
    ``capacity`` is the number of mails that are kept, and of SMS. Raise :exc:`OSError`
    if the port is in use.
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
        self.web_ui = WebUi(self.mailbox, self.service.sms, self.faults, self.status)
        self.stopping = threading.Event()
        #: Called with each request to the API, before it is checked.
        self.on_call: Callable[[HttpRequest], object] = lambda request: None
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
        """Return the number of TCP connections so far."""
        return self._server.connections

    @property
    def calls(self) -> int:
        """Return the number of API calls so far, accepted or refused."""
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
        """Make the next call fail; see :class:`~django_directmail.sandbox.Fault`."""
        self.faults.add(Fault(kind, **values))

    def status(self) -> dict[str, Any]:
        """Return the counters and the senders, for the web UI and for tests."""
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
        """Close the port and all connections; ``mails`` and ``sms`` remain."""
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
        # After Ctrl+C the main thread may have closed it already.
        with contextlib.suppress(OSError):
            is_to_be_reset = bool(
                request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER)
            )
        if is_to_be_reset:
            # A shutdown before the close would prevent the reset.
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about closed connections: faults cause them on purpose."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        with self._lock:
            kept_alive = list(self._open)
        for request in kept_alive:
            # Its thread waits for the next request: this ends the wait.
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "DirectMailSandbox"
    # Otherwise the second write of a response waits for the delayed ACK of the first.
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        sandbox = self.server.sandbox
        request = self._read_request()
        if request is None:
            return
        if not self._is_host_allowed(request.host):
            self._reply(
                HttpResponse(403, b"Forbidden: use the address of the sandbox.")
            )
        elif request.is_for_api:
            if not request.is_upload:
                self.server.count_call()
                sandbox.on_call(request)
            self._respond_to_call(request, sandbox.faults.next(request.action))
        else:
            self._reply(sandbox.web_ui.respond(request))

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = do_PATCH = _handle

    def _read_request(self) -> HttpRequest | None:
        """Return the request; refuse one that cannot be read, and return ``None``."""
        try:
            url = urlsplit(self.path)
        except ValueError:
            self.send_error(400)
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        refusal = refuse_length(length, chunked="transfer-encoding" in headers)
        if refusal:
            # The body is not read, so the next bytes are not a request.
            self.close_connection = True
            self._reply(HttpResponse(refusal, b""))
            return None
        body = self.rfile.read(int(length))
        return HttpRequest(
            method=self.command,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            form=parse_fields(headers, body),
            headers=headers,
            body=body,
            path=url.path,
        )

    def _is_host_allowed(self, address: str) -> bool:
        """
        Say whether a request may have this header ``Host``.

        Any website can let its own name resolve to 127.0.0.1, and its pages could then
        read the mail (DNS rebinding). So on the loopback interface only its own names
        are allowed. The official SDK puts the bucket before the name; no website has a
        name that ends in this address.
        """
        try:
            host = urlsplit(f"//{address.removeprefix(f'{BUCKET}.')}").hostname
        except ValueError:
            return False
        bound = str(self.server.server_address[0])
        return bound not in LOOPBACK or host in LOOPBACK or host == bound

    def _respond_to_call(self, request: HttpRequest, fault: Fault | None) -> None:
        service = self.server.sandbox.service
        if fault is None:
            self._reply(service.respond(request))
            return
        response = HttpResponse(200, b"")
        if fault.carries_out:
            response = service.respond(request)
        stopping = self.server.sandbox.stopping
        if fault.kind.startswith(("drop_", "reset_")):
            self.close_connection = True
            if fault.kind.startswith("reset_"):
                reset_at_close(self.connection)
        elif fault.kind in ("hang", "latency") and stopping.wait(fault.seconds):
            self.close_connection = True
        elif fault.kind == "headers":
            self.close_connection = True
            write_endless_headers(self.wfile.write, stopping)
        else:
            self._reply(faulty_response(fault, request, response, service), fault)

    def _reply(self, response: HttpResponse, fault: Fault | None = None) -> None:
        body = b"" if self.command == "HEAD" else response.body
        length, pieces = body_pieces(fault, body, self.server.sandbox.stopping)
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        self.send_response(response.status, phrase)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(length or len(response.body)))
        for name, value in response.headers.items():
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
        """Print nothing: the web UI shows the calls."""
