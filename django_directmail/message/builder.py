"""What a message says -> the parameters of its calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.mail import EmailMessage

from django_directmail.api.actions.mail import MAX_HEADERS, SingleSendMail
from django_directmail.message.addresses import (
    parse_address,
    parse_addresses,
    parse_header,
)
from django_directmail.message.attributes import metadata_headers, read_attributes
from django_directmail.message.body import (
    BLANK_BODY,
    NO_SUBJECT,
    read_bodies,
    read_subject,
)
from django_directmail.message.headers import Headers, is_carried
from django_directmail.message.merge import fill, read_merge
from django_directmail.message.parameters import shorten_alias
from django_directmail.message.policy import MessageOptions, Policies
from django_directmail.message.recipients import Envelope, Recipient, envelopes
from django_directmail.message.text import BadHeader, one_line
from django_directmail.message.tracking import check_tracking

__all__ = ["ORIGINAL_TO", "ActionBuilder"]

#: The header of a redirected mail that tells whom it was meant for.
ORIGINAL_TO = "X-User-Original-To"


class ActionBuilder:
    """
    Builds the actions that carry one message, one for each envelope.

    What is the same for all recipients is read once. Raise :exc:`ValueError` or
    :exc:`TypeError` for what cannot or must not be sent.
    """

    def __init__(
        self, message: EmailMessage, options: MessageOptions, policies: Policies
    ) -> None:
        self.message = message
        self.options = options
        self.policies = policies
        self.attributes = read_attributes(message)
        self.merge = read_merge(message)
        #: What is left of the extra headers.
        self._headers = Headers.read(message.extra_headers)
        self._shared = self._read_shared()

    def envelopes(
        self, recipients: list[Recipient], *, together: bool = False
    ) -> Iterator[Envelope]:
        """Yield whose mail each call carries."""
        return envelopes(
            recipients,
            split=self.options.split_recipients or self.merge.is_personal,
            together=together,
            redirect=self.options.redirect_all_to,
            allowed=self.options.allowed_domains,
        )

    def data_for(self, envelope: Envelope) -> dict[str, str] | None:
        """Return what is to be filled in here; ``None`` if nothing is."""
        has_template = self._shared.get("template") is not None
        if has_template or envelope.is_withheld or not self.merge.is_filling:
            return None
        return self.merge.data_for(self._key(envelope))

    def action(self, envelope: Envelope) -> SingleSendMail:
        """Return the action that carries the message to those in ``envelope``."""
        values = dict(self._shared)
        key = self._key(envelope)
        personal, subject = self._personal(envelope)
        values["subject"] = subject or values["subject"]
        headers = [
            metadata_headers(self.merge.metadata.get(key or ""), "merge_metadata"),
            self._carried(personal),
        ]
        if any(headers):
            values["headers"] = Headers(values["headers"], *headers).for_api()
        if envelope.redirect:
            self._show_original(values, envelope)
        values["headers"] = values["headers"] or None
        if values.get("template") is not None:
            given = values["template"].template_data or {}
            data = {
                **self.merge.shared,
                **given,
                **self.merge.data.get(key or "", {}),
            }
            values["template"] = replace(values["template"], template_data=data or None)
        data_here = self.data_for(envelope)
        if data_here is not None:
            self._fill(values, data_here)
        return SingleSendMail(
            **values, to_address=envelope.to, bcc_address=envelope.bcc
        )

    def _show_original(self, values: dict[str, Any], envelope: Envelope) -> None:
        """Say in a header whom a redirected mail was meant for, if there is room."""
        headers = Headers(values["headers"], {ORIGINAL_TO: envelope.meant})
        if len(headers) <= MAX_HEADERS:
            values["headers"] = headers.for_api()
            return
        # What real recipients would get must not fail on a staging site.
        self.policies.warn(
            f"It has {MAX_HEADERS} headers, the most that DirectMail takes, so that"
            f" {ORIGINAL_TO} does not tell whom it was meant for."
        )

    def personal_headers(self, envelope: Envelope) -> Headers:
        """Return what ``merge_headers`` has here, carried by the API or not."""
        return self._personal(envelope)[0]

    def _personal(self, envelope: Envelope) -> tuple[Headers, str]:
        """Return the headers for the one who gets it, and the subject among them."""
        headers = Headers(self.merge.headers.get(self._key(envelope) or "", {}))
        subject = headers.pop("Subject", "")
        return headers, subject

    def _key(self, envelope: Envelope) -> str | None:
        """Return the key of the one whose data counts; ``None`` if it is for all."""
        return envelope.visible[0].address.key if self.merge.is_personal else None

    @staticmethod
    def _fill(values: dict[str, Any], data: dict[str, str]) -> None:
        subject = fill(values["subject"], data, "The subject")
        subject = one_line(subject, "The subject, with its data,")
        values["subject"] = subject or NO_SUBJECT
        bodies = [name for name in ("text_body", "html_body") if values.get(name)]
        if values.get("text_body"):
            values["text_body"] = fill(values["text_body"], data, "The text")
        if values.get("html_body"):
            values["html_body"] = fill(
                values["html_body"], data, "The HTML", is_html=True
            )
        first = bodies[0]
        for name in bodies:
            # An empty one beside another would hide it from those who prefer its kind.
            if not values[name]:
                del values[name]
        if not any(name in values for name in bodies):
            # Nothing is left of it, and DirectMail wants something.
            values[first] = BLANK_BODY

    def _read_shared(self) -> dict[str, Any]:
        """Return all parameters that do not depend on the recipient."""
        sender = self._sender()
        if self.attributes.more_tags:
            self.policies.apply(
                "tags", "The API takes one tag", "keep only the first one"
            )
        own = {
            "subject": read_subject(self.message.subject),
            **read_bodies(self.message, self.policies),
            **sender,
            **self._reply_to(),
        }
        own = {name: value for name, value in own.items() if value is not None}
        defaults = {**self.options.defaults}
        default_headers = defaults.pop("headers", None) or {}
        if self.attributes.cancel_headers:
            default_headers = {}
        values: dict[str, Any] = {}
        for layer in (defaults, own, self.attributes.parameters):
            if layer.get("reply_address"):
                # A name belongs to its address: not to that of another layer.
                values.pop("reply_address_alias", None)
            values.update(layer)
        if values.get("account_name") is None:
            values["account_name"] = sender["account_name"]
        if values.get("template") is not None:
            self._leave_out_bodies(values)
        is_by_default = self.attributes.parameters.get("click_trace") != "1"
        check_tracking(values, self.policies, is_by_default=is_by_default)
        for name in ("from_alias", "reply_address_alias"):
            if values.get(name):
                values[name], warning = shorten_alias(name, values[name])
                if warning:
                    self.policies.warn(warning)
        carried = self._carried(self._headers)
        values = {name: value for name, value in values.items() if value is not None}
        headers = Headers(default_headers, carried, self.attributes.headers)
        return {**values, "headers": headers.for_api()}

    def _sender(self) -> dict[str, Any]:
        """Return the sender: the From header is what readers see, so it wins."""
        header = self._headers.pop("From", "")
        address = parse_address(header or self.message.from_email, "from_email")
        return {
            "account_name": self.options.account_name or address.wire,
            "from_alias": address.display_name or None,
        }

    def _reply_to(self) -> dict[str, Any]:
        """Return the reply address; as in Django, the header beats the attribute."""
        header = self._headers.pop("Reply-To", "")
        if header:
            found = list(parse_header(header, "reply_to"))
        else:
            found = parse_addresses(self.message.reply_to, "reply_to")
        if len(found) > 1:
            self.policies.apply(
                "reply_to", "The API takes one reply address", "keep only the first one"
            )
        if not found:
            return {}
        return {
            "reply_address": found[0].wire,
            "reply_address_alias": found[0].display_name or None,
        }

    def _leave_out_bodies(self, values: dict[str, Any]) -> None:
        """Drop the bodies, which DirectMail ignores next to a template."""
        bodies = {values.pop("text_body", None), values.pop("html_body", None)}
        if bodies - {None, BLANK_BODY}:
            self.policies.warn(
                "DirectMail ignores the body of a message that uses a template."
            )

    def _carried(self, headers: Headers) -> Headers:
        """Return the headers that the API carries; the rest is for the policy."""
        if "Bcc" in headers:
            raise BadHeader(
                "The header Bcc would show hidden recipients. Use message.bcc."
            )
        carried = Headers()
        for name, value in headers.items():
            if is_carried(name):
                carried[name] = value
            else:
                self.policies.apply(
                    "headers",
                    f"The API does not carry the header {name}",
                    "use X-User-* or remove it",
                )
        return carried
