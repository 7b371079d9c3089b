"""Looking at the list of mails, and at what it asks of the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_directmail.models import MailLog, MailRecipient

LIST = "/admin/django_directmail/maillog/"
ON_SQLITE = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="The plans of SQLite are known here"
)


def shown(client, **query):
    """Return the subjects in the list, in its order."""
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [mail.subject for mail in response.context["cl"].result_list]


def queries(client, **query):
    """Return what is read from the log for the list."""
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST, query)
    texts = [query["sql"] for query in captured]
    return [text for text in texts if "django_directmail_mail" in text]


def explain(sql):
    """Return how SQLite would answer a query."""
    with connection.cursor() as cursor:
        # As recorded by Django, values stand in the text.
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
        return "\n".join(row[3] for row in cursor.fetchall())


def make_many(number):
    """Store ``number`` mails that failed, each a second after the one before."""
    now = timezone.now()
    rows = MailLog.objects.bulk_create(
        MailLog(
            subject=f"Mail {n}",
            status="failed",
            accepted="no",
            created_at=now + timedelta(seconds=n),
        )
        for n in range(number)
    )
    MailRecipient.objects.bulk_create(
        MailRecipient(log=row, address="bob@example.com", address_key="bob@example.com")
        for row in rows
    )
