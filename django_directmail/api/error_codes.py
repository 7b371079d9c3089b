"""The error codes of the services: exception, certainty and advice for each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django_directmail.api.errors import (
    Accepted,
    ApiError,
    CredentialsError,
    RejectedError,
    ServerError,
    ThrottledError,
)
from django_directmail.api.redaction import redact

__all__ = ["RULES", "Rule", "api_error", "find_rule"]


@dataclass(frozen=True)
class Rule:
    """What an error code means: the class to raise, its certainty and the advice."""

    error: type[ApiError]
    remedy: str
    accepted: Accepted = "no"
    retryable: bool = False


def gettext_noop(text: str) -> str:
    """Return ``text``; the name marks it for those who translate it."""
    return text


_KEY = gettext_noop(
    "Check the AccessKey: ID and secret must belong together and be active."
)
_SECRET = gettext_noop(
    "Check the AccessKey: ID and secret must belong together and be active. Is the"
    " secret complete?"
)
_TOKEN = gettext_noop(
    "The temporary credentials are incomplete or over. Fetch new ones."
)
_CLOCK = gettext_noop(
    "The clock of this machine is more than 15 minutes off, or the time is not UTC."
    " Synchronise it (NTP)."
)
_RIGHTS = gettext_noop(
    "Grant the RAM user AliyunDirectMailFullAccess, or a policy with this action"
    " (dm:SingleSendMail to send)."
)
_SENDER = gettext_noop(
    "The sender address does not exist in this region. Create it in the console, or"
    " correct the sender or the region."
)
_LATER = gettext_noop(
    "DirectMail is throttling this account. Send more slowly, or try again later."
)
_TROUBLE = gettext_noop(
    "DirectMail had an internal failure and may have kept the mail. Look in the"
    " console before you send it again."
)
_SMS_TROUBLE = gettext_noop(
    "The SMS service had an internal failure and may have kept the message. Query the"
    " details of this number before you send it again."
)

#: The one table of codes. A code that is not listed is looked up by its first part
#: (``InvalidToAddress`` for ``InvalidToAddress.Xyz``), then by its HTTP status.
#: Sources: the error pages of DirectMail (api-dm-2015-11-23-errorcodes, error-codes)
#: of SMS (document_detail/101346) and of the gateway in front of them. The HTTP status
#: of a code differs between those pages, which is why the code decides.
RULES: dict[str, Rule] = {
    "SignatureDoesNotMatch": Rule(CredentialsError, _SECRET),
    "Signature": Rule(CredentialsError, _SECRET),
    "IncompleteSignature": Rule(CredentialsError, _KEY),
    "InvalidSignatureMethod": Rule(
        CredentialsError, gettext_noop("Use a supported signature.")
    ),
    "InvalidAccessKeyId": Rule(CredentialsError, _KEY),
    "InvalidSecurityToken": Rule(CredentialsError, _TOKEN),
    "MissingSecurityToken": Rule(CredentialsError, _TOKEN),
    "InvalidTimeStamp": Rule(CredentialsError, _CLOCK),
    "IllegalTimestamp": Rule(CredentialsError, _CLOCK),
    "Forbidden": Rule(CredentialsError, _RIGHTS),
    "NoPermission": Rule(CredentialsError, _RIGHTS),
    "InvalidIP": Rule(
        CredentialsError,
        gettext_noop(
            "The IP protection of the console does not list this machine's address, or"
            " the IP pool does not exist."
        ),
    ),
    "InvalidUser": Rule(
        CredentialsError,
        gettext_noop("This account has not activated DirectMail. Do so first."),
    ),
    "Throttling": Rule(ThrottledError, _LATER, retryable=True),
    # The nonce was seen before: whatever carried it first may have been accepted.
    "SignatureNonceUsed": Rule(
        RejectedError,
        gettext_noop(
            "This very request had reached DirectMail before. Look in the console"
            " whether the mail went out before you send it again."
        ),
        accepted="unknown",
    ),
    "InternalError": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "InternalServiceError": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "ServiceUnavailable": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "ServerBusy": Rule(ServerError, _TROUBLE, accepted="unknown"),
    "InvalidMailAddress": Rule(RejectedError, _SENDER),
    "InvalidMailAddressStatus": Rule(
        RejectedError,
        gettext_noop("The sender address is frozen or not usable. See the console."),
    ),
    "InvalidMailAddressDomain": Rule(
        RejectedError,
        gettext_noop("Check ownership, SPF and MX records of the sender's domain."),
    ),
    "InvalidMailAddressSendType": Rule(
        RejectedError,
        gettext_noop("The type of this sender (batch or trigger) does not fit."),
    ),
    "InvalidToAddress": Rule(
        RejectedError, gettext_noop("A recipient address is malformed. Correct it.")
    ),
    "InvalidToAddress.Spam": Rule(
        RejectedError,
        gettext_noop(
            "A recipient is in the invalid-address library. Remove it there, if you are"
            " sure that it exists."
        ),
    ),
    "InvalidBody": Rule(
        RejectedError, gettext_noop("Give the message a text or an HTML body.")
    ),
    "InvalidSubject": Rule(RejectedError, gettext_noop("Shorten the subject.")),
    "InvalidFromAlias": Rule(
        RejectedError, gettext_noop("Shorten the sender's display name.")
    ),
    "InvalidFromALias": Rule(
        RejectedError, gettext_noop("Shorten the sender's display name.")
    ),
    "InvalidReplyAddress": Rule(
        RejectedError, gettext_noop("Correct the reply address.")
    ),
    "InvalidReplyAddressAlias": Rule(
        RejectedError, gettext_noop("Shorten the display name of the reply address.")
    ),
    "InvalidReceiver": Rule(
        RejectedError, gettext_noop("This list of receivers does not exist here.")
    ),
    "InvalidTemplate": Rule(
        RejectedError, gettext_noop("This template does not exist here.")
    ),
    "InvalidSendMail": Rule(
        RejectedError,
        gettext_noop(
            "Refused by the spam filter. DirectMail uses this code for content, but"
            " also for an exceeded quota or frequency and for the state of the account."
        ),
    ),
    "InsufficientBalance": Rule(RejectedError, gettext_noop("Top up the account.")),
    "InvalidApi": Rule(
        RejectedError,
        gettext_noop("The endpoint does not know this action. Is it DirectMail's?"),
    ),
    "InvalidProduct": Rule(
        RejectedError, gettext_noop("The endpoint is not one of DirectMail.")
    ),
    # SMS says no with HTTP 200: isv is the caller's side, isp the service's.
    "isv": Rule(RejectedError, gettext_noop("See the error codes of the SMS service.")),
    # The shortest of its limits is one a minute: to repeat within seconds is no use.
    "isv.BUSINESS_LIMIT_CONTROL": Rule(
        ThrottledError,
        gettext_noop(
            "This number has had as many SMS as the limits of the console allow in a"
            " minute, an hour or a day. Try again later."
        ),
    ),
    "isv.MOBILE_NUMBER_ILLEGAL": Rule(
        RejectedError, gettext_noop("A phone number is malformed. Correct it.")
    ),
    "isv.MOBILE_COUNT_OVER_LIMIT": Rule(
        RejectedError, gettext_noop("Send to 1000 phone numbers at most in one call.")
    ),
    "isv.TEMPLATE_MISSING_PARAMETERS": Rule(
        RejectedError, gettext_noop("Give a text for every variable of the template.")
    ),
    "isv.INVALID_JSON_PARAM": Rule(
        RejectedError, gettext_noop("Template parameters must be text, all of them.")
    ),
    "isv.INVALID_PARAMETERS": Rule(
        RejectedError, gettext_noop("A parameter is malformed: is the date yyyyMMdd?")
    ),
    "isv.SMS_SIGNATURE_ILLEGAL": Rule(
        RejectedError,
        gettext_noop("The console has no approved SMS signature of this name."),
    ),
    "isv.SMS_TEMPLATE_ILLEGAL": Rule(
        RejectedError,
        gettext_noop("The console has no approved SMS template with this code."),
    ),
    "isv.AMOUNT_NOT_ENOUGH": Rule(RejectedError, gettext_noop("Top up the account.")),
    "isv.OUT_OF_SERVICE": Rule(RejectedError, gettext_noop("Top up the account.")),
    "isp": Rule(ServerError, _SMS_TROUBLE, accepted="unknown"),
    "isp.RAM_PERMISSION_DENY": Rule(
        CredentialsError,
        gettext_noop(
            "Grant the RAM user AliyunDysmsFullAccess, or a policy with this action"
            " (dysms:SendSms to send)."
        ),
    ),
}


def find_rule(code: str, http_status: int | None) -> Rule:
    """Return the rule for ``code``; for an unknown one decide by ``http_status``."""
    rule = RULES.get(code) or RULES.get(code.partition(".")[0])
    if rule:
        return rule
    if http_status == 429:
        return Rule(ThrottledError, _LATER, retryable=True)
    # Only a status that is a no makes an unknown code one; 408 is a time-out.
    if http_status is None or (300 <= http_status < 500 and http_status != 408):
        return Rule(
            RejectedError, gettext_noop("See DirectMail's error codes for this one.")
        )
    return Rule(ServerError, _TROUBLE, accepted="unknown")


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
    sends: str | None = "mail",
    rule: Rule | None = None,
) -> ApiError:
    """
    Build the exception for an error answer to ``action``, with nothing private in it.

    ``private`` are the values of the request, which some answers repeat; ``sends`` is
    that of the action. ``rule`` is for codes of another service.
    """
    private = tuple(private)
    code = code if _CODE.fullmatch(code) else redact(code, private=private)
    if not _CODE.fullmatch(request_id):
        request_id = redact(request_id, private=private)
    message = redact(message, private=private)
    rule = rule or find_rule(code, http_status)
    # What sends nothing need not be looked for, and can be asked for again.
    remedy = rule.remedy if sends or rule.accepted == "no" else "Try again later."
    verb = "failed" if rule.error is ServerError else "was refused"
    text = f"{action} {verb}: {code} (request {request_id or 'unknown'})."
    if message:
        text += f" {message.rstrip('.')}."
    text += f" {remedy}"
    return rule.error(
        text,
        code=code,
        message=message,
        request_id=request_id,
        http_status=http_status,
        remedy=remedy,
        accepted=rule.accepted,
        retryable=rule.retryable,
        retry_after=retry_after,
    )
