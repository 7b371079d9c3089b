"""The figures of the log: what is counted, and on which day."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone as django_timezone

from django_directmail.log.statistics import ErrorCount, Share, collect
from django_directmail.models import MailLog
from tests.support.admin_rows import make_row

pytestmark = pytest.mark.django_db


def by_date(figures):
    """Return date to counts, of the days that have any."""
    return {day.date: dict(day.counts) for day in figures.days if day.counts}


def test_empty_log_has_days_without_mails():
    figures = collect(7)

    assert len(figures.days) == 7
    assert figures.days[-1].date == django_timezone.localdate()
    assert (figures.total, by_date(figures), figures.mailers) == (0, {}, {})
    assert (figures.errors, figures.tags, figures.senders) == ((), (), ())


@pytest.mark.parametrize("days", [1, 2, 7, 90, 366])
def test_each_row_is_counted_on_its_day_and_none_beside_the_period(days):
    empty = collect(days)
    for moment in (empty.start - timedelta(microseconds=1), empty.end):
        make_row(created_at=moment)
    chosen = {day.date: day for day in (empty.days[0], *empty.days[-2:])}
    for day in chosen.values():
        make_row(created_at=day.start)
        make_row(created_at=day.end - timedelta(microseconds=1), status="failed")

    figures = collect(days)

    assert len(figures.days) == days
    assert by_date(figures) == {date: {"accepted": 1, "failed": 1} for date in chosen}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "Pacific/Apia"])
def test_days_are_those_of_the_current_time_zone(zone):
    with django_timezone.override(zone):
        today = datetime.now(ZoneInfo(zone)).date()
        before = datetime.combine(today, datetime.min.time(), ZoneInfo(zone))
        make_row(created_at=before.astimezone(timezone.utc))
        make_row(created_at=before.astimezone(timezone.utc) - timedelta(seconds=1))

        figures = collect(2)

    assert figures.time_zone == zone
    assert by_date(figures) == {
        today: {"accepted": 1},
        today - timedelta(days=1): {"accepted": 1},
    }


# The clock turns at night in New York, and at midnight in Beirut, where some day each
# year begins at one.
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Beirut"])
def test_days_are_right_when_the_clock_turns(zone):
    with django_timezone.override(zone):
        odd = [
            day
            for day in collect(366).days
            if day.end.astimezone(timezone.utc) - day.start.astimezone(timezone.utc)
            != timedelta(days=1)
        ]
        for day in odd:
            for hour in (1, 12, 23):
                moment = datetime.combine(day.date, datetime.min.time())
                make_row(created_at=moment.replace(hour=hour, tzinfo=ZoneInfo(zone)))

        figures = collect(366)

    assert len(odd) >= 2
    assert by_date(figures) == {day.date: {"accepted": 3} for day in odd}


def test_without_time_zones_days_are_those_of_the_server(settings):
    settings.USE_TZ = False
    now = datetime.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    make_row(created_at=today)
    make_row(created_at=today - timedelta(microseconds=1))

    figures = collect(2)

    assert figures.time_zone == settings.TIME_ZONE
    assert by_date(figures) == {
        now.date(): {"accepted": 1},
        now.date() - timedelta(days=1): {"accepted": 1},
    }


def test_every_status_is_counted():
    for number, status in enumerate(MailLog.Status.values, start=1):
        for _ in range(number):
            make_row(status=status)

    figures = collect(1)

    expected = {s: n for n, s in enumerate(MailLog.Status.values, start=1)}
    assert figures.counts == expected
    assert figures.total == 36


def test_errors_are_counted_by_code_most_frequent_first():
    for _ in range(2):
        make_row(status="rejected", error_code="InvalidBody", http_status=400)
    make_row(status="unconfirmed", error_code="TransportError")
    make_row(status="failed", error_code="Throttling.User", http_status=429)
    make_row(status="failed", error_code="")
    make_row(status="accepted", error_code="Odd")

    errors = collect(1).errors

    assert errors == (
        ErrorCount("InvalidBody", 2, 400),
        ErrorCount("Throttling.User", 1, 429),
        ErrorCount("TransportError", 1, None),
    )


def test_only_the_ten_most_frequent_are_told_apart():
    for number in range(12):
        for _ in range(1 + (number == 11)):
            make_row(
                tag=f"tag{number:02}",
                sender=f"s{number:02}@example.com",
                status="failed",
                error_code=f"Code{number:02}",
            )

    figures = collect(1)

    names = ["11", "00", "01", "02", "03", "04", "05", "06", "07", "08"]
    assert [share.name for share in figures.tags] == [f"tag{n}" for n in names]
    assert [s.name for s in figures.senders] == [f"s{n}@example.com" for n in names]
    assert [error.code for error in figures.errors] == [f"Code{n}" for n in names]


def test_shares_tell_what_came_of_the_mails():
    for status in MailLog.Status.values:
        make_row(tag="news", sender="a@example.com", status=status)
    make_row(tag="", sender="b@example.com")

    figures = collect(1)

    (tag,) = figures.tags
    assert tag == Share("news", 8, accepted=1, not_accepted=4, unconfirmed=1)
    assert tag.waiting == 2
    assert [share.name for share in figures.senders] == [
        "a@example.com",
        "b@example.com",
    ]


def test_mailer_without_a_name_is_the_default_one():
    make_row(alias="")
    make_row(alias="default")
    make_row(alias="bulk", status="failed")

    figures = collect(1)

    assert figures.mailers == {"bulk": {"failed": 1}, "default": {"accepted": 2}}
    assert Share.of("default", figures.mailers["default"]) == Share(
        "default", 2, accepted=2, not_accepted=0, unconfirmed=0
    )


def test_only_the_latest_mails_are_told_apart_if_there_are_too_many():
    now = django_timezone.now()
    start = collect(3).start
    moments = [now, start + timedelta(hours=2), start + timedelta(hours=1), start]
    for number, moment in enumerate(moments):
        make_row(tag=f"tag{number}", created_at=moment, status="failed", error_code="E")

    few, all_of_them = collect(3, at_most=2), collect(3, at_most=4)

    assert [share.name for share in few.tags] == ["tag0", "tag1"]
    assert len(few.senders) == 1
    assert few.since == moments[1]
    assert (few.total, few.errors[0].count) == (4, 4)
    assert len(all_of_them.tags) == 4
    assert all_of_them.since == all_of_them.start


@pytest.mark.django_db(databases=["default", "log"])
def test_the_database_of_the_log_is_asked(settings):
    settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}
    make_row(tag="news")

    figures = collect(1)

    assert (figures.total, len(figures.tags)) == (1, 1)
    assert MailLog.objects.using("default").count() == 0


@pytest.mark.parametrize("days", [1, 90])
def test_queries_are_few(django_assert_num_queries, days):
    for number in range(3):
        make_row(alias=f"m{number}", tag=f"t{number}", sender=f"{number}@example.com")

    with django_assert_num_queries(5):
        collect(days)
    with django_assert_num_queries(6):
        collect(days, at_most=1)
