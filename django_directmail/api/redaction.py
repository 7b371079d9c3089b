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
_ECHO = re.compile(
    r"(?i)[\s.;:,]*(?:(?:the\s+)?server'?s?\s+)?"
    r"(?:string\s*to\s*sign|canonical\s*request|(?:POST|GET)\s*&|%25|%3D)[\s\S]*"
)
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:=&%]+@")
_ACCESS_KEY = re.compile(r"\b(?:LTAI|STS\.)[A-Za-z0-9]+")


def redact(text: str, *, private: Iterable[str] = ()) -> str:
    """
    Return ``text`` without what must not be shown, on one line, at most 200 characters.

    What goes: the string to sign and all behind it, every value of ``private`` in
    plain or percent-encoded form, AccessKey IDs, and the local part of addresses.
    """
    for value in sorted(set(private), key=len, reverse=True):
        if len(value) >= _PRIVATE_LENGTH:
            once = quote(value, safe="~")
            for form in (value, once, quote(once, safe="~"), quote_plus(value)):
                text = text.replace(form, "[...]")
    text = _ECHO.sub("", text)
    text = _ACCESS_KEY.sub("[key]", _ADDRESS.sub("[...]@", text))
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."
