"""
Addresses as Django takes them, down to the bare ASCII form that the API wants.

Django's own parser (``email.headerregistry``) reads what is not plainly
``local@domain``, and every defect that it finds is an error: its older sibling in
``email.utils`` gives different answers on different patch levels of Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import NonASCIILocalPartDefect
from email.headerregistry import AddressHeader
from functools import lru_cache
from typing import Any

import idna
from django.core.mail import EmailMessage

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.text import BadHeader, one_line

__all__ = [
    "MailAddress",
    "is_addressed",
    "parse_address",
    "parse_addresses",
    "parse_header",
    "refuse_other_recipients",
]

# RFC 5322's longest line. The parser recurses for each comment, so it gets no more.
MAX_LENGTH = 998
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATEXT}(\.{_ATEXT})*")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PLAIN = re.compile(f"{_LOCAL_PART.pattern}@{_DOMAIN.pattern}")


@dataclass(frozen=True)
class MailAddress:
    """
    One mailbox: ``spec`` as its owner spells it, ``wire`` as DirectMail gets it.

    They differ in the domain only, where a non-ASCII one is IDNA-encoded.
    """

    display_name: str
    spec: str
    wire: str

    @property
    def key(self) -> str:
        """Return what two spellings of one mailbox share: only domains ignore case."""
        local, _, domain = self.wire.rpartition("@")
        return f"{local}@{domain.lower()}"


def is_addressed(message: EmailMessage) -> bool:
    """Say whether there is anybody to send ``message`` to, sound address or not."""
    fields = (message.to, message.cc, message.bcc)
    return any(any(f) if isinstance(f, (list, tuple)) else bool(f) for f in fields)


def refuse_other_recipients(message: EmailMessage) -> None:
    """Refuse a message whose class sends to others than its fields say."""
    if type(message).recipients is EmailMessage.recipients:
        return
    fields = (*message.to, *message.cc, *message.bcc)
    if list(message.recipients()) != [address for address in fields if address]:
        raise UnsupportedMessage(
            f"recipients() of {type(message).__name__} gives others than to, cc and"
            " bcc. Change those three instead, for instance in a receiver of pre_send."
        )


def parse_addresses(values: Any, field: str) -> list[MailAddress]:
    """
    Return the mailboxes of ``message.<field>``, without empty entries.

    Raise :exc:`TypeError` if ``values`` is no list, as one string is none, and
    :exc:`ValueError` for an entry that is not exactly one sound mailbox.
    """
    if not isinstance(values, (list, tuple, set, frozenset)):
        kind = type(values).__name__
        raise TypeError(f"message.{field} is of type {kind}; make it a list.")
    return [parse_address(value, field) for value in values if value]


def parse_address(value: Any, field: str) -> MailAddress:
    """Return the one mailbox in ``value``; raise :exc:`ValueError` if it is not one."""
    found = parse_header(value, field)
    if len(found) != 1:
        raise UnsupportedMessage(f"An address in {field} {NOT_ONE}")
    return found[0]


def parse_header(value: Any, field: str) -> tuple[MailAddress, ...]:
    """Return the mailboxes of a header with one or more; raise :exc:`ValueError`."""
    text = one_line(value, f"An address in {field}")
    try:
        return _parse(text)
    except BadHeader:
        raise
    except UnsupportedMessage as error:
        reason = str(error)
    raise UnsupportedMessage(f"An address in {field} {reason}")


NOT_ONE = (
    'is not exactly one address. Write user@example.com or "Name" <user@example.com>,'
    " with quotes around a name that holds a comma."
)


@lru_cache(maxsize=1024)
def _parse(text: str) -> tuple[MailAddress, ...]:
    if len(text) > MAX_LENGTH:
        raise UnsupportedMessage(f"has more than {MAX_LENGTH} characters.")
    if _PLAIN.fullmatch(text):
        return (MailAddress("", text, text),)
    try:
        parsed = AddressHeader.value_parser(text)
        # The one defect for which _mailbox has better words.
        sound = all(
            isinstance(defect, NonASCIILocalPartDefect) for defect in parsed.all_defects
        )
        mailboxes = parsed.all_mailboxes
    except Exception:  # the parser of the standard library trips over some input
        sound, mailboxes = False, []
    if not sound or not mailboxes:
        if _is_local_part(text):
            raise UnsupportedMessage("has no domain. Write user@example.com.")
        raise UnsupportedMessage(NOT_ONE)
    return tuple(_mailbox(mailbox) for mailbox in mailboxes)


def _is_local_part(text: str) -> bool:
    return _LOCAL_PART.fullmatch(text) is not None


def _mailbox(mailbox: Any) -> MailAddress:
    name = str(mailbox.display_name or "")
    # An encoded word can hide a line break that only shows once it is decoded.
    one_line(name, "The display name of an address")
    local, domain = mailbox.local_part or "", mailbox.domain or ""
    if not _is_local_part(local):
        # Recipients travel in one text, separated by commas.
        raise UnsupportedMessage(
            "has a part before the @ that DirectMail does not take: ASCII letters,"
            " digits and ._-+ are safe, quotes and other scripts are not."
        )
    ascii_domain = _to_ascii(domain)
    if not _DOMAIN.fullmatch(ascii_domain):
        raise UnsupportedMessage("has no domain of letters, digits, hyphens and dots.")
    return MailAddress(name, f"{local}@{domain}", f"{local}@{ascii_domain}")


def _to_ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        pass
    raise UnsupportedMessage(
        "has a domain that IDNA cannot encode. Check its spelling."
    )
