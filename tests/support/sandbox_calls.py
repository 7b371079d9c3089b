"""Calls of the API as bare HTTP requests, correct and incorrect ones."""

import http.client
import json
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from django_directmail.api.signing import sign_rpc
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET

FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def fields(self):
        """Return the fields of a JSON answer."""
        return json.loads(self.body)

    @property
    def code(self):
        """Return the error code of a JSON answer, ``""`` for a success."""
        return self.fields.get("Code", "")

    @property
    def xml(self):
        """Return the root of an XML answer."""
        return ElementTree.fromstring(self.body)


def send(sandbox, method, path, body=b"", headers=None):
    """Send one HTTP request on a connection of its own and return the reply."""
    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Reply(response.status, dict(response.headers), response.read())
    finally:
        connection.close()


def send_bytes(sandbox, data):
    """Send ``data`` on a new connection; return all bytes that come back."""
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def utc(**off):
    """Return the present moment, and ``off`` from it, as the gateway writes it."""
    moment = datetime.now(timezone.utc) + timedelta(**off)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parameters(method="POST", secret=ACCESS_KEY_SECRET, **changes):
    """
    Return the signed parameters of a mail that the sandbox accepts.

    ``changes`` replace them before the signature is made; ``None`` takes one away.
    """
    found = {
        "AccessKeyId": ACCESS_KEY_ID,
        "Action": "SingleSendMail",
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": str(uuid.uuid4()),
        "SignatureVersion": "1.0",
        "Timestamp": utc(),
        "Version": "2015-11-23",
        "AccountName": "news@mail.example.com",
        "AddressType": "1",
        "ReplyToAddress": "false",
        "Subject": "Subject",
        "TextBody": "Text",
        "ToAddress": "alice@example.org",
        **changes,
    }
    found = {name: value for name, value in found.items() if value is not None}
    found.setdefault("Signature", sign_rpc(method, found, secret))
    return found


def post(sandbox, method="POST", **changes):
    """Post :func:`parameters` as a form and return the reply."""
    body = urlencode(parameters(method, **changes))
    return send(sandbox, method, "/", body, FORM)


def get(sandbox, **changes):
    """Send :func:`parameters` in the URL and return the reply."""
    return send(sandbox, "GET", f"/?{urlencode(parameters('GET', **changes))}")
