"""Check a BatchSendMail call, and create the mail of each recipient."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.responses import Refusal
from django_directmail.sandbox.seed_data import RECEIVERS, TEMPLATES
from django_directmail.sandbox.validation import (
    at_most,
    check_body_size,
    check_sender,
    check_values,
    is_address,
)

__all__ = ["read_batch"]

ValueT = TypeVar("ValueT")

MANDATORY = ("AccountName", "AddressType")
MAX_RECEIVERS = 100
CONTENT = ("Alias", "Subject", "HtmlBody", "TextBody")
#: A variable, such as {UserName}; other text in braces, such as CSS, is not one.
VARIABLE = re.compile(r"\{(\w+)\}")


def read_batch(parameters: Mapping[str, str], senders: Senders) -> list[dict[str, Any]]:
    """
    Return one dict for each mail: the fields in which the mails of a batch differ.

    DirectMail calls a recipient with its variables a receiver. Raise :exc:`Refusal` for
    the first error that the service would find.
    """
    check_values(parameters, MANDATORY)
    _check_account(parameters)
    receivers, content = _receivers(parameters), _content(parameters)
    check_sender(parameters, senders)
    return [_fill_in(content, receiver) for receiver in receivers]


def _check_account(parameters: Mapping[str, str]) -> None:
    account = parameters["AccountName"]
    if parameters.get("DomainAuth", "").lower() == "true" and "@" not in account:
        # The service sends from this address if the domain itself is authenticated.
        account = f"domain-auth-created-by-system@{account}"
    if not is_address(account):
        raise Refusal(
            400,
            "InvalidMailAddressName.Malformed",
            "The specified AccountName is invalid.",
        )


def _receivers(parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the receivers; ``ReceiversName`` takes precedence over ``Receivers``."""
    name = parameters.get("ReceiversName")
    if name:
        return _find_by_name(RECEIVERS, name, "InvalidReceiver.NotFound")
    text = parameters.get("Receivers")
    # The SDK sends an empty array if there are no receivers.
    if not text or text == "[]":
        raise Refusal(
            400, "MissingReceivers", "Receivers or ReceiversName is mandatory."
        )
    found = _json(text)
    if not isinstance(found, list) or not all(map(_is_receiver, found)):
        raise Refusal(400, "InvalidReceivers", "The specified Receivers is invalid.")
    addresses = [address for receiver in found for address in receiver["To"]]
    if len(addresses) > MAX_RECEIVERS:
        raise Refusal(
            400,
            "InvalidReceivers",
            f"{len(addresses)} addresses in Receivers; {MAX_RECEIVERS} at most.",
        )
    if not all(map(is_address, addresses)):
        raise Refusal(400, "InvalidToAddress", "An address in Receivers is malformed.")
    return found


def _is_receiver(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    to, data = value.get("To"), value.get("TemplateData") or {}
    return (
        isinstance(to, list)
        and bool(to)
        and isinstance(data, dict)
        and all(isinstance(text, str) for text in (*to, *data.values()))
    )


def _content(parameters: Mapping[str, str]) -> dict[str, str]:
    """
    Return the content, with variables.

    ``TemplateName`` takes precedence over ``TemplateContent``.
    """
    name = parameters.get("TemplateName")
    if name:
        if not at_most(30)(name):
            raise Refusal(
                400, "InvalidTemplateName.Malformed", "More than 30 characters."
            )
        return _find_by_name(_approved(), name, "InvalidTemplate.NotFound")
    text = parameters.get("TemplateContent")
    if not text:
        raise Refusal(
            400,
            "MissingTemplateContent",
            "TemplateContent or TemplateName is mandatory.",
        )
    found = _json(text)
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name, ""), str) for name in CONTENT
    ):
        raise Refusal(
            400, "InvalidTemplateContent", "The specified TemplateContent is invalid."
        )
    content = {name: found.get(name, "") for name in CONTENT}
    _check_content(content)
    return content


def _approved() -> dict[str, dict[str, str]]:
    """Return the content of each approved template, by name."""
    return {
        t.name: dict(zip(CONTENT, (t.alias, t.subject, t.html, t.text), strict=True))
        for t in TEMPLATES.values()
        if t.status == 2
    }


def _check_content(content: Mapping[str, str]) -> None:
    if not content["Subject"] or not at_most(256)(content["Subject"]):
        raise Refusal(
            400, "InvalidSubject.Malformed", "Subject must have 1 to 256 characters."
        )
    if not at_most(15)(content["Alias"]):
        raise Refusal(
            400, "InvalidFromAlias.Malformed", "Alias may have 15 characters."
        )
    bodies = content["HtmlBody"], content["TextBody"]
    if not any(bodies):
        raise Refusal(400, "InvalidBody", "HtmlBody or TextBody is mandatory.")
    check_body_size(*bodies)


def _find_by_name(known: Mapping[str, ValueT], name: str, code: str) -> ValueT:
    if name not in known:
        text = f"This sandbox knows {', '.join(known)} only."
        raise Refusal(404, code, f"The specified name does not exist. {text}")
    return known[name]


def _fill_in(content: Mapping[str, str], receiver: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mail; a variable without a value is not replaced and gets a note."""
    data: dict[str, str] = receiver.get("TemplateData") or {}
    texts = {name: content[name] for name in ("Subject", "TextBody", "HtmlBody")}
    missing = dict.fromkeys(
        name
        for text in texts.values()
        for name in VARIABLE.findall(text)
        if name not in data
    )
    subject, text, html = (
        VARIABLE.sub(lambda found: data.get(found[1], found[0]), text)
        for text in texts.values()
    )
    return {
        "to": receiver["To"],
        "sender_name": content["Alias"],
        "subject": subject,
        "text": text,
        "html": html,
        "notes": list(_notes(missing)),
    }


def _notes(missing: Mapping[str, Any]) -> Iterator[str]:
    for name in missing:
        yield f"There is no data for {{{name}}}, which stayed as it is."


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
