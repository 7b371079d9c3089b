"""The one way out: what is submitted is recorded, sent, settled and recorded again."""

from __future__ import annotations

from collections.abc import Iterable

from django_directmail.api.client import Client
from django_directmail.conf import Account
from django_directmail.sending.dispatcher import Dispatcher
from django_directmail.sending.recorder import Recorder
from django_directmail.sending.smtp_fallback import SmtpFallback
from django_directmail.sending.submission import Submission

__all__ = ["Sender"]


class Sender:
    """
    Sends submissions on behalf of ``account``, through its ``client``.

    ``recorder`` keeps the record of one list.
    """

    def __init__(self, account: Account, client: Client, recorder: Recorder) -> None:
        self.account = account
        self.client = client
        self.recorder = recorder

    def send(self, submissions: Iterable[Submission]) -> None:
        """
        Send all ``submissions``; afterwards each one knows how it ended.

        They may be planned while they are iterated over. What interrupts the list, such
        as a time limit or Ctrl+C, is raised again after the outcomes are recorded.
        """
        taken: list[Submission] = []
        try:
            for submission in submissions:
                taken.append(submission)
            self.recorder.begin(taken)
            self._make_calls(taken)
        finally:
            for submission in taken:
                submission.settle()
            self.recorder.finish(taken)

    def _make_calls(self, submissions: list[Submission]) -> None:
        due = [call for submission in submissions for call in submission.due]
        marked = self.recorder.mark(due)
        by_api = [call for call in marked if call.planned.fallback_message is None]
        if by_api:
            Dispatcher(self.account, self.client).make(by_api)
        by_fallback = [
            call for call in marked if call.planned.fallback_message is not None
        ]
        if by_fallback:
            SmtpFallback(self.account).make(by_fallback)
