"""
Rows of the log, from a :class:`~django_directmail.sending.submission.Submission`.

No database in here. Every text is made fit for its column, since databases refuse NUL,
half characters, and what is too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from django_directmail.api.actions.batch import BatchSendMail, MailAction
from django_directmail.api.actions.mail import EVENT_HEADER_PREFIX
from django_directmail.api.errors import ApiError, has_public_text
from django_directmail.conf import Account
from django_directmail.log.sanitize import clean, fit, fit_json, moment, size_of
from django_directmail.message.attributes import decode_metadata, decode_name
from django_directmail.message.builder import ORIGINAL_TO
from django_directmail.message.outline import Outline
from django_directmail.message.parameters import PARAMETERS
from django_directmail.message.plan import PlannedCall
from django_directmail.models import MailLog, MailRecipient, new_id
from django_directmail.sending.submission import Submission, SubmittedCall

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


def describe(submission: Submission, account: Account) -> list[MailLog]:
    """
    Return a row for each call of a submission, or one if it has no calls.

    Return none for a message to nobody. Only the first row has the idempotency key.
    """
    if not submission.calls and submission.status.status is None:
        return []
    shared = {
        "message_uid": new_id(),
        "alias": fit("alias", account.alias or ""),
        "region": account.region,
        "resent_from_id": submission.resent_from,
        "resent_by": fit("resent_by", submission.resent_by),
    }
    if not submission.calls:
        return [_refused(submission, shared)]
    rows = [
        MailLog(
            **shared,
            **_planned(call.planned, keep_body=account.log.bodies),
            **_way(call, account),
        )
        for call in submission.calls
    ]
    rows[0].idempotency_key = submission.key
    for row, call in zip(rows, submission.calls, strict=True):
        note_outcome(row, call)
    return rows


def note_outcome(row: MailLog, call: SubmittedCall) -> None:
    """Write into ``row`` how ``call`` stands."""
    error, result = call.error, call.result
    row.status = call.status
    row.attempts = call.attempts
    if not call.planned.fallback_message:
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
    if has_public_text(error):
        row.error_message = clean(str(error))[:MAX_ERROR]
    if isinstance(error, ApiError):
        row.error_code = fit("error_code", error.code or row.error_code)
        row.request_id = fit("request_id", error.request_id)
        row.http_status = error.http_status


def _way(call: SubmittedCall, account: Account) -> dict[str, Any]:
    """Return the columns that tell where a call goes, and what goes with it."""
    columns: dict[str, Any] = {
        "nonce": call.nonce,
        "redirected_to": fit("redirected_to", call.planned.redirected_to),
        "attachments": [
            {"name": clean(file.name), "size": file.size} for file in call.planned.files
        ],
    }
    if call.planned.fallback_message is not None and account.smtp_fallback is not None:
        # Neither nonce nor time: nothing was signed.
        columns["route"] = fit("route", account.smtp_fallback.name)
        columns["nonce"] = ""
    return columns


def _planned(planned: PlannedCall, *, keep_body: bool) -> dict[str, Any]:
    """Return the columns that tell what a call carries."""
    action = planned.action
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


def _refused(submission: Submission, shared: dict[str, Any]) -> MailLog:
    """Return the row of a message that was refused or cancelled before any call."""
    outline = submission.outline or Outline()
    now = timezone.now()
    row = MailLog(
        **shared,
        status=submission.status.status or "",
        accepted="no",
        sender=fit("sender", outline.sender),
        subject=fit("subject", outline.subject),
        created_at=now,
        finished_at=now,
    )
    if submission.status.error:
        _note_error(row, submission.status.error)
    return row


def recipients_of(
    submission: Submission, rows: Sequence[MailLog]
) -> Iterator[MailRecipient]:
    """Yield a row for each address of each of ``rows``, which are the submission's."""
    if not submission.calls:
        for row in rows:
            for address, kind in (submission.outline or Outline()).recipients:
                yield _recipient(row, address, kind)
        return
    for row, call in zip(rows, submission.calls, strict=True):
        planned = call.planned
        for address, kind in zip(planned.recipients, planned.kinds, strict=True):
            yield _recipient(row, address, kind)


def _recipient(row: MailLog, address: str, kind: str) -> MailRecipient:
    address = fit("address", address)
    return MailRecipient(
        log_id=row.pk,
        address=address,
        address_key=fit("address_key", address.lower()),
        kind=kind,
    )
