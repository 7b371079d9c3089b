"""
The email backend: ``EMAIL_BACKEND = "django_directmail.backends.EmailBackend"``.

It needs no database and no entry in ``INSTALLED_APPS``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.views.decorators.debug import sensitive_variables

from django_directmail._compat import HAS_MAILERS, configuration_error, rebuild_backend
from django_directmail.api.client import PreparedCall
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    Outcome,
    SendError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.responses import SendResult
from django_directmail.api.spelling import suggest
from django_directmail.conf import get_account
from django_directmail.message.addresses import is_addressed
from django_directmail.message.attributes import read_key
from django_directmail.message.outline import outline
from django_directmail.message.plan import build_plan
from django_directmail.options import OPTIONS
from django_directmail.sending.dispatcher import prepare
from django_directmail.sending.recorder import NOT_READY, NullRecorder, Recorder
from django_directmail.sending.sender import Sender
from django_directmail.sending.submission import Submission, SubmittedCall, summarize
from django_directmail.signals import (
    CancelSend,
    post_send,
    pre_send,
    quiet_when_nested,
)
from django_directmail.status import SendStatus

__all__ = ["EmailBackend"]

logger = logging.getLogger("django_directmail")


class EmailBackend(BaseEmailBackend):
    """
    Sends each message as signed calls of DirectMail's API.

    Options are the keys of ``DIRECTMAIL`` in lower case; ``fail_silently`` keeps quiet
    about mails that DirectMail did not take, never about a wrong configuration or a
    message that cannot be expressed. Raise
    :exc:`~django.core.exceptions.ImproperlyConfigured` (``InvalidMailer`` under an
    alias) for a setting that cannot be. Cheap to make, safe to share between threads.
    """

    alias: str | None
    fail_silently: bool

    @sensitive_variables()
    def __init__(self, *, fail_silently: bool = False, **kwargs: Any) -> None:
        alias = kwargs.get("alias")
        self._has_options = not OPTIONS.keys().isdisjoint(kwargs)
        # Taken out in place: a name of its own would keep a secret in this frame.
        self.account = get_account(
            {key: kwargs.pop(key) for key in OPTIONS if key in kwargs}, alias
        )
        self._refuse_unknown(kwargs, alias)
        super().__init__(**kwargs if HAS_MAILERS else {})
        self.alias = alias
        self.fail_silently = bool(fail_silently)
        self._is_open = False
        self.client = self.account.client()

    @staticmethod
    def _refuse_unknown(kwargs: dict[str, Any], alias: str | None) -> None:
        """Refuse options that Django would swallow, and say what was meant."""
        # send_mail() of Django <= 6.0 passes a username and a password to every
        # backend; get_connection() of 6.1 says itself which to ignore.
        legacy = {"alias", "username", "password", "_ignore_unknown_kwargs"}
        ignored = kwargs.get("_ignore_unknown_kwargs") or ()
        unknown = [key for key in kwargs if key not in legacy and key not in ignored]
        # Without an alias, Django 6.1 warns about them, for now.
        if unknown and (alias is not None or not HAS_MAILERS):
            names = ", ".join(repr(key) for key in unknown)
            raise configuration_error(
                f"Unknown options {names}.{suggest(unknown[0], OPTIONS)}", alias
            )

    def __reduce__(self) -> tuple[Any, ...]:
        """Be built anew where it is unpickled; no pickle holds a secret."""
        if self._has_options and self.alias is None:
            raise TypeError(
                "A backend with options of its own cannot be pickled, as they may hold"
                " a secret. Put them into DIRECTMAIL."
            )
        return rebuild_backend, (type(self), self.alias, self.fail_silently)

    def __copy__(self) -> EmailBackend:
        return self

    def __deepcopy__(self, memo: object) -> EmailBackend:
        return self

    def open(self) -> bool:
        """Return ``True`` if it was not open; connections belong to the process."""
        was_open, self._is_open = self._is_open, True
        return not was_open

    def close(self) -> None:
        """Do what Django expects of a backend; the connections stay for the next."""
        self._is_open = False

    @sensitive_variables()
    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """
        Send all messages and return how many DirectMail accepted.

        A message that fails does not stop the others. At the end a single message
        raises its own error, and a list a
        :exc:`~django_directmail.api.errors.SendError` that tells which ones went out.
        Messages without a recipient are skipped. One whose ``idempotency_key`` is in
        the log already is not sent; it gets the status of the first one.
        """
        everything = [(m, Submission(n)) for n, m in enumerate(email_messages or ())]
        due = [pair for pair in everything if self._is_due(*pair)]
        try:
            self.sender().send(self._plan_all(due))
        finally:
            # Also when a time limit or Ctrl+C ended the list.
            for message, submission in due:
                if isinstance(message, EmailMessage):
                    self._announce(message, submission)
        outcomes = [submission.outcome() for _, submission in due]
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        sent = [
            outcome
            for outcome, (_, submission) in zip(outcomes, due, strict=True)
            if submission.status.status == "accepted"
        ]
        if failed:
            self._report(sent, failed, total=len(outcomes))
        return len(sent)

    def resend(self, message: EmailMessage, *, row: UUID, by: str) -> SendStatus:
        """
        Send ``message``, which is the mail of the log's ``row`` once more.

        ``by`` says who wants it. Return its status, which has the error of the mail.
        """
        submission = Submission(resent_from=row, resent_by=by)
        _give_status(message, submission)
        try:
            self.sender().send(self._plan_all([(message, submission)]))
        finally:
            self._announce(message, submission)
        return submission.status

    @sensitive_variables()
    def prepare(self, message: EmailMessage) -> list[PreparedCall[SendResult]]:
        """
        Return the signed calls that would carry ``message``, without sending them.

        Raise what sending would raise before anything leaves.
        """
        plan = build_plan(message, self.account)
        if any(call.files or call.fallback_message for call in plan.calls):
            raise UnsupportedMessage(
                "Without sending it, a message cannot be signed that has attachments or"
                " takes SMTP_FALLBACK."
            )
        calls = [SubmittedCall(call) for call in plan.calls if not call.is_withheld]
        try:
            return [prepare(self.client, call) for call in calls]
        except CredentialsError as error:
            text = str(error)
        # Nothing was asked yet: these credentials cannot even be used.
        raise configuration_error(text, self.alias)

    def sender(self) -> Sender:
        """Return who sends one list for this mailer, and records it in the log."""
        return Sender(self.account, self.client, self._recorder())

    def _recorder(self) -> Recorder:
        """Return the recorder of the app, if it is installed and keeps a log."""
        if not apps.models_ready:
            return NullRecorder(NOT_READY)
        if self.account.log.enabled and apps.is_installed("django_directmail"):
            config: Any = apps.get_app_config("django_directmail")
            recorder: Recorder = config.recorder(self.account)
            return recorder
        return NullRecorder()

    def _is_due(self, message: Any, submission: Submission) -> bool:
        """Give the message its status; say whether there is anybody to send it to."""
        if not isinstance(message, EmailMessage):
            kind = type(message).__name__
            submission.refuse(
                TypeError(
                    f"Item {submission.position} is of type {kind}; send EmailMessages."
                )
            )
            return True
        _give_status(message, submission)
        try:
            return is_addressed(message)
        except Exception as error:
            # A message without to, for instance, does not stop the others.
            submission.refuse(error)
            return True

    def _plan_all(
        self, pairs: Iterable[tuple[EmailMessage, Submission]]
    ) -> Iterator[Submission]:
        """Yield each submission when its calls are planned, or it is refused."""
        for message, submission in pairs:
            if submission.status.error is None:
                self._plan(message, submission)
                yield submission

    def _plan(self, message: EmailMessage, submission: Submission) -> None:
        """Plan the calls of the message, after the receivers of ``pre_send``."""
        try:
            pre_send.send(sender=type(self), message=message, alias=self.alias)
            plan = build_plan(message, self.account)
            submission.key = read_key(message)
        except CancelSend:
            submission.status.status = "cancelled"
            submission.outline = outline(message)
        except Exception as error:
            # Kept to be raised when the list is done; nothing has left.
            submission.refuse(error)
            submission.outline = outline(message)
        else:
            submission.add_calls(plan.calls)
            for warning in plan.warnings:
                logger.warning("A mail is not sent as it is: %s", warning)

    def _announce(self, message: EmailMessage, submission: Submission) -> None:
        """Tell the receivers of ``post_send``; what they raise is only logged."""
        _give_status(message, submission)
        with quiet_when_nested():
            post_send.send_robust(
                sender=type(self),
                message=message,
                status=submission.status,
                alias=self.alias,
            )

    def _report(
        self, sent: list[Outcome], failed: list[Outcome], *, total: int
    ) -> None:
        """Raise for what failed, or log it if that is wanted and may be."""
        errors = [outcome.error for outcome in failed]
        if self.fail_silently and all(_is_silent(error) for error in errors):
            for error in errors:
                logger.warning("A mail was not sent: %s", error)
            return
        if total == 1 or (
            not sent and all(isinstance(e, ImproperlyConfigured) for e in errors)
        ):
            assert errors[0] is not None
            raise errors[0]
        raise SendError(summarize("messages", sent, failed), sent=sent, failed=failed)


def _give_status(message: EmailMessage, submission: Submission) -> None:
    # Both names are documented; the second one is that of django-anymail.
    message.directmail_status = submission.status  # type: ignore[attr-defined]
    message.anymail_status = submission.status  # type: ignore[attr-defined]


def _is_silent(error: Exception | None) -> bool:
    """Say whether ``fail_silently`` covers it: the transport, not the message."""
    if isinstance(error, SendError):
        return all(_is_silent(outcome.error) for outcome in error.failed)
    return isinstance(error, (TransportError, ApiError))
