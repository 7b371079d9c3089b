"""What a server says, without what must not be shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
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
# Phone numbers in a request; then the answer may name one of them, in another spelling.
_NUMBERS = re.compile(r"\+?[0-9]{7,}(?:,\+?[0-9]{7,})*")
_NUMBER = re.compile(r"[0-9]{5,}(?=[0-9]{2})")
_ACCESS_KEY = re.compile(r"\b(?:LTAI|STS\.)[A-Za-z0-9]+")


def redact(text: str, *, private: Iterable[str] = ()) -> str:
    """
    Return ``text`` without what must not be shown, on one line, at most 200 characters.

    What goes: the string to sign and all behind it, every value of ``private`` and
    the texts in those that are JSON, in plain or percent-encoded form, AccessKey IDs,
    the local part of addresses, and all but the last two digits of long numbers where
    ``private`` has phone numbers.
    """
    private = [text for value in private for text in _texts(value)]
    forms = [form for value in private for form in _forms(value, len(text))]
    echo = _ECHO.search(text)
    if echo:
        # A value that looks like the beginning of an echo goes as a whole.
        starts = [text.find(f, max(0, echo.start() - len(f) + 1)) for f in forms]
        text = text[: min([echo.start(), *(at for at in starts if at >= 0)])]
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[...]")
    if any(_NUMBERS.fullmatch(value) for value in private):
        text = _NUMBER.sub("[...]", text)
    text = _ACCESS_KEY.sub("[key]", _ADDRESS.sub(r"[...]\1", text))
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."


def _texts(value: str) -> Iterator[str]:
    """Yield ``value``, and the texts in it if it is a JSON object."""
    yield value
    found: list[Any] = []
    if value.startswith("{"):
        with suppress(ValueError, RecursionError):
            json.loads(value, object_hook=lambda inner: found.extend(inner.values()))
    for text in found:
        if isinstance(text, str):
            # JSON can smuggle in half a surrogate pair, which has no UTF-8.
            yield text.encode(errors="replace").decode()


def _forms(value: str, length: int) -> set[str]:
    """Return how ``value`` may stand in a text of that ``length``."""
    if not _PRIVATE_LENGTH <= len(value) <= length:
        return set()
    once = quote(value, safe="~")
    return {value, once, quote(once, safe="~"), quote_plus(value)}
