"""
Rows of the log, from :class:`~django_directmail.sending.submission.Outgoing`.

No database in here. Every text is made fit for its column, since databases refuse NUL,
half characters, and what is too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from email.headerregistry import Address
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from django_directmail._compat import is_ours
from django_directmail.api.actions.batch import BatchSendMail, MailAction
from django_directmail.api.actions.mail import EVENT_HEADER_PREFIX
from django_directmail.api.errors import ApiError, DirectMailError
from django_directmail.conf import Account
from django_directmail.log.sanitize import clean, fit, fit_json, moment, size_of
from django_directmail.message.addresses import parse_address
from django_directmail.message.attributes import decode_metadata, decode_name
from django_directmail.message.builder import ORIGINAL_TO
from django_directmail.message.parameters import PARAMETERS, to_text
from django_directmail.models import MailLog, MailRecipient, new_id
from django_directmail.sending.submission import Outgoing, OutgoingCall

__all__ = ["OUTCOME", "describe", "note_outcome", "recipients_of"]

#: The columns that are known after the call only.
OUTCOME = (
    "status",
    "accepted",
    "attempts",
    "nonce",
    "signed_at",
    "sent_at",
    "finished_at",
    "duration_ms",
    "env_id",
    "request_id",
    "error_code",
    "error_message",
    "http_status",
    "idempotency_key",
)
#: Characters of an error that are kept.
MAX_ERROR = 2_000


def describe(item: Outgoing, account: Account) -> list[MailLog]:
    """
    Return a row for each call of a message, or one if it never got that far.

    None for a message to nobody. Only the first row has the idempotency key.
    """
    if not item.calls and item.status.status is None:
        return []
    resent_from, resent_by = _get(item.message, "_directmail_resent") or (None, "")
    shared = {
        "message_uid": new_id(),
        "alias": fit("alias", account.alias or ""),
        "region": account.region,
        "resent_from_id": resent_from,
        "resent_by": fit("resent_by", resent_by),
    }
    if not item.calls:
        return [MailLog(**shared, **_refused(item))]
    rows = [
        MailLog(
            **shared,
            **_planned(call, keep_body=account.log.bodies),
            **_way(call, account),
        )
        for call in item.calls
    ]
    rows[0].idempotency_key = item.key
    for row, call in zip(rows, item.calls, strict=True):
        note_outcome(row, call)
    return rows


def note_outcome(row: MailLog, call: OutgoingCall) -> None:
    """Write into ``row`` how ``call`` stands."""
    error, result = call.error, call.result
    row.status = call.status
    row.attempts = call.attempts
    if not call.call.letter:
        # What takes another mailer is not signed.
        row.nonce = call.nonce
        row.signed_at = moment(call.signed_at)
    row.sent_at = moment(call.sent_at)
    row.finished_at = moment(call.finished_at)
    if call.duration is not None:
        row.duration_ms = round(call.duration * 1000)
    if call.status == "accepted":
        row.accepted = "yes"
        if result:
            row.env_id = fit("env_id", result.env_id)
            row.request_id = fit("request_id", result.request_id)
    elif error:
        row.accepted = getattr(error, "accepted", "no")
        _note_error(row, error)
    elif call.status == "suppressed":
        row.accepted = "no"
        row.error_message = "ALLOWED_DOMAINS does not list the domain of anybody here."
    else:
        # On its way, or interrupted on its way.
        row.accepted = "unknown"
        if call.finished_at:
            row.error_message = "The call was interrupted; it may have arrived."


def _note_error(row: MailLog, error: Exception) -> None:
    row.error_code = fit("error_code", type(error).__name__)
    # The text of a foreign exception may hold anything.
    if isinstance(error, DirectMailError) or is_ours(error):
        row.error_message = clean(str(error))[:MAX_ERROR]
    if isinstance(error, ApiError):
        row.error_code = fit("error_code", error.code or row.error_code)
        row.request_id = fit("request_id", error.request_id)
        row.http_status = error.http_status


def _way(call: OutgoingCall, account: Account) -> dict[str, Any]:
    """Return the columns that tell where a call goes, and what goes with it."""
    columns: dict[str, Any] = {
        "nonce": call.nonce,
        "redirected_to": fit("redirected_to", call.call.redirected_to),
        "attachments": [
            {"name": clean(file.name), "size": file.size} for file in call.call.files
        ],
    }
    if call.call.letter is not None and account.smtp_fallback is not None:
        # Neither nonce nor time: nothing was signed.
        columns["route"] = fit("route", account.smtp_fallback.name)
        columns["nonce"] = ""
    return columns


def _planned(call: OutgoingCall, *, keep_body: bool) -> dict[str, Any]:
    """Return the columns that tell what a call carries."""
    action = call.call.action
    # The texts of a batch are a part of it, or stored in the console.
    texts: Any = getattr(action, "template_content", action)
    names = ("subject", "text_body", "html_body")
    content = {name: getattr(texts, name, None) or "" for name in names}
    size = sum(size_of(text) for text in content.values())
    subject = content.pop("subject")
    # They are not what anybody got, so there is no mail that could be sent again.
    keep_body = keep_body and texts is action
    metadata, headers = _split_headers(action)
    if keep_body:
        # To the letter, so that the same mail can be sent again.
        headers = {k: v for k, v in (action.headers or {}).items() if k != ORIGINAL_TO}
    columns = {
        "sender": fit("sender", action.account_name),
        "subject": fit("subject", subject),
        "tag": fit("tag", action.tag_name or ""),
        "template_id": "",
        "metadata": metadata,
        "parameters": _parameters(action, headers, keep_body=keep_body),
        "size": size,
    }
    if isinstance(action, BatchSendMail):
        columns["template_id"] = fit("template_id", action.template_name or "")
    elif action.template is not None:
        columns["template_id"] = fit("template_id", action.template.template_id)
    if keep_body:
        columns["has_body"] = True
        columns.update({name: clean(text) for name, text in content.items()})
    return columns


def _parameters(
    action: MailAction, headers: dict[str, str], *, keep_body: bool
) -> dict[str, Any]:
    """Return what else was sent, under the names of our own parameters."""
    found: dict[str, Any] = {}
    for name in (*PARAMETERS, "receivers_name"):
        value = getattr(action, name, None)
        if name == "headers":
            value = headers or None
        elif name == "template" and value is not None:
            # The data of a template is what the bodies are elsewhere.
            value = asdict(value) if keep_body else {"template_id": value.template_id}
        if value is not None:
            found[name] = fit_json(value)
    return found


def _split_headers(action: MailAction) -> tuple[dict[str, Any], dict[str, str]]:
    """Return metadata and other headers."""
    metadata, others = {}, {}
    prefix = EVENT_HEADER_PREFIX.lower()
    for name, value in (action.headers or {}).items():
        if name.lower().startswith(prefix):
            key = clean(decode_name(name[len(prefix) :]))
            metadata[key] = fit_json(decode_metadata(value))
        elif name != ORIGINAL_TO:
            # The rows of the recipients tell that one.
            others[name] = value
    return metadata, others


def _refused(item: Outgoing) -> dict[str, Any]:
    """Return the columns of a message that was refused or cancelled before any call."""
    row = MailLog(status=item.status.status or "", accepted="no")
    if item.status.error:
        _note_error(row, item.status.error)
    sender = _get(item.message, "from_email")
    try:
        sender = parse_address(sender, "from_email").wire
    except Exception:
        sender = _loosely(sender)
    now = timezone.now()
    return {
        "status": row.status,
        "accepted": row.accepted,
        "error_code": row.error_code,
        "error_message": row.error_message,
        "sender": fit("sender", sender),
        "subject": fit("subject", _loosely(_get(item.message, "subject"))),
        "created_at": now,
        "finished_at": now,
    }


def recipients_of(item: Outgoing) -> Iterator[MailRecipient]:
    """Yield a row for each address of each row in ``item.records``."""
    if not item.calls:
        for row in item.records:
            for kind in ("to", "cc", "bcc"):
                for address in _loose_addresses(_get(item.message, kind)):
                    yield _recipient(row, address, kind)
        return
    for row, outgoing in zip(item.records, item.calls, strict=True):
        call = outgoing.call
        for address, kind in zip(call.recipients, call.kinds, strict=True):
            yield _recipient(row, address, kind)


def _recipient(row: MailLog, address: str, kind: str) -> MailRecipient:
    address = fit("address", address)
    return MailRecipient(
        log_id=row.pk,
        address=address,
        address_key=fit("address_key", address.lower()),
        kind=kind,
    )


def _loose_addresses(values: Any) -> Iterator[str]:
    """Yield addresses out of what may be no list, and hold no addresses."""
    if isinstance(values, str) or not isinstance(values, (list, tuple, set)):
        values = [values]
    for value in values:
        try:
            yield parse_address(value, "to").spec
        except Exception:
            if text := _loosely(value):
                yield text


def _loosely(value: Any) -> str:
    """Return ``value`` as text, whatever it is."""
    if value is None:
        return ""
    try:
        if isinstance(value, (str, Promise, Address)):
            return to_text(value)
    except Exception:
        pass
    # Not its repr, which may say anything.
    return f"({type(value).__name__})"


def _get(message: Any, name: str) -> Any:
    try:
        return getattr(message, name, None)
    except Exception:
        return None
