"""What a server says, without what must not be shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

__all__ = ["MESSAGE_LENGTH", "redact"]

#: Longest part of a server's message that is kept.
MESSAGE_LENGTH = 200
# Shorter values ("1", "true", "a@b") are no secret and would shred the message.
_PRIVATE_LENGTH = 4
# From here on a mismatch answer repeats the whole request, encoded once or twice.
# The look-behinds let a match begin at the start of a run only: without them, a long
# run of dots, or a word of a megabyte, would take hours.
_ECHO = re.compile(
    r"(?i)(?<![\s.;:,])[\s.;:,]*(?:(?:the\s+)?server'?s?\s+)?"
    r"(?:string\s*to\s*sign|canonical\s*request|(?:POST|GET)\s*&|%25|%3D)[\s\S]*"
)
_ADDRESS = re.compile(r"(?<![^\s@<>\"(),;:])[^\s@<>\"(),;:]+(@|%40)")
_ACCESS_KEY = re.compile(r"\b(?:LTAI|STS\.)[A-Za-z0-9]+")


def redact(text: str, *, private: Iterable[str] = ()) -> str:
    """
    Return ``text`` without what must not be shown, on one line, at most 200 characters.

    What goes: the string to sign and all behind it, every value of ``private`` in
    plain or percent-encoded form, AccessKey IDs, and the local part of addresses.
    """
    forms = [form for value in private for form in _forms(value, len(text))]
    echo = _ECHO.search(text)
    if echo:
        # A value that looks like the beginning of an echo goes as a whole.
        starts = [text.find(f, max(0, echo.start() - len(f) + 1)) for f in forms]
        text = text[: min([echo.start(), *(at for at in starts if at >= 0)])]
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[...]")
    text = _ACCESS_KEY.sub("[key]", _ADDRESS.sub(r"[...]\1", text))
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."


def _forms(value: str, length: int) -> set[str]:
    """Return how ``value`` may stand in a text of that ``length``."""
    if not _PRIVATE_LENGTH <= len(value) <= length:
        return set()
    once = quote(value, safe="~")
    return {value, once, quote(once, safe="~"), quote_plus(value)}
