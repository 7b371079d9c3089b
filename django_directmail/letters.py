"""
The message as another mailer gets it, where a policy is ``"smtp"``.

It carries any MIME, so the message goes as it is: but what DirectMail would read from
attributes goes into headers, data is filled in, and strangers of a staging site are
replaced.
"""

from __future__ import annotations

import copy
from email.headerregistry import Address
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives

from django_directmail.addresses import parse_address
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.smtp import smtp_headers
from django_directmail.attachments import as_content
from django_directmail.content import NO_SUBJECT
from django_directmail.merging import fill
from django_directmail.parameters import shorten_alias
from django_directmail.recipients import Envelope

__all__ = ["write_letter"]


def write_letter(
    message: EmailMessage,
    *,
    envelope: Envelope,
    action: SingleSendMail,
    data: dict[str, str] | None,
    is_shared: bool,
) -> EmailMessage:
    """
    Return a copy of ``message`` for those in ``envelope``; ``message`` stays as it is.

    ``action`` says what the copy must say beside its content. ``data`` is filled in.
    ``is_shared`` says that the envelope holds all recipients. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` for a template: only
    DirectMail has it.
    """
    if action.template is not None:
        raise UnsupportedMessage(
            "The message uses a template of DirectMail and has a part that a policy"
            " sends through SMTP_FALLBACK, which has no templates. Remove one of them."
        )
    letter = copy.copy(message)
    letter.attachments = [as_content(one) for one in message.attachments]
    letter.extra_headers = {**message.extra_headers}
    _address(letter, envelope, is_shared=is_shared)
    _sign(letter, action)
    known = {name.lower() for name in letter.extra_headers}
    for name, value in smtp_headers(action).items():
        if name.lower() not in known:
            letter.extra_headers[name] = value
    if action.reply_address and not letter.reply_to and "reply-to" not in known:
        letter.reply_to = [_format(action.reply_address_alias, action.reply_address)]
    if message.subject or action.subject != NO_SUBJECT:
        letter.subject = action.subject
    if data is not None:
        _fill(letter, data)
    return letter


def _address(letter: EmailMessage, envelope: Envelope, *, is_shared: bool) -> None:
    if envelope.redirect:
        letter.to, letter.cc, letter.bcc = envelope.redirect.split(","), [], []
    elif not is_shared:
        letter.to = [r.address.spec for r in envelope.visible if r.kind != "cc"]
        letter.cc = [r.address.spec for r in envelope.visible if r.kind == "cc"]
        letter.bcc = [r.address.spec for r in envelope.hidden]
    if envelope.redirect or not is_shared:
        # These would still show everybody.
        for name in [n for n in letter.extra_headers if n.lower() in ("to", "cc")]:
            del letter.extra_headers[name]


def _sign(letter: EmailMessage, action: SingleSendMail) -> None:
    """Set the sender, where it is not what the message says itself."""
    header = [name for name in letter.extra_headers if name.lower() == "from"]
    given = letter.extra_headers[header[0]] if header else letter.from_email
    said = parse_address(given, "from_email")
    # A name that is only cut is not another one: here it has all the room it needs.
    is_same_name = (action.from_alias or "") == shorten_alias(
        "from_alias", said.display_name
    )[0]
    if is_same_name and action.account_name == said.wire:
        return
    name = said.display_name if is_same_name else action.from_alias
    letter.from_email = _format(name, action.account_name)
    for key in header:
        del letter.extra_headers[key]


def _format(name: str | None, address: str) -> str:
    return str(Address(display_name=name or "", addr_spec=address))


def _fill(letter: EmailMessage, data: dict[str, str]) -> None:
    is_html = letter.content_subtype == "html"
    letter.body = fill(str(letter.body), data, "The body", is_html=is_html)
    if isinstance(letter, EmailMultiAlternatives):
        alternatives, letter.alternatives = letter.alternatives, []
        for content, kind in alternatives:
            letter.attach_alternative(_filled(content, kind, data), kind)


def _filled(content: Any, kind: str, data: dict[str, str]) -> Any:
    if not kind.startswith("text/") or isinstance(content, bytes):
        return content
    is_html = kind.startswith("text/html")
    return fill(str(content), data, "An alternative", is_html=is_html)
