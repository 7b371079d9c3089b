"""Mails of which nobody wrote down the outcome, because their process is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from django_directmail.models import MailLog, log_database

__all__ = ["settle_stranded", "stranded"]

#: What the log says of a mail whose process is gone.
STRANDED = (
    "Nobody wrote down how this mail ended: its process was stopped, or the database"
    " was away. It may have arrived. Before it is sent again, look for it in"
    " DirectMail's console, or at the mailer that it took."
)


def stranded(older_than: timedelta) -> QuerySet[Any]:
    """Return the mails of that age, counted from now, whose end nobody wrote down."""
    logs = MailLog.objects.using(log_database()).order_by("created_at", "id")
    before = timezone.now() - older_than
    return logs.filter(status=MailLog.Status.SENDING, created_at__lte=before)


def settle_stranded(older_than: timedelta, *, batch: int) -> Iterator[int]:
    """
    Mark the mails that are :func:`stranded` as unconfirmed; yield how many so far.

    A mail that ends at this moment keeps its outcome. One that ends later still gets
    its outcome, because its sender knows better. Its key stays taken, because the mail
    may have arrived.
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
