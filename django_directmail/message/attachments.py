"""
Attachments of every kind that Django takes -> files to upload.

Content is not copied: bytes stay the bytes that they are, and a part of MIME is decoded
when it is uploaded. A file object is read here once, where an error of it concerns no
other message, and is left where it was.
"""

from __future__ import annotations

import copy
import mimetypes
from collections.abc import Callable
from email.message import Message
from typing import Any

from django.core.mail import EmailMessage
from django.utils.functional import Promise

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.uploads import MAX_SIZE, File, check_files
from django_directmail.message.policy import Policies
from django_directmail.message.text import one_line, to_text

__all__ = ["read_attachments", "read_files"]


def read_attachments(message: EmailMessage, policies: Policies) -> tuple[File, ...]:
    """
    Return the files of ``message``, their number and size checked.

    Images that the HTML shows by their ``Content-ID`` are for the policy
    ``inline_images``. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` for what cannot be read.
    """
    files = []
    for number, attachment in enumerate(message.attachments, start=1):
        if _is_inline(attachment):
            policies.apply(
                "inline_images",
                "The API cannot show an inline image",
                "link to it with an absolute URL",
            )
        elif not policies.apply(
            "attachments", "The message has an attachment", "link to the file"
        ):
            files.append(_read(attachment, number, message))
    check_files(files)
    return tuple(files)


def read_files(message: EmailMessage) -> EmailMessage:
    """
    Return ``message`` without file objects: a copy with their content, if it has any.

    Some can be read only once, and the content may be wanted for several calls. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` for what cannot be read.
    """
    if not isinstance(message.attachments, (list, tuple)):
        kind = type(message.attachments).__name__
        raise TypeError(f"message.attachments is of type {kind}; make it a list.")
    if not message.attachments:
        return message
    changed = copy.copy(message)
    changed.attachments = [
        _without_file(attachment, number)
        for number, attachment in enumerate(message.attachments, start=1)
    ]
    return changed


def _without_file(attachment: Any, number: int) -> Any:
    if not (isinstance(attachment, (tuple, list)) and len(attachment) == 3):
        return attachment
    name, content, kind = attachment
    if hasattr(content, "read"):
        content = _read_whole(content, number)
    if isinstance(content, (bytearray, memoryview)):
        content = bytes(content)
    return name, content, kind


def _is_inline(attachment: Any) -> bool:
    """Say whether an attachment is an image that the HTML shows by its Content-ID."""
    if not isinstance(attachment, Message):
        return False
    disposition = attachment.get_content_disposition()
    return disposition == "inline" or (
        disposition is None and bool(attachment["Content-ID"])
    )


def _read(attachment: Any, number: int, message: EmailMessage) -> File:
    if isinstance(attachment, Message):
        kind = attachment.get_content_type()
        name = _name(attachment.get_filename(), kind, number)
        return _lazy(name, lambda: _decode(attachment), number)
    try:
        given_name, content, kind = attachment
    except (TypeError, ValueError):
        raise UnsupportedMessage(
            f"Attachment {number} is of type {type(attachment).__name__}; attach()"
            " makes what is expected: a name, the content and its kind."
        ) from None
    name = _name(given_name, kind, number)
    if isinstance(content, EmailMessage):
        # Made once: each time it would get another date.
        return File(name, _make(content, number))
    if isinstance(content, Message):
        return _lazy(name, content.as_bytes, number)
    return _file(name, content, number, str(message.encoding or "utf-8"))


def _file(name: str, content: Any, number: int, encoding: str) -> File:
    """Return a file of bytes or of text."""
    if isinstance(content, bytes):
        return File(name, content)
    if isinstance(content, (str, Promise)):
        text = to_text(content)
        return _lazy(name, lambda: text.encode(encoding), number)
    raise UnsupportedMessage(
        f"The content of attachment {number} is of type {type(content).__name__};"
        " give bytes, text, a file or a message."
    )


def _name(name: Any, kind: Any, number: int) -> str:
    """Return the name to show; one that fits the kind, where there is none."""
    if name:
        return one_line(name, f"The name of attachment {number}")
    kind = str(kind or "").lower()
    ending = ".eml" if _is_nested(kind) else mimetypes.guess_extension(kind) or ".bin"
    return f"attachment-{number}{ending}"


def _is_nested(kind: str) -> bool:
    return kind.startswith(("message/", "multipart/"))


def _decode(part: Message) -> bytes:
    """Return what a part of MIME carries: a nested message as a whole."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        nested: Any = part.get_payload(0)
        return bytes(nested.as_bytes())
    if part.is_multipart():
        return part.as_bytes()
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _make(message: EmailMessage, number: int) -> bytes:
    try:
        return message.message().as_bytes()
    except Exception as error:
        kind = type(error).__name__
    raise UnsupportedMessage(
        f"Attachment {number} is a message that cannot be built ({kind})."
    )


def _lazy(name: str, content: Callable[[], bytes], number: int) -> File:
    """Return a file whose content is made anew when it is wanted, once it is sound."""
    try:
        size = len(content())
    except Exception as error:
        kind = type(error).__name__
    else:
        return File(name, content, size)
    raise UnsupportedMessage(
        f"Attachment {number} cannot be made into bytes ({kind}). Attach it as bytes."
    )


def _read_whole(file: Any, number: int) -> Any:
    """Return all of a file object, which is left at the place where it was."""
    try:
        start = file.tell() if file.seekable() else None
        parts = []
        left = MAX_SIZE + 1
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
        if start is not None:
            file.seek(start)
        return parts[0][:0].join(parts) if parts else b""
    except Exception as error:
        kind = type(error).__name__
    raise UnsupportedMessage(
        f"Attachment {number} is a file that cannot be read ({kind}). Open it, and keep"
        " it open until the mail is sent."
    )
