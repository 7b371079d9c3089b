"""
Records lists in the log: rows before the first call, outcomes after the last one.

Both times it writes in bulk: at most four queries, however long the list is (on MariaDB
a very long one is cut).

A database error goes to the logger ``django_directmail``, and the mail goes out. Only a
mail with an idempotency key does not, because nobody can say whether it was sent
before.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from logging import ERROR, WARNING

from django.db import IntegrityError, OperationalError, transaction

from django_directmail.api.errors import DirectMailError
from django_directmail.api.responses import SendResult
from django_directmail.conf import Account
from django_directmail.log import bulk_write
from django_directmail.log.idempotency import MAX_KEYS, Known, find
from django_directmail.log.rows import OUTCOME, describe, note_outcome, recipients_of
from django_directmail.models import MailLog, MailRecipient, log_database
from django_directmail.sending.submission import Submission, SubmittedCall
from django_directmail.status import combine

__all__ = ["LogRecorder"]

logger = logging.getLogger("django_directmail")

#: How often a list is written anew after a deadlock, or a lock that took too long.
MAX_DEADLOCKS = 3

# Django may mail what is logged as an error to the admins, through this very backend.
_reporting: ContextVar[int] = ContextVar("directmail_log_reporting", default=0)


@dataclass
class _Entry:
    """The rows of one submission, and whether the database has them."""

    submission: Submission
    rows: list[MailLog] = field(default_factory=list)
    is_written: bool = False


class LogRecorder:
    """Records one list of ``account``; see :class:`~.sending.recorder.Recorder`."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._using = log_database(account.log)
        self._entries: list[_Entry] = []
        #: Each message held for an earlier one of the same list, and that one.
        self._twins: list[tuple[Submission, Submission]] = []

    def begin(self, submissions: Sequence[Submission]) -> None:
        """Write a row for each call; hold the messages that were sent before."""
        self._entries = [_Entry(submission) for submission in submissions]
        try:
            self._begin()
        except Exception as error:
            _report(error, ERROR, self._using)
            self._refuse_unchecked()

    def mark(self, calls: Sequence[SubmittedCall]) -> Sequence[SubmittedCall]:
        """Return all of ``calls``: their rows were written in one go."""
        return calls

    def finish(self, submissions: Sequence[Submission]) -> None:
        """Write the outcomes, and the rows that could not be written at first."""
        if len(self._entries) != len(submissions):
            # Interrupted before it began.
            self._entries = [_Entry(submission) for submission in submissions]
        has_failed = any(entry.rows and not entry.is_written for entry in self._entries)
        try:
            try:
                self._finish()
            except Exception:
                # A connection that was idle for a long list may just have been cut.
                if not bulk_write.may_repeat(self._using):
                    raise
                self._finish()
        except Exception as error:
            _report(error, WARNING if has_failed else ERROR, self._using)
        for twin, first in self._twins:
            twin.status = first.status

    def _begin(self) -> None:
        self._hold_twins()
        for entry in self._entries:
            if not entry.submission.is_held:
                entry.rows = describe(entry.submission, self._account)
        self._hold_known()
        deadlocks = 0
        while True:
            try:
                return self._insert(self._entries)
            except IntegrityError:
                # Another process wrote one of the keys at this very moment.
                if not self._hold_known():
                    raise
            except OperationalError:
                # Or one wanted the same keys in another order, and was let through.
                deadlocks += 1
                if deadlocks > MAX_DEADLOCKS or not self._keyed():
                    raise
                if not bulk_write.may_repeat(self._using):
                    raise
                self._hold_known()

    def _finish(self) -> None:
        begun: list[MailLog] = []
        missing: list[_Entry] = []
        for entry in self._entries:
            submission = entry.submission
            if submission.is_held:
                continue
            entry.rows = entry.rows or describe(submission, self._account)
            for row, call in zip(entry.rows, submission.calls, strict=False):
                note_outcome(row, call)
            if all(row.accepted == "no" for row in entry.rows):
                # Nothing of it arrived, so the same key may try again.
                for row in entry.rows:
                    row.idempotency_key = None
            if not entry.is_written:
                missing.append(entry)
            elif submission.calls:
                begun += entry.rows
        try:
            if begun:
                with transaction.atomic(using=self._using):
                    bulk_write.update(MailLog, begun, OUTCOME, self._using)
        finally:
            self._insert(missing)

    def _insert(self, entries: Sequence[_Entry]) -> None:
        """Write the rows of all entries, and their recipients, or nothing."""
        entries = [entry for entry in entries if entry.rows]
        rows = [row for entry in entries for row in entry.rows]
        if not rows:
            return
        recipients = [
            row
            for entry in entries
            for row in recipients_of(entry.submission, entry.rows)
        ]
        with transaction.atomic(using=self._using):
            bulk_write.insert(MailLog, rows, self._using)
            bulk_write.insert(MailRecipient, recipients, self._using)
        for entry in entries:
            entry.is_written = True

    def _keyed(self) -> list[_Entry]:
        """Return the entries that are to be sent and have a key."""
        return [
            entry
            for entry in self._entries
            if entry.submission.key is not None and not entry.submission.is_held
        ]

    def _refuse_unchecked(self) -> None:
        """
        Do not send what must not be sent twice, when nobody knows what was sent.

        The error says that it may be tried again; then the key is looked up again.
        """
        for entry in self._keyed():
            for call in entry.submission.due:
                call.fail(
                    DirectMailError(
                        "The mail was not sent: it has an idempotency key, and the log"
                        " could not be asked whether a mail with this key was sent"
                        " before. See the logger django_directmail, and try again.",
                        retryable=True,
                    )
                )

    def _hold_twins(self) -> None:
        """Hold each message whose key an earlier one of the same list has."""
        first: dict[str, Submission] = {}
        for entry in self._keyed():
            submission = entry.submission
            assert submission.key is not None
            known = first.setdefault(submission.key, submission)
            if known is not submission:
                submission.is_held = True
                self._twins.append((submission, known))

    def _hold_known(self) -> bool:
        """
        Hold each message whose key is in the log, with the status of the first one.

        Return whether there was any.
        """
        waiting = {entry.submission.key: entry for entry in self._keyed()}
        keys = [key for key in waiting if key is not None]
        found_any = False
        for start in range(0, len(keys), MAX_KEYS):
            for key, known in find(keys[start : start + MAX_KEYS], self._using).items():
                entry = waiting[key]
                # Not for its own rows, if they were written after all.
                if known[0].message_uid != entry.rows[0].message_uid:
                    found_any = True
                    entry.rows = []
                    _hold(entry.submission, known)
        return found_any


def _hold(submission: Submission, known: list[Known]) -> None:
    submission.is_held = True
    status = submission.status
    for row in known:
        if row.env_id and row.env_id not in status.env_ids:
            status.results.append(
                SendResult(env_id=row.env_id, request_id=row.request_id)
            )
        if row.address:
            status.note([row.address], row.settled, row.env_id or None)
    status.status = combine([row.settled for row in known])


def _report(error: Exception, level: int, using: str) -> None:
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
        bulk_write.may_repeat(using)
    except Exception as further:
        logger.debug("The log could not even be reported: %s", type(further).__name__)
    finally:
        _reporting.reset(token)
