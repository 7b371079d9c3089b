"""
What became of mail: one row per recipient, totals of each day, opens and clicks.

All times and days that are asked for are those of Beijing (UTC+8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import Row, read_rows, wire
from django_directmail.api.responses import Result

__all__ = [
    "DailyTotal",
    "DailyTotals",
    "GetTrackList",
    "MailDetail",
    "MailDetails",
    "SenderStatisticsByTagNameAndBatchID",
    "SenderStatisticsDetailByParam",
    "TrackedTotal",
    "TrackedTotals",
]


# No repr: it ends up in tracebacks and logs, where no recipient belongs.
@dataclass(frozen=True, kw_only=True, repr=False)
class MailDetail(Row):
    """
    What became of a mail to one recipient. It has no id: match by address and time.

    ``status``: 0 delivered, 2 invalid address, 3 spam, 4 failed; ``message`` is the
    answer of the receiving server. ``utc_last_update_time`` is in seconds since 1970;
    the service's pages disagree about the zone of ``last_update_time``.
    """

    account_name: str = wire("AccountName", default="")
    to_address: str = wire("ToAddress", default="")
    subject: str = wire("Subject", default="")
    status: int = wire("Status", default=-1)
    message: str = wire("Message", default="")
    error_classification: str = wire("ErrorClassification", default="")
    last_update_time: str = wire("LastUpdateTime", default="")
    utc_last_update_time: int = wire("UtcLastUpdateTime", default=-1)
    ip_pool_id: str = wire("IpPoolId", default="")
    ip_pool_name: str = wire("IpPoolName", default="")
    config_set_id: str = wire("ConfigSetId", default="")
    config_set_name: str = wire("ConfigSetName", default="")


@dataclass(frozen=True, kw_only=True)
class MailDetails(Result):
    """Some rows. ``next_start`` is what to ask for the next ones, ``""`` at the end."""

    next_start: str = wire("NextStart", default="")
    items: tuple[MailDetail, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class SenderStatisticsDetailByParam(Action[MailDetails]):
    """
    What became of each mail; 500 calls a minute.

    One of ``account_name``, ``tag_name`` and ``to_address`` at most. ``start_time`` and
    ``end_time`` are ``"2026-01-02 03:04"``, 30 days apart at most. ``length``: 1 to 100
    rows.
    """

    account_name: str | None = wire("AccountName", default=None)
    tag_name: str | None = wire("TagName", default=None)
    to_address: str | None = wire("ToAddress", default=None)
    start_time: str | None = wire("StartTime", default=None)
    end_time: str | None = wire("EndTime", default=None)
    status: int | None = wire("Status", default=None)
    length: int | None = wire("Length", default=None)
    next_start: str | None = wire("NextStart", default=None)
    ip_pool_id: str | None = wire("IpPoolId", default=None)
    config_set_id: str | None = wire("ConfigSetId", default=None)

    def read(self, answer: Mapping[str, Any]) -> MailDetails:
        """Return some rows, and where the next ones begin."""
        rows = read_rows(MailDetail, answer, "data", "mailDetail")
        return replace(MailDetails.from_fields(answer), items=rows)


@dataclass(frozen=True, kw_only=True)
class DailyTotal(Row):
    """The mails of one day: percentages are text such as ``99.50%``."""

    create_time: str = wire("CreateTime", default="")
    request_count: int = wire("requestCount", default=0)
    success_count: int = wire("successCount", default=0)
    # DirectMail spells it like this.
    failed_count: int = wire("faildCount", default=0)
    unavailable_count: int = wire("unavailableCount", default=0)
    succeeded_percent: str = wire("succeededPercent", default="")
    unavailable_percent: str = wire("unavailablePercent", default="")


@dataclass(frozen=True, kw_only=True)
class DailyTotals(Result):
    """The days that had mail."""

    total_count: int = wire("TotalCount", default=0)
    items: tuple[DailyTotal, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SenderStatisticsByTagNameAndBatchID(Action[DailyTotals]):
    """
    Totals of each day; 50 calls a minute.

    ``start_time``, up to 90 days ago, and ``end_time``, 31 days apart at most, are days
    such as ``"2026-01-02"``. ``esp``, one of gmail.com, yahoo.com, outlook.com,
    icloud.com and others, needs an IP address of one's own.
    """

    start_time: str = wire("StartTime")
    end_time: str = wire("EndTime")
    account_name: str | None = wire("AccountName", default=None)
    tag_name: str | None = wire("TagName", default=None)
    domain: str | None = wire("Domain", default=None)
    esp: str | None = wire("Esp", default=None)
    dedicated_ip: str | None = wire("DedicatedIp", default=None)
    dedicated_ip_pool_id: str | None = wire("DedicatedIpPoolId", default=None)

    def read(self, answer: Mapping[str, Any]) -> DailyTotals:
        """Return the totals."""
        rows = read_rows(DailyTotal, answer, "data", "stat")
        return replace(DailyTotals.from_fields(answer), items=rows)


@dataclass(frozen=True, kw_only=True)
class TrackedTotal(Row):
    """Opens and clicks; "unique" counts each recipient once. Rates are text."""

    create_time: str = wire("CreateTime", default="")
    total_number: int = wire("TotalNumber", default=0)
    rcpt_open_count: int = wire("RcptOpenCount", default=0)
    rcpt_open_rate: str = wire("RcptOpenRate", default="")
    rcpt_unique_open_count: int = wire("RcptUniqueOpenCount", default=0)
    rcpt_unique_open_rate: str = wire("RcptUniqueOpenRate", default="")
    rcpt_click_count: int = wire("RcptClickCount", default=0)
    rcpt_click_rate: str = wire("RcptClickRate", default="")
    rcpt_unique_click_count: int = wire("RcptUniqueClickCount", default=0)
    rcpt_unique_click_rate: str = wire("RcptUniqueClickRate", default="")


@dataclass(frozen=True, kw_only=True)
class TrackedTotals(Result):
    """One page of opens and clicks. The page has another name here than elsewhere."""

    page_no: int = wire("PageNo", default=1)
    page_size: int = wire("PageSize", default=0)
    total: int = wire("Total", default=0)
    total_pages: int = wire("TotalPages", default=0)
    items: tuple[TrackedTotal, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GetTrackList(Action[TrackedTotals]):
    """
    Opens and clicks of mail with tracking.

    ``start_time``, up to 30 days ago, and ``end_time``, 7 days apart at most, are days
    such as ``"2026-01-02"``. ``tag_name`` needs ``account_name``.
    """

    start_time: str = wire("StartTime")
    end_time: str = wire("EndTime")
    account_name: str | None = wire("AccountName", default=None)
    tag_name: str | None = wire("TagName", default=None)
    page_number: int | None = wire("PageNumber", default=None)
    page_size: int | None = wire("PageSize", default=None)
    domain: str | None = wire("Domain", default=None)
    esp: str | None = wire("Esp", default=None)
    dedicated_ip: str | None = wire("DedicatedIp", default=None)
    dedicated_ip_pool_id: str | None = wire("DedicatedIpPoolId", default=None)
    config_set_id: str | None = wire("ConfigSetId", default=None)

    def read(self, answer: Mapping[str, Any]) -> TrackedTotals:
        """Return one page."""
        rows = read_rows(TrackedTotal, answer, "data", "stat")
        return replace(TrackedTotals.from_fields(answer), items=rows)
