"""Answers about an account, as the service documents them, with what a test needs."""

import json
from datetime import date
from email.utils import format_datetime
from urllib.parse import parse_qs

from django_directmail.api.actions.account import AccountSummary, MailAddress
from django_directmail.api.actions.domains import DomainDetails
from django_directmail.api.actions.statistics import DailyTotal
from tests.support.http_servers import http

__all__ = [
    "about_account",
    "details",
    "period_asked_for",
    "refusal",
    "sender",
    "total",
]

REQUEST_ID = "95A7D497-F8DD-4834-B81E-C1783236E55F"
DOMAIN = "mail.example.com"


def sender(name=f"noreply@{DOMAIN}", **changes):
    """Return one sender address: verified, without a limit."""
    fields = {
        "mail_address_id": "126545",
        "send_type": "trigger",
        "account_status": 0,
        "domain_status": 0,
        **changes,
    }
    return MailAddress(account_name=name, **fields)


def details(**changes):
    """Return the details of a domain whose records are all verified."""
    fields = {
        "domain_id": "158910",
        "domain_name": DOMAIN,
        "domain_status": 0,
        "spf_auth_status": 0,
        "mx_auth_status": 0,
        "dkim_auth_status": 0,
        "dmarc_auth_status": 0,
        "cname_auth_status": 0,
        "host_record": "aliyundm.mail",
        "domain_type": "0c40d5f125af4e42892a",
        "dns_txt": "0c40d5f125af4e42892a",
        "spf_record": "include:spf1.dm.aliyun.com",
        "spf_record_v2": "v=spf1 include:spf1.dm.aliyun.com -all",
        "mx_record": "mx01.dm.aliyun.com",
        "dkim_rr": "aliyun-cn-hangzhou._domainkey.mail",
        "dkim_public_key": "v=DKIM1; k=rsa; p=MIGf",
        "dmarc_host_record": "_dmarc.mail",
        "dmarc_record": "v=DMARC1;p=none",
        "cname_record": "dmtrace.mail",
        "tracef_record": "tracedm.aliyuncs.com",
        **changes,
    }
    return DomainDetails(**fields)


def total(requested, delivered, failed, invalid):
    """Return what became of the mails of one day."""
    return DailyTotal(
        request_count=requested,
        success_count=delivered,
        failed_count=failed,
        unavailable_count=invalid,
    )


def period_asked_for(received):
    """Return the first and the last day that a request to a server names."""
    found = parse_qs(received.body.decode())
    return tuple(
        date.fromisoformat(found[name][0]) for name in ("StartTime", "EndTime")
    )


def about_account(*senders, date=None, total=None, domain=None, days=(), **summary):
    """
    Return the HTTP answer to all questions at once.

    ``senders`` and ``domain`` are as above; ``date`` is the moment in its Date header,
    ``None`` for none; ``days`` are rows of :func:`total`; ``summary`` are fields of
    ``AccountSummary``.
    """
    senders, domain = senders or (sender(),), domain or details()
    listed = {"DomainId": domain.domain_id, "DomainName": domain.domain_name}
    fields = {
        **dict(domain.wire_items()),
        **dict(AccountSummary(**{"user_status": 0, **summary}).wire_items()),
        "TotalCount": total or len(senders),
        "PageNumber": 1,
        "RequestId": REQUEST_ID,
        "data": {
            "mailAddress": [dict(item.wire_items()) for item in senders],
            "domain": [listed],
            "stat": [dict(day.wire_items()) for day in days],
        },
    }
    return _answer(200, fields, date)


def refusal(code, *, status=400, date=None):
    """Return the HTTP answer of a call that was refused."""
    return _answer(
        status, {"Code": code, "Message": "No.", "RequestId": REQUEST_ID}, date
    )


def _answer(status, fields, date):
    # The server that gives it closes; without a word, a client might ask once more.
    headers = {"Content_Type": "application/json", "Connection": "close"}
    if date:
        headers["Date"] = format_datetime(date, usegmt=True)
    return http(status, json.dumps(fields).encode(), **headers)
