"""
The log as a CSV file.

Its columns and words are the same in every language, for formulas and programs to rely
on. There is no content of mails in it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import StreamingHttpResponse
from django.utils.timezone import get_current_timezone

from django_directmail.admin.safe_display import visible
from django_directmail.models import MailLog, MailRecipient

__all__ = ["export"]

KINDS = tuple(MailRecipient.Kind.values)
COLUMNS = (
    "created_at",
    "sent_at",
    "finished_at",
    "status",
    "accepted",
    "sender",
    *KINDS,
    "subject",
    "alias",
    "region",
    "tag",
    "template_id",
    "size",
    "attempts",
    "duration_ms",
    "http_status",
    "error_code",
    "error_message",
    "env_id",
    "request_id",
    "id",
    "message_uid",
    "resent_from_id",
    "resent_by",
)
FIELDS = [name for name in COLUMNS if name not in KINDS]
#: Mails whose recipients one query fetches; some databases take 999 values at most.
CHUNK_SIZE = 500

# Where a spreadsheet would read a formula: at the start of a cell, and after what
# separates cells for those who have set their system so, who lose the quotes there.
_FORMULA = re.compile(
    r"(^|;)(?=[\s\"'\0-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u2060\u2800\ufeff]*"
    r"[=+\-@＝＋－＠]|[\t\r])"
)


def export(queryset: QuerySet[MailLog]) -> StreamingHttpResponse:
    """Return ``queryset`` as a file that is made while it is downloaded."""
    # Not later: by then it is the one of another request.
    zone = get_current_timezone()
    name = f"mails-{datetime.now(zone):%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _lines(queryset, zone),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


class _Line:
    """What ``csv.writer`` writes to, and returns what was written."""

    def write(self, text: str) -> str:
        return text


def _lines(queryset: QuerySet[MailLog], zone: tzinfo) -> Iterator[str]:
    writer = csv.writer(_Line())
    # Without the mark, Excel takes the file for one in the old local encoding.
    yield "\ufeff"
    yield writer.writerow(COLUMNS)
    recipients = MailRecipient.objects.order_by("pk")
    rows = (
        queryset.select_related(None)
        .prefetch_related(None)
        .only(*FIELDS)
        .prefetch_related(Prefetch("recipients", recipients))
    )
    for row in rows.iterator(chunk_size=CHUNK_SIZE):
        yield writer.writerow(_cells(row, zone))


def _cells(row: MailLog, zone: tzinfo) -> Iterator[Any]:
    for name in COLUMNS:
        if name in KINDS:
            found = [r.address for r in row.recipients.all() if r.kind == name]
            yield _cell(", ".join(found), zone)
        else:
            yield _cell(getattr(row, name), zone)


def _cell(value: Any, zone: tzinfo) -> Any:
    """Return ``value`` as it stands in the file, harmless in a spreadsheet."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="milliseconds")
    if not value or isinstance(value, int):
        return value
    return visible(_FORMULA.sub(r"\1'", str(value)))
