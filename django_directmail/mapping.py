"""
``EmailMessage`` -> :class:`Plan`: which calls to make for one message.

No settings, database or network in here. Every part of a message either gets into a
call, or is handled by a policy of the account, or is refused: nothing is dropped
without a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any

from django.core.mail import EmailMessage

from django_directmail.addresses import (
    MailAddress,
    batches,
    parse_address,
    parse_addresses,
    parse_header,
    refuse_other_recipients,
)
from django_directmail.api.actions.batch import MailAction
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.conf import Account
from django_directmail.extras import read_extras
from django_directmail.parameters import (
    BadHeader,
    clean_headers,
    is_carried,
    join_headers,
    one_line,
    shorten_alias,
    to_text,
)

__all__ = ["Call", "Plan", "build_plan"]

# Django sends mail without subject or body; DirectMail wants both.
NO_SUBJECT = "(no subject)"
BLANK_BODY = "\n"
#: What goes missing where a policy does not refuse; of other features it is all.
LOSSES = {
    "cc": "they get no mail",
    "reply_to": "the others are dropped",
    "tags": "the others are dropped",
}


@dataclass(frozen=True)
class Call:
    """
    One call to make, and whose mail it carries, as those people spell themselves.

    ``kinds`` says of each recipient where it stood: ``"to"``, ``"cc"`` or ``"bcc"``.
    """

    action: MailAction
    recipients: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All calls of one message, and what to tell the log about it."""

    calls: tuple[Call, ...]
    warnings: tuple[str, ...] = ()


def build_plan(message: EmailMessage, account: Account) -> Plan:
    """
    Return the calls that carry ``message``; the message is not changed.

    Raise :exc:`TypeError` or :exc:`ValueError`, mostly
    :exc:`~django_directmail.api.errors.UnsupportedMessage`, for what cannot be sent.
    """
    refuse_other_recipients(message)
    reader = _Reader(message, account)
    to, bcc = reader.recipients()
    template = SingleSendMail(**{**reader.parameters(), "to_address": ""})
    calls = tuple(
        Call(
            replace(
                template,
                to_address=",".join(address.wire for address in visible),
                bcc_address=",".join(address.wire for address in hidden) or None,
            ),
            tuple(address.spec for address in (*visible, *hidden)),
            tuple(reader.kinds[address.key] for address in (*visible, *hidden)),
        )
        for visible, hidden in batches(to, bcc, split=account.split_recipients)
    )
    return Plan(calls, tuple(reader.warnings))


class _Reader:
    """Reads one message; collects warnings on the way."""

    def __init__(self, message: EmailMessage, account: Account) -> None:
        self.message = message
        self.account = account
        self.warnings: list[str] = []
        #: Where each mailbox stands in the message, by its key.
        self.kinds: dict[str, str] = {}
        #: What is left of the extra headers, by their names in lower case.
        self.headers = clean_headers(message.extra_headers)

    def recipients(self) -> tuple[list[MailAddress], list[MailAddress]]:
        """Return visible and hidden recipients; each mailbox appears once."""
        visible = parse_addresses(self.message.to, "to")
        cc = parse_addresses(self.message.cc, "cc")
        hidden = parse_addresses(self.message.bcc, "bcc")
        if cc and self.apply("cc", "The API has no Cc", "put these addresses into to"):
            if not (visible or hidden):
                raise UnsupportedMessage(
                    'The message has recipients in cc only, and POLICY["cc"] drops'
                    " those. Put them into to."
                )
            cc = []
        found: dict[str, list[MailAddress]] = {"to": [], "cc": [], "bcc": []}
        for kind, addresses in (("to", visible), ("cc", cc), ("bcc", hidden)):
            for address in addresses:
                if address.key not in self.kinds:
                    self.kinds[address.key] = kind
                    found[kind].append(address)
        return found["to"] + found["cc"], found["bcc"]

    def parameters(self) -> dict[str, Any]:
        """Return all parameters but the recipients, without those that are not set."""
        self.refuse_attachments()
        sender = self.sender()
        extras = read_extras(self.message)
        if extras.more_tags:
            self.apply("tags", "The API takes one tag", "keep only the first one")
        own = {
            "subject": one_line(_text(self.message.subject), "The subject")
            or NO_SUBJECT,
            **self.bodies(),
            **sender,
            **self.reply_to(),
        }
        own = {name: value for name, value in own.items() if value is not None}
        defaults = {**self.account.defaults}
        default_headers = defaults.pop("headers", None) or {}
        if extras.cancel_headers:
            default_headers = {}
        values: dict[str, Any] = {}
        for layer in (defaults, own, extras.parameters):
            if layer.get("reply_address"):
                # A name belongs to its address: not to that of another layer.
                values.pop("reply_address_alias", None)
            values.update(layer)
        if values.get("account_name") is None:
            values["account_name"] = sender["account_name"]
        if values.get("template") is not None:
            self.leave_out_bodies(values)
        for name in ("from_alias", "reply_address_alias"):
            if values.get(name):
                values[name], warning = shorten_alias(name, values[name])
                self.warnings.extend([warning] if warning else [])
        headers = join_headers(default_headers, self.carried_headers(), extras.headers)
        values["headers"] = headers or None
        return {name: value for name, value in values.items() if value is not None}

    def sender(self) -> dict[str, Any]:
        """Return the sender: the From header is what readers see, so it wins."""
        _, header = self.headers.pop("from", ("", ""))
        address = parse_address(header or self.message.from_email, "from_email")
        return {
            "account_name": self.account.account_name or address.wire,
            "from_alias": address.display_name or None,
        }

    def reply_to(self) -> dict[str, Any]:
        """Return the reply address; as in Django, the header beats the attribute."""
        _, header = self.headers.pop("reply-to", ("", ""))
        if header:
            found = list(parse_header(header, "reply_to"))
        else:
            found = parse_addresses(self.message.reply_to, "reply_to")
        if len(found) > 1:
            self.apply(
                "reply_to", "The API takes one reply address", "keep only the first one"
            )
        if not found:
            return {}
        return {
            "reply_address": found[0].wire,
            "reply_address_alias": found[0].display_name or None,
        }

    def bodies(self) -> dict[str, Any]:
        """Return text and HTML exactly as written, each at most once."""
        subtype = str(self.message.content_subtype).lower()
        if subtype not in ("plain", "html"):
            raise UnsupportedMessage(
                f"The body is of the kind {f'text/{subtype}'!r}; the API carries"
                " text/plain and text/html."
            )
        values: dict[str, Any] = {
            "text_body" if subtype == "plain" else "html_body": _text(self.message.body)
        }
        for content, kind in getattr(self.message, "alternatives", ()):
            kind = str(kind).partition(";")[0].strip().lower()
            name = {"text/plain": "text_body", "text/html": "html_body"}.get(kind)
            if name and not values.get(name):
                values[name] = _text(content)
            else:
                self.apply(
                    "alternatives",
                    "The API carries one text and one HTML body, and the message has"
                    f" one more alternative, {kind!r}",
                    "remove it",
                )
        if not any(values.values()):
            values["html_body" if subtype == "html" else "text_body"] = BLANK_BODY
        return {name: text or None for name, text in values.items()}

    def leave_out_bodies(self, values: dict[str, Any]) -> None:
        """Drop the bodies, which DirectMail ignores next to a template."""
        bodies = {values.pop("text_body", None), values.pop("html_body", None)}
        if bodies - {None, BLANK_BODY}:
            self.warnings.append(
                "DirectMail ignores the body of a message that uses a template."
            )

    def carried_headers(self) -> dict[str, str]:
        """Return the extra headers that the API carries; the rest is for the policy."""
        if "bcc" in self.headers:
            raise BadHeader(
                "The header Bcc would show hidden recipients. Use message.bcc."
            )
        carried = {}
        for lower, (name, value) in self.headers.items():
            if is_carried(lower):
                carried[name] = value
            else:
                self.apply(
                    "headers",
                    f"The API does not carry the header {name}",
                    "use X-User-* or remove it",
                )
        return carried

    def refuse_attachments(self) -> None:
        """Refuse attachments; inline images have a policy of their own."""
        for attachment in self.message.attachments:
            if _is_inline(attachment):
                self.apply(
                    "inline_images",
                    "The API cannot show an inline image",
                    "link to it with an absolute URL",
                )
            else:
                raise UnsupportedMessage(
                    "The message has an attachment; this version cannot send any."
                    " Link to the file, or send this message through SMTP."
                )

    def apply(self, feature: str, problem: str, way_out: str) -> bool:
        """
        Apply the policy for ``feature``; return ``True`` if the part is to be dropped.

        Raise :exc:`UnsupportedMessage` where the policy is ``"error"``.
        """
        policy = self.account.policy[feature]
        if policy == "error":
            raise UnsupportedMessage(
                f'{problem}. Either {way_out}, or change POLICY["{feature}"].'
            )
        if policy != "to":
            loss = LOSSES.get(feature, "it is dropped")
            self.warnings.append(f'{problem}; {loss} by POLICY["{feature}"].')
        return policy == "warn"


def _text(content: Any) -> str:
    if content is None:
        return ""
    if not isinstance(content, bytes):
        return to_text(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    raise UnsupportedMessage("A part of the message is not UTF-8. Decode it first.")


def _is_inline(attachment: Any) -> bool:
    """Say whether an attachment is an image that the HTML shows by its Content-ID."""
    if not isinstance(attachment, Message):
        return False
    disposition = attachment.get_content_disposition()
    return disposition == "inline" or (
        disposition is None and bool(attachment["Content-ID"])
    )
