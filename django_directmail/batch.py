"""
One content for many receivers, as one task of DirectMail: :func:`send_batch`.

For mails that go out together, such as a newsletter: DirectMail takes 20 batches a
minute. Each receiver gets a mail of its own, with its own texts for the variables.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.views.decorators.debug import sensitive_variables

from django_directmail.api.actions.batch import BatchSendMail, Receiver, TemplateContent
from django_directmail.api.actions.mail import MAX_ALIAS
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import SendResult
from django_directmail.api.spelling import suggest
from django_directmail.conf import Account, get_setting
from django_directmail.mailers import find_mailer
from django_directmail.message.addresses import MailAddress, parse_address
from django_directmail.message.headers import Headers
from django_directmail.message.parameters import (
    PARAMETERS,
    clean_data,
    clean_parameters,
    shorten_alias,
)
from django_directmail.message.plan import PlannedCall
from django_directmail.message.recipients import Recipient, envelopes
from django_directmail.message.text import one_line, to_text
from django_directmail.sending.submission import Submission

__all__ = ["BATCH_PARAMETERS", "send_batch"]

logger = logging.getLogger("django_directmail")

#: The parameters of ``DEFAULTS`` that a batch can have, too.
BATCH_PARAMETERS = tuple(
    name
    for name in PARAMETERS
    if name in wire_names(BatchSendMail) and name != "account_name"
)


OWN = ("receivers", "receivers_name", "template_content", "template_name")


@sensitive_variables()
def send_batch(
    *,
    receivers: Mapping[str, Mapping[str, str] | None]
    | Iterable[str | Receiver]
    | None = None,
    receivers_name: str | None = None,
    template_content: TemplateContent | Mapping[str, str] | None = None,
    template_name: str | None = None,
    account_name: str | None = None,
    using: str | None = None,
    **parameters: Any,
) -> SendResult:
    """
    Send a batch through the mailer ``using`` and return the ids of the task.

    To ``receivers``: addresses, or a dict from each address to its texts for the
    variables, or :class:`~django_directmail.api.Receiver` objects; 100 addresses at
    most, of which each gets a mail of its own. Or to ``receivers_name``, a list in the
    console. ``template_content`` has ``subject``, ``html_body`` or ``text_body``, and
    ``alias``, the sender's name; ``template_name`` is a template in the console.
    ``account_name`` is the sender in place of ``ACCOUNT_NAME`` or
    ``DEFAULT_FROM_EMAIL``. ``parameters`` are :data:`BATCH_PARAMETERS`, over those of
    ``DEFAULTS``; ``None`` cancels one.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage`, a ``ValueError``, for
    what cannot be sent, :exc:`~django.core.exceptions.ImproperlyConfigured` if the
    mailer is not one of ours, and else what
    :meth:`~django_directmail.api.client.Client.call` does: ``error.accepted`` says
    whether DirectMail may have the batch.
    """
    mailer = find_mailer(
        using,
        "Name one that does with using=..., or see the documentation about tests if"
        " this is one.",
    )
    values = _read_parameters(mailer.account, parameters)
    sender, name = _read_sender(mailer.account, account_name, values)
    values["account_name"] = sender
    values["template_content"] = _read_content(template_content, name)
    if template_name:
        values["template_name"] = one_line(template_name, "template_name")
    if receivers_name:
        values["receivers_name"] = one_line(receivers_name, "receivers_name")
    if receivers is None:
        _refuse_strangers(mailer.account)
        calls = [PlannedCall(BatchSendMail(**values), ())]
    else:
        people = _read_receivers(receivers)
        BatchSendMail(**values, receivers=[_receiver(*who) for who in people])
        calls = list(_calls(mailer.account, people, values))
    batch = Submission()
    batch.add_calls(calls)
    mailer.sender().send([batch])
    if batch.status.error is not None:
        raise batch.status.error
    if not batch.status.results:
        raise UnsupportedMessage(
            "Nobody gets this batch: ALLOWED_DOMAINS lists the domain of no receiver."
        )
    return batch.status.results[0]


def _refuse_strangers(account: Account) -> None:
    """Refuse a stored list where strangers must get nothing: who is in it?"""
    if account.redirect_all_to or account.allowed_domains is not None:
        raise UnsupportedMessage(
            "A stored list cannot be redirected, and REDIRECT_ALL_TO or ALLOWED_DOMAINS"
            " is set. Give receivers instead of receivers_name."
        )


def _calls(
    account: Account,
    people: list[tuple[MailAddress, dict[str, str] | None]],
    values: Mapping[str, Any],
) -> Iterator[PlannedCall]:
    """Yield a call for all, or one for each group that staging tells apart."""
    data = {address.key: texts for address, texts in people}
    for envelope in envelopes(
        [Recipient(address, "to") for address, _ in people],
        split=False,
        together=True,
        redirect=account.redirect_all_to,
        allowed=account.allowed_domains,
    ):
        receivers = [
            Receiver(
                to=(envelope.redirect or who.address.wire).split(","),
                template_data=data[who.address.key],
            )
            for who in envelope.visible
        ]
        yield PlannedCall(
            BatchSendMail(**values, receivers=receivers),
            tuple(who.address.spec for who in envelope.visible),
            ("to",) * len(envelope.visible),
            redirected_to=envelope.redirect,
            is_withheld=envelope.is_withheld,
        )


def _read_parameters(account: Account, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given over the account's defaults, without what is not set."""
    for name in given:
        if name not in BATCH_PARAMETERS:
            known = (*BATCH_PARAMETERS, *OWN)
            raise UnsupportedMessage(
                f'"{name}" is not a parameter of send_batch().{suggest(name, known)}'
                f" It takes {', '.join(BATCH_PARAMETERS)}."
            )
    own = clean_parameters(given)
    defaults = {k: v for k, v in account.defaults.items() if k in BATCH_PARAMETERS}
    if own.get("reply_address"):
        # A name belongs to its address: not to that of the defaults.
        defaults.pop("reply_address_alias", None)
    values = {**defaults, **own}
    if values.get("headers"):
        headers = Headers(defaults.get("headers") or {}, own.get("headers") or {})
        values["headers"] = headers.for_api()
    return {name: value for name, value in values.items() if value is not None}


def _read_sender(
    account: Account, given: str | None, values: Mapping[str, Any]
) -> tuple[str, str]:
    """Return address and name of the sender."""
    if given and values.get("domain_auth") and "@" not in given:
        # Here the domain as a whole is the sender.
        return one_line(given, "account_name"), _default_name(account, "")
    if given:
        address = parse_address(given, "account_name")
        return address.wire, _default_name(account, address.display_name)
    address = parse_address(get_setting("DEFAULT_FROM_EMAIL"), "DEFAULT_FROM_EMAIL")
    sender = account.account_name or address.wire
    return sender, _default_name(account, address.display_name)


def _default_name(account: Account, name: str) -> str:
    return name or account.defaults.get("from_alias") or ""


@sensitive_variables()
def _read_receivers(receivers: Any) -> list[tuple[MailAddress, dict[str, str] | None]]:
    """Return each mailbox once, with its data."""
    if isinstance(receivers, (str, bytes, Promise)) or not isinstance(
        receivers, Iterable
    ):
        kind = type(receivers).__name__
        raise UnsupportedMessage(
            f"receivers is of type {kind}; make it a list of addresses, or a dict from"
            " each address to its data."
        )
    found: dict[str, tuple[MailAddress, dict[str, str] | None]] = {}
    for given, data in _pairs(receivers):
        address, texts = parse_address(given, "receivers"), clean_data(data)
        known = found.setdefault(address.key, (address, texts))
        if known[1] != texts:
            domain = address.wire.rpartition("@")[2]
            raise UnsupportedMessage(
                f"An address at {domain} is twice in receivers, with different data,"
                " and gets one mail. Decide on one, or make two batches."
            )
    return list(found.values())


def _pairs(receivers: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    if isinstance(receivers, Mapping):
        yield from receivers.items()
        return
    for item in receivers:
        if isinstance(item, Receiver):
            yield from ((address, item.template_data) for address in item.to)
        else:
            yield item, None


def _receiver(address: MailAddress, data: dict[str, str] | None) -> Receiver:
    return Receiver(to=[address.wire], template_data=data)


@sensitive_variables()
def _read_content(given: Any, name: str) -> TemplateContent | None:
    """Return the content, whose sender is called ``name`` if it does not say so."""
    if given is None:
        return None
    if not isinstance(given, (TemplateContent, Mapping)):
        raise UnsupportedMessage(
            f"template_content is a {type(given).__name__}; make it a dict."
        )
    known = wire_names(TemplateContent)
    values = dict(given if isinstance(given, Mapping) else vars(given))
    for key, value in values.items():
        if key not in known:
            raise UnsupportedMessage(
                f'template_content["{key}"] is not known.{suggest(key, known)} It takes'
                f" {', '.join(known)}."
            )
        if not isinstance(value, (str, Promise, type(None))):
            kind = type(value).__name__
            raise UnsupportedMessage(
                f'template_content["{key}"] is a {kind}; it must be text.'
            )
    texts = {key: to_text(value) for key, value in values.items() if value is not None}
    if not texts.get("subject"):
        raise UnsupportedMessage('template_content has no "subject". Give it one.')
    for key in {"subject", "alias"} & set(texts):
        one_line(texts[key], f'template_content["{key}"]')
    if name and not texts.get("alias"):
        texts["alias"] = _shorten(name)
    return TemplateContent(**texts)


def _shorten(name: str) -> str:
    alias, warning = shorten_alias("alias", name)
    if warning:
        logger.warning(
            "A batch goes out changed: the name of its sender has %s characters and is"
            ' cut to %s. Shorten it, or set template_content["alias"].',
            len(name),
            MAX_ALIAS,
        )
    return alias
