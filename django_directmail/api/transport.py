"""
The only module that opens a socket: one request out, one answer back.

All requests of a process share one pool of connections, because Django builds a new
backend object for every mail. They go to an adapter of requests without one of its
sessions, which would change a signed request, and take time for it: redirects, cookies
and the passwords of ``~/.netrc``. Its proxies (``HTTPS_PROXY``, ``NO_PROXY``) and
certificates (``REQUESTS_CA_BUNDLE``) work.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import exceptions as urllib3_exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from django_directmail import __version__
from django_directmail.api.endpoints import is_loopback
from django_directmail.api.errors import Accepted, TransportError
from django_directmail.api.responses import Answer
from django_directmail.api.signing import SignedRequest
from django_directmail.api.transport_errors import explain

__all__ = ["Post", "post", "send"]

#: An answer is a few hundred bytes; more than this is not read.
MAX_ANSWER_BYTES = 1024 * 1024
#: Connections kept open to one endpoint; more threads than that open their own.
POOL_SIZE = 64
USER_AGENT = f"django-directmail/{__version__}"
#: What requests reads of the environment, and Python for it.
SETTINGS = (
    *("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"),
    *("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
#: Seconds after which proxies are looked up anyway: some systems have them elsewhere.
SETTINGS_AGE = 60

_lock = threading.Lock()
_adapter: TimedAdapter | None = None


@dataclass(frozen=True)
class Post:
    """
    What is to be posted to ``url``: ``parts``, one after the other, never joined.

    ``label`` says in error messages what it is and where it goes. ``sends`` is what a
    repetition would send twice, such as ``"mail"``; ``None`` if there is nothing.
    """

    label: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    parts: tuple[bytes, ...] = field(repr=False)
    sends: str | None = None


def send(
    request: SignedRequest, *, timeout: tuple[float, float], sends: str | None = None
) -> Answer:
    """Post a signed call as :func:`post` does; ``sends`` is that of the action."""
    wanted = Post(
        label=f"{request.data.action} at {request.data.endpoint}",
        url=request.url,
        headers=request.headers,
        parts=(request.body,),
        sends=sends,
    )
    return post(wanted, timeout=timeout)


def post(wanted: Post, *, timeout: tuple[float, float]) -> Answer:
    """
    Post what is ``wanted`` and return the answer, whatever its status.

    ``timeout`` is for connecting and for the whole answer, in seconds. Raise
    :exc:`~django_directmail.api.errors.TransportError` if no whole answer came; its
    ``accepted`` is ``"no"`` only where the request cannot have been complete.
    """
    body = _Body(wanted.parts)
    try:
        return _post(wanted, body, timeout)
    except _TooLarge:
        error = _too_large(wanted)
    # requests lets some of urllib3 through, and an OSError for a missing CA bundle.
    except (OSError, urllib3_exceptions.HTTPError) as cause:
        error = _translate(wanted, body, cause, timeout)
    # Outside the except block: an exception of requests carries the request with its
    # body, and would stay attached to ours as its context.
    raise error


def _post(wanted: Post, body: _Body, timeout: tuple[float, float]) -> Answer:
    environment = tuple(map(os.environ.get, SETTINGS))
    settings = _settings(wanted.url, environment, time.monotonic() // SETTINGS_AGE)
    with _get_adapter().send(
        _prepare(wanted, body), stream=True, timeout=timeout, **settings
    ) as response:
        content = bytearray()
        for chunk in response.iter_content(16384):
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise _TooLarge
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, bytes(content))


def _prepare(wanted: Post, body: _Body) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.prepare_method("POST")
    prepared.url = _clean_url(wanted.url)
    # Not looked at once more: http.client refuses what no header can be.
    prepared.headers = CaseInsensitiveDict({"User-Agent": USER_AGENT, **wanted.headers})
    # An empty file would go out chunked, which is not what was signed.
    prepared.prepare_body(body if len(body) else b"", None)
    return prepared


@lru_cache(maxsize=32)
def _clean_url(url: str) -> str | None:
    """Return ``url`` as requests makes it fit to be sent."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url


@lru_cache(maxsize=32)
def _settings(
    url: str, environment: tuple[str | None, ...], age: float
) -> dict[str, Any]:
    """
    Return proxies and certificates for ``url``, as requests finds them.

    That takes it a quarter of the time of a whole call, so they are looked up when the
    values in the ``environment`` have changed, and when the ``age`` has.
    """
    # A proxy cannot reach the loopback interface of this machine.
    bypass = {"no_proxy": urlsplit(url).hostname or ""} if is_loopback(url) else {}
    with requests.Session() as session:
        found = session.merge_environment_settings(url, bypass, None, None, None)
    return {"proxies": found["proxies"], "verify": found["verify"]}


class _TooLarge(Exception):
    """The answer is larger than any of DirectMail's."""


class _Body:
    """
    The body of a request, as the kind of file that requests sends in small pieces.

    It is read once, from its beginning to its end, and remembers whether any of it
    was taken to be sent.
    """

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        # One that is empty would look like the end.
        self._waiting = [memoryview(part) for part in parts if part]
        self._length = sum(map(len, self._waiting))
        self.started = False

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        # requests takes nothing else for a file.
        return iter(lambda: self.read(16384), b"")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, ``size`` at most; ``b""`` at the end."""
        self.started = True
        if not self._waiting:
            return b""
        part = self._waiting[0]
        piece = part[:size] if size >= 0 else part
        rest = part[len(piece) :]
        self._waiting[:1] = [rest] if rest else []
        return bytes(piece)


def _get_adapter() -> TimedAdapter:
    global _adapter
    with _lock:
        if _adapter is None:
            _adapter = TimedAdapter(pool_connections=16, pool_maxsize=POOL_SIZE)
        return _adapter


def _forget_adapter() -> None:
    """Start afresh in a forked child: two processes cannot share one TLS stream."""
    global _lock, _adapter
    _lock = threading.Lock()
    _adapter = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_adapter)


def _translate(
    wanted: Post, body: _Body, cause: Exception, timeout: tuple[float, float]
) -> TransportError:
    accepted, text = explain(cause, timeout=timeout, sends=wanted.sends)
    if len(body):
        # Better than any class: a body that nobody began to read was never sent.
        accepted = "unknown" if body.started else "no"
    return _error(wanted, accepted, text)


def _too_large(wanted: Post) -> TransportError:
    return _error(
        wanted,
        "unknown",
        f"the answer is larger than {MAX_ANSWER_BYTES} bytes. Is the endpoint right?",
    )


def _error(wanted: Post, accepted: Accepted, text: str) -> TransportError:
    return TransportError(
        f"{wanted.label}: {text}", accepted=accepted, retryable=accepted == "no"
    )


class _TimedReads(io.RawIOBase):
    """
    Reads of a socket, which together last no longer than its time-out.

    The time-out of a socket is for each read, so an answer that drips byte by byte
    would never end. Here the same seconds are all that status, headers and body have
    together.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._socket = sock
        self._whole = sock.gettimeout()
        self._ends = time.monotonic() + (self._whole or 0)
        # It keeps the socket open until the last byte is read.
        self._reads = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._whole is None:
            return self._reads.readinto(buffer)
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        try:
            return self._reads.readinto(buffer)
        finally:
            # The next request on this connection has its whole time again.
            self._socket.settimeout(self._whole)

    def close(self) -> None:
        self._reads.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReads(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimedAdapter(HTTPAdapter):
    """Gives an answer the read time-out as a whole, through an HTTP proxy as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _use_timed_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools of connections through ``proxy``."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        # SOCKS has connections of its own, whose time-out is for each read.
        if not proxy.lower().startswith("socks"):
            _use_timed_pools(manager)
        return manager


def _use_timed_pools(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
