"""What can be said of a message that cannot be sent, however broken it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any

from django.utils.functional import Promise

from django_directmail.message.addresses import parse_address
from django_directmail.message.text import to_text

__all__ = ["Outline", "outline"]


@dataclass(frozen=True)
class Outline:
    """Sender, subject, and each address with its kind: to, cc or bcc."""

    sender: str = ""
    subject: str = ""
    recipients: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def outline(message: Any) -> Outline:
    """Return the :class:`Outline` of ``message``, which may be of any type."""
    sender = _get(message, "from_email")
    try:
        sender = parse_address(sender, "from_email").wire
    except Exception:
        sender = _loose_text(sender)
    return Outline(
        sender,
        _loose_text(_get(message, "subject")),
        tuple(
            (address, kind)
            for kind in ("to", "cc", "bcc")
            for address in _loose_addresses(_get(message, kind))
        ),
    )


def _loose_addresses(values: Any) -> Iterator[str]:
    """Yield addresses out of what may be no list, and hold no addresses."""
    if isinstance(values, str) or not isinstance(values, (list, tuple, set)):
        values = [values]
    for value in values:
        try:
            yield parse_address(value, "to").spec
        except Exception:
            if text := _loose_text(value):
                yield text


def _loose_text(value: Any) -> str:
    """Return ``value`` as text, whatever it is."""
    if value is None:
        return ""
    try:
        if isinstance(value, (str, Promise, Address)):
            return to_text(value)
    except Exception:
        pass
    # Not its repr, which may say anything.
    return f"({type(value).__name__})"


def _get(message: Any, name: str) -> Any:
    try:
        return getattr(message, name, None)
    except Exception:
        return None
