"""One task for many receivers: BatchSendMail (api-dm-2015-11-23-batchsendmail)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from django_directmail.api.actions.action import Action
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.fields import wire
from django_directmail.api.responses import SendResult

__all__ = [
    "MAX_RECEIVERS",
    "BatchSendMail",
    "MailAction",
    "Receiver",
    "TemplateContent",
]

#: Addresses in one call; more need a list that is stored in the console.
MAX_RECEIVERS = 100


@dataclass(frozen=True, kw_only=True, repr=False)
class Receiver:
    """
    Whom a mail of a batch goes to, and the text for each of its variables.

    ``to``: bare addresses, in most cases one. ``template_data``: ``{"UserName":
    "Ana"}`` fills in ``{UserName}``. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` unless all of it is text.
    """

    to: Sequence[str] = wire("To")
    template_data: Mapping[str, str] | None = wire("TemplateData", default=None)

    def __post_init__(self) -> None:
        is_list = isinstance(self.to, (list, tuple)) and self.to
        if not is_list or not all(isinstance(address, str) for address in self.to):
            raise UnsupportedMessage(
                "to of a Receiver must be a list of addresses, with one at least."
            )
        if not isinstance(self.template_data, (Mapping, type(None))):
            kind = type(self.template_data).__name__
            raise UnsupportedMessage(
                f"template_data of a Receiver is a {kind}; make it a dict."
            )
        for name, value in (self.template_data or {}).items():
            if not (isinstance(name, str) and isinstance(value, str)):
                kind = type(value if isinstance(name, str) else name).__name__
                raise UnsupportedMessage(
                    f"The template variable {name!r} of a Receiver is a {kind};"
                    " DirectMail takes text. Convert it with str()."
                )

    def __repr__(self) -> str:
        return f"<Receiver with {len(self.to)}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class TemplateContent:
    """
    The content of a batch, with variables such as ``{UserName}`` in it.

    ``alias``: the display name of the sender. ``html_body`` or ``text_body`` must be
    there: without them :exc:`~django_directmail.api.errors.UnsupportedMessage`.
    """

    subject: str = wire("Subject")
    html_body: str | None = wire("HtmlBody", default=None)
    text_body: str | None = wire("TextBody", default=None)
    alias: str | None = wire("Alias", default=None)

    def __post_init__(self) -> None:
        if not (self.html_body or self.text_body):
            raise UnsupportedMessage(
                "TemplateContent has neither html_body nor text_body. Set one of them."
            )

    def __repr__(self) -> str:
        return "<TemplateContent>"


@dataclass(frozen=True, kw_only=True, repr=False)
class BatchSendMail(Action[SendResult]):
    """
    One task for many receivers, with one ``env_id``: 20 calls a minute in mainland
    China, 10 elsewhere.

    Either ``receivers``, with 100 addresses at most, or ``receivers_name``, a list of
    the console. Either ``template_content`` or ``template_name``, an approved template
    of the console. The others are as in
    :class:`~django_directmail.api.actions.mail.SingleSendMail`; with ``domain_auth``,
    ``account_name`` is the domain.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for both or neither
    of these, for nobody and for more than 100 addresses. Given both, DirectMail would
    take the name and drop the other in silence.
    """

    sends: ClassVar[str | None] = "batch"

    account_name: str = wire("AccountName")
    address_type: int = wire("AddressType", default=1)
    receivers: Sequence[Receiver] | None = wire("Receivers", default=None, as_json=True)
    receivers_name: str | None = wire("ReceiversName", default=None)
    template_content: TemplateContent | None = wire("TemplateContent", default=None)
    template_name: str | None = wire("TemplateName", default=None)
    reply_address: str | None = wire("ReplyAddress", default=None)
    reply_address_alias: str | None = wire("ReplyAddressAlias", default=None)
    tag_name: str | None = wire("TagName", default=None)
    click_trace: Literal["0", "1"] | None = wire("ClickTrace", default=None)
    headers: Mapping[str, str] | None = wire("Headers", default=None)
    un_subscribe_link_type: str | None = wire("UnSubscribeLinkType", default=None)
    un_subscribe_filter_level: str | None = wire("UnSubscribeFilterLevel", default=None)
    domain_auth: bool | None = wire("DomainAuth", default=None)
    ip_pool_id: str | None = wire("IpPoolId", default=None)

    def __post_init__(self) -> None:
        self._want_one("receivers", "receivers_name")
        self._want_one("template_content", "template_name")
        if self.receivers is None:
            return
        count = sum(len(receiver.to) for receiver in self.receivers)
        if not 0 < count <= MAX_RECEIVERS:
            raise UnsupportedMessage(
                f"The receivers have {count} addresses; BatchSendMail takes 1 to"
                f" {MAX_RECEIVERS}. Make several calls, or store a list in the console"
                " and give its receivers_name."
            )

    def _want_one(self, inline: str, stored: str) -> None:
        given = [name for name in (inline, stored) if getattr(self, name) is not None]
        if len(given) != 1 or getattr(self, stored) == "":
            found = "both" if len(given) == 2 else "neither"
            raise UnsupportedMessage(
                f"BatchSendMail takes either {inline} or {stored}; it has {found}."
            )

    def read(self, answer: Mapping[str, Any]) -> SendResult:
        """Return the ids of the accepted task."""
        return SendResult.from_fields(answer)

    def __repr__(self) -> str:
        # A repr ends up in tracebacks and logs: no content and no receiver here.
        count = sum(len(receiver.to) for receiver in self.receivers or ())
        to = count or f"the list {self.receivers_name!r}"
        return f"<BatchSendMail from {self.account_name} to {to}>"


#: What the log has rows for.
MailAction: TypeAlias = SingleSendMail | BatchSendMail
