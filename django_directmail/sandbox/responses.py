"""Answers as the gateway words them: JSON or XML, results and errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

__all__ = [
    "HttpAnswer",
    "Refusal",
    "new_request_id",
    "render_error",
    "render_result",
    "render_xml",
]


@dataclass(frozen=True)
class HttpAnswer:
    """What goes back over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The sandbox says no, with the status and code that the service documents."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def render_result(action: str, fields: Mapping[str, Any], format: str) -> HttpAnswer:
    """Return the answer to a call that went well, in ``"JSON"`` or ``"XML"``."""
    return _render(200, f"{action}Response", fields, format)


def render_error(refusal: Refusal, format: str, host: str) -> HttpAnswer:
    """Return the answer to a call that was refused."""
    request_id = new_request_id()
    fields = {
        "RequestId": request_id,
        "HostId": host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": "https://api.aliyun.com/troubleshoot"
        f"?q={refusal.code}&product=Dm&requestId={request_id}",
    }
    return _render(refusal.status, "Error", fields, format)


def new_request_id() -> str:
    """Return an id in the form of the service: an upper-case UUID."""
    return str(uuid.uuid4()).upper()


def _render(
    status: int, root: str, fields: Mapping[str, Any], format: str
) -> HttpAnswer:
    if format == "XML":
        return render_xml(status, root, fields)
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return HttpAnswer(status, text.encode())


def render_xml(status: int, root: str, fields: Mapping[str, Any]) -> HttpAnswer:
    """Return an answer in XML, with ``fields`` below the element ``root``."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>{_element(root, fields)}'
    return HttpAnswer(status, text.encode(), "text/xml;charset=utf-8")


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, Mapping):
        inner = "".join(_element(key, item) for key, item in value.items())
    else:
        # XML 1.0 has no control characters, not even escaped ones.
        text = escape(str(value))
        inner = "".join(
            c for c in text if " " <= c not in "\ufffe\uffff" or c in "\t\n\r"
        )
    return f"<{name}>{inner}</{name}>"
