"""What a browser sees: the page, its files, previews, and the JSON API for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from django_directmail.sandbox.answers import HttpAnswer
from django_directmail.sandbox.faults import Fault, Faults
from django_directmail.sandbox.mailbox import Mailbox

__all__ = ["Viewer"]

#: The files of the page, with their content types.
FILES = {
    "index.html": "text/html;charset=utf-8",
    "viewer.css": "text/css;charset=utf-8",
    "viewer.js": "text/javascript;charset=utf-8",
    "icon.svg": "image/svg+xml",
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
#: A mail is somebody else's HTML: no script, no remote content, no way out of its
#: frame. ``data:`` images and inline styles are how mail looks like mail.
PREVIEW_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:;"
    " style-src 'unsafe-inline'; frame-ancestors 'self'",
}


class Viewer:
    """Answers everything that is not a call of the API."""

    def __init__(
        self, mailbox: Mailbox, faults: Faults, status: Callable[[], Mapping[str, Any]]
    ) -> None:
        self.mailbox = mailbox
        self.faults = faults
        self._status = status

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        """Return the page, file or JSON at ``path``; 404 where there is none."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if method == "GET" and parts == [""]:
            return _file("index.html")
        if method == "GET" and parts[0] == "static" and parts[-1] in FILES:
            return _file(parts[-1])
        if method == "GET" and parts[0] == "mails" and parts[-1] == "preview":
            return self._preview(parts[1])
        if parts[0] == "api":
            return self._api(method, parts[1:], headers, body)
        return _json({"error": "There is nothing at this address."}, 404)

    def _api(
        self, method: str, parts: list[str], headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        match method, parts:
            case "GET", ["status"]:
                return _json(self._status())
            case "GET", ["mails"]:
                return self._list()
            case "GET", ["mails", id]:
                mail = self.mailbox.get(int(id)) if id.isdecimal() else None
                return _json(mail.as_dict()) if mail else _gone()
            case "DELETE", ["mails"]:
                self.mailbox.clear()
                return _json({})
            case "GET", ["faults"]:
                return _json({"faults": self.faults.as_list()})
            case "POST", ["faults"]:
                return self._add_fault(headers, body)
            case "DELETE", ["faults"]:
                self.faults.clear()
                return _json({})
        return _json({"error": "There is nothing at this address."}, 404)

    def _list(self) -> HttpAnswer:
        # The revision first: a mail that arrives in between is then shown next time.
        revision = self.mailbox.revision
        mails = [mail.as_dict() for mail in reversed(self.mailbox.all())]
        for mail in mails:
            mail["excerpt"] = mail.pop("text")[:200]
            mail["has_html"] = bool(mail.pop("html"))
            del mail["parameters"], mail["template"]
        return _json({"revision": revision, "mails": mails})

    def _add_fault(self, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        # A page of another site can post a form here, but not this content type.
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return _json({"error": "Send application/json."}, 415)
        try:
            fault = Fault.from_dict(json.loads(body))
        except (ValueError, TypeError, RecursionError) as error:
            return _json({"error": str(error)}, 400)
        self.faults.add(fault)
        return _json({"faults": self.faults.as_list()}, 201)

    def _preview(self, id: str) -> HttpAnswer:
        mail = self.mailbox.get(int(id)) if id.isdecimal() else None
        if mail is None:
            return _gone()
        return HttpAnswer(
            200, mail.html.encode(), "text/html;charset=utf-8", PREVIEW_HEADERS
        )


def _file(name: str) -> HttpAnswer:
    content = files(__package__).joinpath("static", name).read_bytes()
    return HttpAnswer(200, content, FILES[name], PAGE_HEADERS)


def _json(value: Any, status: int = 200) -> HttpAnswer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return HttpAnswer(status, body, headers=PAGE_HEADERS)


def _gone() -> HttpAnswer:
    return _json({"error": "There is no such mail, or it made room for newer."}, 404)
