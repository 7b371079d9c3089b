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

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django_directmail.api.redaction import redact

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
    "api_error",
]

Accepted = Literal["no", "unknown", "yes"]


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
    error: Exception | None = None


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


@dataclass(frozen=True)
class Rule:
    """What an error code means: the class to raise, its certainty and the advice."""

    error: type[ApiError]
    remedy: str
    accepted: Accepted = "no"
    retryable: bool = False


_KEY = "Check the AccessKey: ID and secret must belong together and be active."
_TOKEN = "The temporary credentials are incomplete or over. Fetch new ones."
_CLOCK = (
    "The clock of this machine is more than 15 minutes off, or the time is not UTC."
    " Synchronise it (NTP)."
)
_RIGHTS = (
    "Grant the RAM user AliyunDirectMailFullAccess, or a policy with this action"
    " (dm:SingleSendMail to send)."
)
_SENDER = (
    "The sender address does not exist in this region. Create it in the console, or"
    " correct the sender or the region."
)
_LATER = "DirectMail is throttling this account. Send more slowly, or try again later."
_TROUBLE = (
    "DirectMail had an internal failure and may have kept the mail. Look in the"
    " console before you send it again."
)

#: The one table of codes. A code that is not listed is looked up by its first part
#: (``InvalidToAddress`` for ``InvalidToAddress.Xyz``), then by its HTTP status.
#: Sources: the error pages of DirectMail (api-dm-2015-11-23-errorcodes, error-codes)
#: and of the gateway in front of it. The HTTP status of a code differs between those
#: pages, which is why the code decides.
RULES: dict[str, Rule] = {
    "SignatureDoesNotMatch": Rule(CredentialsError, f"{_KEY} Is the secret complete?"),
    "Signature": Rule(CredentialsError, f"{_KEY} Is the secret complete?"),
    "IncompleteSignature": Rule(CredentialsError, _KEY),
    "InvalidSignatureMethod": Rule(CredentialsError, "Use a supported signature."),
    "InvalidAccessKeyId": Rule(CredentialsError, _KEY),
    "InvalidSecurityToken": Rule(CredentialsError, _TOKEN),
    "MissingSecurityToken": Rule(CredentialsError, _TOKEN),
    "InvalidTimeStamp": Rule(CredentialsError, _CLOCK),
    "IllegalTimestamp": Rule(CredentialsError, _CLOCK),
    "Forbidden": Rule(CredentialsError, _RIGHTS),
    "NoPermission": Rule(CredentialsError, _RIGHTS),
    "InvalidIP": Rule(
        CredentialsError,
        "The IP protection of the console does not list this machine's address, or"
        " the IP pool does not exist.",
    ),
    "InvalidUser": Rule(
        CredentialsError, "This account has not activated DirectMail. Do so first."
    ),
    "Throttling": Rule(ThrottledError, _LATER, retryable=True),
    # The nonce was seen before: whatever carried it first may have been accepted.
    "SignatureNonceUsed": Rule(
        RejectedError,
        "This very request had reached DirectMail before. Look in the console whether"
        " the mail went out before you send it again.",
        accepted="unknown",
    ),
    "InternalError": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "InternalServiceError": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "ServiceUnavailable": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "ServerBusy": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "InvalidMailAddress": Rule(RejectedError, _SENDER),
    "InvalidMailAddressStatus": Rule(
        RejectedError, "The sender address is frozen or not usable. See the console."
    ),
    "InvalidMailAddressDomain": Rule(
        RejectedError, "Check ownership, SPF and MX records of the sender's domain."
    ),
    "InvalidMailAddressSendType": Rule(
        RejectedError, "The type of this sender (batch or trigger) does not fit."
    ),
    "InvalidToAddress": Rule(
        RejectedError, "A recipient address is malformed. Correct it."
    ),
    "InvalidToAddress.Spam": Rule(
        RejectedError,
        "A recipient is in the invalid-address library. Remove it there, if you are"
        " sure that it exists.",
    ),
    "InvalidBody": Rule(RejectedError, "Give the message a text or an HTML body."),
    "InvalidSubject": Rule(RejectedError, "Shorten the subject."),
    "InvalidFromAlias": Rule(RejectedError, "Shorten the sender's display name."),
    "InvalidFromALias": Rule(RejectedError, "Shorten the sender's display name."),
    "InvalidReplyAddress": Rule(RejectedError, "Correct the reply address."),
    "InvalidReplyAddressAlias": Rule(
        RejectedError, "Shorten the display name of the reply address."
    ),
    "InvalidTemplate": Rule(RejectedError, "This template does not exist here."),
    "InvalidSendMail": Rule(
        RejectedError,
        "Refused by the spam filter. DirectMail uses this code for content, but also"
        " for an exceeded quota or frequency and for the state of the account.",
    ),
    "InsufficientBalance": Rule(RejectedError, "Top up the account."),
    "InvalidApi": Rule(
        RejectedError, "The endpoint does not know this action. Is it DirectMail's?"
    ),
    "InvalidProduct": Rule(RejectedError, "The endpoint is not one of DirectMail."),
}


def find_rule(code: str, http_status: int | None) -> Rule:
    """Return the rule for ``code``; for an unknown one decide by ``http_status``."""
    rule = RULES.get(code) or RULES.get(code.partition(".")[0])
    if rule:
        return rule
    if http_status == 429:
        return Rule(ThrottledError, _LATER, retryable=True)
    if http_status is not None and http_status >= 500:
        return Rule(ServerError, _TROUBLE, accepted="unknown")
    return Rule(RejectedError, "See DirectMail's error codes for this one.")


# Codes and request ids as the service makes them; anything else is redacted.
_CODE = re.compile(r"[A-Za-z0-9._-]{1,80}")


def api_error(
    action: str,
    *,
    code: str,
    message: str,
    request_id: str,
    http_status: int | None,
    retry_after: float | None = None,
    private: Iterable[str] = (),
) -> ApiError:
    """
    Build the exception for an error answer to ``action``, with nothing private in it.

    ``private`` are the values of the request, which some answers repeat.
    """
    private = tuple(private)
    code = code if _CODE.fullmatch(code) else redact(code, private=private)
    if not _CODE.fullmatch(request_id):
        request_id = redact(request_id, private=private)
    message = redact(message, private=private)
    rule = find_rule(code, http_status)
    verb = "failed" if rule.error is ServerError else "was refused"
    text = f"{action} {verb}: {code} (request {request_id or 'unknown'})."
    if message:
        text += f" {message.rstrip('.')}."
    text += f" {rule.remedy}"
    return rule.error(
        text,
        code=code,
        message=message,
        request_id=request_id,
        http_status=http_status,
        remedy=rule.remedy,
        accepted=rule.accepted,
        retryable=rule.retryable,
        retry_after=retry_after,
    )
