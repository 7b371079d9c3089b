"""Values that people write, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_directmail._compat import HeaderError
from django_directmail.api.errors import UnsupportedMessage

__all__ = ["NO_TEXT", "BadHeader", "one_line", "to_text"]

#: Types whose ``str()`` nobody means.
NO_TEXT = (bytearray, Mapping, list, tuple, set, frozenset)


class BadHeader(UnsupportedMessage, HeaderError):  # type: ignore[misc, valid-type]  # chosen by Django's version
    """A line break where it could start a header of its own; nothing was sent."""


def to_text(value: Any) -> str:
    """Return ``value`` as text; of a text that is also an enum member, its value."""
    return str.__str__(value) if isinstance(value, str) else str(value)


def one_line(text: Any, where: str) -> str:
    """
    Return ``text`` as a string.

    Raise :exc:`BadHeader` if it holds a line break, and
    :exc:`~django_directmail.api.errors.UnsupportedMessage` for ``None``, bytes and
    containers, whose ``str()`` nobody means.
    """
    if text is None or isinstance(text, (bytes, *NO_TEXT)):
        kind = "None" if text is None else f"of type {type(text).__name__}"
        raise UnsupportedMessage(f"{where} is {kind}; make it text.")
    line = to_text(text)
    if "\n" in line or "\r" in line:
        raise BadHeader(
            f"{where} holds a line break, which could forge a header. Remove it."
        )
    return line
