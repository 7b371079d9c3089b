"""Sending mail: SingleSendMail (api-dm-2015-11-23-singlesendmail)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import wire
from django_directmail.api.responses import SendResult

__all__ = [
    "CARRIED_HEADERS",
    "CUSTOM_HEADER_PREFIX",
    "EVENT_HEADER_PREFIX",
    "MAX_ALIAS",
    "MAX_BCC",
    "MAX_HEADERS",
    "MAX_TO",
    "Attachment",
    "SingleSendMail",
    "Template",
]


#: Addresses in one call, and blind copies in one call.
MAX_TO = 100
MAX_BCC = 2
#: Headers in one call. The service drops further ones in silence, so we refuse them.
MAX_HEADERS = 10
#: Characters of a display name, of the sender and of the reply address.
MAX_ALIAS = 15
#: Headers that the API carries, in lower case; others need the prefix. What has the
#: longer prefix comes back in the delivery events.
CARRIED_HEADERS = frozenset({"message-id", "list-unsubscribe", "list-unsubscribe-post"})
CUSTOM_HEADER_PREFIX = "x-user-"
EVENT_HEADER_PREFIX = "X-User-Notify-"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template of the console, and text for each of its variables."""

    template_id: str = wire("TemplateId")
    template_data: Mapping[str, str] | None = wire("TemplateData", default=None)

    def __repr__(self) -> str:
        # The data is private, and often a code that logs somebody in.
        return f"<Template {self.template_id}>"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that was uploaded before: the name to show and where it is."""

    attachment_name: str = wire("AttachmentName")
    attachment_url: str = wire("AttachmentUrl")


@dataclass(frozen=True, kw_only=True, repr=False)
class SingleSendMail(Action[SendResult]):
    """
    One mail to up to 100 addresses: 100 calls a second for each account.

    ``account_name``: the sender, as the console has it; ``domain_auth`` allows any
    address of a domain. ``to_address``: bare addresses joined by commas, 100 at most;
    ``bcc_address``: 2. ``html_body`` or ``text_body`` must be there, unless
    ``template`` is, and is ignored then. ``from_alias`` and ``reply_address_alias``:
    15 characters. ``address_type``: 1, the sender address is the envelope sender;
    0, the service chooses. ``reply_to_address``: use the reply address that the
    console has for this sender. ``click_trace``: ``"1"`` tracks opens and clicks, and
    needs ``tag_name``, an existing tag. ``headers``: 10 at most; ``Message-ID``,
    ``List-Unsubscribe``, ``List-Unsubscribe-Post`` and ``X-User-*``.
    """

    sends: ClassVar[str | None] = "mail"

    account_name: str = wire("AccountName")
    to_address: str = wire("ToAddress")
    subject: str = wire("Subject")
    html_body: str | None = wire("HtmlBody", default=None)
    text_body: str | None = wire("TextBody", default=None)
    address_type: int = wire("AddressType", default=1)
    reply_to_address: bool = wire("ReplyToAddress", default=False)
    from_alias: str | None = wire("FromAlias", default=None)
    reply_address: str | None = wire("ReplyAddress", default=None)
    reply_address_alias: str | None = wire("ReplyAddressAlias", default=None)
    tag_name: str | None = wire("TagName", default=None)
    click_trace: Literal["0", "1"] | None = wire("ClickTrace", default=None)
    bcc_address: str | None = wire("BccAddress", default=None)
    headers: Mapping[str, str] | None = wire("Headers", default=None)
    template: Template | None = wire("Template", default=None)
    un_subscribe_link_type: str | None = wire("UnSubscribeLinkType", default=None)
    un_subscribe_filter_level: str | None = wire("UnSubscribeFilterLevel", default=None)
    domain_auth: bool | None = wire("DomainAuth", default=None)
    ip_pool_id: str | None = wire("IpPoolId", default=None)
    attachments: Sequence[Attachment] | None = wire("Attachments", default=None)

    def read(self, answer: Mapping[str, Any]) -> SendResult:
        """Return the ids of the accepted mail."""
        return SendResult.from_fields(answer)

    def __repr__(self) -> str:
        # A repr ends up in tracebacks and logs: no body, subject or recipient here.
        recipients = self.to_address.count(",") + 1
        return f"<SingleSendMail from {self.account_name} to {recipients}>"
