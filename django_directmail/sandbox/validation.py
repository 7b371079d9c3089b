"""
What the service refuses, by the tables of SingleSendMail's page and the error codes.

Where DirectMail's pages disagree (a subject of 100 or 256 characters), the newest one
counts. What the service takes and drops in silence is taken here too, with a note.
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
    "carried_headers",
    "check_body_size",
    "check_present",
    "check_sender",
    "check_single_send_mail",
    "check_values",
    "is_address",
]

#: Domain and local part of letters, digits, ``_ - .`` (and ``+`` before the ``@``).
ADDRESS = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
ADDRESS_LENGTH = 192
MANDATORY = ("AccountName", "AddressType", "ReplyToAddress", "ToAddress", "Subject")
#: Bytes of a mail's bodies; more needs SMTP.
BODY_LENGTH = 8 * 1024 * 1024
HEADERS = ("message-id", "list-unsubscribe", "list-unsubscribe-post")


def one_of(*values: str) -> Callable[[str], bool]:
    """Return a check for one of ``values``, whatever the case."""
    return lambda text: text.lower() in values


def at_most(length: int) -> Callable[[str], bool]:
    """Return a check for at most ``length`` characters."""
    return lambda text: len(text) <= length


def is_address(text: str) -> bool:
    """Say whether ``text`` is one bare address that the service takes."""
    return len(text) <= ADDRESS_LENGTH and ADDRESS.fullmatch(text) is not None


def is_template(text: str) -> bool:
    """Say whether ``text`` names a template, with text for its variables."""
    found = _json_object(text)
    if found is None or not isinstance(found.get("TemplateId"), str):
        return False
    data = found.get("TemplateData", {})
    return isinstance(data, dict) and all(isinstance(v, str) for v in data.values())


#: Parameter to its check and the code of a refusal. A parameter that is absent or
#: empty is not checked.
RULES: dict[str, tuple[Callable[[str], bool], str]] = {
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
    """Raise :exc:`Refusal` for the first thing that the service would refuse."""
    check_values(parameters, MANDATORY)
    _check_body(parameters)
    _check_recipients(parameters)
    check_sender(parameters, senders)


def check_present(parameters: Mapping[str, str], mandatory: Iterable[str]) -> None:
    """Raise :exc:`Refusal` for the first of ``mandatory`` that is not there."""
    for name in mandatory:
        if not parameters.get(name):
            raise Refusal(
                400, f"Missing{name}", f"{name} is mandatory for this action."
            )


def check_values(parameters: Mapping[str, str], mandatory: Iterable[str]) -> None:
    """Raise :exc:`Refusal` for what is missing, and for a value that cannot be."""
    check_present(parameters, mandatory)
    for name, (fits, code) in RULES.items():
        value = parameters.get(name)
        if value and not fits(value):
            raise Refusal(400, code, f"The specified {name} is invalid.")


def check_sender(parameters: Mapping[str, str], senders: Senders) -> None:
    """Raise :exc:`Refusal` for a sender that does not exist here."""
    if not senders.know(parameters["AccountName"]):
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
    """Raise :exc:`Refusal` for bodies that are too large together."""
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


def carried_headers(parameters: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the headers that the mail gets, and notes about those it does not."""
    given = _json_object(parameters.get("Headers", "")) or {}
    carried: dict[str, str] = {}
    notes = []
    for name, value in given.items():
        known = name.lower() in HEADERS or name.lower().startswith("x-user-")
        if not known:
            notes.append(f"Header {name} is not supported and was dropped.")
        elif len(carried) == 10:
            notes.append(f"Header {name} was dropped: ten headers at most.")
        else:
            carried[name] = str(value)
    return carried, notes


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
