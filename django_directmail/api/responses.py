"""
Answers of DirectMail, in JSON and in XML, as frozen dataclasses or errors. Pure.

A success has HTTP status 2xx and a request id. An error has a code. All else is not
an answer of DirectMail: a page of a proxy, a cut-off body, nothing at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from xml.etree import ElementTree

from django_directmail.api.error_codes import RULES, api_error
from django_directmail.api.errors import (
    DirectMailError,
    ThrottledError,
    TransportError,
)
from django_directmail.api.fields import Row, read_rows, wire

__all__ = ["Answer", "Page", "Result", "SendResult", "read_error", "read_fields"]

RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP. ``headers`` are keyed in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Result(Row):
    """Base of all results. ``request_id`` is what Alibaba's support asks for."""

    request_id: str = wire("RequestId", default="")


@dataclass(frozen=True, kw_only=True)
class SendResult(Result):
    """A mail was accepted. ``env_id`` is what the delivery events will carry."""

    env_id: str = wire("EnvId", default="")


@dataclass(frozen=True, kw_only=True)
class Page(Result, Generic[RowT]):
    """One page of a list: its rows, and of how many in all. Pages count from 1."""

    total_count: int = wire("TotalCount", default=0)
    page_number: int = wire("PageNumber", default=1)
    page_size: int = wire("PageSize", default=0)
    items: tuple[RowT, ...] = ()

    @classmethod
    def of(cls, row: type[RowT], answer: Mapping[str, Any], *path: str) -> Page[RowT]:
        """Read the counts, and the rows that are nested below ``path``."""
        return replace(cls.from_fields(answer), items=read_rows(row, answer, *path))


def read_fields(answer: Answer) -> dict[str, Any] | None:
    """
    Return the top-level fields of an answer, or ``None`` if it is unreadable.

    XML with a document type is refused unread: DirectMail sends none, and entities
    are how a few bytes of XML fill the memory.
    """
    body = answer.body.strip()
    try:
        if body.startswith(b"<"):
            # Every other byte of UTF-16 is zero: a document type would hide in it.
            if b"<!" in body or b"\0" in body:
                return None
            found = _element_fields(ElementTree.fromstring(body))
        else:
            found = json.loads(body)
    except (ValueError, ElementTree.ParseError, RecursionError, LookupError):
        # A LookupError is XML in an encoding that Python does not know.
        return None
    return found if isinstance(found, dict) else None


def _element_fields(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _element_fields(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def read_error(
    action: str,
    answer: Answer,
    found: Mapping[str, Any] | None,
    *,
    private: Iterable[str] = (),
    sends: str | None = "mail",
) -> DirectMailError | None:
    """
    Return the exception for an ``answer`` with the fields ``found``, ``None`` if good.

    ``private`` are values of the request that must not appear in it; ``sends`` is that
    of the action. The exception is
    returned, not raised, so that no traceback holds the body of the answer.
    """
    found = found or {}
    code = _text(found, "Code", "code")
    request_id = _text(found, "RequestId", "requestId", "request_id")
    fine = 200 <= answer.status < 300 and request_id
    if fine and (code in ("", "OK") or (code not in RULES and _text(found, "EnvId"))):
        return None
    if code and code != "OK":
        error = api_error(
            action,
            code=code,
            message=_text(found, "Message", "message"),
            request_id=request_id,
            http_status=answer.status,
            retry_after=_retry_after(answer.headers),
            private=private,
            sends=sends,
        )
        if isinstance(error, ThrottledError) and error.retry_after is None:
            error.retry_after = _time_left(answer.headers)
        return error
    return _unreadable(action, answer)


def _text(found: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(found.get(name), (str, int)):
            return str(found[name]).strip()
    return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the wait that the gateway asks for; its header counts milliseconds."""
    value = headers.get("x-acs-retry-after", "")
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        return None
    return int(value) / 1000


def _time_left(headers: Mapping[str, str]) -> float | None:
    """Return the wait that older gateways tell: ``Limit:100,Remain:0,TimeLeft:900``."""
    told = ",".join(
        headers.get(f"x-ratelimit-{name}", "") for name in ("user-api", "user")
    )
    found = re.findall(r"\bTimeLeft\s*:\s*([0-9]{1,9})\b", told)
    return max(map(int, found)) / 1000 if found else None


def _unreadable(action: str, answer: Answer) -> TransportError:
    what = f"HTTP {answer.status}"
    if 300 <= answer.status < 400:
        remedy = "a redirect, which is not followed. Correct the endpoint."
    elif answer.status == 407:
        remedy = "an HTTP proxy wants authentication. Put it into the proxy's URL."
    elif not answer.body.strip():
        remedy = "an empty body."
    else:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()[:40]
        remedy = (
            f"a body that DirectMail does not send ({kind or 'no content type'},"
            f" {len(answer.body)} bytes). Is there a proxy in between, or is the"
            " endpoint wrong?"
        )
    unread = answer.status == 407
    return TransportError(
        f"{action} got no usable answer: {what} with {remedy}",
        accepted="no" if unread else "unknown",
        retryable=False,
    )
