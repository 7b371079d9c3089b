"""
The email backend: ``EMAIL_BACKEND = "django_directmail.backends.EmailBackend"``.

It needs no database and no entry in ``INSTALLED_APPS``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.dispatch import Signal
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from django_directmail._compat import (
    HAS_MAILERS,
    configuration_error,
    configured_mailers,
    get_mailer,
    rebuild_backend,
)
from django_directmail.api.client import PreparedCall
from django_directmail.api.endpoints import suggest
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    Outcome,
    SendError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.results import SendResult
from django_directmail.conf import get_account
from django_directmail.message.addresses import is_addressed
from django_directmail.message.plan import build_plan
from django_directmail.options import OPTIONS
from django_directmail.sending.sender import Delivery, prepare
from django_directmail.sending.submission import (
    Outgoing,
    OutgoingCall,
    read_key,
    summarize,
)
from django_directmail.signals import (
    CancelSend,
    list_finished,
    list_started,
    post_send,
    pre_send,
    quiet_when_nested,
)

__all__ = ["EmailBackend", "find_mailer", "our_mailers"]

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
        self._has_options = any(key in kwargs for key in OPTIONS)
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
        everything = [Outgoing(m, n) for n, m in enumerate(email_messages or ())]
        due = [item for item in everything if self._is_due(item)]
        self.carry_out([item for item in due if item.status.error is None])
        outcomes = [item.outcome() for item in due]
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        sent = [item.outcome() for item in due if item.status.status == "accepted"]
        if failed:
            self._report(sent, failed, total=len(outcomes))
        return len(sent)

    @sensitive_variables()
    def prepare(self, message: EmailMessage) -> list[PreparedCall[SendResult]]:
        """
        Return the signed calls that would carry ``message``, without sending them.

        Raise what sending would raise before anything leaves.
        """
        plan = build_plan(message, self.account)
        if any(call.files or call.letter for call in plan.calls):
            raise UnsupportedMessage(
                "Without sending it, a message cannot be signed that has attachments or"
                " takes SMTP_FALLBACK."
            )
        calls = [OutgoingCall(call) for call in plan.calls if not call.is_withheld]
        try:
            return [prepare(self.client, call) for call in calls]
        except CredentialsError as error:
            text = str(error)
        # Nothing was asked yet: these credentials cannot even be used.
        raise configuration_error(text, self.alias)

    def _is_due(self, item: Outgoing) -> bool:
        """Give the message its status; say whether there is anybody to send it to."""
        message = item.message
        if not isinstance(message, EmailMessage):
            kind = type(message).__name__
            item.refuse(
                TypeError(
                    f"Item {item.position} is of type {kind}; send EmailMessages."
                )
            )
            return True
        message.directmail_status = item.status  # type: ignore[attr-defined]  # documented
        message.anymail_status = item.status  # type: ignore[attr-defined]  # documented
        try:
            return is_addressed(message)
        except Exception as error:
            # A message without to, for instance, does not stop the others.
            item.refuse(error)
            return True

    def carry_out(self, outgoing: list[Outgoing]) -> None:
        """
        Plan all, then make their calls, and tell everybody how they ended.

        What is no message brings its calls along; only the log hears of it.
        """
        try:
            for item in outgoing:
                if item.message is not None:
                    self._plan(item)
            self._tell(list_started, outgoing)
            delivery = Delivery(self.account, self.client)
            delivery.carry_out(call for item in outgoing for call in item.due)
        finally:
            # Also when a time limit or Ctrl+C ends it here.
            for item in outgoing:
                item.settle()
            self._tell(list_finished, outgoing)
            for item in outgoing:
                if item.message is not None:
                    self._announce(item)

    def _plan(self, item: Outgoing) -> None:
        """Find out which calls carry the message, after its receivers had it."""
        try:
            pre_send.send(sender=type(self), message=item.message, alias=self.alias)
            plan = build_plan(item.message, self.account)
            item.key = read_key(item.message)
            if item.key and not self._has_log():
                raise UnsupportedMessage(
                    "The message has an idempotency_key, which is looked up in the log,"
                    " and there is no log. Add django_directmail to INSTALLED_APPS, and"
                    ' do not turn LOG["ENABLED"] off.'
                )
        except CancelSend:
            item.status.status = "cancelled"
        except Exception as error:
            # Kept to be raised when the list is done; nothing has left.
            item.refuse(error)
        else:
            item.take(plan)
            for warning in plan.warnings:
                logger.warning("A mail is not sent as it is: %s", warning)

    def _has_log(self) -> bool:
        return self.account.log.enabled and list_started.has_listeners(type(self))

    def _tell(self, signal: Signal, outgoing: list[Outgoing]) -> None:
        """Tell who keeps a log; what goes wrong there is logged and stops no mail."""
        with quiet_when_nested():
            signal.send_robust(type(self), outgoing=outgoing, account=self.account)

    def _announce(self, item: Outgoing) -> None:
        """Tell the receivers of ``post_send``; what they raise is only logged."""
        with quiet_when_nested():
            post_send.send_robust(
                sender=type(self),
                message=item.message,
                status=item.status,
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


def find_mailer(using: str | None, remedy: str) -> EmailBackend:
    """
    Return the mailer ``using``, or the default one, if it is one of ours.

    Raise :exc:`~django.core.exceptions.ImproperlyConfigured` with ``remedy`` if not.
    """
    mailer = get_mailer(using)
    if isinstance(mailer, EmailBackend):
        return mailer
    kind = f"{type(mailer).__module__}.{type(mailer).__qualname__}"
    raise ImproperlyConfigured(
        f"The mailer {using or 'default'!r} is a {kind}, which does not send by"
        f" DirectMail. {remedy}"
    )


def our_mailers() -> Iterator[tuple[str | None, type[EmailBackend], Mapping[str, Any]]]:
    """Yield alias, class and options of each configured mailer that is one of ours."""
    for alias, path, options in configured_mailers():
        try:
            backend = import_string(path)
        except Exception:  # whatever it raises, Django reports it to who uses it
            continue
        if isinstance(backend, type) and issubclass(backend, EmailBackend):
            yield alias, backend, options


def _is_silent(error: Exception | None) -> bool:
    """Say whether ``fail_silently`` covers it: the transport, not the message."""
    if isinstance(error, SendError):
        return all(_is_silent(outcome.error) for outcome in error.failed)
    return isinstance(error, (TransportError, ApiError))
