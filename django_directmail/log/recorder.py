"""
The only writer of the log.

It hears of each list twice: before the first call, when every call gets its row, and
after the last one, when the rows get their outcome. Both times it writes in bulk: at
most four queries, however long the list is (on MariaDB a very long one is cut).

What goes wrong with the database goes to the logger ``django_directmail``, and the mail
goes out. Only a mail with an idempotency key does not, if nobody can say whether it
did before: who gives a key asks for just that.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import timedelta
from logging import ERROR, WARNING
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from django_directmail.api.errors import DirectMailError
from django_directmail.api.results import SendResult
from django_directmail.conf import Account
from django_directmail.log import bulk_write as writing
from django_directmail.log.idempotency import MAX_KEYS, Known, find
from django_directmail.log.rows import OUTCOME, describe, note_outcome, recipients_of
from django_directmail.models import MailLog, MailRecipient, log_database
from django_directmail.sending.submission import Outgoing
from django_directmail.signals import list_finished, list_started

__all__ = ["cancel", "connect", "settle_stranded", "stranded"]

logger = logging.getLogger("django_directmail")

#: How often a list is written anew after a deadlock, or a lock that took too long.
MAX_DEADLOCKS = 3

#: What the log says of a mail whose process is gone.
STRANDED = (
    "Nobody wrote down how this mail ended: its process was stopped, or the database"
    " was away. It may have arrived. Before it is sent again, look for it in"
    " DirectMail's console, or at the mailer that it took."
)

# Django may mail what is logged as an error to the admins, through this very backend.
_reporting: ContextVar[int] = ContextVar("directmail_log_reporting", default=0)


def connect() -> None:
    """Start to write the log."""
    list_started.connect(record_start, dispatch_uid="directmail_log")
    list_finished.connect(record_end, dispatch_uid="directmail_log")


def record_start(outgoing: list[Outgoing], account: Account, **kwargs: Any) -> None:
    """Write a row for each call, and hold the messages that were sent before."""
    if not (outgoing and account.log.enabled):
        return
    try:
        _start(outgoing, account)
    except Exception as error:
        _report(error, ERROR)
        _refuse_unchecked(outgoing)


def record_end(outgoing: list[Outgoing], account: Account, **kwargs: Any) -> None:
    """Write the outcomes; also whole rows, where that failed at the start."""
    if not (outgoing and account.log.enabled):
        return
    failed_before = any(row._state.adding for item in outgoing for row in item.records)
    try:
        try:
            _end(outgoing, account)
        except Exception:
            # A connection that was idle for a long list may just have been cut.
            if not writing.may_repeat(log_database()):
                raise
            _end(outgoing, account)
    except Exception as error:
        _report(error, WARNING if failed_before else ERROR)
    _copy_to_twins(outgoing)


def cancel(ids: Iterable[UUID]) -> int:
    """Cancel the mails among ``ids`` that are still queued; return how many."""
    queued = MailLog.objects.filter(pk__in=list(ids), status=MailLog.Status.QUEUED)
    return queued.update(
        status=MailLog.Status.CANCELLED,
        accepted=MailLog.Accepted.NO,
        finished_at=timezone.now(),
    )


def stranded(older_than: timedelta) -> QuerySet[Any]:
    """Return the mails of that age, counted from now, whose end nobody wrote down."""
    logs = MailLog.objects.using(log_database()).order_by("created_at", "id")
    before = timezone.now() - older_than
    return logs.filter(status=MailLog.Status.SENDING, created_at__lte=before)


def settle_stranded(older_than: timedelta, *, batch: int) -> Iterator[int]:
    """
    Let the mails that are :func:`stranded` be unconfirmed; yield how many so far.

    One that ends in this moment keeps its outcome. One that ends later gets it still:
    who sent it knows better. A key stays taken, since the mail may be there.
    """
    mails, done = stranded(older_than), 0
    while ids := list(mails.values_list("pk", flat=True)[:batch]):
        found = MailLog.objects.using(log_database()).filter(pk__in=ids)
        done += found.filter(status=MailLog.Status.SENDING).update(
            status=MailLog.Status.UNCONFIRMED,
            accepted=MailLog.Accepted.UNKNOWN,
            finished_at=timezone.now(),
            error_message=STRANDED,
        )
        yield done


def _report(error: Exception, level: int) -> None:
    token = _reporting.set(_reporting.get() + 1)
    try:
        # Not the text of the error: databases like to quote the row. And short: it may
        # become the subject of a mail to the admins, which takes 256 characters.
        logger.log(
            level if _reporting.get() == 1 else WARNING,
            "The mail log was not written (%s); mails go out all the same, but for"
            " those with an idempotency key. Is the database there, and migrated? Or"
            ' set LOG["ENABLED"] to False.',
            type(error).__name__,
        )
        writing.may_repeat(log_database())
    except Exception as further:
        logger.debug("The log could not even be reported: %s", type(further).__name__)
    finally:
        _reporting.reset(token)


def _refuse_unchecked(outgoing: list[Outgoing]) -> None:
    """
    Do not send what asks not to be sent twice, when nobody knows what was sent.

    The error says that it may be tried again; then the same key will be looked up.
    """
    for item in outgoing:
        if item.key is not None and not item.is_held:
            item.key, item.calls, item.records = None, [], []
            item.status.status = "failed"
            item.status.error = DirectMailError(
                "The mail was not sent: it has an idempotency key, and the log could"
                " not be asked whether a mail with this key was sent before. See the"
                " logger django_directmail, and try again.",
                retryable=True,
            )


def _start(outgoing: list[Outgoing], account: Account) -> None:
    _hold_twins(outgoing)
    for item in outgoing:
        item.records = [] if item.is_held else describe(item, account)
    _hold_known(outgoing)
    deadlocks = 0
    while True:
        try:
            return _insert(outgoing)
        except IntegrityError:
            # Another process wrote one of the keys in this very moment.
            if not _hold_known(outgoing):
                raise
        except OperationalError:
            # Or one wanted the same keys in another order, and was let through.
            deadlocks += 1
            has_keys = any(item.key for item in outgoing)
            if deadlocks > MAX_DEADLOCKS or not has_keys:
                raise
            if not writing.may_repeat(log_database()):
                raise
            _hold_known(outgoing)


def _end(outgoing: list[Outgoing], account: Account) -> None:
    begun: list[MailLog] = []
    missing: list[Outgoing] = []
    for item in outgoing:
        if item.is_held:
            continue
        is_missing = not item.records or item.records[0]._state.adding
        if is_missing:
            item.records = item.records or describe(item, account)
            missing.append(item)
        for row, call in zip(item.records, item.calls, strict=False):
            note_outcome(row, call)
        if all(row.accepted == "no" for row in item.records):
            # Nothing of it arrived, so the same key may try again.
            for row in item.records:
                row.idempotency_key = None
        if item.calls and not is_missing:
            begun += item.records
    try:
        if begun:
            with transaction.atomic(using=log_database()):
                writing.update(MailLog, begun, OUTCOME, log_database())
    finally:
        _insert(missing)


def _insert(outgoing: list[Outgoing]) -> None:
    """Write the rows of all messages, and their recipients, or nothing."""
    outgoing = [item for item in outgoing if item.records]
    rows = [row for item in outgoing for row in item.records]
    if not rows:
        return
    recipients = [row for item in outgoing for row in recipients_of(item)]
    using, is_written = log_database(), False
    try:
        with transaction.atomic(using=using):
            writing.insert(MailLog, rows, using)
            writing.insert(MailRecipient, recipients, using)
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
    """Give each twin the status of the one that was sent in its place."""
    first: dict[str, Outgoing] = {}
    for item in outgoing:
        if item.key is None:
            continue
        status = first.setdefault(item.key, item).status
        if status is not item.status and item.is_held:
            vars(item.status).update(vars(status))


def _hold_known(outgoing: list[Outgoing]) -> bool:
    """
    Hold each message whose key is in the log; give it the status of the first.

    Return whether there was any.
    """
    waiting = {i.key: i for i in outgoing if i.key is not None and not i.is_held}
    keys = list(waiting)
    found_any = False
    for start in range(0, len(keys), MAX_KEYS):
        for key, rows in find(keys[start : start + MAX_KEYS]).items():
            item = waiting[key]
            # Not by its own rows, if they were written after all.
            if rows[0].message_uid != item.records[0].message_uid:
                found_any = True
                _hold(item, rows)
    return found_any


def _hold(item: Outgoing, rows: list[Known]) -> None:
    item.is_held, item.records = True, []
    for row in rows:
        if row.env_id and row.env_id not in item.status.env_ids:
            item.status.results.append(
                SendResult(env_id=row.env_id, request_id=row.request_id)
            )
        if row.address:
            item.status.note([row.address], row.settled, row.env_id or None)
    item.status.settle(row.settled for row in rows)
