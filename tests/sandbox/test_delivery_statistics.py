"""The statistics of the mail in the sandbox, by sender, tag, recipient and time."""

from datetime import datetime, timedelta, timezone

import pytest

from django_directmail.api import (
    GetTrackList,
    SenderStatisticsByTagNameAndBatchID,
    SenderStatisticsDetailByParam,
)
from tests.support.api_samples import mail
from tests.support.sandbox_calls import post

BEIJING = timezone(timedelta(hours=8))
DETAIL = "SenderStatisticsDetailByParam"
TOTALS = "SenderStatisticsByTagNameAndBatchID"


def day(offset=0):
    """Return a day in Beijing, ``offset`` days from today."""
    return f"{(datetime.now(BEIJING) + timedelta(days=offset)).date()}"


def minute(**offset):
    """Return a minute in Beijing, ``offset`` from now."""
    return f"{datetime.now(BEIJING) + timedelta(**offset):%Y-%m-%d %H:%M}"


def period(first=-1, last=0):
    """Return a period of days; the default has all that a test sent."""
    return {"start_time": day(first), "end_time": day(last)}


class TestDetails:
    def test_each_recipient_has_a_row(self, client):
        client.call(
            mail(to_address="a@example.org,b@example.org", bcc_address="c@example.org")
        )
        before = datetime.now(timezone.utc).timestamp()

        result = client.call(SenderStatisticsDetailByParam())

        assert [row.to_address for row in result.items] == [
            "a@example.org",
            "b@example.org",
            "c@example.org",
        ]
        row = result.items[0]
        assert (row.status, row.error_classification) == (0, "SendOk")
        assert row.subject == "The subject of this mail"
        assert abs(row.utc_last_update_time - before) < 60
        assert result.next_start == ""

    def test_all_rows_are_found_page_by_page(self, client):
        for number in range(3):
            client.call(mail(to_address=f"a{number}@example.org,b{number}@example.org"))

        seen, start, calls = [], None, 0
        while start != "":
            asked = SenderStatisticsDetailByParam(length=4, next_start=start)
            result = client.call(asked)
            seen += [row.to_address for row in result.items]
            start, calls = result.next_start, calls + 1

        assert seen == [f"{c}{n}@example.org" for n in range(3) for c in "ab"]
        assert calls == 2

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"account_name": "News@mail.example.com"}, ["a@example.org"]),
            ({"tag_name": "welcome"}, ["b@example.org"]),
            ({"to_address": "B@example.org"}, ["b@example.org"]),
            ({"to_address": "c@example.org"}, []),
            ({"status": 0}, ["a@example.org", "b@example.org"]),
            ({"status": 4}, []),
        ],
    )
    def test_they_are_filtered(self, client, asked, found):
        client.call(mail(to_address="a@example.org"))
        client.call(
            mail(
                account_name="shop@example.com",
                to_address="b@example.org",
                tag_name="welcome",
            )
        )

        result = client.call(SenderStatisticsDetailByParam(**asked))

        assert [row.to_address for row in result.items] == found

    @pytest.mark.parametrize(
        ("start", "end", "count"),
        [
            ({"minutes": -5}, {}, 1),
            ({"hours": -5}, {"hours": -4}, 0),
            # UTC, by which nothing would have come yet.
            ({"hours": -8}, {"hours": -8}, 0),
            ({"minutes": 5}, {"minutes": 6}, 0),
        ],
    )
    def test_times_are_those_of_beijing(self, client, start, end, count):
        client.call(mail())

        result = client.call(
            SenderStatisticsDetailByParam(
                start_time=minute(**start), end_time=minute(**end)
            )
        )

        assert len(result.items) == count

    @pytest.mark.parametrize(
        ("parameters", "code"),
        [
            ({"AccountName": "a@example.com", "TagName": "t"}, "InvalidParameter"),
            ({"Status": "1"}, "InvalidStatus"),
            ({"Length": "101"}, "InvalidLength"),
            ({"Length": "0"}, "InvalidLength"),
            ({"NextStart": "90f0"}, "InvalidNextStart"),
            ({"StartTime": "2026-01-02"}, "InvalidDate.Malformed"),
            ({"EndTime": "2026-1-2 3:04"}, "InvalidDate.Malformed"),
            (
                {"StartTime": "2026-01-02 00:00", "EndTime": "2026-01-01 00:00"},
                "InvalidBetweenTime.Malformed",
            ),
            (
                {"StartTime": "2026-01-02 00:00", "EndTime": "2026-02-01 00:01"},
                "InvalidBetweenTime.Malformed",
            ),
        ],
    )
    def test_bad_questions_are_refused(self, sandbox, parameters, code):
        asked = {"AccountName": None, "ToAddress": None, **parameters}

        reply = post(sandbox, Action=DETAIL, **asked)

        assert (reply.status, reply.code) == (400, code)

    def test_an_unknown_sender_is_refused(self, sandbox):
        reply = post(sandbox, Action=DETAIL, ToAddress=None, AccountName="a@else.test")

        assert (reply.status, reply.code) == (404, "InvalidMailAddress.NotFound")


class TestTotals:
    def test_recipients_of_a_day_are_counted(self, client):
        client.call(mail(to_address="a@example.org,b@example.org"))
        client.call(mail())

        result = client.call(SenderStatisticsByTagNameAndBatchID(**period()))

        assert sum(row.request_count for row in result.items) == 3
        assert sum(row.success_count for row in result.items) == 3
        assert {row.succeeded_percent for row in result.items} == {"100.00%"}

    def test_a_day_without_mail_has_no_row(self, client):
        result = client.call(SenderStatisticsByTagNameAndBatchID(**period()))

        assert (result.total_count, result.items) == (0, ())

    def test_the_day_is_that_of_beijing(self, sandbox, client):
        client.call(mail())

        result = client.call(SenderStatisticsByTagNameAndBatchID(**period()))

        received = datetime.fromisoformat(sandbox.mails[0].received_at)
        (row,) = result.items
        assert row.create_time == f"{received.astimezone(BEIJING).date()}"

    @pytest.mark.parametrize(
        ("asked", "count"),
        [
            ({"account_name": "news@mail.example.com"}, 1),
            ({"tag_name": "welcome"}, 1),
            ({"domain": "Example.com"}, 1),
            ({"domain": "mail.example.com"}, 1),
            ({"tag_name": "bye"}, 0),
        ],
    )
    def test_they_are_filtered(self, client, asked, count):
        client.call(mail())
        client.call(mail(account_name="shop@example.com", tag_name="welcome"))

        result = client.call(SenderStatisticsByTagNameAndBatchID(**period(), **asked))

        assert sum(row.request_count for row in result.items) == count

    @pytest.mark.parametrize(
        ("first", "last", "code"),
        [
            (None, 0, "InvalidDate.NotFound"),
            (0, None, "InvalidDate.NotFound"),
            (-92, -80, "InvalidStartTime.Malformed"),
            (-32, 0, "InvalidBetweenTime.Malformed"),
            (0, -1, "InvalidBetweenTime.Malformed"),
        ],
    )
    def test_bad_periods_are_refused(self, sandbox, first, last, code):
        start = None if first is None else day(first)
        end = None if last is None else day(last)

        reply = post(
            sandbox, Action=TOTALS, AccountName=None, StartTime=start, EndTime=end
        )

        assert (reply.status, reply.code) == (400, code)

    @pytest.mark.parametrize(("first", "last"), [(-31, 0), (-90, -59)])
    def test_the_longest_period_is_answered(self, client, first, last):
        asked = SenderStatisticsByTagNameAndBatchID(**period(first, last))

        assert client.call(asked).total_count == 0

    @pytest.mark.parametrize("text", ["2026-13-01", "2026-1-2", "today", "20260102"])
    def test_what_is_no_day_is_refused(self, sandbox, text):
        reply = post(sandbox, Action=TOTALS, StartTime=text, EndTime=text)

        assert (reply.status, reply.code) == (400, "InvalidDate.Malformed")


class TestTracking:
    def test_only_tracked_mail_counts_and_nobody_opened_it(self, client):
        client.call(mail())
        client.call(mail(tag_name="welcome", click_trace="1"))

        result = client.call(GetTrackList(**period()))

        assert sum(row.total_number for row in result.items) == 1
        assert {row.rcpt_unique_open_count for row in result.items} == {0}
        assert {row.rcpt_click_rate for row in result.items} == {"0"}

    def test_a_tag_needs_its_sender(self, sandbox, client):
        reply = post(
            sandbox,
            Action="GetTrackList",
            AccountName=None,
            TagName="welcome",
            StartTime=day(),
            EndTime=day(),
        )

        assert (reply.status, reply.code) == (400, "MissingAccountName")

    @pytest.mark.parametrize(
        ("first", "last", "code"),
        [
            (-32, -30, "InvalidStartTime.Malformed"),
            (-8, 0, "InvalidBetweenTime.Malformed"),
        ],
    )
    def test_bad_periods_are_refused(self, sandbox, first, last, code):
        reply = post(
            sandbox,
            Action="GetTrackList",
            AccountName=None,
            StartTime=day(first),
            EndTime=day(last),
        )

        assert (reply.status, reply.code) == (400, code)

    def test_pages_are_counted(self, client):
        client.call(mail(tag_name="welcome", click_trace="1"))

        result = client.call(GetTrackList(**period(), page_number=2, page_size=1))

        assert (result.page_no, result.total, result.total_pages) == (2, 1, 1)
        assert result.items == ()
