"""All that Django can put into a message, and what is to arrive of it: a table."""

import copy
import io
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.message import MIMEPart
from email.mime.image import MIMEImage
from typing import Any

import django
from django.core.mail import EmailAlternative, EmailAttachment
from django.utils.functional import lazystr

from tests.support.messages import message

#: What a message without anything special becomes.
BASE = {
    "account_name": "from@example.com",
    "to_address": "to@example.com",
    "subject": "Subject",
    "text_body": "Content\n",
    "address_type": "1",
    "reply_to_address": "false",
}


@dataclass(frozen=True)
class Row:
    """
    Attributes of a message, and what becomes of it.

    ``calls`` holds what differs from :data:`BASE` in each call, where ``None`` takes
    something away; each call brings the same ``files``. There is exactly one
    ``warning``, or none. With an ``error`` there is no call. ``is_fallback`` says that
    the other mailer gets it, as Django itself would write it.
    """

    what: str
    values: dict[str, Any]
    calls: tuple[dict[str, Any], ...] = ({},)
    settings: dict[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, bytes], ...] = ()
    warning: str = ""
    error: str = ""
    is_fallback: bool = False

    def make(self):
        """Return the message, with all attributes set after it was made."""
        one = message()
        for name, value in self.values.items():
            setattr(one, name, value)
        return one

    def expected(self):
        """Return all parameters of each call."""
        merged = [{**BASE, **call} for call in self.calls]
        return [{k: v for k, v in call.items() if v is not None} for call in merged]


def one(what, values, **differs):
    """Return the row of a message that becomes one call, without a word."""
    return Row(what, values, (differs,))


def people(number, name="user"):
    """Return so many addresses."""
    return [f"{name}{n}@example.com" for n in range(number)]


def attributes(one):
    """Return what ``one`` holds now, without what sending adds by contract."""
    return {
        name: copy.copy(value)
        for name, value in vars(one).items()
        if name not in ("directmail_status", "anymail_status", "connection")
    }


def inline_image():
    """Return an image as this Django takes it."""
    if django.VERSION >= (6, 0):
        image = MIMEPart()
        image.set_content(b"GIF89a", "image", "gif", disposition="inline", cid="<logo>")
    else:
        image = MIMEImage(b"GIF89a", "gif")
        image["Content-ID"] = "<logo>"
        image["Content-Disposition"] = "inline"
    return image


def nested():
    """Return a message of the standard library."""
    inner = MimeMessage()
    inner["Subject"] = "Inner"
    inner.set_content("Inside\n")
    return inner


HTML = "<body>HTML</body>"
AS_HTML = {"text_body": None, "html_body": "Content\n"}

CONTENT = [
    one("nothing special", {}),
    one("no subject", {"subject": ""}, subject="(no subject)"),
    one("lazy subject", {"subject": lazystr("Lazy")}, subject="Lazy"),
    one(
        "subject in Chinese", {"subject": "发票 \U0001f9fe"}, subject="发票 \U0001f9fe"
    ),
    one("long subject", {"subject": "长" * 256}, subject="长" * 256),
    one("no body", {"body": ""}, text_body="\n"),
    one("body is None", {"body": None}, text_body="\n"),
    one("lazy body", {"body": lazystr("Lazy")}, text_body="Lazy"),
    one("body of bytes", {"body": "ä".encode()}, text_body="ä"),
    one("all line breaks", {"body": "a\r\nb\rc\nd\0"}, text_body="a\r\nb\rc\nd\0"),
    one("another encoding", {"body": "ä", "encoding": "iso-8859-1"}, text_body="ä"),
    one("HTML body", {"content_subtype": "html"}, **AS_HTML),
    one("HTML body in capitals", {"content_subtype": "HTML"}, **AS_HTML),
    one(
        "empty HTML body",
        {"content_subtype": "html", "body": ""},
        text_body=None,
        html_body="\n",
    ),
    *(
        one(f"HTML alternative {n}", {"alternatives": [given]}, html_body=HTML)
        for n, given in enumerate(
            [
                EmailAlternative(HTML, "text/html"),
                (HTML, "text/html"),
                [HTML, "TEXT/html; charset=utf-8"],
                (HTML.encode(), "text/html"),
                (lazystr(HTML), "text/html"),
            ]
        )
    ),
    one(
        "HTML alone",
        {"body": "", "alternatives": [(HTML, "text/html")]},
        text_body=None,
        html_body=HTML,
    ),
    one(
        "text beside an HTML body",
        {"content_subtype": "html", "alternatives": [("Text", "text/plain")]},
        text_body="Text",
        html_body="Content\n",
    ),
]

SHOP = {"account_name": "shop@example.com", "from_alias": "Shop"}
HELP = {"reply_address": "help@example.com", "reply_address_alias": "Help"}
SENDERS = [
    one("name", {"from_email": "Shop <shop@example.com>"}, **SHOP),
    one("lazy sender", {"from_email": lazystr("Shop <shop@example.com>")}, **SHOP),
    one("Address", {"from_email": Address("Shop", "shop", "example.com")}, **SHOP),
    one(
        "sender with a comma",
        {"from_email": '"Lee, Ann" <ann@例子.测试>'},
        account_name="ann@xn--fsqu00a.xn--0zwm56d",
        from_alias="Lee, Ann",
    ),
    Row(
        "long name",
        {"from_email": "A name of 17 char <from@example.com>"},
        ({"from_alias": "A name of 17 ch"},),
        warning="from_alias has 17 characters; DirectMail accepts 15",
    ),
    one("no reply address", {"reply_to": []}),
    one("reply address", {"reply_to": ["Help <help@example.com>"]}, **HELP),
    one(
        "reply Address", {"reply_to": (Address("Help", "help", "example.com"),)}, **HELP
    ),
]

TO = {"to_address": "a@example.com,b@example.com"}
RECIPIENTS = [
    one("list", {"to": ["a@example.com", "b@example.com"]}, **TO),
    one("tuple", {"to": ("a@example.com", lazystr("B <b@example.com>"))}, **TO),
    one(
        "Addresses",
        {"to": [Address("A", "a", "example.com"), Address("", "b", "example.com")]},
        **TO,
    ),
    one("IDN", {"to": ["a@faß.example"]}, to_address="a@xn--fa-hia.example"),
    one("twice", {"to": ["a@example.com", "b@example.com", "a@EXAMPLE.com"]}, **TO),
    one(
        "twice in other fields",
        {"to": ["a@example.com"], "cc": ["b@example.com"], "bcc": ["a@example.com"]},
        **TO,
    ),
    one(
        "empty ones", {"to": ["", "a@example.com"], "cc": ["b@example.com", None]}, **TO
    ),
    one("cc alone", {"to": [], "cc": ["a@example.com", "b@example.com"]}, **TO),
    Row(
        "bcc alone",
        {"to": [], "bcc": ["a@example.com", "b@example.com"]},
        ({"to_address": "a@example.com"}, {"to_address": "b@example.com"}),
    ),
    Row(
        "101 to",
        {"to": people(101)},
        ({"to_address": ",".join(people(100))}, {"to_address": "user100@example.com"}),
    ),
    Row(
        "3 bcc",
        {"bcc": people(3)},
        (
            {"bcc_address": "user0@example.com,user1@example.com"},
            {"to_address": "user2@example.com"},
        ),
    ),
]

SPELLINGS = (str, str.lower, str.upper)
HEADERS = [
    *(
        one(
            "header",
            {"extra_headers": {spell("From"): "Shop <shop@example.com>"}},
            **SHOP,
        )
        for spell in SPELLINGS
    ),
    *(
        one(
            "header",
            {"extra_headers": {spell("Reply-To"): "Help <help@example.com>"}},
            **HELP,
        )
        for spell in SPELLINGS
    ),
    *(
        one(
            "header",
            {"extra_headers": {spell(name): "<x@example.com>"}},
            headers={spell(name): "<x@example.com>"},
        )
        for name in (
            "Message-ID",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "X-User-A",
        )
        for spell in SPELLINGS
    ),
    *(
        Row(
            "header",
            {"extra_headers": {spell(name): "x@example.com"}},
            error=f"does not carry the header {spell(name)}. Either use X-User-",
        )
        for name in ("To", "Cc", "Sender", "Date", "Subject", "X-Priority")
        for spell in SPELLINGS
    ),
    *(
        Row(
            "header",
            {"extra_headers": {spell("Bcc"): "x@example.com"}},
            error="The header Bcc would show hidden recipients. Use message.bcc",
        )
        for spell in SPELLINGS
    ),
    one(
        "values that are no text",
        {"extra_headers": {"X-User-A": 5, "X-User-B": lazystr("ä")}},
        headers={"X-User-A": "5", "X-User-B": "ä"},
    ),
]


def with_files(what, attachments, *files, **values):
    """Return the row of a message whose ``attachments`` arrive as ``files``."""
    return Row(what, {"attachments": attachments, **values}, files=files)


part = MIMEPart()
part.set_content(b"%PDF", "application", "pdf", filename="发票.pdf")
legacy = MIMEImage(b"GIF89a", "gif")
legacy.add_header("Content-Disposition", "attachment", filename="a.gif")
FILES = [
    with_files("tuple", [("a.txt", "ä", "text/plain")], ("a.txt", b"\xc3\xa4")),
    with_files("EmailAttachment", [EmailAttachment("a", b"\0", None)], ("a", b"\0")),
    with_files("MIMEPart", [part], ("发票.pdf", b"%PDF")),
    with_files("MIMEBase", [legacy], ("a.gif", b"GIF89a")),
    with_files("file", [("a", io.BytesIO(b"\r\n"), "x/y")], ("a", b"\r\n")),
    with_files("empty", [("a", b"", "x/y")], ("a", b"")),
    with_files("no name", [(None, b"x", "text/csv")], ("attachment-1.csv", b"x")),
    with_files(
        "twice", [("a", b"1", None), ("a", b"2", None)], ("a", b"1"), ("a", b"2")
    ),
    with_files(
        "message of the standard library",
        [("a.eml", nested(), "message/rfc822")],
        ("a.eml", nested().as_bytes()),
    ),
    with_files(
        "message of Django",
        [("a.eml", message(headers={"Date": "x", "Message-ID": "<x>"}), None)],
        (
            "a.eml",
            message(headers={"Date": "x", "Message-ID": "<x>"}).message().as_bytes(),
        ),
    ),
    Row(
        "no content", {"attachments": [("a", None, None)]}, error="is of type NoneType"
    ),
    Row(
        "file for each call",
        {"attachments": [("a", b"x", None)], "bcc": people(3)},
        (
            {"bcc_address": "user0@example.com,user1@example.com"},
            {"to_address": "user2@example.com"},
        ),
        files=(("a", b"x"),),
    ),
]
