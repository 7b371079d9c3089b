"""
Who gets a message: each mailbox once, in as many calls as it takes.

On a staging site, where ``REDIRECT_ALL_TO`` or ``ALLOWED_DOMAINS`` is set, strangers
get nothing: their mail goes to one address instead, or to nobody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.mail import EmailMessage

from django_directmail.api.actions.mail import MAX_BCC, MAX_TO
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.addresses import MailAddress, parse_addresses
from django_directmail.message.policy import Policies

__all__ = ["Envelope", "Recipient", "envelopes", "read_recipients"]

#: Visible and hidden recipients of one call.
LIMITS = (MAX_TO, MAX_BCC)


@dataclass(frozen=True)
class Recipient:
    """One mailbox, and where it stands in the message: to, cc or bcc."""

    address: MailAddress
    kind: str


@dataclass(frozen=True)
class Envelope:
    """
    Whose mail one call carries.

    With ``redirect``, that address gets it in their place. ``is_withheld`` says that
    nobody does, as ``ALLOWED_DOMAINS`` knows none of them.
    """

    visible: tuple[Recipient, ...]
    hidden: tuple[Recipient, ...] = ()
    redirect: str = ""
    is_withheld: bool = False

    @property
    def everybody(self) -> tuple[Recipient, ...]:
        """Return those who are meant, seen or not."""
        return self.visible + self.hidden

    @property
    def to(self) -> str:
        """Return the visible addresses that really get the mail, joined by commas."""
        return self.redirect or ",".join(r.address.wire for r in self.visible)

    @property
    def bcc(self) -> str | None:
        """Return the hidden ones."""
        if self.redirect or not self.hidden:
            return None
        return ",".join(r.address.wire for r in self.hidden)

    @property
    def meant(self) -> str:
        """Return everybody's address, for the header that tells a redirected mail."""
        return ", ".join(r.address.wire for r in self.everybody)


def read_recipients(message: EmailMessage, policies: Policies) -> list[Recipient]:
    """
    Return the mailboxes of ``message``; of one that is there twice, the first.

    Raise :exc:`ValueError` or :exc:`TypeError` for what is no address.
    """
    found = {
        kind: parse_addresses(getattr(message, kind), kind)
        for kind in ("to", "cc", "bcc")
    }
    if found["cc"] and policies.apply(
        "cc", "The API has no Cc", "put these addresses into to"
    ):
        if not (found["to"] or found["bcc"]):
            raise UnsupportedMessage(
                'The message has recipients in cc only, and POLICY["cc"] drops those.'
                " Put them into to."
            )
        found["cc"] = []
    recipients: dict[str, Recipient] = {}
    for kind, addresses in found.items():
        for address in addresses:
            recipients.setdefault(address.key, Recipient(address, kind))
    return list(recipients.values())


def envelopes(
    recipients: list[Recipient],
    *,
    split: bool,
    together: bool = False,
    redirect: str | None = None,
    allowed: tuple[str, ...] | None = None,
) -> Iterator[Envelope]:
    """
    Yield what each call carries.

    ``split`` gives each recipient a call; else ``together`` keeps them in one, however
    many they are. Those in the ``allowed`` domains get their mail; if there are
    strangers, ``redirect`` gets it in their place, else nobody does.
    """
    limits = (1, 0) if split else (sys.maxsize,) * 2 if together else LIMITS
    known, strangers = recipients, []
    if redirect or allowed is not None:
        known = [r for r in recipients if _is_in(r.address, allowed or ())]
        strangers = [r for r in recipients if not _is_in(r.address, allowed or ())]
    for visible, hidden in _batches(known, *limits):
        yield Envelope(tuple(visible), tuple(hidden))
    if redirect:
        for visible, hidden in _batches(strangers, *limits):
            yield Envelope(tuple(visible), tuple(hidden), redirect)
    elif strangers:
        yield Envelope(tuple(strangers), is_withheld=True)


def _is_in(address: MailAddress, domains: tuple[str, ...]) -> bool:
    return address.wire.rpartition("@")[2].lower() in domains


def _batches(
    recipients: list[Recipient], size: int, hidden: int
) -> Iterator[tuple[list[Recipient], list[Recipient]]]:
    """
    Yield visible and hidden recipients for each call, so many of both at most.

    A hidden one that does not fit next to the others, or has no others, gets a call of
    its own, where it is alone in the visible field.
    """
    to = [r for r in recipients if r.kind != "bcc"]
    bcc = [r for r in recipients if r.kind == "bcc"]
    beside = bcc[:hidden] if to else []
    for start in range(0, len(to), size):
        yield to[start : start + size], [] if start else beside
    for recipient in bcc[len(beside) :]:
        yield [recipient], []
