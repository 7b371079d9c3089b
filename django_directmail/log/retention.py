"""
Delete old mails from the log, or clear their content.

The work is done in batches, each in a transaction of its own. The functions yield after
each batch; if the caller stops there, what is done stays done. Mails that are queued or
being sent are not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from django_directmail.models import ON_ITS_WAY, MailLog, MailRecipient, log_database

__all__ = [
    "clear_content",
    "days_ago",
    "delete_mails",
    "delete_rows",
    "in_progress",
    "mails_before",
    "mails_with_content",
]

#: The columns with the content, as they are after it is cleared.
BODIES: dict[str, Any] = {"text_body": "", "html_body": "", "has_body": False}


def days_ago(days: int) -> datetime:
    """Return the moment before which things are older than ``days``."""
    return timezone.now() - timedelta(days=days)


def mails_before(moment: datetime) -> QuerySet[Any]:
    """Return the mails older than ``moment`` that may be deleted, oldest first."""
    logs = MailLog.objects.using(log_database()).filter(created_at__lt=moment)
    return logs.exclude(in_progress()).order_by("created_at", "id")


def in_progress() -> Q:
    """Match the mails that are queued or being sent."""
    recently = timezone.now() - ON_ITS_WAY
    sending = Q(status=MailLog.Status.SENDING, created_at__gte=recently)
    return Q(status=MailLog.Status.QUEUED) | sending


def mails_with_content(before: datetime, *, since: datetime) -> QuerySet[Any]:
    """Return the mails between two moments with stored content, oldest first."""
    return mails_before(before).filter(created_at__gte=since, has_body=True)


def delete_mails(before: datetime, *, batch: int) -> Iterator[int]:
    """Delete the mails older than ``before``; yield the number deleted so far."""
    database, done = log_database(), 0
    for ids in _batches(mails_before(before), batch):
        done += delete_rows(database, ids)
        yield done


def clear_content(before: datetime, *, since: datetime, batch: int) -> Iterator[int]:
    """
    Clear the bodies and template data of the mails between two moments.

    Yield the number of mails cleared so far.
    """
    database, done = log_database(), 0
    for ids in _batches(mails_with_content(before, since=since), batch):
        logs = MailLog.objects.using(database).filter(pk__in=ids)
        templates = list(logs.exclude(template_id="").only("pk", "parameters"))
        with transaction.atomic(using=database):
            done += logs.update(**BODIES)
            for log in templates:
                log.parameters.get("template", {}).pop("template_data", None)
            logs.bulk_update(templates, ["parameters"])
        yield done


def _batches(rows: QuerySet[Any], size: int) -> Iterator[list[UUID]]:
    """Yield ids of ``rows``; the caller removes these from ``rows`` before the next."""
    start = None
    while True:
        # Not from the beginning: some databases still read over deleted rows.
        rest = rows if start is None else rows.filter(created_at__gte=start)
        found = list(rest.values_list("pk", "created_at")[:size])
        if not found:
            return
        yield [pk for pk, _ in found]
        start = found[-1][1]


def delete_rows(database: str, ids: Iterable[UUID]) -> int:
    """Delete the mails ``ids`` and their recipients; return the number of mails."""
    ids = list(ids)
    logs = MailLog.objects.using(database)
    recipients = MailRecipient.objects.using(database)
    # Only these are updated. There are hardly any, and without their ids SQLite would
    # read the whole table.
    resends = logs.filter(resent_from=OuterRef("pk")).order_by()
    resent = list(logs.filter(Exists(resends), pk__in=ids).values_list("pk", flat=True))
    # delete() would load every row with its bodies, to look for rows that depend on it.
    with transaction.atomic(using=database):
        recipients.filter(log__in=ids)._raw_delete(database)
        logs.filter(resent_from__in=resent).update(resent_from=None)
        return logs.filter(pk__in=ids)._raw_delete(database)
