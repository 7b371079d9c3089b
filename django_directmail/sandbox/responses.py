"""The responses of the API in JSON and XML: results and errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

__all__ = [
    "HttpResponse",
    "Refusal",
    "new_request_id",
    "render_error",
    "render_result",
    "render_xml",
]


@dataclass(frozen=True)
class HttpResponse:
    """The HTTP response to one request."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Refuses a request with the status and code that the service documents."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def render_result(action: str, fields: Mapping[str, Any], format: str) -> HttpResponse:
    """Return the response to a successful call; ``format`` is JSON or XML."""
    return _render(200, f"{action}Response", fields, format)


def render_error(refusal: Refusal, format: str, host: str) -> HttpResponse:
    """Return the response to a refused call; ``format`` is JSON or XML."""
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
    """Return a new request id: a UUID in upper case, as the service has them."""
    return str(uuid.uuid4()).upper()


def _render(
    status: int, root: str, fields: Mapping[str, Any], format: str
) -> HttpResponse:
    if format == "XML":
        return render_xml(status, root, fields)
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(status, text.encode())


def render_xml(status: int, root: str, fields: Mapping[str, Any]) -> HttpResponse:
    """Return a response in XML, with ``fields`` inside the element ``root``."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>{_element(root, fields)}'
    return HttpResponse(status, text.encode(), "text/xml;charset=utf-8")


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, Mapping):
        inner = "".join(_element(key, item) for key, item in value.items())
    else:
        # XML 1.0 does not allow control characters, not even escaped ones.
        text = escape(str(value))
        inner = "".join(
            c for c in text if " " <= c not in "\ufffe\uffff" or c in "\t\n\r"
        )
    return f"<{name}>{inner}</{name}>"
