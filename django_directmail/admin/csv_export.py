"""
The action that exports mails of the log as a CSV file.

The file has the same columns and words in every language, so that formulas and programs
can rely on them. It does not contain the content of mails.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_directmail.admin.confirmation import (
    Confirmation,
    ask,
    chosen_mails,
    hidden_fields,
    token,
)
from django_directmail.admin.safe_display import visible
from django_directmail.models import MailLog, MailRecipient

__all__ = ["export_selected"]

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
#: How many mails' recipients one query fetches; some databases take 999 values at most.
CHUNK_SIZE = 500

# Where a spreadsheet would read a formula: at the start of a cell, and after ";". Where
# the system separates cells by ";", a spreadsheet does so inside of our quotes, too.
_FORMULA = re.compile(
    r"(^|;)(?=[\s\"'\0-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u2060\u2800\ufeff]*"
    r"[=+\-@＝＋－＠]|[\t\r])"
)


@admin.action(
    permissions=["export"], description=gettext_lazy("Export selected mails as CSV")
)
def export_selected(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    queryset: QuerySet[MailLog],
) -> HttpResponseBase:
    """Send the file, after a page that says what it contains."""
    if token(request):
        return _export(chosen_mails(model_admin, request, queryset))
    page = Confirmation(
        title=_("Export mails?"),
        texts=[
            _(
                "The file has one line for each mail: times, status, sender,"
                " recipients, subject, ids and errors, but not the content."
            ),
            _(
                "Addresses are personal data. Store the file where only authorised"
                " people can read it, and delete it when it is no longer needed."
            ),
        ],
        button=_("Download"),
        back=request.get_full_path(),
        hidden=hidden_fields(request, "export_selected"),
    )
    return ask(model_admin, request, page)


def _export(queryset: QuerySet[MailLog]) -> StreamingHttpResponse:
    """Return ``queryset`` as a file that is written while it is downloaded."""
    # Read now: during the download, the current time zone is that of another request.
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
    """A file for ``csv.writer`` whose ``write`` returns the text."""

    def write(self, text: str) -> str:
        return text


def _lines(queryset: QuerySet[MailLog], zone: tzinfo) -> Iterator[str]:
    writer = csv.writer(_Line())
    # Without this mark, Excel reads the file in the old local encoding.
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
    """Return ``value`` as it is written, so that no spreadsheet reads a formula."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="milliseconds")
    if not value or isinstance(value, int):
        return value
    return visible(_FORMULA.sub(r"\1'", str(value)))
