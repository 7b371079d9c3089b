"""A log of any size: the same rows each time, made from the models of the package."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_directmail.models import MailLog, MailRecipient

__all__ = ["DAYS", "fill"]

DAYS = 90
#: How many mails each recipient got, so that a search finds as many in a log of any
#: size.
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


def fill(alias: str, rows: int, now: datetime) -> None:
    """Write ``rows`` mails with their recipients to the database ``alias``."""
    from django.db import connections, transaction

    from django_directmail.log.bulk_write import insert
    from django_directmail.models import MailLog, MailRecipient

    connection = connections[alias]
    _write_without_waiting(connection)
    mails = make_mails(rows, now)
    while chunk := list(islice(mails, CHUNK)):
        with transaction.atomic(using=alias):
            insert(MailLog, [mail for mail, _ in chunk], alias)
            insert(MailRecipient, [one for _, to in chunk for one in to], alias)
    _analyze(connection, (MailLog, MailRecipient))
    # The next connection has none of the options of this one.
    connection.close()


def _write_without_waiting(connection: Any) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -500000")


def _analyze(connection: Any, models: tuple[Any, ...]) -> None:
    """Collect statistics, as a server soon does by itself. SQLite never does."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        elif connection.vendor == "mysql":
            for model in models:
                cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")


def make_mails(
    rows: int, now: datetime
) -> Iterator[tuple[MailLog, list[MailRecipient]]]:
    """Yield each mail with its recipients, oldest first."""
    from django_directmail.models import MailRecipient

    chance = random.Random(rows)
    step = timedelta(days=DAYS) / rows
    for number in range(rows):
        mail = make_mail(chance, number, now - (rows - number) * step)
        count = 1 if chance.random() < 0.92 else 2
        customers = chance.sample(range(max(rows // MAILS_EACH, 2)), count)
        addresses = [f"Customer{one:05d}@example.net" for one in customers]
        yield (
            mail,
            [
                MailRecipient(log=mail, address=one, address_key=one.lower())
                for one in addresses
            ],
        )


def make_mail(chance: random.Random, number: int, time: datetime) -> MailLog:
    """Return one mail; what is not given here has the default of the model."""
    from django_directmail.models import MailLog

    (status,) = chance.choices(tuple(STATUSES), tuple(STATUSES.values()))
    error = chance.choice(ERRORS.get(status, ("",)))
    took = chance.randint(40, 900)
    return MailLog(
        id=make_id(chance, time),
        message_uid=make_id(chance, time),
        alias=MAILERS[chance.random() < 0.2],
        region="cn-hangzhou",
        sender=chance.choice(SENDERS),
        subject=f"Your order {number} is on its way 您的订单已发货",
        tag=chance.choice(TAGS),
        metadata={"order": number},
        parameters={"click_trace": "0"},
        size=chance.randint(2_000, 60_000),
        status=status,
        accepted=ACCEPTED.get(status, "no"),
        attempts=1,
        nonce=f"{chance.getrandbits(128):032x}",
        signed_at=time,
        env_id=f"{chance.getrandbits(40):012d}" if status == "accepted" else "",
        request_id=str(uuid.UUID(int=chance.getrandbits(128))).upper(),
        error_code=error,
        error_message=f"The call ended in {error}." if error else "",
        http_status=400 if status == "rejected" else 200,
        created_at=time,
        sent_at=time,
        finished_at=time + timedelta(milliseconds=took),
        duration_ms=took,
    )


def make_id(chance: random.Random, time: datetime) -> uuid.UUID:
    """Return an id as a mail of that ``time`` has: a UUID of version 7."""
    milliseconds = int(time.timestamp() * 1000)
    return uuid.UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | chance.getrandbits(12) << 64
        | 0b10 << 62
        | chance.getrandbits(62)
    )
