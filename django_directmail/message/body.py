"""Subject and bodies of a message, exactly as written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.mail import EmailMessage

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.policy import Policies
from django_directmail.message.text import NO_TEXT, one_line, to_text

__all__ = ["BLANK_BODY", "NO_SUBJECT", "as_text", "read_bodies", "read_subject"]

# Django sends mail without subject or body; DirectMail wants both.
NO_SUBJECT = "(no subject)"
BLANK_BODY = "\n"


def read_subject(subject: Any) -> str:
    """Return a subject of one line; raise :exc:`ValueError` if it has more."""
    return one_line(as_text(subject), "The subject") or NO_SUBJECT


def read_bodies(message: EmailMessage, policies: Policies) -> dict[str, str]:
    """
    Return ``text_body`` and ``html_body``, as far as ``message`` has them.

    What is neither, or one too many, is for the policy ``alternatives``.
    """
    subtype = str(message.content_subtype).lower()
    values: dict[str, str] = {}
    if subtype in ("plain", "html"):
        name = "text_body" if subtype == "plain" else "html_body"
        values[name] = as_text(message.body)
    else:
        policies.apply(
            "alternatives",
            f"The body is of the kind {f'text/{subtype}'!r}, and the API carries"
            " text/plain and text/html",
            "use one of these",
        )
    for content, kind in _alternatives(message):
        kind = str(kind).partition(";")[0].strip().lower()
        name = {"text/plain": "text_body", "text/html": "html_body"}.get(kind, "")
        if name and not values.get(name):
            values[name] = as_text(content)
        else:
            policies.apply(
                "alternatives",
                "The API carries one text and one HTML body, and the message has one"
                f" more alternative, {kind!r}",
                "remove it",
            )
    if not any(values.values()):
        values = {"html_body" if subtype == "html" else "text_body": BLANK_BODY}
    return {name: text for name, text in values.items() if text}


def _alternatives(message: EmailMessage) -> Iterator[tuple[Any, Any]]:
    """Yield content and kind of each, which Django does not look at either."""
    found = getattr(message, "alternatives", ())
    if not isinstance(found, (list, tuple)):
        kind = type(found).__name__
        raise TypeError(f"message.alternatives is of type {kind}; make it a list.")
    for number, one in enumerate(found, start=1):
        if not (isinstance(one, (tuple, list)) and len(one) == 2):
            raise UnsupportedMessage(
                f"Alternative {number} is of type {type(one).__name__};"
                " attach_alternative() makes what is expected: content and its kind."
            )
        yield one[0], one[1]


def as_text(content: Any) -> str:
    """
    Return a body or an alternative as text; ``None`` is an empty one.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for bytes that are not
    UTF-8, and for containers.
    """
    if isinstance(content, NO_TEXT):
        raise UnsupportedMessage(
            f"A part of the message is of type {type(content).__name__}; make it text."
        )
    if content is None:
        return ""
    if not isinstance(content, bytes):
        return to_text(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    raise UnsupportedMessage("A part of the message is not UTF-8. Decode it first.")
