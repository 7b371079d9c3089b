"""Scratch databases with a log of any size in them, and Django set up for them."""

from __future__ import annotations

import contextlib
import json
import random
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

__all__ = ["Router", "fill", "scratch_database", "set_up"]

DAYS = 90
#: How many mails each recipient got; so a search finds as many in a log of any size.
MAILS_EACH = 50
CHUNK = 10_000
STATUSES = {
    "accepted": 93.0,
    "rejected": 3.0,
    "unconfirmed": 1.2,
    "suppressed": 1.2,
    "failed": 1.0,
    "cancelled": 0.5,
    "queued": 0.05,
    "sending": 0.05,
}
ERRORS = {
    "rejected": ("InvalidMailAddress.NotFound", "InvalidToAddress", "InvalidBody"),
    "failed": ("Throttling.User", "ConnectTimeout"),
    "unconfirmed": ("ReadTimeout", "InternalError"),
}
ACCEPTED = {"accepted": "yes", "unconfirmed": "unknown", "sending": "unknown"}
TAGS = ("welcome", "orders", "passwords", "newsletter", "")
SENDERS = ("shop@example.com", "noreply@example.com", "news@example.com")
MAILERS = ("default", "marketing")


class Router:
    """Sends every query to the database that is measured now."""

    current: str | None = None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return its alias."""
        return self.current

    db_for_write = db_for_read


def set_up(databases: dict[str, dict[str, Any]]) -> None:
    """Configure the site of the tests, with these databases."""
    import django
    from django.conf import settings

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests import settings as site

    values = {name: getattr(site, name) for name in dir(site) if name.isupper()}
    values.update(
        ALLOWED_HOSTS=["testserver"],
        # Nothing may go past the router.
        DATABASES={"default": {}, **databases},
        DATABASE_ROUTERS=[Router()],
    )
    settings.configure(**values)
    django.setup()


@contextlib.contextmanager
def scratch_database(alias: str) -> Iterator[None]:
    """Create the database of ``alias`` with all its tables, and drop it in the end."""
    from django.db import connections

    connection = connections[alias]
    real_name = connection.settings_dict["NAME"]
    Router.current = alias
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        Router.current = alias
        connection.creation.destroy_test_db(real_name, verbosity=0)


def fill(alias: str, rows: int, now: datetime) -> None:
    """Write ``rows`` mails with their recipients, the same ones each time."""
    from django.db import connections, transaction

    from django_directmail.models import MailLog, MailRecipient

    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -500000")
        mails = make_mails(rows, now)
        while chunk := list(islice(mails, CHUNK)):
            with transaction.atomic(using=alias):
                insert(connection, MailLog, [mail for mail, _ in chunk])
                recipients = [one for _, to in chunk for one in to]
                insert(connection, MailRecipient, recipients)
        # Where the server would do it by itself before long. SQLite never does.
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        elif connection.vendor == "mysql":
            for model in (MailLog, MailRecipient):
                cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")
    # Without what was only for the filling.
    connection.close()


def make_mails(
    rows: int, now: datetime
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each mail with its recipients, oldest first, as columns and values."""
    chance = random.Random(rows)
    step = timedelta(days=DAYS) / rows
    for number in range(rows):
        mail = make_mail(chance, number, now - (rows - number) * step)
        count = 1 if chance.random() < 0.92 else 2
        to = chance.sample(range(max(rows // MAILS_EACH, 2)), count)
        yield mail, [make_recipient(mail["id"], customer) for customer in to]


def make_mail(chance: random.Random, number: int, time: datetime) -> dict[str, Any]:
    """Return the columns of one mail."""
    (status,) = chance.choices(tuple(STATUSES), tuple(STATUSES.values()))
    error = chance.choice(ERRORS.get(status, ("",)))
    took = chance.randint(40, 900)
    return {
        "id": make_id(chance, time),
        "message_uid": make_id(chance, time),
        "alias": MAILERS[chance.random() < 0.2],
        "region": "cn-hangzhou",
        "sender": chance.choice(SENDERS),
        "subject": f"Your order {number} is on its way 您的订单已发货",
        "tag": chance.choice(TAGS),
        "template_id": "",
        "metadata": {"order": number},
        "parameters": {"click_trace": "0"},
        "text_body": "",
        "html_body": "",
        "has_body": False,
        "size": chance.randint(2_000, 60_000),
        "status": status,
        "accepted": ACCEPTED.get(status, "no"),
        "attempts": 1,
        "nonce": f"{chance.getrandbits(128):032x}",
        "signed_at": time,
        "env_id": f"{chance.getrandbits(40):012d}" if status == "accepted" else "",
        "request_id": str(uuid.UUID(int=chance.getrandbits(128))).upper(),
        "error_code": error,
        "error_message": f"The call ended in {error}." if error else "",
        "http_status": 400 if status == "rejected" else 200,
        "created_at": time,
        "sent_at": time,
        "finished_at": time + timedelta(milliseconds=took),
        "duration_ms": took,
        "idempotency_key": None,
        "resent_from_id": None,
        "resent_by": "",
    }


def make_id(chance: random.Random, time: datetime) -> uuid.UUID:
    """Return an id as one of that time has: a UUID of version 7."""
    milliseconds = int(time.timestamp() * 1000)
    return uuid.UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | chance.getrandbits(12) << 64
        | 0b10 << 62
        | chance.getrandbits(62)
    )


def make_recipient(log: uuid.UUID, customer: int) -> dict[str, Any]:
    """Return the columns of one recipient."""
    address = f"Customer{customer:05d}@example.net"
    return {
        "log_id": log,
        "address": address,
        "address_key": address.lower(),
        "kind": "to",
        "status": "pending",
        "first_opened_at": None,
        "first_clicked_at": None,
    }


def insert(connection: Any, model: Any, rows: list[dict[str, Any]]) -> None:
    """Insert ``rows`` as fast as the database can, each value as Django writes it."""
    columns = list(rows[0])
    prepare = [preparation(connection, model, column) for column in columns]
    values = [
        [
            how(value) if how else value
            for how, value in zip(prepare, row.values(), strict=True)
        ]
        for row in rows
    ]
    table, names = model._meta.db_table, ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def preparation(connection: Any, model: Any, column: str) -> Any:
    """Return the function that makes of a value what is written, if it needs one."""
    from django.db import models

    (field,) = (one for one in model._meta.fields if one.column == column)
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, models.DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, models.UUIDField):
        return lambda value: field.get_db_prep_value(value, connection)
    return None
