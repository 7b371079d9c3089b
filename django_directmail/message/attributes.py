"""
What a message may carry beyond Django: tags, tracking, metadata, a template.

The attributes have the names of django-anymail, so that code ports both ways. They
need no special message class: set them on any ``EmailMessage``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from django.core.mail import EmailMessage
from django.utils.functional import Promise

from django_directmail.api.actions.mail import EVENT_HEADER_PREFIX
from django_directmail.api.encoding import is_unicode
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.headers import Headers
from django_directmail.message.parameters import clean_parameters, make_template
from django_directmail.message.text import BadHeader, one_line, to_text

__all__ = [
    "Attributes",
    "decode_metadata",
    "decode_name",
    "encode_metadata",
    "encode_name",
    "get_attribute",
    "metadata_headers",
    "read_attributes",
    "read_key",
]

#: Attributes of django-anymail that would get lost, and what to do without them.
UNKNOWN = {
    "envelope_sender": "DirectMail has one sender, which is from_email.",
    "send_at": "DirectMail sends at once; send the message when it is time.",
}


#: Characters of an idempotency key.
MAX_KEY = 255


@dataclass(frozen=True)
class Attributes:
    """
    What the extra attributes of a message say, as parameters and headers.

    A parameter that is ``None`` cancels a default. ``headers`` join those of the
    defaults, unless ``cancel_headers`` is set. With ``more_tags`` there are tags beyond
    the first, which is the one in ``parameters``.
    """

    parameters: dict[str, Any]
    headers: Headers
    cancel_headers: bool = False
    more_tags: bool = False


def read_attributes(message: EmailMessage) -> Attributes:
    """
    Return what the extra attributes of ``message`` stand for.

    ``esp_extra`` wins over ``directmail``, and that over the others. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` for what cannot be sent.
    """
    _refuse_unknown(message)
    tags = get_attribute(message, "tags") or ()
    no_lists = (str, Promise, bytes, Mapping)
    if isinstance(tags, no_lists) or not isinstance(tags, Iterable):
        raise UnsupportedMessage(
            f"tags is of type {type(tags).__name__}; make it a list."
        )
    tags = [tag for tag in tags if tag]
    values = {**_tracking(message), **_template(message)}
    if tags:
        values["tag_name"] = one_line(tags[0], "A tag")
    headers = metadata_headers(get_attribute(message, "metadata"), "metadata")
    cancel_headers = False
    for attribute in ("directmail", "esp_extra"):
        values.update(_by_hand(message, attribute))
        by_hand = values.pop("headers", {})
        cancel_headers = cancel_headers or by_hand is None
        headers.update(by_hand or {})
    return Attributes(values, headers, cancel_headers, more_tags=len(tags) > 1)


def _by_hand(message: EmailMessage, attribute: str) -> dict[str, Any]:
    try:
        return clean_parameters(get_attribute(message, attribute) or {})
    except BadHeader:
        raise
    except UnsupportedMessage as error:
        reason = str(error)
    raise UnsupportedMessage(f"message.{attribute}: {reason}")


def _refuse_unknown(message: EmailMessage) -> None:
    """Refuse what django-anymail knows and DirectMail has nothing for."""
    for name, way_out in UNKNOWN.items():
        if get_attribute(message, name) is not None:
            raise UnsupportedMessage(
                f"message.{name} has no counterpart: {way_out} Do not set it."
            )


def get_attribute(message: EmailMessage, name: str) -> Any:
    """Return an extra attribute of ``message``, ``None`` where it is not set."""
    value = getattr(message, name, None)
    # The message class of django-anymail has a class there until it is set.
    return None if isinstance(value, type) else value


def _tracking(message: EmailMessage) -> dict[str, Any]:
    """Return the one switch that DirectMail has for opens and clicks together."""
    found = {
        bool(value)
        for name in ("track_opens", "track_clicks")
        if (value := get_attribute(message, name)) is not None
    }
    if len(found) > 1:
        raise UnsupportedMessage(
            "track_opens and track_clicks differ; DirectMail tracks both or none."
        )
    return {"click_trace": "1" if found.pop() else "0"} if found else {}


def metadata_headers(metadata: Any, where: str) -> Headers:
    """
    Return the headers that carry ``metadata``; ``where`` it stands is for the error.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for what is no JSON
    scalar, and for two keys that differ in nothing but case, as headers do not.
    """
    metadata = metadata or {}
    if not isinstance(metadata, Mapping):
        raise UnsupportedMessage(
            f"{where} is a {type(metadata).__name__}; make it a dict."
        )
    headers: dict[str, str] = {}
    for key, value in metadata.items():
        text = one_line(key, f"A key of {where}")
        if not (text and is_unicode(text)):
            raise UnsupportedMessage(
                f"{where} has an empty key, or one with half a character."
            )
        name = EVENT_HEADER_PREFIX + encode_name(text)
        if name in headers:
            raise UnsupportedMessage(f"{where} has the key {text!r} twice.")
        headers[name] = encode_metadata(key, value)
    return Headers.read(headers)


def _template(message: EmailMessage) -> dict[str, Any]:
    template_id = get_attribute(message, "template_id")
    return {} if template_id is None else {"template": make_template(template_id, None)}


def encode_name(key: str) -> str:
    """
    Return ``key`` as a part of a header's name, which takes few characters.

    All others go percent-encoded, as in URLs; :func:`decode_name` reads them back.
    """
    return quote(key, safe="!#$&'*+^`|")


def decode_name(name: str) -> str:
    """Return the key that :func:`encode_name` was given."""
    return unquote(name)


def encode_metadata(name: Any, value: Any) -> str:
    """
    Return a JSON scalar as a header value that :func:`decode_metadata` reads back.

    Plain text stays as it is, so that it is readable in the events. What is no text,
    or could be mistaken for something else, goes as ASCII JSON.
    """
    if isinstance(value, (str, Promise)):
        value = to_text(value)
    if isinstance(value, str) and _is_plain(value):
        return value
    if value is None or isinstance(value, (str, int, float, bool)):
        return json.dumps(value)
    raise UnsupportedMessage(
        f"metadata[{str(name)!r}] is a {type(value).__name__}; it must be text, a"
        " number, True, False or None."
    )


def decode_metadata(text: str) -> Any:
    """Return the value that :func:`encode_metadata` was given."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, (dict, list)) else value


def _is_plain(text: str) -> bool:
    printable = text.isascii() and text.isprintable() and text == text.strip()
    return bool(text) and printable and decode_metadata(text) is text


def read_key(message: EmailMessage) -> str | None:
    """
    Return ``message.idempotency_key``, ``None`` if there is none.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` if it cannot be one.
    """
    key = getattr(message, "idempotency_key", None)
    if key is None:
        return None
    text = one_line(key, "message.idempotency_key")
    if not (0 < len(text) <= MAX_KEY and text.isprintable() and text == text.strip()):
        raise UnsupportedMessage(
            f"message.idempotency_key must be 1 to {MAX_KEY} printable characters,"
            " without a space at either end."
        )
    return text
