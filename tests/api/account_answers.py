"""Answers about an account, as the service documents them, with what a test needs."""

import json
from email.utils import format_datetime

from django_directmail.api.results import AccountSummary, MailAddress, MailAddresses
from tests.api.servers import http

__all__ = ["about_account", "refusal", "sender"]

REQUEST_ID = "95A7D497-F8DD-4834-B81E-C1783236E55F"


def sender(name="noreply@mail.example.com", **changes):
    """Return one sender address: verified, without a limit."""
    fields = {
        "mail_address_id": "126545",
        "send_type": "trigger",
        "account_status": 0,
        "domain_status": 0,
        **changes,
    }
    return MailAddress(account_name=name, **fields)


def about_account(*senders, date=None, total=None, **summary):
    """
    Return the HTTP answer to both questions at once: account and senders.

    ``date`` is the moment in its Date header, ``None`` for none; ``summary`` are fields
    of ``AccountSummary``.
    """
    senders = senders or (sender(),)
    listed = MailAddresses(total_count=total or len(senders), page_number=1)
    fields = {
        **dict(listed.wire_items()),
        **dict(AccountSummary(**{"user_status": 0, **summary}).wire_items()),
        "RequestId": REQUEST_ID,
        "data": {"mailAddress": [dict(item.wire_items()) for item in senders]},
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
