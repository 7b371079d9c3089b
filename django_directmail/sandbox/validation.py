"""
Checks of the parameters of mail, as documented by SingleSendMail and the error codes.

Where two pages of DirectMail differ (a subject of 100 or of 256 characters), the newer
one counts. A header that the service accepts but does not send is accepted here, too:
the mail gets a note about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.responses import Refusal

__all__ = [
    "addresses",
    "at_most",
    "check_body_size",
    "check_present",
    "check_sender",
    "check_single_send_mail",
    "check_values",
    "is_address",
    "one_of",
    "sent_headers",
]

#: Letters, digits, ``_``, ``-`` and ``.``; before the ``@`` also ``+``.
ADDRESS = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
ADDRESS_LENGTH = 192
MANDATORY = ("AccountName", "AddressType", "ReplyToAddress", "ToAddress", "Subject")
#: The largest size of both bodies together, in bytes; only SMTP accepts more.
BODY_LENGTH = 8 * 1024 * 1024
#: The headers that the service sends, besides those that begin with ``x-user-``.
HEADERS = ("message-id", "list-unsubscribe", "list-unsubscribe-post")


def one_of(*values: str) -> Callable[[str], bool]:
    """Return a function that checks for one of ``values``, in upper or lower case."""
    return lambda text: text.lower() in values


def at_most(length: int) -> Callable[[str], bool]:
    """Return a function that checks for at most ``length`` characters."""
    return lambda text: len(text) <= length


def is_address(text: str) -> bool:
    """Say whether ``text`` is one address that the service accepts, without a name."""
    return len(text) <= ADDRESS_LENGTH and ADDRESS.fullmatch(text) is not None


def is_template(text: str) -> bool:
    """Say whether ``text`` is JSON with a template id and texts for its variables."""
    found = _json_object(text)
    if found is None or not isinstance(found.get("TemplateId"), str):
        return False
    data = found.get("TemplateData", {})
    return isinstance(data, dict) and all(isinstance(v, str) for v in data.values())


#: For each parameter its check, and the error code if the check fails. A parameter
#: that is missing or empty is not checked.
VALUE_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "AddressType": (one_of("0", "1"), "InvalidAddressType"),
    "ReplyToAddress": (one_of("true", "false"), "InvalidReplyToAddress"),
    "Subject": (at_most(256), "InvalidSubject.Malformed"),
    "FromAlias": (at_most(15), "InvalidFromAlias.Malformed"),
    "ReplyAddress": (is_address, "InvalidReplyAddress.Malformed"),
    "ReplyAddressAlias": (at_most(15), "InvalidReplyAddressAlias.Malformed"),
    "TagName": (
        lambda text: re.fullmatch(r"[A-Za-z0-9_-]{1,128}", text) is not None,
        "InvalidTagName.Malformed",
    ),
    "ClickTrace": (one_of("0", "1"), "InvalidClickTrace"),
    "Headers": (lambda text: _json_object(text) is not None, "InvalidHeaders"),
    "Template": (is_template, "InvalidTemplate"),
    "UnSubscribeLinkType": (
        one_of("disabled", "default", "zh-cn", "en-us"),
        "InvalidUnSubscribeLinkType",
    ),
    "UnSubscribeFilterLevel": (
        one_of("disabled", "default", "mailfrom", "mailfrom_domain", "edm_id"),
        "InvalidUnSubscribeFilterLevel",
    ),
    "DomainAuth": (one_of("true", "false"), "InvalidDomainAuth"),
}


def check_single_send_mail(parameters: Mapping[str, str], senders: Senders) -> None:
    """Raise :exc:`Refusal` for the first error that the service would find."""
    check_values(parameters, MANDATORY)
    _check_body(parameters)
    _check_recipients(parameters)
    check_sender(parameters, senders)


def check_present(parameters: Mapping[str, str], mandatory: Iterable[str]) -> None:
    """Raise :exc:`Refusal` for the first of ``mandatory`` that is missing or empty."""
    for name in mandatory:
        if not parameters.get(name):
            raise Refusal(
                400, f"Missing{name}", f"{name} is mandatory for this action."
            )


def check_values(parameters: Mapping[str, str], mandatory: Iterable[str]) -> None:
    """Raise :exc:`Refusal` for a missing parameter or an invalid value."""
    check_present(parameters, mandatory)
    for name, (fits, code) in VALUE_CHECKS.items():
        value = parameters.get(name)
        if value and not fits(value):
            raise Refusal(400, code, f"The specified {name} is invalid.")


def check_sender(parameters: Mapping[str, str], senders: Senders) -> None:
    """Raise :exc:`Refusal` if the sender is not one of ``senders``."""
    if not senders.include(parameters["AccountName"]):
        raise Refusal(
            404,
            "InvalidMailAddress.NotFound",
            "The specified mailAddress does not exist. --sender makes it known to this"
            " sandbox, which knows " + ", ".join(senders.patterns),
        )


def _check_body(parameters: Mapping[str, str]) -> None:
    bodies = [parameters.get(name, "") for name in ("HtmlBody", "TextBody")]
    if not any(bodies) and not parameters.get("Template"):
        raise Refusal(400, "InvalidBody", "HtmlBody or TextBody is mandatory.")
    check_body_size(*bodies)


def check_body_size(*bodies: str) -> None:
    """Raise :exc:`Refusal` if all ``bodies`` together are too large."""
    if sum(len(body.encode(errors="replace")) for body in bodies) > BODY_LENGTH:
        raise Refusal(400, "InvalidBody", f"More than {BODY_LENGTH} bytes of body.")


def _check_recipients(parameters: Mapping[str, str]) -> None:
    to, bcc = addresses(parameters, "ToAddress"), addresses(parameters, "BccAddress")
    if len(to) > 100:
        raise Refusal(
            400, "InvalidToAddress", f"{len(to)} addresses in ToAddress; 100 at most."
        )
    if len(bcc) > 2:
        raise Refusal(
            400, "InvalidBccAddress", f"{len(bcc)} addresses in BccAddress; 2 at most."
        )
    for name, found in (("ToAddress", to), ("BccAddress", bcc)):
        if not all(is_address(address) for address in found):
            raise Refusal(400, f"Invalid{name}", f"An address in {name} is malformed.")


def addresses(parameters: Mapping[str, str], name: str) -> list[str]:
    """Return the addresses of a comma-separated parameter."""
    value = parameters.get(name, "")
    return [part.strip() for part in value.split(",")] if value else []


def sent_headers(parameters: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the headers that are sent, and a note for each one that is not."""
    given = _json_object(parameters.get("Headers", "")) or {}
    sent: dict[str, str] = {}
    notes = []
    for name, value in given.items():
        known = name.lower() in HEADERS or name.lower().startswith("x-user-")
        if not known:
            notes.append(f"Header {name} is not supported and was dropped.")
        elif len(sent) == 10:
            notes.append(f"Header {name} was dropped: ten headers at most.")
        else:
            sent[name] = str(value)
    return sent, notes


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
