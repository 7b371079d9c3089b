"""The actions that query the account: its summary and its sender addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.domains_tags_templates import DomainsTagsTemplates
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.paging import make_page, read_key_word
from django_directmail.sandbox.responses import new_request_id
from django_directmail.sandbox.seed_data import RECEIVERS, TEMPLATES

__all__ = ["AccountQueries"]


class AccountQueries:
    """Answers with fixed quotas, and with the senders and counts of this sandbox."""

    version = "2015-11-23"

    def __init__(
        self,
        senders: Senders,
        mailbox: Mailbox,
        domains_tags_templates: DomainsTagsTemplates,
    ) -> None:
        self.senders = senders
        self.mailbox = mailbox
        self.domains_tags_templates = domains_tags_templates
        #: For each action the method that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "DescAccountSummary": self._desc_account_summary,
            "QueryMailAddressByParam": self._query_mail_address_by_param,
        }

    def _desc_account_summary(self, call: ApiCall) -> Mapping[str, Any]:
        return {
            "RequestId": new_request_id(),
            "UserStatus": 0,
            "DailyQuota": 2000,
            "MonthQuota": 60000,
            "QuotaLevel": 2,
            "MaxQuotaLevel": 10,
            "DailyRemainFreeQuota": 200,
            "RemainFreeQuota": 2000,
            "Domains": len(self.senders.domains),
            "MailAddresses": len(self.senders.patterns),
            "Receivers": len(RECEIVERS),
            "Tags": len(self.domains_tags_templates.tags),
            "Templates": len(TEMPLATES),
            "EnableTimes": 0,
            "IpChannelType": "normal",
        }

    def _query_mail_address_by_param(self, call: ApiCall) -> Mapping[str, Any]:
        word = read_key_word(call.parameters, 60)
        found = [
            sender
            for sender in self.senders.patterns
            if word in sender or self.senders.include(word)
        ]
        rows = [
            {
                "MailAddressId": str(number),
                "AccountName": word if self.senders.include(word) else sender,
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
        return make_page(rows, call.parameters, "mailAddress")
