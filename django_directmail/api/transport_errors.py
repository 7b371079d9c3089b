"""
What went wrong on the way, and what that says about the request. Pure.

requests' exceptions in order, each with the certainty that its class alone allows and
with words for people.
"""

from __future__ import annotations

from requests import exceptions
from urllib3 import exceptions as urllib3_exceptions

from django_directmail.api.errors import Accepted

__all__ = ["CAUSES", "explain"]

NewConnectionError = urllib3_exceptions.NewConnectionError
# Since urllib3 2; before, a failed look-up is a NewConnectionError like any other.
NameResolutionError: type[Exception] = getattr(
    urllib3_exceptions, "NameResolutionError", NewConnectionError
)

_LATE = "no answer within {read:g} s. {look} TIMEOUT gives it longer."

#: requests' exception to what happened and what to do, most specific first. The
#: second part says whether the request may have arrived, for all that is known from
#: the class alone. ConnectionError is also what a refused connection raises. Where
#: ``{look}`` stands, a call that sends is told to look before it is made again.
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
        "the connection broke before the answer. {look}",
    ),
    (
        exceptions.ChunkedEncodingError,
        "unknown",
        "the answer was cut off. {look}",
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


def explain(
    cause: Exception, *, timeout: tuple[float, float], sends: str | None
) -> tuple[Accepted, str]:
    """
    Return whether the request may have arrived, and what to tell people.

    ``timeout`` is what was allowed, in seconds; ``sends`` is what the call would have
    sent, such as ``"mail"``, and ``None`` if it sends nothing.
    """
    chain = _chain(cause)
    accepted, text = next(
        row[1:] for row in CAUSES if any(isinstance(link, row[0]) for link in chain)
    )
    look = (
        f"Look whether the {sends} went out before you send it again." if sends else ""
    )
    connect, read = timeout
    text = text.format(connect=connect, read=read, look=look, kind=type(cause).__name__)
    return accepted, " ".join(text.split())


def _chain(cause: BaseException | None) -> list[BaseException]:
    """Return ``cause`` and what it wraps, as requests and urllib3 nest their errors."""
    found: list[BaseException] = []
    while isinstance(cause, BaseException) and len(found) < 10:
        found.append(cause)
        inner = [arg for arg in cause.args if isinstance(arg, BaseException)]
        cause = getattr(cause, "reason", None) or (inner[0] if inner else None)
    return found
