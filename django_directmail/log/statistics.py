"""
Figures of the log: numbers of mails by day, status, error, mailer, tag and sender.

The database counts them in at most six queries, each over a range of ``created_at``. No
row is loaded as an object, so a million rows are no problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Expression,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from django_directmail.conf import get_setting
from django_directmail.models import MailLog

__all__ = ["Day", "ErrorCount", "Share", "Statistics", "collect"]

#: How many errors, tags and senders are returned: the most frequent ones.
TOP = 10

STATUS = MailLog.Status
#: Final statuses of mails that DirectMail does not have.
NOT_ACCEPTED = (STATUS.REJECTED, STATUS.FAILED, STATUS.SUPPRESSED, STATUS.CANCELLED)


@dataclass(frozen=True)
class Day:
    """One day of the current time zone, from ``start`` to before ``end``."""

    date: date
    start: datetime
    end: datetime
    #: Number of mails by status, without zeros.
    counts: Mapping[str, int]


@dataclass(frozen=True)
class ErrorCount:
    """
    The number of mails with one error code.

    ``http_status`` is ``None`` if the code is not from DirectMail: it is then the class
    of an exception.
    """

    code: str
    count: int
    http_status: int | None


@dataclass(frozen=True)
class Share:
    """The mails of one mailer, tag or sender."""

    name: str
    total: int
    accepted: int
    not_accepted: int
    unconfirmed: int

    @classmethod
    def of(cls, name: str, counts: Mapping[str, int]) -> Share:
        """Return the share that has these numbers of mails by status."""
        return cls(
            name,
            sum(counts.values()),
            counts.get(STATUS.ACCEPTED, 0),
            sum(counts.get(status, 0) for status in NOT_ACCEPTED),
            counts.get(STATUS.UNCONFIRMED, 0),
        )

    @property
    def waiting(self) -> int:
        """Return the number of mails that are queued or being sent."""
        return self.total - self.accepted - self.not_accepted - self.unconfirmed


@dataclass(frozen=True)
class Statistics:
    """The figures of the days up to and including today."""

    days: tuple[Day, ...]
    #: The name of the time zone of the days.
    time_zone: str
    errors: tuple[ErrorCount, ...]
    #: Since when the mails for ``mailers``, ``tags`` and ``senders`` are counted.
    since: datetime
    #: Number of mails by alias and status.
    mailers: Mapping[str, Mapping[str, int]]
    tags: tuple[Share, ...]
    senders: tuple[Share, ...]

    @property
    def start(self) -> datetime:
        """Return the start of the first day."""
        return self.days[0].start

    @property
    def end(self) -> datetime:
        """Return the end of the last day."""
        return self.days[-1].end

    @property
    def counts(self) -> Mapping[str, int]:
        """Return the number of mails by status, for all days."""
        return sum((Counter(day.counts) for day in self.days), Counter())

    @property
    def total(self) -> int:
        """Return the number of mails."""
        return sum(self.counts.values())


def collect(days: int, *, at_most: int | None = None) -> Statistics:
    """
    Count the mails of the last ``days`` days of the current time zone.

    There is no index of mailer, tag or sender together with the status. To keep a page
    fast, ``at_most`` counts these only among that many mails, the latest ones.
    """
    dates, starts = _calendar(days)
    rows = _rows(starts[0], starts[-1])
    since = starts[0] if at_most is None else _start_of_latest(rows, at_most, starts[0])
    # A new query, not another filter: of two lower bounds, SQLite uses the first.
    latest = _rows(since, starts[-1])
    return Statistics(
        days=_days(dates, starts),
        time_zone=_time_zone(),
        errors=_errors(rows),
        since=since,
        mailers=_mailers(latest),
        tags=_shares(latest, "tag"),
        senders=_shares(latest, "sender"),
    )


def _rows(start: datetime, end: datetime) -> QuerySet[Any]:
    rows = MailLog.objects.filter(created_at__gte=start, created_at__lt=end)
    return rows.order_by()


def _start_of_latest(rows: QuerySet[Any], at_most: int, start: datetime) -> datetime:
    """Return the time of the first of the ``at_most`` latest mails, or ``start``."""
    times = rows.order_by("-created_at", "-id").values_list("created_at", flat=True)
    found: list[datetime] = list(times[at_most - 1 : at_most + 1])
    return found[0] if len(found) == 2 else start


def _time_zone() -> str:
    if get_setting("USE_TZ"):
        return timezone.get_current_timezone_name()
    return str(get_setting("TIME_ZONE"))


def _calendar(days: int) -> tuple[list[date], list[datetime]]:
    """Return the dates, and the starts of these days and of the next one."""
    now = timezone.now()
    today = (timezone.localtime(now) if timezone.is_aware(now) else now).date()
    dates = [today - timedelta(days=n) for n in range(days - 1, -2, -1)]
    starts = [datetime.combine(day, time.min) for day in dates]
    if get_setting("USE_TZ"):
        # Computed for each day: not every day has 24 hours.
        starts = [timezone.make_aware(start) for start in starts]
    return dates[:-1], starts


def _days(dates: Sequence[date], starts: Sequence[datetime]) -> tuple[Day, ...]:
    """Count the mails of each day by status; the query reads only an index."""
    counts: list[dict[str, int]] = [{} for _ in dates]
    found = (
        _rows(starts[0], starts[-1])
        .filter(status__in=STATUS.values)
        .annotate(day=_day_number(starts, 0, len(dates)))
        .values_list("day", "status")
        .annotate(Count("pk"))
    )
    for day, status, count in found:
        counts[day][status] = count
    return tuple(
        Day(day, start, end, by_status)
        for day, start, end, by_status in zip(
            dates, starts[:-1], starts[1:], counts, strict=True
        )
    )


def _day_number(starts: Sequence[datetime], low: int, high: int) -> Expression:
    """
    Return the SQL for the number of a row's day, from ``low`` to before ``high``.

    It is a binary search: seven comparisons for 90 days. ``TruncDate`` would call
    Python for each row on SQLite, and fails on MariaDB without time zone tables.
    """
    if high - low == 1:
        return Value(low, output_field=IntegerField())
    middle = (low + high) // 2
    return Case(
        When(created_at__lt=starts[middle], then=_day_number(starts, low, middle)),
        default=_day_number(starts, middle, high),
    )


def _mailers(rows: QuerySet[Any]) -> dict[str, dict[str, int]]:
    mailers: dict[str, dict[str, int]] = {}
    found = rows.values_list("alias", "status").annotate(Count("pk"))
    for alias, status, count in found.order_by("alias", "status"):
        # Without MAILERS there is one mailer, and it has no name.
        counts = mailers.setdefault(alias or "default", {})
        counts[status] = counts.get(status, 0) + count
    return mailers


def _errors(rows: QuerySet[Any]) -> tuple[ErrorCount, ...]:
    # The index of the status is used: accepted mails, which are most, are not read.
    failed = [status for status in STATUS if status != STATUS.ACCEPTED]
    found = (
        rows.filter(status__in=failed)
        .exclude(error_code="")
        .values("error_code")
        .annotate(number=Count("pk"), http=Max("http_status"))
        .order_by("-number", "error_code")
    )
    return tuple(
        ErrorCount(row["error_code"], row["number"], row["http"]) for row in found[:TOP]
    )


def _shares(rows: QuerySet[Any], field: str) -> tuple[Share, ...]:
    found = (
        rows.exclude(**{field: ""})
        .values(field)
        .annotate(
            number=Count("pk"),
            yes=Count("pk", filter=Q(status=STATUS.ACCEPTED)),
            no=Count("pk", filter=Q(status__in=NOT_ACCEPTED)),
            unknown=Count("pk", filter=Q(status=STATUS.UNCONFIRMED)),
        )
        .order_by("-number", field)
    )
    return tuple(
        Share(row[field], row["number"], row["yes"], row["no"], row["unknown"])
        for row in found[:TOP]
    )
