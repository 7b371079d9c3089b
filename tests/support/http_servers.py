"""Real HTTP servers that answer what DirectMail never would."""

import socketserver
import ssl
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django_directmail.api import Credentials
from tests.support.api_samples import one_try


@dataclass(frozen=True)
class Received:
    """One HTTP request as it came in; ``headers`` are keyed in lower case."""

    line: str
    headers: dict
    body: bytes


def http(status, body=b"", **headers):
    """Return the bytes of a whole answer; ``_`` in a header's name is ``-``."""
    lines = [f"HTTP/1.1 {status} Phrase", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class CannedServer(socketserver.ThreadingTCPServer):
    """
    Give the same bytes to everybody, close, and keep what they sent in ``received``.

    ``tls`` is the ``ssl.SSLContext`` of an HTTPS server.
    """

    daemon_threads = True

    def __init__(self, answer, *, tls=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.tls = tls
        self.received = []
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}
        )

    @property
    def url(self):
        """Return the URL to use as the endpoint."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}"

    def client(self, **options):
        """Return a client of this server."""
        return one_try(Credentials("id", "secret"), endpoint=self.url, **options)

    def finish_request(self, request, client_address):
        """Speak TLS if asked to, then as ever."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        try:
            request = self.tls.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with request:
            super().finish_request(request, client_address)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *details):
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.received.append(read_request(self.rfile))
        self.wfile.write(self.server.answer)


class TunnelServer(CannedServer):
    """
    An HTTPS proxy whose tunnels all end in ``target``, and which reads what passes.

    ``tls`` is the context of the server that the caller believes to talk to.
    """

    def __init__(self, target, *, tls):
        super().__init__(b"", tls=tls)
        self.target = urlsplit(target)
        self.tunnels = []

    @property
    def url(self):
        """Return the URL to use as the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request, client_address):
        """Open the tunnel, take the TLS off, and pass on one request and its answer."""
        with request.makefile("rb") as head:
            self.tunnels.append(head.readline().decode().split()[1])
            while head.readline().strip():
                pass
        request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with self.tls.wrap_socket(request, server_side=True) as inner:
            with inner.makefile("rb") as file:
                received = read_request(file)
            self.received.append(received)
            connection = HTTPConnection(self.target.hostname, self.target.port)
            method, path, _ = received.line.split()
            connection.request(method, path, received.body, received.headers)
            answer = connection.getresponse()
            inner.sendall(http(answer.status, answer.read(), Connection="close"))
            connection.close()


def read_request(file):
    """Return one HTTP request that is read from ``file``."""
    line = file.readline().decode().strip()
    headers = {}
    while text := file.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Received(line, headers, body)
