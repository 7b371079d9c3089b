"""Rows of the log for the tests of the admin, and people who look at them."""

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from django_directmail.models import MailLog, MailRecipient


def make_row(to=("bob@example.com",), *, cc=(), bcc=(), **fields):
    """
    Store one accepted mail and its recipients; return the row.

    ``fields`` are those of ``MailLog``. A row that is given a body has one.
    """
    now = fields.get("created_at") or timezone.now()
    values = {
        "alias": "default",
        "region": "cn-hangzhou",
        "sender": "noreply@mail.example.com",
        "subject": "Hello",
        "status": "accepted",
        "accepted": "yes",
        "attempts": 1,
        "created_at": now,
        "sent_at": now,
        "finished_at": now,
        "duration_ms": 120,
        "has_body": bool(fields.get("text_body") or fields.get("html_body")),
        **fields,
    }
    row = MailLog.objects.create(**values)
    add_recipients(row, to, "to")
    add_recipients(row, cc, "cc")
    add_recipients(row, bcc, "bcc")
    return row


def add_recipients(row, addresses, kind="to", **fields):
    """Store ``addresses`` as recipients of a mail."""
    MailRecipient.objects.bulk_create(
        MailRecipient(
            log=row, address=address, address_key=address.lower(), kind=kind, **fields
        )
        for address in addresses
    )


def make_staff(*permissions, name="ann"):
    """Store a member of the staff with permissions such as ``"view_maillog"``."""
    user = User.objects.create_user(name, password="secret", is_staff=True)
    found = Permission.objects.filter(
        content_type__app_label="django_directmail", codename__in=permissions
    )
    assert len(found) == len(permissions), permissions
    user.user_permissions.set(found)
    return user
