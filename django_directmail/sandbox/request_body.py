"""Bodies of requests: how much of one is read, and the forms in it."""

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

#: Bytes of a request's body that are read at all: 8 MB of text, form-encoded, or a
#: form with a file of 15 MB.
MAX_REQUEST = 32 * 1024 * 1024
#: Bytes of the headers of one part; more is no form of ours.
MAX_HEAD = 4096

BOUNDARY = re.compile(
    r"multipart/form-data\s*;\s*boundary=(\"?)([\w'()+,./:=?-]{1,70})\1",
    re.ASCII | re.IGNORECASE,
)
NAME = re.compile(r'form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?', re.ASCII)


class MalformedForm(ValueError):
    """The body is no form of the kind that its content type says."""


def refuse_length(length: str, *, chunked: bool) -> int | None:
    """Return the HTTP status for a body that is not read, ``None`` if it is."""
    if chunked:
        return 411
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        return 400
    return 413 if int(length) > MAX_REQUEST else None


def parse_fields(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the fields of a form in its usual encoding; none if it is no such form."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def parse_parts(headers: Mapping[str, str], body: bytes) -> list[tuple[str, bytes]]:
    """
    Return name and content of each part of a ``multipart/form-data`` body, in order.

    Strict, as OSS is: nothing before the first part, behind the last, or between
    them. Raise :exc:`MalformedForm` for anything else. The parser of the standard
    library is for mail: it splits the body into lines and takes ten times its memory.
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
            raise MalformedForm("There is more behind a boundary than the end.")


def _read_head(body: bytes, at: int) -> tuple[str, int]:
    """Return the name of the part that begins at ``at``, and where its content does."""
    end = body.find(b"\r\n\r\n", at, at + MAX_HEAD)
    if end < 0:
        raise MalformedForm("A part has no headers.")
    for header in body[at:end].decode("utf-8", "replace").split("\r\n"):
        name, _, value = header.partition(":")
        found = NAME.fullmatch(value.strip())
        if name.lower() == "content-disposition" and found:
            return found[1], end + 4
    raise MalformedForm("A part has no name.")
