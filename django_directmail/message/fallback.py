"""
The message as another mailer gets it, where a policy is ``"smtp"``.

It carries any MIME, so the message goes as it is, with three changes: what DirectMail
would read from attributes goes into headers, data is filled in, and on a staging site
other recipients are replaced.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime
from typing import Any

from django.core.mail import EmailAlternative, EmailMessage, EmailMultiAlternatives

from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.smtp_headers import smtp_headers
from django_directmail.message.addresses import (
    MailAddress,
    parse_address,
    parse_addresses,
    parse_header,
    refuse_other_recipients,
)
from django_directmail.message.body import NO_SUBJECT, as_text
from django_directmail.message.headers import Headers
from django_directmail.message.merge import fill
from django_directmail.message.parameters import shorten_alias
from django_directmail.message.recipients import Envelope, Recipient
from django_directmail.message.text import to_text

__all__ = ["build_fallback"]

#: Django finds these in one spelling only, and passes over any other.
SPELLINGS = {"from": "From", "to": "To", "cc": "Cc", "reply-to": "Reply-To"}


def build_fallback(
    message: EmailMessage,
    *,
    envelope: Envelope,
    action: SingleSendMail,
    headers: Mapping[str, str],
    data: dict[str, str] | None,
    is_shared: bool,
) -> EmailMessage:
    """
    Return a copy of ``message`` for those in ``envelope``; ``message`` stays as it is.

    ``action`` says what the copy must say beside its content, and ``headers`` what it
    says to these alone. ``data`` is filled in. ``is_shared`` says that the envelope
    holds all recipients. Raise :exc:`~django_directmail.api.errors.UnsupportedMessage`
    for a template: only DirectMail has it.
    """
    if action.template is not None:
        raise UnsupportedMessage(
            "The message uses a template of DirectMail and has a part that a policy"
            " sends through SMTP_FALLBACK, which has no templates. Remove one of them."
        )
    fallback = copy.copy(message)
    fallback.attachments = [*message.attachments]
    kept = _headers(message, action)
    _set_recipients(fallback, envelope, is_shared=is_shared)
    if not is_shared:
        _hide_recipients(kept)
    _set_sender(fallback, kept, action)
    _set_reply_to(fallback, kept, action)
    kept.update(_as_text(headers))
    if envelope.redirect:
        _hide_recipients(kept)
    fallback.extra_headers = {
        SPELLINGS.get(name.lower(), name): value for name, value in kept.items()
    }
    if message.subject or action.subject != NO_SUBJECT:
        fallback.subject = action.subject
    fallback.body = as_text(message.body)
    if data is not None:
        is_html = str(fallback.content_subtype).lower() == "html"
        fallback.body = fill(fallback.body, data, "The body", is_html=is_html)
    if isinstance(fallback, EmailMultiAlternatives):
        # Django takes plain tuples, and cannot build them.
        fallback.alternatives = [
            EmailAlternative(_filled(content, kind, data), kind)
            for content, kind in fallback.alternatives
        ]
    # A class may remember its recipients, and would send to all of them.
    refuse_other_recipients(fallback)
    return fallback


def _headers(message: EmailMessage, action: SingleSendMail) -> Headers:
    """
    Return the headers of the message and of the call.

    Of the same name, one that the call carries wins; one that stands for a parameter of
    the call does not.
    """
    headers = _as_text(message.extra_headers)
    carried = Headers(action.headers or {})
    for name, value in smtp_headers(action).items():
        if name in carried or name not in headers:
            headers[name] = value
    return headers


def _as_text(headers: Mapping[str, Any]) -> Headers:
    """Return ``headers`` as text."""
    found = Headers()
    for name, value in headers.items():
        is_date = isinstance(value, datetime)
        text = format_datetime(value) if is_date else to_text(value)
        # As in a call, an empty one leaves it to the attribute.
        if text or name.lower() not in ("from", "reply-to"):
            found[name] = text
    return found


def _set_recipients(
    fallback: EmailMessage, envelope: Envelope, *, is_shared: bool
) -> None:
    if envelope.redirect:
        fallback.to, fallback.cc, fallback.bcc = envelope.redirect.split(","), [], []
    elif not is_shared:
        fallback.to = _format_all(r for r in envelope.visible if r.kind != "cc")
        fallback.cc = _format_all(r for r in envelope.visible if r.kind == "cc")
        fallback.bcc = _format_all(envelope.hidden)


def _format_all(recipients: Iterable[Recipient]) -> list[str]:
    return [_format(r.address.display_name, r.address.spec) for r in recipients]


def _hide_recipients(headers: Headers) -> None:
    """Remove the headers that would still show everybody."""
    for name in ("To", "Cc"):
        headers.pop(name, None)


def _set_sender(
    fallback: EmailMessage, headers: Headers, action: SingleSendMail
) -> None:
    """Set the sender of the call, where the message has another one."""
    said = parse_address(headers.get("From") or fallback.from_email, "from_email")
    is_same_name = _is_name(said, action.from_alias, "from_alias")
    if is_same_name and action.account_name == said.wire:
        return
    name = said.display_name if is_same_name else action.from_alias
    sender = parse_address(action.account_name, "account_name")
    fallback.from_email = _format(name, sender.wire)
    headers.pop("From", None)


def _set_reply_to(
    fallback: EmailMessage, headers: Headers, action: SingleSendMail
) -> None:
    """Set the reply address of the call, where the message has another one."""
    header = headers.get("Reply-To")
    said = (
        parse_header(header, "reply_to")
        if header
        else parse_addresses(fallback.reply_to, "reply_to")
    )
    if not (said or action.reply_address):
        return
    if (
        said
        and action.reply_address == said[0].wire
        and _is_name(said[0], action.reply_address_alias, "reply_address_alias")
    ):
        return
    headers.pop("Reply-To", None)
    fallback.reply_to = []
    if action.reply_address:
        address = parse_address(action.reply_address, "reply_address")
        fallback.reply_to = [_format(action.reply_address_alias, address.wire)]


def _is_name(said: MailAddress, name: str | None, parameter: str) -> bool:
    """Say whether ``name`` is the one that ``said`` has, or is cut from it."""
    # A name that is only cut is not another one: here it has all the room it needs.
    return (name or "") == shorten_alias(parameter, said.display_name)[0]


def _format(name: str | None, address: str) -> str:
    return str(Address(display_name=name or "", addr_spec=address))


def _filled(content: Any, kind: str, data: dict[str, str] | None) -> Any:
    lower = str(kind).lower()
    if data is None or not lower.startswith("text/"):
        return content
    is_html = lower.partition(";")[0].strip() == "text/html"
    return fill(as_text(content), data, "An alternative", is_html=is_html)
