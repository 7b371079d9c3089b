"""The service behind the gateway: what each action does and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.api.redaction import redact
from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.answers import (
    HttpAnswer,
    Refusal,
    new_request_id,
    render_error,
    render_result,
)
from django_directmail.sandbox.gateway import (
    Call,
    HttpCall,
    Nonces,
    authenticate,
    read_format,
)
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.rules import check_single_send_mail

__all__ = ["Service"]


class Service:
    """One account of DirectMail with its senders and its mailbox."""

    def __init__(self, senders: Senders, mailbox: Mailbox) -> None:
        self.senders = senders
        self.mailbox = mailbox
        self._nonces = Nonces()
        #: Action to the method that carries it out.
        self._actions: dict[str, Callable[[Call], Mapping[str, Any]]] = {
            "SingleSendMail": self._single_send_mail,
            "DescAccountSummary": self._desc_account_summary,
            "QueryMailAddressByParam": self._query_mail_address_by_param,
        }

    def answer(self, http: HttpCall) -> HttpAnswer:
        """Check the call, carry it out and return the answer."""
        try:
            call = authenticate(http, self._nonces)
            carry_out = self._actions.get(call.action)
            if carry_out is None:
                raise Refusal(404, "InvalidApi.NotFound", "Specified api is not found.")
            return render_result(call.action, carry_out(call), call.format)
        except Refusal as refusal:
            return self.refuse(http, refusal)

    def refuse(self, http: HttpCall, refusal: Refusal) -> HttpAnswer:
        """Return the answer of an error, in the format that the caller wants."""
        shown = redact(refusal.message, private=http.parameters.values())
        self.mailbox.note_refusal(refusal.code, shown)
        format = read_format(http)
        host = http.headers.get("host", "dm.aliyuncs.com")
        return render_error(refusal, format if format == "XML" else "JSON", host)

    def _single_send_mail(self, call: Call) -> Mapping[str, Any]:
        check_single_send_mail(call.parameters, self.senders)
        mail = self.mailbox.accept(call, new_request_id())
        return {"EnvId": mail.env_id, "RequestId": mail.request_id}

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
            "Receivers": 0,
            "Tags": 0,
            "Templates": 0,
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
