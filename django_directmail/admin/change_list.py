"""The list of mails, with queries that stay fast in a table of any size."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

from django_directmail.models import MailLog, MailRecipient

__all__ = ["LIMIT", "BoundedPaginator", "MailList"]

#: The most mails that the list counts and shows; filters find the others.
LIMIT = 5_000
#: Columns that can be long, and that the list does not show.
_LONG = ("text_body", "html_body", "metadata", "parameters", "error_message")


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not where it runs
    """Counts up to ``LIMIT`` only, because counting all reads the whole table."""

    @cached_property
    def _found(self) -> int:
        rows: QuerySet[MailLog] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: LIMIT + 1].count()

    @cached_property
    def count(self) -> int:
        """Return the number of mails on all pages."""
        return min(self._found, LIMIT)

    @property
    def is_cut(self) -> bool:
        """Tell whether there are more, older mails."""
        return self._found > LIMIT


class MailList(ChangeList):
    """The list in the only order that an index supports, without long columns."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        for name in ("created_at__gte", "created_at__lt"):
            # In the first and the last year, changing the time zone would overflow.
            if not "1900" <= request.GET.get(name, "2000")[:4] <= "9000":
                raise IncorrectLookupParameters(name)
        super().__init__(request, *args, **kwargs)
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_ordering(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> list[Any]:
        """Return the order of the model; the URL cannot change it."""
        return list(MailLog._meta.ordering or ())

    def get_results(self, request: HttpRequest) -> None:
        """Read the mails of one page."""
        self.queryset = self.queryset.defer(*_LONG)
        super().get_results(request)
        # The search form shows this number if the two differ. It would be wrong, or the
        # same as below the list.
        is_narrowed = self.query or self.has_active_filters
        if self.paginator.is_cut or not is_narrowed:
            self.full_result_count = self.result_count
        self.result_list = _with_recipients(self.result_list)


def _with_recipients(mails: QuerySet[MailLog]) -> list[MailLog]:
    """
    Return ``mails`` with ``first_recipient`` and ``more_recipients``.

    Two queries read one address for each mail, not all addresses of a newsletter.
    """
    found = list(mails)
    recipients = MailRecipient.objects.filter(log_id__in=[mail.pk for mail in found])
    summary = {
        row["log_id"]: row
        for row in recipients.order_by()
        .values("log_id")
        .annotate(first=Min("pk"), total=Count("pk"))
    }
    addresses = dict(
        MailRecipient.objects.filter(
            pk__in=[row["first"] for row in summary.values()]
        ).values_list("pk", "address")
    )
    for mail in found:
        row = summary.get(mail.pk, {"first": None, "total": 1})
        mail.first_recipient = addresses.get(row["first"], "")  # type: ignore[attr-defined]
        mail.more_recipients = row["total"] - 1  # type: ignore[attr-defined]
    return found
