"""
The only writer of the log.

It hears of each list twice: before the first call, when every call gets its row, and
after the last one, when the rows get their outcome. Both times it writes in bulk: at
most four queries, however long the list is. It never stops a send: what goes wrong with
the database goes to the logger ``django_directmail``, and the mail goes out.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from logging import ERROR, WARNING
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from django_directmail import bulk
from django_directmail.api.results import SendResult
from django_directmail.conf import Account
from django_directmail.models import MailLog, MailRecipient
from django_directmail.outgoing import Outgoing
from django_directmail.records import OUTCOME, describe, note_outcome, recipients_of
from django_directmail.signals import list_finished, list_started

__all__ = ["cancel", "connect"]

logger = logging.getLogger("django_directmail")

#: Keys that one query looks up: SQLite takes 32,766 variables by default.
MAX_KEYS = 10_000

# Django may mail what is logged as an error to the admins, through this very backend.
_reporting: ContextVar[bool] = ContextVar("directmail_log_reporting", default=False)


def connect() -> None:
    """Start to write the log."""
    list_started.connect(record_start, dispatch_uid="directmail_log")
    list_finished.connect(record_end, dispatch_uid="directmail_log")


def record_start(outgoing: list[Outgoing], account: Account, **kwargs: Any) -> None:
    """Write a row for each call, and hold the messages that were sent before."""
    _write(_start, outgoing, account)


def record_end(outgoing: list[Outgoing], account: Account, **kwargs: Any) -> None:
    """Write the outcomes; also whole rows, where that failed at the start."""
    failed_before = any(row._state.adding for item in outgoing for row in item.records)
    _write(_end, outgoing, account, level=WARNING if failed_before else ERROR)
    _copy_to_twins(outgoing)


def cancel(ids: Iterable[UUID]) -> int:
    """Cancel the mails among ``ids`` that are still queued; return how many."""
    queued = MailLog.objects.filter(pk__in=list(ids), status=MailLog.Status.QUEUED)
    return queued.update(
        status=MailLog.Status.CANCELLED,
        accepted=MailLog.Accepted.NO,
        finished_at=timezone.now(),
    )


def _write(
    write: Callable[[list[Outgoing], Account], None],
    outgoing: list[Outgoing],
    account: Account,
    level: int = ERROR,
) -> None:
    """Write the log, if it is on; report it if that fails."""
    if not (outgoing and account.log.enabled):
        return
    try:
        write(outgoing, account)
    except Exception as error:
        _report(error, WARNING if _reporting.get() else level)


def _report(error: Exception, level: int) -> None:
    token = _reporting.set(True)
    try:
        # Not the text of the error: databases like to quote the row. And short: it may
        # become the subject of a mail to the admins, which takes 256 characters.
        logger.log(
            level,
            "The mail log was not written (%s); the mail goes out all the same,"
            " idempotency keys unchecked. Is the database there, and migrated? Or set"
            ' LOG["ENABLED"] to False.',
            type(error).__name__,
        )
        bulk.leave_broken_connection(MailLog.objects.all().db)
    except Exception as further:
        logger.debug("The database of the log is gone: %s", type(further).__name__)
    finally:
        _reporting.reset(token)


def _start(outgoing: list[Outgoing], account: Account) -> None:
    _hold_twins(outgoing)
    for item in outgoing:
        item.records = [] if item.is_held else describe(item, account)
    _hold_known(outgoing)
    try:
        _insert(outgoing)
    except IntegrityError:
        # Another process wrote one of the keys in this very moment.
        _hold_known(outgoing)
        _insert(outgoing)


def _end(outgoing: list[Outgoing], account: Account) -> None:
    begun: list[MailLog] = []
    missing: list[Outgoing] = []
    for item in outgoing:
        if item.is_held:
            continue
        is_missing = not item.records or item.records[0]._state.adding
        if is_missing:
            item.records = describe(item, account)
            missing.append(item)
        for row, call in zip(item.records, item.calls, strict=False):
            note_outcome(row, call)
        if is_missing or all(row.accepted == "no" for row in item.records):
            # Nothing of it arrived, so the same key may try again.
            for row in item.records:
                row.idempotency_key = None
        if item.calls and not is_missing:
            begun += item.records
    try:
        if begun:
            with transaction.atomic(using=MailLog.objects.all().db):
                bulk.update(MailLog, begun, OUTCOME)
    finally:
        _insert(missing)


def _insert(outgoing: list[Outgoing]) -> None:
    rows = [row for item in outgoing for row in item.records]
    if not rows:
        return
    recipients = [row for item in outgoing for row in recipients_of(item)]
    is_written = False
    try:
        with transaction.atomic(using=MailLog.objects.all().db):
            bulk.insert(MailLog, rows)
            bulk.insert(MailRecipient, recipients)
        is_written = True
    finally:
        # A rollback takes the rows away again, and nobody tells them.
        for row in rows:
            row._state.adding = not is_written


def _hold_twins(outgoing: list[Outgoing]) -> None:
    """Hold each message whose key another one in the same list has."""
    seen = set()
    for item in outgoing:
        if item.key is not None:
            item.is_held = item.key in seen
            seen.add(item.key)


def _copy_to_twins(outgoing: list[Outgoing]) -> None:
    first: dict[str, Outgoing] = {}
    for item in outgoing:
        if item.key is None:
            continue
        status = first.setdefault(item.key, item).status
        if status is not item.status and item.is_held:
            vars(item.status).update(vars(status), error=None)


def _hold_known(outgoing: list[Outgoing]) -> None:
    """Hold each message whose key is in the log; give it the status of the first."""
    waiting = {i.key: i for i in outgoing if i.key is not None and not i.is_held}
    keys = list(waiting)
    for start in range(0, len(keys), MAX_KEYS):
        for key, rows in _find(keys[start : start + MAX_KEYS]).items():
            item = waiting[key]
            item.is_held, item.records = True, []
            for env_id, request_id, status, address in rows:
                if env_id and env_id not in item.status.env_ids:
                    item.status.results.append(
                        SendResult(env_id=env_id, request_id=request_id)
                    )
                if address:
                    item.status.note([address], status, env_id or None)
            item.status.settle(status for _, _, status, _ in rows)


def _find(keys: list[str]) -> dict[str, list[tuple[str, str, str, str | None]]]:
    """Return what is known of the messages with these keys, by key, in one query."""
    messages = MailLog.objects.filter(idempotency_key__in=keys).values("message_uid")
    found = (
        MailLog.objects.filter(message_uid__in=messages)
        .order_by()
        .values_list(
            "message_uid",
            "idempotency_key",
            "env_id",
            "request_id",
            "status",
            "recipients__address",
        )
    )
    keys_by_message: dict[UUID, str] = {}
    rows = defaultdict(list)
    for message_uid, key, *columns in found:
        if key is not None:
            keys_by_message[message_uid] = key
        rows[message_uid].append(tuple(columns))
    return {keys_by_message[uid]: rows[uid] for uid in rows}
