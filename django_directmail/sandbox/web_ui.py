"""The web UI: the page, its static files, the previews, and the JSON API."""

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
from django_directmail.sandbox.http_request import HttpRequest
from django_directmail.sandbox.mailbox import Mail, Mailbox, MailFile
from django_directmail.sandbox.responses import HttpResponse
from django_directmail.sandbox.sms_service import SmsService

__all__ = ["WebUi"]

#: The static files of the page, with their content types.
FILES = {
    "index.html": "text/html;charset=utf-8",
    "web_ui.css": "text/css;charset=utf-8",
    "web_ui.js": "text/javascript;charset=utf-8",
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
    # Mail is kept in memory only, so a browser must not write it to disk. And the next
    # sandbox uses the same ids for other mails.
    "Cache-Control": "no-store",
}
#: The HTML of a mail is not trusted: no scripts, no remote content, no navigation
#: outside its frame. Mail needs inline styles and ``data:`` images to look right.
PREVIEW_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:;"
    " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'",
    # The policy above does not prevent DNS lookups of other servers.
    "X-DNS-Prefetch-Control": "off",
}
#: An attachment is not trusted either, and may be HTML. Browsers save it and do not
#: show it. This policy applies if one shows it nevertheless.
DOWNLOAD_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
}
#: A URL in plain text ends before the punctuation of its sentence.
URL = re.compile(r"""https?://[^\s<>"']*[^\s<>"'.,;:!?)\]]""", re.IGNORECASE)
WEB = re.compile("https?://", re.IGNORECASE)


class WebUi:
    """Responds to the requests of browsers, and of tests that use the JSON API."""

    def __init__(
        self,
        mailbox: Mailbox,
        sms: SmsService,
        faults: Faults,
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.mailbox = mailbox
        self.sms = sms
        self.faults = faults
        self._status = status
        # Every sandbox counts ids and revisions from the start. An open page sees by
        # this value that another sandbox answers.
        self._instance = uuid.uuid4().hex

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the page, file or JSON at the path of ``request``, or status 404."""
        method = "GET" if request.method == "HEAD" else request.method
        match method, request.path.removeprefix("/").split("/"):
            case "GET", [""]:
                return _static_file("index.html")
            case "GET", ["static", name] if name in FILES:
                return _static_file(name)
            case "GET", ["mails", id, "preview"]:
                return self._preview(id)
            case "GET", ["mails", id, "attachments", number]:
                return self._attachment(id, number)
            case _, ["api", *parts]:
                return self._respond_with_json(method, parts, request)
        return _not_found()

    def _respond_with_json(
        self, method: str, parts: list[str], request: HttpRequest
    ) -> HttpResponse:
        match method, parts:
            case "GET", ["status"]:
                return _json(self._describe_status())
            case "GET", ["mails"]:
                return self._list_mails()
            case "GET", ["mails", id]:
                return self._show_mail(id)
            case "DELETE", ["mails"]:
                self.mailbox.clear()
                self.sms.clear()
                return _json({})
            case "GET", ["sms"]:
                return self._list_sms()
            case "GET", ["faults"]:
                return _json({"faults": self.faults.as_list()})
            case "POST", ["faults"]:
                return self._add_fault(request)
            case "DELETE", ["faults"]:
                self.faults.clear()
                return _json({})
        return _not_found()

    def _describe_status(self) -> dict[str, Any]:
        return {
            **self._status(),
            "instance": self._instance,
            "access_key_id": ACCESS_KEY_ID,
            "access_key_secret": ACCESS_KEY_SECRET,
        }

    def _find(self, id: str) -> Mail | None:
        number = _parse_number(id)
        return None if number is None else self.mailbox.get(number)

    def _list_mails(self) -> HttpResponse:
        # The revision first: then the page asks again for a mail that arrives now.
        revision = self.mailbox.revision
        mails = [mail.as_dict() for mail in reversed(self.mailbox.all())]
        for mail in mails:
            mail["excerpt"] = mail.pop("text")[:200]
            mail["has_html"] = bool(mail.pop("html"))
            del mail["parameters"], mail["template"]
        return _json({"instance": self._instance, "revision": revision, "mails": mails})

    def _list_sms(self) -> HttpResponse:
        revision = self.sms.revision
        sms = [sms.as_dict() for sms in reversed(self.sms.all())]
        return _json({"instance": self._instance, "revision": revision, "sms": sms})

    def _show_mail(self, id: str) -> HttpResponse:
        mail = self._find(id)
        if mail is None:
            return _mail_not_found()
        return _json({**mail.as_dict(), "links": _links(mail.html, mail.text)})

    def _add_fault(self, request: HttpRequest) -> HttpResponse:
        # The page of another website can post a form, but not with this content type.
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind != "application/json":
            return _json({"error": "Send application/json."}, 415)
        try:
            fault = Fault.from_dict(json.loads(request.body))
        except (ValueError, TypeError, RecursionError) as error:
            return _json({"error": str(error)}, 400)
        self.faults.add(fault)
        return _json({"faults": self.faults.as_list()}, 201)

    def _preview(self, id: str) -> HttpResponse:
        mail = self._find(id)
        if mail is None:
            return _mail_not_found()
        html = without_connections(mail.html).encode()
        return HttpResponse(200, html, "text/html;charset=utf-8", PREVIEW_HEADERS)

    def _attachment(self, id: str, number: str) -> HttpResponse:
        mail, at = self._find(id), _parse_number(number)
        if mail is None:
            return _mail_not_found()
        if at is None or not 1 <= at <= len(mail.attachments):
            return _not_found()
        return _download(mail.attachments[at - 1])


class _LinkParser(HTMLParser):
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
    Return the URLs of web pages in a mail, without duplicates.

    They are listed beside the preview, where links do not work: a mail may ask its
    reader to confirm something by a link. The page itself cannot parse the mail for
    them: that would violate its own security policy.
    """
    found = [*_LinkParser(html).targets, *URL.findall(text)]
    return [url for url in dict.fromkeys(found) if WEB.match(url)]


def _static_file(name: str) -> HttpResponse:
    content = files(__package__).joinpath("static", name).read_bytes()
    return HttpResponse(200, content, FILES[name], PAGE_HEADERS)


def _parse_number(text: str) -> int | None:
    # No id has more than twenty digits, and int() raises an error for thousands.
    is_number = text.isascii() and text.isdecimal() and len(text) <= 20
    return int(text) if is_number else None


def _download(file: MailFile) -> HttpResponse:
    """Return a file that browsers save under its name (RFC 6266)."""
    # For clients without RFC 8187, which allows all characters in a name.
    plain = "".join(
        c if " " <= c <= "~" and c not in '"\\%' else "_" for c in file.name
    )
    name = f"filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {**DOWNLOAD_HEADERS, "Content-Disposition": f"attachment; {name}"}
    return HttpResponse(200, file.content, "application/octet-stream", headers)


def _json(value: Any, status: int = 200) -> HttpResponse:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A header in a JSON parameter can have half a surrogate pair, which UTF-8 lacks.
    return HttpResponse(status, text.encode(errors="replace"), headers=PAGE_HEADERS)


def _not_found() -> HttpResponse:
    return _json({"error": "There is nothing at this address."}, 404)


def _mail_not_found() -> HttpResponse:
    return _json({"error": "There is no such mail, or it made room for newer."}, 404)
