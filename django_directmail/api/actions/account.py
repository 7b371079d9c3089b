"""Asking about the account: DescAccountSummary, QueryMailAddressByParam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import Row, wire
from django_directmail.api.responses import Page, Result

__all__ = [
    "AccountSummary",
    "DescAccountSummary",
    "MailAddress",
    "QueryMailAddressByParam",
]


@dataclass(frozen=True, kw_only=True)
class AccountSummary(Result):
    """
    Quota and state of the account.

    ``user_status``: 0 normal, 1 frozen, 2 overdue payment, 4 outbound restricted,
    8 deleted. Quotas count mails; ``-1`` says that DirectMail gave no number.
    """

    user_status: int = wire("UserStatus", default=-1)
    daily_quota: int = wire("DailyQuota", default=-1)
    month_quota: int = wire("MonthQuota", default=-1)
    quota_level: int = wire("QuotaLevel", default=-1)
    max_quota_level: int = wire("MaxQuotaLevel", default=-1)
    daily_remain_free_quota: int = wire("DailyRemainFreeQuota", default=-1)
    remain_free_quota: int = wire("RemainFreeQuota", default=-1)
    domains: int = wire("Domains", default=-1)
    mail_addresses: int = wire("MailAddresses", default=-1)
    receivers: int = wire("Receivers", default=-1)
    tags: int = wire("Tags", default=-1)
    templates: int = wire("Templates", default=-1)
    enable_times: int = wire("EnableTimes", default=-1)
    ip_channel_type: str = wire("IpChannelType", default="")


@dataclass(frozen=True, kw_only=True)
class DescAccountSummary(Action[AccountSummary]):
    """Quota and state of the account; 10 calls a minute."""

    def read(self, answer: Mapping[str, Any]) -> AccountSummary:
        """Return the summary."""
        return AccountSummary.from_fields(answer)


@dataclass(frozen=True, kw_only=True)
class MailAddress(Row):
    """
    One sender address. ``account_status``: 0 normal, 1 frozen.

    ``domain_status``: 0 fine, 1 not. ``daily_count`` and ``month_count`` are limits
    (-1: none), ``daily_req_count`` and ``month_req_count`` what was used of them.
    """

    mail_address_id: str = wire("MailAddressId", default="")
    account_name: str = wire("AccountName", default="")
    send_type: str = wire("Sendtype", default="")
    account_status: int = wire("AccountStatus", default=-1)
    domain_status: int = wire("DomainStatus", default=-1)
    reply_address: str = wire("ReplyAddress", default="")
    reply_status: int = wire("ReplyStatus", default=-1)
    daily_count: int = wire("DailyCount", default=-1)
    month_count: int = wire("MonthCount", default=-1)
    daily_req_count: int = wire("DailyReqCount", default=-1)
    month_req_count: int = wire("MonthReqCount", default=-1)
    create_time: str = wire("CreateTime", default="")


@dataclass(frozen=True, kw_only=True)
class QueryMailAddressByParam(Action[Page[MailAddress]]):
    """Sender addresses of this region whose name holds ``key_word``; 5 calls/s."""

    key_word: str | None = wire("KeyWord", default=None)
    page_no: int | None = wire("PageNo", default=None)
    page_size: int | None = wire("PageSize", default=None)
    send_type: Literal["batch", "trigger"] | None = wire("Sendtype", default=None)

    def read(self, answer: Mapping[str, Any]) -> Page[MailAddress]:
        """Return one page of addresses."""
        return Page.of(MailAddress, answer, "data", "mailAddress")
