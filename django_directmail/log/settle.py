"""What ends a row of the log, beside the outcome of its call."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from django_directmail.models import MailLog

__all__ = ["cancel"]


def cancel(ids: Iterable[UUID]) -> int:
    """Cancel the mails among ``ids`` that are still queued; return how many."""
    queued = MailLog.objects.filter(pk__in=list(ids), status=MailLog.Status.QUEUED)
    return queued.update(
        status=MailLog.Status.CANCELLED,
        accepted=MailLog.Accepted.NO,
        finished_at=timezone.now(),
    )
