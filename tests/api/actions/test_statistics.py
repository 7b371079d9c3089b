"""Questions about deliveries, asked by the package and by the official SDK."""

from dataclasses import fields
from datetime import datetime, timedelta, timezone

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import (
    GetTrackList,
    SenderStatisticsByTagNameAndBatchID,
    SenderStatisticsDetailByParam,
)
from django_directmail.api.actions.statistics import (
    DailyTotal,
    DailyTotals,
    MailDetail,
    MailDetails,
    TrackedTotal,
    TrackedTotals,
)
from django_directmail.api.fields import wire_names
from tests.support.api_samples import mail
from tests.support.official_sdk import (
    as_texts,
    parameters_of,
    row_texts,
    sdk_client,
    wire_names_of,
)

#: Parameters that the SDK keeps for old callers.
DEPRECATED = {"offset", "offset_create_time", "offset_create_time_desc", "total"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            MailDetail,
            models.SenderStatisticsDetailByParamResponseBodyDataMailDetail,
        ),
        (MailDetails, models.SenderStatisticsDetailByParamResponseBody),
        (
            DailyTotal,
            models.SenderStatisticsByTagNameAndBatchIDResponseBodyDataStat,
        ),
        (DailyTotals, models.SenderStatisticsByTagNameAndBatchIDResponseBody),
        (TrackedTotal, models.GetTrackListResponseBodyDataStat),
        (TrackedTotals, models.GetTrackListResponseBody),
    ],
)
def test_no_field_has_another_name_than_in_the_sdk(ours, theirs):
    assert set(wire_names(ours).values()) <= wire_names_of(theirs())


EVERYTHING = {
    SenderStatisticsDetailByParam: (
        models.SenderStatisticsDetailByParamRequest,
        {
            "account_name": "news@mail.example.com",
            "tag_name": "welcome",
            "to_address": "alice@example.org",
            "start_time": "2026-01-02 03:04",
            "end_time": "2026-01-03 03:04",
            "status": 2,
            "length": 100,
            "next_start": "90f0243616#203#a",
            "ip_pool_id": "e4",
            "config_set_id": "95",
        },
    ),
    SenderStatisticsByTagNameAndBatchID: (
        models.SenderStatisticsByTagNameAndBatchIDRequest,
        {
            "account_name": "news@mail.example.com",
            "tag_name": "welcome",
            "start_time": "2026-01-02",
            "end_time": "2026-01-03",
            "domain": "mail.example.com",
            "esp": "gmail.com",
            "dedicated_ip": "192.0.2.1",
            "dedicated_ip_pool_id": "e4",
        },
    ),
    GetTrackList: (
        models.GetTrackListRequest,
        {
            "account_name": "news@mail.example.com",
            "tag_name": "welcome",
            "start_time": "2026-01-02",
            "end_time": "2026-01-03",
            "page_number": "2",
            "page_size": "5",
            "domain": "mail.example.com",
            "esp": "gmail.com",
            "dedicated_ip": "192.0.2.1",
            "dedicated_ip_pool_id": "e4",
            "config_set_id": "95",
        },
    ),
}


@pytest.mark.parametrize("ours", EVERYTHING)
def test_parameters_are_those_of_the_sdk(ours):
    theirs, values = EVERYTHING[ours]
    expected = {name: str(value) for name, value in theirs(**values).to_map().items()}

    assert ours(**values).parameters() == expected
    known = {field.name for field in fields(ours)}
    assert known == set(values) == parameters_of(theirs()) - DEPRECATED


def days():
    """Return yesterday and today in Beijing."""
    today = datetime.now(timezone(timedelta(hours=8))).date()
    return {"start_time": f"{today - timedelta(days=1)}", "end_time": f"{today}"}


def test_rows_of_mail_are_what_the_sdk_reads(sandbox, client, signature):
    client.call(mail(to_address="alice@example.org,bob@example.org"))
    asked = {"length": 1}

    theirs = sdk_client(sandbox, signature=signature).sender_statistics_detail_by_param(
        models.SenderStatisticsDetailByParamRequest(**asked)
    )
    ours = client.call(SenderStatisticsDetailByParam(**asked))

    read = theirs.body.to_map()
    names = wire_names(MailDetail).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in read["data"]["mailDetail"]
    ]
    assert ours.next_start == read["NextStart"] != ""
    assert len(ours.items) == 1


def test_daily_totals_are_what_the_sdk_reads(sandbox, client, signature):
    client.call(mail())

    sdk = sdk_client(sandbox, signature=signature)
    theirs = sdk.sender_statistics_by_tag_name_and_batch_id(
        models.SenderStatisticsByTagNameAndBatchIDRequest(**days())
    )
    ours = client.call(SenderStatisticsByTagNameAndBatchID(**days()))

    read = theirs.body.to_map()
    names = wire_names(DailyTotal).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in read["data"]["stat"]
    ]
    assert ours.total_count == read["TotalCount"] == 1


def test_the_list_of_tracking_is_what_the_sdk_reads(sandbox, client, signature):
    client.call(mail(tag_name="welcome", click_trace="1"))

    theirs = sdk_client(sandbox, signature=signature).get_track_list(
        models.GetTrackListRequest(**days())
    )
    ours = client.call(GetTrackList(**days()))

    read = theirs.body.to_map()
    names = wire_names(TrackedTotal).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in read["data"]["stat"]
    ]
    assert (ours.page_no, ours.page_size, ours.total, ours.total_pages) == (
        read["PageNo"],
        read["PageSize"],
        read["Total"],
        read["TotalPages"],
    )
    assert ours.items[0].total_number == 1


@pytest.mark.parametrize(
    "private",
    [
        SenderStatisticsDetailByParam(to_address="alice@example.org"),
        MailDetails(items=(MailDetail(to_address="alice@example.org"),)),
    ],
)
def test_the_representation_has_no_recipient(private):
    assert "alice" not in repr(private)
