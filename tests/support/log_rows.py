"""Rows of the log, for tests that start from old or odd ones."""

from datetime import timedelta

from django.utils import timezone

from django_directmail.models import MailLog, MailRecipient

__all__ = ["CLEARED", "CONTENT", "add_mail"]

#: Columns of a mail whose content is stored, and the same without it.
CONTENT = {
    "subject": "Your order",
    "metadata": {"order": "17"},
    "parameters": {"from_alias": "Shop"},
    "text_body": "Dear you",
    "html_body": "<p>Dear you</p>",
    "has_body": True,
}
CLEARED = {
    "subject": "",
    "metadata": {},
    "parameters": {},
    "text_body": "",
    "html_body": "",
    "has_body": False,
}


def add_mail(*to, days=0, **columns):
    """Add a mail of ``days`` ago to the log; return it."""
    columns = {"status": "accepted", "accepted": "yes", "nonce": "n", **columns}
    log = MailLog.objects.create(
        created_at=timezone.now() - timedelta(days=days), **columns
    )
    for address in to or ["joe@example.com"]:
        MailRecipient.objects.create(
            log=log, address=address, address_key=address.lower()
        )
    return log
