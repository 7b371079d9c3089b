"""
The only module that opens a socket: one signed request out, one answer back.

All calls of a process share one pool of connections, because Django builds a new
backend object for every mail. requests' own conveniences that would change a signed
request are off: redirects, cookies, retries and the passwords of ``~/.netrc``. Its
proxies (``HTTPS_PROXY``, ``NO_PROXY``) and certificates (``REQUESTS_CA_BUNDLE``) work.
"""

from __future__ import annotations

import io
import os
import threading
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3 import exceptions as urllib3_exceptions

from django_directmail import __version__
from django_directmail.api.errors import Accepted, TransportError
from django_directmail.api.patience import PatientAdapter
from django_directmail.api.results import Answer
from django_directmail.api.signing import SignedRequest

__all__ = ["is_loopback", "send"]

#: An answer is a few hundred bytes; more than this is not read.
MAX_ANSWER_BYTES = 1024 * 1024
#: Connections kept open to one endpoint; more threads than that open their own.
POOL_SIZE = 64

_lock = threading.Lock()
_session: requests.Session | None = None


def is_loopback(url: str) -> bool:
    """Say whether ``url`` points to this very machine, as the sandbox's does."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def send(request: SignedRequest, *, timeout: tuple[float, float]) -> Answer:
    """
    Post ``request`` and return the answer, whatever its status.

    ``timeout`` is for connecting and for the whole answer, in seconds. Raise
    :exc:`~django_directmail.api.errors.TransportError` if no whole answer came; its
    ``accepted`` is ``"no"`` only where the request cannot have been complete.
    """
    body = _Body(request.body)
    try:
        return _post(request, body, timeout)
    except _TooLarge:
        error = _too_large(request)
    # requests lets some of urllib3 through, and an OSError for a missing CA bundle.
    except (OSError, urllib3_exceptions.HTTPError) as cause:
        error = _translate(request, body, cause, timeout)
    # Outside the except block: an exception of requests carries the request with its
    # body, and would stay attached to ours as its context.
    raise error


def _post(request: SignedRequest, body: _Body, timeout: tuple[float, float]) -> Answer:
    url = request.url
    # A proxy cannot reach the loopback interface of this machine.
    bypass = {"no_proxy": urlsplit(url).hostname or ""} if is_loopback(url) else None
    with _get_session().post(
        url,
        # An empty file would go out chunked, which is not what was signed.
        data=body if request.body else b"",
        headers=dict(request.headers),
        timeout=timeout,
        allow_redirects=False,
        stream=True,
        auth=_keep_headers,
        proxies=bypass,
    ) as response:
        content = bytearray()
        for chunk in response.iter_content(16384):
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise _TooLarge
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, bytes(content))


def _keep_headers(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Be an "authentication" that does nothing, so that requests looks for no other."""
    return prepared


class _TooLarge(Exception):
    """The answer is larger than any of DirectMail's."""


class _Body(io.BytesIO):
    """The body of a request, which remembers whether any of it was taken to be sent."""

    started = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.started = True
        return super().read(size)


def _get_session() -> requests.Session:
    global _session
    with _lock:
        if _session is None:
            _session = requests.Session()
            adapter = PatientAdapter(pool_connections=16, pool_maxsize=POOL_SIZE)
            _session.mount("https://", adapter)
            _session.mount("http://", adapter)
            _session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
            _session.headers["User-Agent"] = f"django-directmail/{__version__}"
        return _session


def _forget_session() -> None:
    """Start afresh in a forked child: two processes cannot share one TLS stream."""
    global _lock, _session
    _lock = threading.Lock()
    _session = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_session)


NewConnectionError = urllib3_exceptions.NewConnectionError
# Since urllib3 2; before, a failed look-up is a NewConnectionError like any other.
NameResolutionError: type[Exception] = getattr(
    urllib3_exceptions, "NameResolutionError", NewConnectionError
)

_LATE = (
    "no answer within {read:g} s. Look whether the mail went out before you send it"
    " again; TIMEOUT gives it longer."
)

#: requests' exception to what happened and what to do, most specific first. The
#: second part says whether the request may have arrived, for all that is known from
#: the class alone. ConnectionError is also what a refused connection raises.
CAUSES: tuple[tuple[type[Exception], Accepted, str], ...] = (
    (
        exceptions.ProxyError,
        "no",
        "the HTTP proxy refused or is not there. Check HTTPS_PROXY and NO_PROXY.",
    ),
    (
        NameResolutionError,
        "no",
        "its name cannot be resolved. Check the endpoint, the region and the network.",
    ),
    (
        NewConnectionError,
        "no",
        "the connection was refused or there is no route. Is the network up? If this"
        " is the sandbox, is it running?",
    ),
    (
        exceptions.ConnectTimeout,
        "no",
        "no connection within {connect:g} s. Check network, firewall and proxy.",
    ),
    (
        exceptions.SSLError,
        "no",
        "TLS failed; the certificate may not be trusted. Check the endpoint, the clock"
        " and REQUESTS_CA_BUNDLE.",
    ),
    (exceptions.ReadTimeout, "unknown", _LATE),
    # What requests makes a ConnectionError of, when the time is over within the body.
    (urllib3_exceptions.ReadTimeoutError, "unknown", _LATE),
    (
        exceptions.ConnectionError,
        "unknown",
        "the connection broke before the answer. Look whether the mail went out before"
        " you send it again.",
    ),
    (
        exceptions.ChunkedEncodingError,
        "unknown",
        "the answer was cut off. Look whether the mail went out before you send it"
        " again.",
    ),
    (
        exceptions.ContentDecodingError,
        "unknown",
        "the answer cannot be decompressed. Is there a proxy in between?",
    ),
    (exceptions.InvalidURL, "no", "this is not a valid URL. Correct the endpoint."),
    (
        urllib3_exceptions.LocationValueError,
        "no",
        "this is not a valid URL. Correct the endpoint.",
    ),
    (exceptions.RequestException, "unknown", "the request failed ({kind})."),
    (urllib3_exceptions.HTTPError, "unknown", "the request failed ({kind})."),
    (
        OSError,
        "unknown",
        "a file of certificates cannot be read. Check REQUESTS_CA_BUNDLE.",
    ),
)


def _translate(
    request: SignedRequest,
    body: _Body,
    cause: Exception,
    timeout: tuple[float, float],
) -> TransportError:
    chain = _chain(cause)
    kind, accepted, text = next(
        row for row in CAUSES if any(isinstance(link, row[0]) for link in chain)
    )
    if request.body:
        # Better than any class: a body that nobody began to read was never sent.
        accepted = "unknown" if body.started else "no"
    connect, read = timeout
    text = text.format(connect=connect, read=read, kind=type(cause).__name__)
    return _error(request, accepted, text)


def _chain(cause: BaseException | None) -> list[BaseException]:
    """Return ``cause`` and what it wraps, as requests and urllib3 nest their errors."""
    found: list[BaseException] = []
    while isinstance(cause, BaseException) and len(found) < 10:
        found.append(cause)
        inner = [arg for arg in cause.args if isinstance(arg, BaseException)]
        cause = getattr(cause, "reason", None) or (inner[0] if inner else None)
    return found


def _too_large(request: SignedRequest) -> TransportError:
    return _error(
        request,
        "unknown",
        f"the answer is larger than {MAX_ANSWER_BYTES} bytes. Is the endpoint right?",
    )


def _error(request: SignedRequest, accepted: Accepted, text: str) -> TransportError:
    return TransportError(
        f"{request.data.action} at {request.data.endpoint}: {text}",
        accepted=accepted,
        retryable=accepted == "no",
    )
