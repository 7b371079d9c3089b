"""
What is handed over for sending: planned calls, how they stand, and an idempotency key.

A submission never holds the caller's message. So a backend, ``send_batch()``, "send
again" in the admin and a worker hand over the same thing. Nonce and time of each call
are chosen before its request leaves, so that they can be on record by then.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from django_directmail.api.actions.mail import Attachment
from django_directmail.api.client import PreparedCall
from django_directmail.api.credentials import Credentials
from django_directmail.api.errors import (
    DirectMailError,
    Outcome,
    SendError,
    public_text,
)
from django_directmail.api.responses import SendResult
from django_directmail.message.outline import Outline
from django_directmail.message.plan import PlannedCall
from django_directmail.status import SendStatus, combine, status_of

__all__ = ["Submission", "SubmittedCall", "summarize"]

#: DirectMail takes a request within 15 minutes of its time. A call that waits longer
#: than this for its turn in a long list is signed with the time of its turn.
STALE = timedelta(minutes=5)


@dataclass
class SubmittedCall:
    """
    One planned call, and how it stands; ``status`` is a word of ``MailLog.status``.

    ``nonce``, ``signed_at`` and ``sent_at`` are those of the last request that went
    out. ``finished_at`` is when the outcome was known. ``duration`` is in seconds, from
    the first request to the outcome. ``attachments`` has one entry for each file of the
    call, ``None`` until that file is uploaded. ``credentials`` sign its first request.
    """

    planned: PlannedCall = field(repr=False)
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))
    signed_at: datetime = field(default_factory=lambda: _now().replace(microsecond=0))
    status: str = "sending"
    attempts: int = 0
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    duration: float | None = None
    result: SendResult | None = None
    error: Exception | None = field(default=None, repr=False)
    attachments: list[Attachment | None] = field(default_factory=list, repr=False)
    credentials: Credentials | None = field(default=None, repr=False)
    _started: float = 0.0

    def __post_init__(self) -> None:
        self.attachments = [None] * len(self.planned.files)
        if self.planned.is_withheld:
            self.status, self.finished_at = "suppressed", _now()

    def timestamp(self) -> str:
        """Return the time to sign with, as DirectMail writes it; never a stale one."""
        if _now() - self.signed_at > STALE:
            self.signed_at = _now().replace(microsecond=0)
        return self.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def begin(self, prepared: PreparedCall[SendResult] | None = None) -> None:
        """Note that a request or message goes out: from now on it may have arrived."""
        self.status = "unconfirmed"
        self.attempts += 1
        if prepared is not None and prepared.request.data.nonce != self.nonce:
            # A new request has a nonce and a time of its own.
            self.nonce = prepared.request.data.nonce
            self.signed_at = datetime.fromtimestamp(prepared.signed_at, timezone.utc)
        self.sent_at = _now()
        self._started = self._started or time.perf_counter()

    def attach(self, number: int, attachment: Attachment) -> None:
        """Note that the file with this ``number``, from 0, was uploaded."""
        self.attachments[number] = attachment

    def accept(self, result: SendResult | None) -> None:
        """Note that the mail was accepted; another mailer gives no ``result``."""
        self._finish()
        self.status, self.result = "accepted", result

    def fail(self, error: Exception) -> None:
        """Note that the call ended with ``error``, which says how certain that is."""
        self._finish()
        self.status, self.error = status_of(error), error

    def end_interrupted(self) -> None:
        """Note the outcome of a call whose list was interrupted."""
        if self.status == "sending":
            self.fail(
                DirectMailError(
                    "The list was interrupted before this mail was tried.",
                    retryable=True,
                )
            )
        elif self.finished_at is None:
            # A request went out, and nobody read the answer: it stays unconfirmed.
            self._finish()

    def _finish(self) -> None:
        self.finished_at = _now()
        if self._started:
            self.duration = time.perf_counter() - self._started


@dataclass
class Submission:
    """
    One message or batch, from the hand-over to its outcome.

    ``position`` is its place in the caller's list. ``key`` is its idempotency key.
    ``is_held`` says that it is not sent, because the recorder knows its key already.
    ``outline`` describes a message that was refused or cancelled and so has no calls.
    ``resent_from`` is the id of the row that is sent again, ``resent_by`` says by whom.
    """

    position: int = 0
    status: SendStatus = field(default_factory=SendStatus)
    calls: list[SubmittedCall] = field(default_factory=list)
    key: str | None = None
    is_held: bool = False
    outline: Outline | None = None
    resent_from: uuid.UUID | None = None
    resent_by: str = ""

    def add_calls(self, planned: Iterable[PlannedCall]) -> None:
        """Add a call for each of those ``planned``."""
        self.calls += [SubmittedCall(call) for call in planned]

    @property
    def due(self) -> list[SubmittedCall]:
        """Return the calls that are to be made."""
        if self.is_held:
            return []
        return [call for call in self.calls if call.status == "sending"]

    def refuse(self, error: Exception, status: str = "rejected") -> None:
        """Mark as not sent because of ``error``; nothing of it has left."""
        self.calls = []
        self.status.status, self.status.error = status, error

    def settle(self) -> None:
        """Set the status of the message from those of its calls."""
        if self.is_held or not self.calls:
            return
        for call in self.calls:
            call.end_interrupted()
            env_id = call.result.env_id if call.result else None
            self.status.note(call.planned.recipients, call.status, env_id)
        self.status.results = [call.result for call in self.calls if call.result]
        self.status.status = combine([call.status for call in self.calls])
        self.status.error = self._error()

    def _error(self) -> Exception | None:
        made = [call for call in self.calls if not call.planned.is_withheld]
        failed = [
            Outcome(n, error=call.error) for n, call in enumerate(made) if call.error
        ]
        if not failed or len(made) == 1:
            return failed[0].error if failed else None
        sent = [
            Outcome(n, *_ids(call.result))
            for n, call in enumerate(made)
            if call.status == "accepted"
        ]
        text = summarize("calls of this message", sent, failed)
        return SendError(text, sent=sent, failed=failed)

    def outcome(self) -> Outcome:
        """Return how it ended, for the caller."""
        status = self.status
        return Outcome(
            self.position,
            tuple(status.env_ids),
            tuple(status.request_ids),
            status.error,
        )


def _ids(result: SendResult | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ((result.env_id,), (result.request_id,)) if result else ((), ())


def summarize(what: str, sent: list[Outcome], failed: list[Outcome]) -> str:
    """Return one sentence about those that failed, with the first error's text."""
    first = failed[0].error
    assert first is not None
    total = len(sent) + len(failed)
    return f"{len(failed)} of {total} {what} failed. The first: {public_text(first)}"


def _now() -> datetime:
    return datetime.now(timezone.utc)
