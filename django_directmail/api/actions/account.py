"""Asking about the account: DescAccountSummary, QueryMailAddressByParam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django_directmail.api.actions.action import Action
from django_directmail.api.results import AccountSummary, MailAddresses, wire

__all__ = ["DescAccountSummary", "QueryMailAddressByParam"]


@dataclass(frozen=True, kw_only=True)
class DescAccountSummary(Action[AccountSummary]):
    """Quota and state of the account; 10 calls a minute."""

    def read(self, answer: Mapping[str, Any]) -> AccountSummary:
        """Return the summary."""
        return AccountSummary.from_fields(answer)


@dataclass(frozen=True, kw_only=True)
class QueryMailAddressByParam(Action[MailAddresses]):
    """Sender addresses of this region whose name holds ``key_word``; 5 calls/s."""

    key_word: str | None = wire("KeyWord", default=None)
    page_no: int | None = wire("PageNo", default=None)
    page_size: int | None = wire("PageSize", default=None)
    send_type: Literal["batch", "trigger"] | None = wire("Sendtype", default=None)

    def read(self, answer: Mapping[str, Any]) -> MailAddresses:
        """Return one page of addresses."""
        return MailAddresses.from_fields(answer)
