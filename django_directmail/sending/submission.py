"""
Messages on their way: what the backend fills in and the log writes down.

Nonce and time of each call are chosen before anything leaves, so that they can be on
record by then.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from django.core.mail import EmailMessage

from django_directmail.api.client import PreparedCall
from django_directmail.api.errors import (
    DirectMailError,
    Outcome,
    SendError,
    UnsupportedMessage,
)
from django_directmail.api.results import SendResult
from django_directmail.message.parameters import one_line
from django_directmail.message.plan import Call, Plan
from django_directmail.status import SendStatus, status_of

__all__ = ["Outgoing", "OutgoingCall", "read_key", "summarize"]

#: DirectMail takes a request within 15 minutes of its time. A call that waits longer
#: than this for its turn in a long list is signed with the time of its turn.
STALE = timedelta(minutes=5)
MAX_KEY = 255


def read_key(message: EmailMessage) -> str | None:
    """
    Return ``message.idempotency_key``, ``None`` if there is none.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` if it cannot be one.
    """
    key = getattr(message, "idempotency_key", None)
    if key is None:
        return None
    text = one_line(key, "message.idempotency_key")
    if not (0 < len(text) <= MAX_KEY and text.isprintable() and text == text.strip()):
        raise UnsupportedMessage(
            f"message.idempotency_key must be 1 to {MAX_KEY} printable characters,"
            " without a space at either end."
        )
    return text


@dataclass
class OutgoingCall:
    """
    One call of a message; ``status`` is a word of ``MailLog.status``.

    ``nonce``, ``signed_at`` and ``sent_at`` are those of the last request that went
    out, ``finished_at`` is when its end was known, and ``duration`` the seconds from
    the first request to the end.
    """

    call: Call = field(repr=False)
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))
    signed_at: datetime = field(default_factory=lambda: _now().replace(microsecond=0))
    status: str = "sending"
    attempts: int = 0
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    duration: float | None = None
    result: SendResult | None = None
    error: Exception | None = field(default=None, repr=False)
    _started: float = 0.0

    def renew(self) -> str:
        """Return the time to sign with, in DirectMail's spelling."""
        if _now() - self.signed_at > STALE:
            self.signed_at = _now().replace(microsecond=0)
        return self.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def start(self, prepared: PreparedCall[SendResult] | None = None) -> None:
        """Note that a request or letter goes out: from now on it may have arrived."""
        self.status = "unconfirmed"
        self.attempts += 1
        if prepared is not None and prepared.request.data.nonce != self.nonce:
            # A new request, which was signed at a time of its own.
            self.nonce = prepared.request.data.nonce
            self.signed_at = datetime.fromtimestamp(prepared.signed_at, timezone.utc)
        self.sent_at = _now()
        self._started = self._started or time.perf_counter()

    def accept(self, result: SendResult | None) -> None:
        """Note that the mail was taken; another mailer gives no ``result``."""
        self._finish()
        self.status, self.result = "accepted", result

    def fail(self, error: Exception) -> None:
        """Note that it was not taken, as far as ``error`` knows."""
        self._finish()
        self.status, self.error = status_of(error), error

    def lose(self) -> None:
        """Note that nobody knows how it ended, as something interrupted it."""
        self._finish()

    def _finish(self) -> None:
        self.finished_at = _now()
        if self._started:
            self.duration = time.perf_counter() - self._started


@dataclass
class Outgoing:
    """
    One message of a list, from the hand-over to its outcome.

    ``message`` is ``None`` for a batch, which comes as the call that it is.
    ``is_held`` is set by who knows that it must not be sent: the log does, for an
    idempotency key that it has seen. ``records`` belongs to the log.
    """

    message: Any = field(repr=False)
    position: int
    status: SendStatus = field(default_factory=SendStatus)
    calls: list[OutgoingCall] = field(default_factory=list)
    key: str | None = None
    is_held: bool = False
    records: list[Any] = field(default_factory=list, repr=False)

    def take(self, plan: Plan) -> None:
        """Be what ``plan`` says."""
        self.calls = [OutgoingCall(call) for call in plan.calls]
        for call in self.calls:
            if call.call.is_withheld:
                call.status, call.finished_at = "suppressed", _now()

    @property
    def due(self) -> list[OutgoingCall]:
        """Return the calls that are to be made."""
        if self.is_held:
            return []
        return [call for call in self.calls if call.status == "sending"]

    def refuse(self, error: Exception) -> None:
        """Be over before anything left."""
        self.status.status, self.status.error = "rejected", error

    def settle(self) -> None:
        """Bring the status of the message in line with its calls."""
        if self.is_held or not self.calls:
            return
        self._end_what_was_interrupted()
        for call in self.calls:
            env_id = call.result.env_id if call.result else None
            self.status.note(call.call.recipients, call.status, env_id)
        self.status.results = [call.result for call in self.calls if call.result]
        self.status.settle(call.status for call in self.calls)
        self.status.error = self._error()

    def _end_what_was_interrupted(self) -> None:
        for call in self.calls:
            if call.status == "sending":
                call.fail(
                    DirectMailError(
                        "The list was interrupted before this mail was tried.",
                        retryable=True,
                    )
                )
            elif call.finished_at is None:
                call.lose()

    def _error(self) -> Exception | None:
        made = [call for call in self.calls if not call.call.is_withheld]
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
    # The text of a foreign exception may hold anything.
    shown = str(first) if isinstance(first, DirectMailError) else type(first).__name__
    total = len(sent) + len(failed)
    return f"{len(failed)} of {total} {what} failed. The first: {shown}"


def _now() -> datetime:
    return datetime.now(timezone.utc)
