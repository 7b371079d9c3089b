"""
What leaves the log: old mails, old content, and all that names one address.

Everything goes in batches with a transaction for each, and each function yields after a
batch: who stops in between loses nothing but the rest. Queued mails are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import idna
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.html import escape

from django_directmail.message.addresses import parse_address
from django_directmail.models import (
    ON_ITS_WAY,
    MailLog,
    MailRecipient,
    log_database,
)

__all__ = [
    "Erased",
    "Erasure",
    "clear_content",
    "days_ago",
    "delete_mails",
    "mails_before",
    "mails_with_content",
]

#: What a mail says, which is cleared, and never the record that it was sent.
CONTENT: dict[str, Any] = {
    "subject": "",
    "metadata": {},
    "parameters": {},
    "attachments": [],
    "redirected_to": "",
    "text_body": "",
    "html_body": "",
}
BODIES: dict[str, Any] = {"text_body": "", "html_body": "", "has_body": False}


def days_ago(days: int) -> datetime:
    """Return the moment before which things are older than ``days``."""
    return timezone.now() - timedelta(days=days)


def mails_before(moment: datetime) -> QuerySet[Any]:
    """Return the mails that are older than ``moment`` and may go, oldest first."""
    logs = MailLog.objects.using(log_database()).filter(created_at__lt=moment)
    return logs.exclude(_live()).order_by("created_at", "id")


def _live() -> Q:
    """Match the mails that somebody is at work with: queued, or being sent now."""
    recently = timezone.now() - ON_ITS_WAY
    sending = Q(status=MailLog.Status.SENDING, created_at__gte=recently)
    return Q(status=MailLog.Status.QUEUED) | sending


def mails_with_content(before: datetime, *, since: datetime) -> QuerySet[Any]:
    """Return the mails between two moments whose content is stored, oldest first."""
    return mails_before(before).filter(created_at__gte=since, has_body=True)


def delete_mails(before: datetime, *, batch: int) -> Iterator[int]:
    """Delete the mails older than ``before``; yield how many are gone so far."""
    database, done = log_database(), 0
    for ids in _batches(mails_before(before), batch):
        done += _delete(database, ids)
        yield done


def clear_content(before: datetime, *, since: datetime, batch: int) -> Iterator[int]:
    """
    Clear bodies and template data of mails between two moments; yield how many so far.
    """
    database, done = log_database(), 0
    for ids in _batches(mails_with_content(before, since=since), batch):
        logs = MailLog.objects.using(database).filter(pk__in=ids)
        templates = list(logs.exclude(template_id="").only("pk", "parameters"))
        with transaction.atomic(using=database):
            done += logs.update(**BODIES)
            for log in templates:
                log.parameters.get("template", {}).pop("template_data", None)
            logs.bulk_update(templates, ["parameters"])
        yield done


def _batches(rows: QuerySet[Any], size: int) -> Iterator[list[UUID]]:
    """Yield ids of ``rows``, which must no longer be among them when the next come."""
    start = None
    while True:
        # Not from the beginning: many a database still walks over what is deleted.
        rest = rows if start is None else rows.filter(created_at__gte=start)
        found = list(rest.values_list("pk", "created_at")[:size])
        if not found:
            return
        yield [pk for pk, _ in found]
        start = found[-1][1]


def _delete(database: str, ids: Iterable[UUID]) -> int:
    """Delete mails with all that hangs on them; return how many there were."""
    ids = list(ids)
    logs = MailLog.objects.using(database)
    recipients = MailRecipient.objects.using(database)
    # Asked first: hardly any is, and SQLite would read the whole table to update none.
    resends = logs.filter(resent_from=OuterRef("pk")).order_by()
    resent = list(logs.filter(Exists(resends), pk__in=ids).values_list("pk", flat=True))
    # delete() would load every row, with its bodies, to look for more to cascade to.
    with transaction.atomic(using=database):
        recipients.filter(log__in=ids)._raw_delete(database)
        logs.filter(resent_from__in=resent).update(resent_from=None)
        return logs.filter(pk__in=ids)._raw_delete(database)


def _decoded(address: str) -> str:
    """Return ``address`` with its domain as people write it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def _spellings(address: str) -> set[str]:
    """Return how ``address`` may stand in a URL, in HTML and in JSON."""
    plain = {address, quote(address, safe=""), escape(address)}
    return plain | {json.dumps(form)[1:-1] for form in plain}


@dataclass
class Erased:
    """How far an erasure is: mails, by what happened to them; ``searched`` is all."""

    deleted: int = 0
    taken_out: int = 0
    cleared: int = 0
    searched: int = 0


class Erasure:
    """
    Takes one address out of the log. Raise :exc:`ValueError` if ``address`` is none.

    A mail to this address alone is deleted. One to several people loses this recipient
    and its content, and any other that names the address its content, too.
    """

    def __init__(self, address: str) -> None:
        parsed = parse_address(address, "--address")
        #: As ``address_key`` has it: in both spellings of an international domain.
        self.keys = sorted(
            {parsed.spec.lower(), parsed.wire.lower(), _decoded(parsed.wire.lower())}
        )
        forms = sorted({form for key in self.keys for form in _spellings(key)})
        self._mentioned = Q()
        for column in ("sender", *CONTENT):
            for form in forms:
                self._mentioned |= Q(**{f"{column}__icontains": form})
        # ann@example.com is neither joann@example.com nor ann@example.com.au.
        self._pattern = re.compile(
            rf"(?<![a-z0-9_.+-])({'|'.join(map(re.escape, forms))})"
            r"(?![a-z0-9_-]|\.[a-z0-9])",
            re.IGNORECASE,
        )
        self._database = log_database()
        self._logs = MailLog.objects.using(self._database).order_by("pk")
        self._recipients = MailRecipient.objects.using(self._database)

    def mails(self) -> QuerySet[Any]:
        """Return the mails to this address, queued ones left out."""
        logs = self._logs.exclude(_live())
        return logs.filter(pk__in=self._mine().values("log"))

    def queued(self) -> list[UUID]:
        """Return the ids of the mails that have to be cancelled first."""
        logs = self._logs.filter(_live())
        mine = logs.filter(pk__in=self._mine().values("log"))
        return sorted({*mine.values_list("pk", flat=True), *self._naming(logs)})

    def run(self, *, batch: int, dry_run: bool = False) -> Iterator[Erased]:
        """Erase, or only count; yield the running result after each batch."""
        erased = Erased()
        for ids in self._slices(self.mails(), batch):
            self._take_out(ids, Q(address_key__in=self.keys), erased, dry_run)
            yield erased
        for ids in self._slices(self._logs, batch):
            within = self._logs.filter(pk__range=(ids[0], ids[-1]))
            within = within.exclude(_live())
            self._take_out_misspelt(within, erased, dry_run)
            named = self._naming(within.exclude(pk__in=self._mine().values("log")))
            erased.cleared += len(named)
            if named and not dry_run:
                self._clear(named)
            erased.searched += len(ids)
            yield erased

    def _mine(self) -> QuerySet[Any]:
        return self._recipients.filter(address_key__in=self.keys)

    def _slices(self, logs: QuerySet[Any], size: int) -> Iterator[list[UUID]]:
        """Yield the ids of ``logs`` in order, whatever is deleted meanwhile."""
        ids = list(logs.values_list("pk", flat=True)[:size])
        while ids:
            yield ids
            rest = logs.filter(pk__gt=ids[-1])
            ids = list(rest.values_list("pk", flat=True)[:size])

    def _naming(self, logs: QuerySet[Any]) -> list[UUID]:
        """Return the ids of those of ``logs`` that hold the address anywhere."""
        found = logs.filter(self._mentioned).values_list("pk", "sender", *CONTENT)
        return [
            pk
            for pk, *values in found
            if any(self._pattern.search(str(value)) for value in values)
        ]

    def _take_out(
        self, ids: list[UUID], mine: Q, erased: Erased, dry_run: bool
    ) -> None:
        """Delete the mails ``ids`` that go to nobody else, else the recipients."""
        recipients = self._recipients.filter(log__in=ids)
        shared = set(recipients.exclude(mine).values_list("log", flat=True))
        alone = set(ids) - shared
        erased.deleted += len(alone)
        erased.taken_out += len(shared)
        if not dry_run:
            with transaction.atomic(using=self._database):
                _delete(self._database, alone)
                recipients.filter(mine)._raw_delete(self._database)
                self._clear(shared)

    def _take_out_misspelt(
        self, logs: QuerySet[Any], erased: Erased, dry_run: bool
    ) -> None:
        """Find the address in recipients that are none, of mails that were refused."""
        contains = Q()
        for key in self.keys:
            contains |= Q(address_key__contains=key)
        found = [
            (pk, log)
            for pk, log, text in self._recipients.filter(
                contains, log__in=logs.filter(nonce="")
            )
            .exclude(address_key__in=self.keys)
            .values_list("pk", "log", "address_key")
            if self._pattern.search(text)
        ]
        if found:
            mine = Q(pk__in=[pk for pk, _ in found])
            self._take_out(sorted({log for _, log in found}), mine, erased, dry_run)

    def _clear(self, ids: Iterable[UUID]) -> None:
        """Clear what the mails ``ids`` say, and their sender where it is this one."""
        logs = self._logs.filter(pk__in=list(ids))
        senders = Q()
        for key in self.keys:
            senders |= Q(sender__iexact=key)
        with transaction.atomic(using=self._database):
            logs.update(**CONTENT, has_body=False)
            logs.filter(senders).update(sender="")
