"""Parse the body of a request, and check the fields of the form."""

import json
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl

__all__ = ["MAX_BODY", "ContactMessage", "Problem", "is_trapped", "parse", "validate"]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
#: Bytes of a body. The longest message has 5270 characters, and the longest character
#: has 12 bytes in both content types ("%F0%9F%98%80", "\\ud83d\\ude00").
MAX_BODY = 64 * 1024
#: Characters of each field.
MAX_LENGTH = {"name": 80, "email": 190, "message": 5000}
#: A field that is hidden from people: only programs fill it in.
TRAP = "website"
#: The addresses that browsers accept in a form, if the domain has a dot.
_WORD = r'[^\s@<>()\[\]\\,;:".]+'
ADDRESS = re.compile(rf"{_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})+")
#: The addresses that DirectMail accepts as a reply address.
REPLY_ADDRESS = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


class Problem(Exception):
    """
    Ends a request with ``status`` and the text named ``text`` in ``texts``.

    ``field`` is the one to correct; ``values`` fill the places of the text.
    """

    def __init__(self, status, text, *, field=None, **values):
        super().__init__(text)
        self.status = status
        self.text = text
        self.field = field
        self.values = values


@dataclass(frozen=True)
class ContactMessage:
    """What a visitor wrote, checked. ``name`` and ``email`` are one line each."""

    name: str
    email: str
    message: str

    @property
    def reply_address(self):
        """
        The visitor's address, or ``None`` if DirectMail would refuse it.

        Then the mail is sent without a reply address; the address is also in its text.
        """
        return self.email if REPLY_ADDRESS.fullmatch(self.email) else None


def parse(content_type, body):
    """Return the fields of ``body``, bytes, as a dict; raise :exc:`Problem`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (FORM, JSON):
        raise Problem(415, "content_type")
    try:
        text = body.decode()
        if kind == JSON:
            fields = json.loads(text)
        else:
            fields = dict(
                parse_qsl(
                    text, keep_blank_values=True, errors="strict", max_num_fields=20
                )
            )
    except (ValueError, RecursionError):
        raise Problem(400, "unreadable") from None
    if not isinstance(fields, dict):
        raise Problem(400, "unreadable")
    return fields


def is_trapped(fields):
    """Say whether the hidden field was filled in."""
    return fields.get(TRAP) not in (None, "")


def validate(fields):
    """Return the message in ``fields``; raise :exc:`Problem` for the first error."""
    values = {name: _text(fields, name) for name in MAX_LENGTH}
    for name in ("name", "email"):
        # Browsers do not send line breaks from a one-line field. Somebody who does may
        # want to add headers to the mail.
        if any(
            unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in values[name]
        ):
            raise Problem(400, "one_line", field=name)
    if not ADDRESS.fullmatch(values["email"]):
        raise Problem(400, "email", field="email")
    return ContactMessage(**values)


def _text(fields, name):
    value = fields.get(name, "")
    if not isinstance(value, str) or not _is_unicode(value):
        raise Problem(400, "not_text", field=name)
    if name == "message":
        value = re.sub(r"\r\n?", "\n", value)
        value = "".join(
            c for c in value if c in "\n\t" or unicodedata.category(c) != "Cc"
        )
    value = value.strip(" \n\t" if name == "message" else " ")
    if not value:
        raise Problem(400, f"{name}_missing", field=name)
    if len(value) > MAX_LENGTH[name]:
        raise Problem(
            400, "too_long", field=name, limit=MAX_LENGTH[name], length=len(value)
        )
    return value


def _is_unicode(text):
    # JSON can contain half a surrogate pair ("\ud800"), which mail cannot.
    return not any(unicodedata.category(char) == "Cs" for char in text)
