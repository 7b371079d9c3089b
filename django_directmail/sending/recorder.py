"""
Who keeps a record of a list: the protocol, and the one that keeps none.

:class:`~django_directmail.log.recorder.LogRecorder` writes the log. The sender knows
nothing of it but this protocol, and so needs no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.sending.submission import Submission, SubmittedCall

__all__ = ["NOT_READY", "NO_LOG", "NullRecorder", "Recorder"]

NO_LOG = (
    "The message has an idempotency_key, which is looked up in the log, and there is no"
    " log. Add django_directmail to INSTALLED_APPS, and do not turn"
    ' LOG["ENABLED"] off.'
)

NOT_READY = (
    "The message has an idempotency_key, which is looked up in the log, and Django has"
    " not loaded its models yet. Call django.setup() first, or send the message later."
)


class Recorder(Protocol):
    """Keeps a record of one list. All methods are called in the caller's thread."""

    def begin(self, submissions: Sequence[Submission]) -> None:
        """
        Record all calls of a list before the first one is made.

        Set ``is_held`` of each submission that must not be sent, and its status.
        """

    def mark(self, calls: Sequence[SubmittedCall]) -> Sequence[SubmittedCall]:
        """Return those of ``calls`` that may be made now."""

    def finish(self, submissions: Sequence[Submission]) -> None:
        """Record the outcome of all calls; also called after an interruption."""


class NullRecorder:
    """
    Keeps no record, and so refuses each mail with an idempotency key.

    ``reason`` says why there is no record, as a sentence for that error.
    """

    def __init__(self, reason: str = NO_LOG) -> None:
        self.reason = reason

    def begin(self, submissions: Sequence[Submission]) -> None:
        """Refuse the submissions that have a key."""
        for submission in submissions:
            if submission.key is not None and submission.calls:
                submission.refuse(UnsupportedMessage(self.reason))

    def mark(self, calls: Sequence[SubmittedCall]) -> Sequence[SubmittedCall]:
        """Return all of ``calls``."""
        return calls

    def finish(self, submissions: Sequence[Submission]) -> None:
        """Do nothing."""
