"""The body of a request: how many bytes are read, and the form fields in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

__all__ = [
    "MAX_REQUEST",
    "MalformedForm",
    "parse_fields",
    "parse_parts",
    "refuse_length",
]

#: The largest body in bytes: 8 MB of text grow when they are form-encoded, and an
#: upload has a file of up to 15 MB.
MAX_REQUEST = 32 * 1024 * 1024
#: The largest headers of one part of a multipart form, in bytes.
MAX_HEAD = 4096

BOUNDARY = re.compile(
    r"multipart/form-data\s*;\s*boundary=(\"?)([\w'()+,./:=?-]{1,70})\1",
    re.ASCII | re.IGNORECASE,
)
NAME = re.compile(r'form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?', re.ASCII)


class MalformedForm(ValueError):
    """Raised if the body is not a ``multipart/form-data`` form."""


def refuse_length(length: str, *, chunked: bool) -> int | None:
    """Return the HTTP status that refuses a body of this length, or ``None``."""
    if chunked:
        return 411
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        return 400
    return 413 if int(length) > MAX_REQUEST else None


def parse_fields(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """
    Return the fields of an ``application/x-www-form-urlencoded`` body.

    Return an empty dict for any other content type.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def parse_parts(headers: Mapping[str, str], body: bytes) -> list[tuple[str, bytes]]:
    """
    Return name and content of each part of a ``multipart/form-data`` body, in order.

    This is as strict as OSS: bytes before the first part, between two parts or after
    the last one raise :exc:`MalformedForm`. The parser of the standard library is made
    for mail: it splits the body into lines and needs ten times as much memory.
    """
    found = BOUNDARY.fullmatch(headers.get("content-type", "").strip())
    if not found:
        raise MalformedForm("The content type is not multipart/form-data.")
    line = b"--" + found[2].encode()
    if not body.startswith(line + b"\r\n"):
        raise MalformedForm("The body does not begin with the boundary.")
    parts = []
    at = len(line) + 2
    while True:
        name, start = _read_head(body, at)
        end = body.find(b"\r\n" + line, start)
        if end < 0:
            raise MalformedForm("The last part has no end.")
        parts.append((name, body[start:end]))
        at = end + len(line) + 4
        if body[at - 2 : at] == b"--" and body[at:] in (b"", b"\r\n"):
            return parts
        if body[at - 2 : at] != b"\r\n":
            raise MalformedForm("A boundary is not followed by a line break or by --.")


def _read_head(body: bytes, at: int) -> tuple[str, int]:
    """Return the name of the part at ``at``, and where its content begins."""
    end = body.find(b"\r\n\r\n", at, at + MAX_HEAD)
    if end < 0:
        raise MalformedForm("A part has no headers.")
    for header in body[at:end].decode("utf-8", "replace").split("\r\n"):
        name, _, value = header.partition(":")
        found = NAME.fullmatch(value.strip())
        if name.lower() == "content-disposition" and found:
            return found[1], end + 4
    raise MalformedForm("A part has no name.")
