"""
The other mailer, for what the API cannot carry: any backend of Django.

Its errors are not ours. What they say about the mail is read from what the standard
library's SMTP client means by them; of anything else nothing is known.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

from django_directmail._compat import build_mailer, configuration_error
from django_directmail.api.errors import (
    Accepted,
    DirectMailError,
    TransportError,
    has_public_text,
    public_text,
)
from django_directmail.conf import Account, names_mailers
from django_directmail.sending.submission import SubmittedCall

__all__ = ["SmtpFallback"]


class SmtpFallback:
    """``SMTP_FALLBACK`` of an account; one connection serves a whole list."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def make(self, calls: Iterable[SubmittedCall]) -> None:
        """Send the fallback message of each call, and note how it ended."""
        calls = list(calls)
        try:
            mailer = self.build()
        except Exception as error:
            for call in calls:
                call.fail(error)
            return
        try:
            for call in calls:
                self._send(mailer, call)
        finally:
            _close(mailer)

    def build(self) -> BaseEmailBackend:
        """
        Return the mailer; raise ``ImproperlyConfigured`` if it is none, or one of ours.
        """
        fallback = self.account.smtp_fallback
        try:
            if fallback is None:
                raise configuration_error("it is not set.")
            mailer = build_mailer(
                fallback.name, fallback.options, has_names=names_mailers()
            )
            if isinstance(getattr(mailer, "account", None), Account):
                raise configuration_error(
                    f"{fallback.name!r} sends through DirectMail's API, too."
                )
            return mailer
        except Exception as error:
            text = public_text(error)
            if not has_public_text(error):
                text = f"it cannot be built ({text})."
        raise configuration_error(f"SMTP_FALLBACK: {text}", self.account.alias)

    def _send(self, mailer: BaseEmailBackend, call: SubmittedCall) -> None:
        message = call.planned.fallback_message
        assert message is not None
        try:
            message.message()
        except Exception as error:
            # Whatever is wrong with it, it is so before anything leaves.
            call.fail(self._translate(error, "no", retryable=False))
            return
        try:
            mailer.open()
        except (OSError, smtplib.SMTPException) as error:
            call.fail(self._translate(error, "no", retryable=True))
            return
        call.begin()
        try:
            refusals = _watch_refusals(mailer)
            taken = mailer.send_messages([message])
        except Exception as error:
            accepted, retryable = _certainty(error)
            call.fail(self._translate(error, accepted, retryable=retryable))
            # The next message is not for a connection that may be broken.
            _close(mailer)
            return
        if taken == 0:
            call.fail(self._error("it took no mail, and said no reason.", "no"))
            return
        if refusals:
            call.fail(self._partly(refusals, len(message.recipients())))
            return
        call.accept(None)

    def _translate(
        self, error: Exception, accepted: Accepted, *, retryable: bool
    ) -> DirectMailError:
        # Not its text: servers like to repeat addresses.
        code = getattr(error, "smtp_code", None)
        what = f"{type(error).__name__}{f', reply {code}' if code else ''}"
        text = {
            "no": f"it did not take the mail ({what}).",
            "unknown": f"it failed while it had the mail ({what}). Look whether it went"
            " out before you send it again.",
        }[accepted]
        return self._error(text, accepted, retryable=retryable)

    def _partly(self, refusals: list[str], total: int) -> DirectMailError:
        text = (
            f"it took the mail, but not for {len(refusals)} of its {total} recipients"
            f" ({'; '.join(sorted(set(refusals)))}). That server's log says who it is."
            " Send it to them alone: the others would get it twice."
        )
        return self._error(text, "unknown")

    def _error(
        self, text: str, accepted: Accepted, *, retryable: bool = False
    ) -> DirectMailError:
        assert self.account.smtp_fallback is not None
        return TransportError(
            f"SMTP_FALLBACK ({self.account.smtp_fallback.name}): {text}",
            accepted=accepted,
            retryable=retryable,
        )


class _Connection:
    """
    An SMTP connection that remembers which recipients the server refused.

    A server may take a mail for some recipients only. smtplib returns the others, and
    Django's backend drops what it returns.
    """

    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection
        #: Domain and reply for each refused recipient of the last mail.
        self.refusals: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sendmail(self, *args: Any, **kwargs: Any) -> dict[str, tuple[int, bytes]]:
        """Send a mail and return who was refused, as smtplib does."""
        refused = self._connection.sendmail(*args, **kwargs)
        self.refusals[:] = [
            f"{address.rpartition('@')[2]}, reply {code}"
            for address, (code, _) in refused.items()
        ]
        return refused


def _watch_refusals(mailer: BaseEmailBackend) -> list[str]:
    """Return the list that gets the refusals of ``mailer``'s next mail."""
    connection = getattr(mailer, "connection", None)
    if isinstance(connection, smtplib.SMTP):
        connection = _Connection(connection)
        mailer.connection = connection  # type: ignore[attr-defined]  # of Django's SMTP
    if not isinstance(connection, _Connection):
        # Any other backend: nothing is known of its recipients.
        return []
    connection.refusals.clear()
    return connection.refusals


def _close(mailer: BaseEmailBackend) -> None:
    with suppress(OSError, smtplib.SMTPException):
        mailer.close()


def _certainty(error: Exception) -> tuple[Accepted, bool]:
    """Return whether the other mailer may have the mail, and whether to try again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return "no", bool(codes) and all(400 <= code < 500 for code in codes)
    if isinstance(error, smtplib.SMTPResponseException):
        # The server's own answer, to the envelope or to the mail as a whole.
        return "no", 400 <= error.smtp_code < 500
    # The message cannot be built, or not be said to this server.
    if isinstance(error, (ValueError, TypeError, smtplib.SMTPNotSupportedError)):
        return "no", False
    return "unknown", False
