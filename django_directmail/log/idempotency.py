"""Idempotency keys: what the log knows of messages that were sent under them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from django_directmail.models import ON_ITS_WAY, MailLog

__all__ = ["MAX_KEYS", "Known", "find"]

#: Keys that one query looks up: SQLite takes 32,766 variables by default.
MAX_KEYS = 10_000


class Known(NamedTuple):
    """What is known of one recipient of a message that was sent before."""

    message_uid: UUID
    env_id: str
    request_id: str
    status: str
    created_at: datetime
    address: str | None

    @property
    def settled(self) -> str:
        """Return the status; what never ended may have arrived."""
        is_old = timezone.now() - self.created_at > ON_ITS_WAY
        return "unconfirmed" if self.status == "sending" and is_old else self.status


def find(keys: list[str], using: str) -> dict[str, list[Known]]:
    """Return what is known of the messages with these keys, by key, in one query."""
    messages = MailLog.objects.using(using).filter(idempotency_key__in=keys)
    found = (
        MailLog.objects.using(using)
        .filter(message_uid__in=messages.order_by().values("message_uid"))
        .order_by()
        .values_list(
            "message_uid",
            "idempotency_key",
            "env_id",
            "request_id",
            "status",
            "created_at",
            "recipients__address",
        )
    )
    keys_by_message: dict[UUID, str] = {}
    rows = defaultdict(list)
    # An error in a query is the end of the caller's transaction, without a savepoint.
    with transaction.atomic(using=using):
        for message_uid, key, *columns in found:
            if key is not None:
                keys_by_message[message_uid] = key
            rows[message_uid].append(Known(message_uid, *columns))
    return {keys_by_message[uid]: rows[uid] for uid in rows}
