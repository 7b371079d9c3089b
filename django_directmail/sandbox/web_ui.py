"""What a browser sees: the page, its files, previews, and the JSON API for tests."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from django_directmail.api.safe_html import without_connections
from django_directmail.sandbox.accounts import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from django_directmail.sandbox.faults import Fault, Faults
from django_directmail.sandbox.mailbox import Mail, Mailbox, MailFile
from django_directmail.sandbox.responses import HttpAnswer
from django_directmail.sandbox.sms_service import ShortMessages

__all__ = ["Viewer"]

#: The files of the page, with their content types.
FILES = {
    "index.html": "text/html;charset=utf-8",
    "viewer.css": "text/css;charset=utf-8",
    "viewer.js": "text/javascript;charset=utf-8",
    "mail.js": "text/javascript;charset=utf-8",
    "sms.js": "text/javascript;charset=utf-8",
    "texts.js": "text/javascript;charset=utf-8",
    "icon.svg": "image/svg+xml",
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self';"
    " style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Mail is in memory only, and its numbers begin anew: a disk must not remember it.
    "Cache-Control": "no-store",
}
#: A mail is somebody else's HTML: no script, no remote content, no way out of its
#: frame. ``data:`` images and inline styles are how mail looks like mail.
PREVIEW_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:;"
    " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'",
    # The policy above has no word on looking up the names of other servers.
    "X-DNS-Prefetch-Control": "off",
}
#: An attachment is somebody else's, too, and may be HTML. It is never shown, only
#: saved; the policy is for what shows it all the same.
DOWNLOAD_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
}
#: An address in running text ends before the punctuation that ends a sentence.
URL = re.compile(r"""https?://[^\s<>"']*[^\s<>"'.,;:!?)\]]""", re.IGNORECASE)
WEB = re.compile("https?://", re.IGNORECASE)


class Viewer:
    """Answers everything that is not a call of the API."""

    def __init__(
        self,
        mailbox: Mailbox,
        sms: ShortMessages,
        faults: Faults,
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.mailbox = mailbox
        self.sms = sms
        self.faults = faults
        self._status = status
        # Numbers of mails and revisions begin anew in every sandbox; this tells a
        # page that stayed open that it talks to another one.
        self._instance = uuid.uuid4().hex

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        """Return the page, file or JSON at ``path``; 404 where there is none."""
        match method, path.removeprefix("/").split("/"):
            case "GET", [""]:
                return _file("index.html")
            case "GET", ["static", name] if name in FILES:
                return _file(name)
            case "GET", ["mails", id, "preview"]:
                return self._preview(id)
            case "GET", ["mails", id, "attachments", number]:
                return self._attachment(id, number)
            case _, ["api", *parts]:
                return self._api(method, parts, headers, body)
        return _nothing()

    def _api(
        self, method: str, parts: list[str], headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        match method, parts:
            case "GET", ["status"]:
                return _json(self._describe())
            case "GET", ["mails"]:
                return self._list()
            case "GET", ["mails", id]:
                return self._detail(id)
            case "DELETE", ["mails"]:
                self.mailbox.clear()
                self.sms.clear()
                return _json({})
            case "GET", ["sms"]:
                return self._list_sms()
            case "GET", ["faults"]:
                return _json({"faults": self.faults.as_list()})
            case "POST", ["faults"]:
                return self._add_fault(headers, body)
            case "DELETE", ["faults"]:
                self.faults.clear()
                return _json({})
        return _nothing()

    def _describe(self) -> dict[str, Any]:
        return {
            **self._status(),
            "instance": self._instance,
            "access_key_id": ACCESS_KEY_ID,
            "access_key_secret": ACCESS_KEY_SECRET,
        }

    def _find(self, id: str) -> Mail | None:
        number = _number(id)
        return None if number is None else self.mailbox.get(number)

    def _list(self) -> HttpAnswer:
        # The revision first: a mail that arrives in between is then shown next time.
        revision = self.mailbox.revision
        mails = [mail.as_dict() for mail in reversed(self.mailbox.all())]
        for mail in mails:
            mail["excerpt"] = mail.pop("text")[:200]
            mail["has_html"] = bool(mail.pop("html"))
            del mail["parameters"], mail["template"]
        return _json({"instance": self._instance, "revision": revision, "mails": mails})

    def _list_sms(self) -> HttpAnswer:
        revision = self.sms.revision
        sms = [sms.as_dict() for sms in reversed(self.sms.all())]
        return _json({"instance": self._instance, "revision": revision, "sms": sms})

    def _detail(self, id: str) -> HttpAnswer:
        mail = self._find(id)
        if mail is None:
            return _gone()
        return _json({**mail.as_dict(), "links": _links(mail.html, mail.text)})

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
        mail = self._find(id)
        if mail is None:
            return _gone()
        html = without_connections(mail.html).encode()
        return HttpAnswer(200, html, "text/html;charset=utf-8", PREVIEW_HEADERS)

    def _attachment(self, id: str, number: str) -> HttpAnswer:
        mail, at = self._find(id), _number(number)
        if mail is None:
            return _gone()
        if at is None or not 1 <= at <= len(mail.attachments):
            return _nothing()
        return _download(mail.attachments[at - 1])


class _Anchors(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets.append((dict(attrs).get("href") or "").strip())


def _links(html: str, text: str) -> list[str]:
    """
    Return the web addresses in a mail, each once.

    Links do not work in the preview, and a mail that confirms something needs its
    link. The page cannot look for them itself: its own policy complains about what
    it parses.
    """
    found = [*_Anchors(html).targets, *URL.findall(text)]
    return [url for url in dict.fromkeys(found) if WEB.match(url)]


def _file(name: str) -> HttpAnswer:
    content = files(__package__).joinpath("static", name).read_bytes()
    return HttpAnswer(200, content, FILES[name], PAGE_HEADERS)


def _number(text: str) -> int | None:
    # Twenty digits are more than any counter reaches, and int() refuses thousands.
    fine = text.isascii() and text.isdecimal() and len(text) <= 20
    return int(text) if fine else None


def _download(file: MailFile) -> HttpAnswer:
    """Return a file to save under its name, as RFC 6266 has it."""
    # For those that do not know RFC 8187, which carries any name.
    plain = "".join(
        c if " " <= c <= "~" and c not in '"\\%' else "_" for c in file.name
    )
    name = f"filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {**DOWNLOAD_HEADERS, "Content-Disposition": f"attachment; {name}"}
    return HttpAnswer(200, file.content, "application/octet-stream", headers)


def _json(value: Any, status: int = 200) -> HttpAnswer:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # JSON in a parameter can smuggle in half a surrogate pair, which has no UTF-8.
    return HttpAnswer(status, text.encode(errors="replace"), headers=PAGE_HEADERS)


def _nothing() -> HttpAnswer:
    return _json({"error": "There is nothing at this address."}, 404)


def _gone() -> HttpAnswer:
    return _json({"error": "There is no such mail, or it made room for newer."}, 404)
