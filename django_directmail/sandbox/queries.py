"""What can be asked about the account, and what the sandbox answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.answers import Refusal, new_request_id
from django_directmail.sandbox.batches import RECEIVERS, TEMPLATES
from django_directmail.sandbox.gateway import Call
from django_directmail.sandbox.mailbox import Mailbox

__all__ = ["Queries"]


class Queries:
    """The account's state, as far as a sandbox has one."""

    version = "2015-11-23"

    def __init__(self, senders: Senders, mailbox: Mailbox) -> None:
        self.senders = senders
        self.mailbox = mailbox
        #: Action to the method that carries it out.
        self.actions: dict[str, Callable[[Call], Mapping[str, Any]]] = {
            "DescAccountSummary": self._desc_account_summary,
            "QueryMailAddressByParam": self._query_mail_address_by_param,
        }

    def _desc_account_summary(self, call: Call) -> Mapping[str, Any]:
        return {
            "RequestId": new_request_id(),
            "UserStatus": 0,
            "DailyQuota": 2000,
            "MonthQuota": 60000,
            "QuotaLevel": 2,
            "MaxQuotaLevel": 10,
            "DailyRemainFreeQuota": 200,
            "RemainFreeQuota": 2000,
            "Domains": 1,
            "MailAddresses": len(self.senders.patterns),
            "Receivers": len(RECEIVERS),
            "Tags": 0,
            "Templates": len(TEMPLATES),
            "EnableTimes": 0,
            "IpChannelType": "normal",
        }

    def _query_mail_address_by_param(self, call: Call) -> Mapping[str, Any]:
        p = call.parameters
        page, size = _positive(p, "PageNo", 1), _positive(p, "PageSize", 10)
        word = p.get("KeyWord", "").lower()
        found = [
            sender
            for sender in self.senders.patterns
            if word in sender or self.senders.know(word)
        ]
        rows = [
            {
                "MailAddressId": str(number),
                "AccountName": word if self.senders.know(word) else sender,
                "Sendtype": "trigger",
                "AccountStatus": "0",
                "DomainStatus": "0",
                "ReplyAddress": "",
                "ReplyStatus": "0",
                "DailyCount": "-1",
                "MonthCount": "-1",
                "DailyReqCount": str(len(self.mailbox.all())),
                "MonthReqCount": str(len(self.mailbox.all())),
                "CreateTime": "2026-01-02T03:04Z",
            }
            for number, sender in enumerate(found, start=1)
        ]
        return {
            "RequestId": new_request_id(),
            "TotalCount": len(rows),
            "PageNumber": page,
            "PageSize": size,
            "data": {"mailAddress": rows[(page - 1) * size : page * size]},
        }


def _positive(parameters: Mapping[str, str], name: str, default: int) -> int:
    value = parameters.get(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise Refusal(400, f"Invalid{name}", f"{name} must be a positive number.")
    return int(value)
