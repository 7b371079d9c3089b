"""
Everything that can go wrong, and whether the mail may have left all the same.

::

    DirectMailError          .accepted .retryable .retry_after
      TransportError         no usable answer came back
      ApiError               .code .message .request_id .http_status .remedy
        CredentialsError     key, token, signature, clock or permission
        ThrottledError       too many calls; try later
        RejectedError        a final no to this mail
        ServerError          the service failed while it had the request
      UnsupportedMessage     also ValueError: the API cannot carry this message
      SendError              several messages or calls, of which some failed
    InvalidSignature         a request or push that is not genuine

``accepted`` is the certainty: ``"no"`` (DirectMail does not have the mail),
``"unknown"`` (it may have it) or ``"yes"`` (it has at least a part of it).
``retryable`` says that the same mail may be sent again, as a new request, without
the danger of a duplicate and with some hope. All of them can be pickled; none holds
a secret, a body, or more of a recipient than the domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

__all__ = [
    "Accepted",
    "ApiError",
    "CredentialsError",
    "DirectMailError",
    "InvalidSignature",
    "Outcome",
    "RejectedError",
    "SendError",
    "ServerError",
    "ThrottledError",
    "TransportError",
    "UnsupportedMessage",
    "has_public_text",
    "make_text_public",
    "public_text",
    "storable",
    "strongest",
]

Accepted = Literal["no", "unknown", "yes"]
ErrorT = TypeVar("ErrorT", bound=Exception)


class DirectMailError(Exception):
    """Base of every error of this package that concerns a call or a message."""

    # Only the text is positional: that is what lets Exception's own pickling work,
    # because it calls the class with ``args`` and then restores ``__dict__``.
    def __init__(
        self,
        text: str = "",
        *,
        accepted: Accepted = "no",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.accepted: Accepted = accepted
        self.retryable = retryable
        #: Seconds to wait before the next try, where the service named them.
        self.retry_after = retry_after
        #: How many requests were made for the call that ended so.
        self.attempts = 0


class TransportError(DirectMailError):
    """No usable answer: not reached, cut off, too slow, or unreadable."""


class ApiError(DirectMailError):
    """DirectMail answered with an error code."""

    def __init__(
        self,
        text: str = "",
        *,
        code: str = "",
        message: str = "",
        request_id: str = "",
        http_status: int | None = None,
        remedy: str = "",
        accepted: Accepted = "no",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            text, accepted=accepted, retryable=retryable, retry_after=retry_after
        )
        self.code = code
        #: The service's own words, redacted: it likes to repeat the request.
        self.message = message
        self.request_id = request_id
        self.http_status = http_status
        #: Plain advice for this code.
        self.remedy = remedy


class CredentialsError(ApiError):
    """The key, the token, the signature, the clock or the permission is wrong."""


class ThrottledError(ApiError):
    """Too many calls. Nothing was accepted; wait ``retry_after`` seconds if given."""


class RejectedError(ApiError):
    """DirectMail read the request and refused it for good."""


class ServerError(ApiError):
    """The service failed on its side, and may or may not have kept the mail."""


class UnsupportedMessage(DirectMailError, ValueError):
    """The API cannot carry a part of this message; nothing was sent of it."""


class InvalidSignature(Exception):
    """A request or an event push whose signature does not prove its origin."""


def public_text(error: Exception) -> str:
    """
    Return the text of ``error`` if people may see it, and else the name of its class.

    This package writes no secret, no body, and of a recipient at most the domain into
    an error. The text of any other error may hold all of these, so it is neither
    shown, nor stored, nor logged, unless :func:`make_text_public` was called for it:
    that is for Django's own class of wrong settings.
    """
    return str(error) if has_public_text(error) else type(error).__name__


def has_public_text(error: Exception) -> bool:
    """Say whether people may see the text of ``error``; see :func:`public_text`."""
    return isinstance(error, DirectMailError) or hasattr(error, _PUBLIC)


def make_text_public(error: ErrorT) -> ErrorT:
    """Return ``error``, of which people may see the text from now on."""
    setattr(error, _PUBLIC, True)
    return error


#: The attribute that :func:`make_text_public` sets.
_PUBLIC = "_directmail_text_is_public"


def storable(error: Exception | None) -> Exception | None:
    """
    Return ``error`` if it is one of ours, and else one of ours in its place.

    An exception of somebody else may not survive pickling.
    """
    if error is None or isinstance(error, DirectMailError):
        return error
    return DirectMailError(public_text(error))


@dataclass(frozen=True)
class Outcome:
    """
    How one message of a list, or one call of a message, ended.

    ``position`` counts from 0 in the list that was sent. ``error`` is ``None``
    if it was sent; then ``env_ids`` and ``request_ids`` identify the calls.
    """

    position: int
    env_ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()
    error: Exception | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "error": storable(self.error)}


class SendError(DirectMailError):
    """
    A list was finished, and some of it failed.

    ``sent`` and ``failed`` are tuples of :class:`Outcome`, in the order of the list.
    """

    def __init__(
        self,
        text: str = "",
        *,
        sent: Sequence[Outcome] = (),
        failed: Sequence[Outcome] = (),
    ) -> None:
        errors = [outcome.error for outcome in failed]
        accepted: Accepted = "yes" if sent else strongest(errors)
        super().__init__(
            text,
            accepted=accepted,
            retryable=accepted == "no"
            and bool(errors)
            and all(getattr(error, "retryable", False) for error in errors),
        )
        self.sent = tuple(sent)
        self.failed = tuple(failed)


def strongest(errors: Iterable[Exception | None]) -> Accepted:
    """Return the most that DirectMail may have, over all ``errors``."""
    found = {getattr(error, "accepted", "no") for error in errors}
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"
