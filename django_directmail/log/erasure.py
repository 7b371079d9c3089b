"""
Erase one address from the log, for a person who asks for it.

The work is done in batches, each in a transaction of its own. Mails that are queued or
being sent are not touched; :meth:`Erasure.queued` names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import idna
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.html import escape

from django_directmail.log.retention import delete_rows, in_progress
from django_directmail.message.addresses import parse_address
from django_directmail.models import MailLog, MailRecipient, log_database

__all__ = ["Erased", "Erasure"]

#: The columns that may name a person, as they are after an erasure. Those that record
#: that a mail was sent, and with what outcome, stay.
CONTENT: dict[str, Any] = {
    "subject": "",
    "metadata": {},
    "parameters": {},
    "attachments": [],
    "redirected_to": "",
    "text_body": "",
    "html_body": "",
}


@dataclass
class Erased:
    """Numbers of mails so far; ``taken_out`` are those that lost one recipient."""

    deleted: int = 0
    taken_out: int = 0
    cleared: int = 0
    searched: int = 0


class Erasure:
    """
    Erases one address from the log.

    A mail to this address alone is deleted. A mail to several people loses this
    recipient and its content. Other mails that contain the address lose their content.

    Raise :exc:`ValueError` if ``address`` is not an address.
    """

    def __init__(self, address: str) -> None:
        parsed = parse_address(address, "--address")
        #: As in ``address_key``; an international domain in ASCII and in Unicode.
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
        """Return the mails to this address that may be changed."""
        logs = self._logs.exclude(in_progress())
        return logs.filter(pk__in=self._mine().values("log"))

    def queued(self) -> list[UUID]:
        """Return the ids of the mails that must be cancelled first."""
        logs = self._logs.filter(in_progress())
        mine = logs.filter(pk__in=self._mine().values("log"))
        return sorted({*mine.values_list("pk", flat=True), *self._naming(logs)})

    def run(self, *, batch: int, dry_run: bool = False) -> Iterator[Erased]:
        """Erase, or only count with ``dry_run``; yield the numbers after each batch."""
        erased = Erased()
        for ids in self._slices(self.mails(), batch):
            self._take_out(ids, Q(address_key__in=self.keys), erased, dry_run)
            yield erased
        for ids in self._slices(self._logs, batch):
            within = self._logs.filter(pk__range=(ids[0], ids[-1]))
            within = within.exclude(in_progress())
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
        """Yield the ids of ``logs`` in batches; the caller may delete these rows."""
        ids = list(logs.values_list("pk", flat=True)[:size])
        while ids:
            yield ids
            rest = logs.filter(pk__gt=ids[-1])
            ids = list(rest.values_list("pk", flat=True)[:size])

    def _naming(self, logs: QuerySet[Any]) -> list[UUID]:
        """Return the ids of those of ``logs`` that contain the address anywhere."""
        found = logs.filter(self._mentioned).values_list("pk", "sender", *CONTENT)
        return [
            pk
            for pk, *values in found
            if any(self._pattern.search(str(value)) for value in values)
        ]

    def _take_out(
        self, ids: list[UUID], mine: Q, erased: Erased, dry_run: bool
    ) -> None:
        """Delete the mails ``ids``; of those to others too, only the recipient."""
        recipients = self._recipients.filter(log__in=ids)
        shared = set(recipients.exclude(mine).values_list("log", flat=True))
        alone = set(ids) - shared
        erased.deleted += len(alone)
        erased.taken_out += len(shared)
        if not dry_run:
            with transaction.atomic(using=self._database):
                delete_rows(self._database, alone)
                recipients.filter(mine)._raw_delete(self._database)
                self._clear(shared)

    def _take_out_misspelt(
        self, logs: QuerySet[Any], erased: Erased, dry_run: bool
    ) -> None:
        """Take out recipients that contain the address among other text."""
        # Such a recipient is malformed, so its mail was refused before it was sent.
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
        """Clear the content of the mails ``ids``, and a sender that is this address."""
        logs = self._logs.filter(pk__in=list(ids))
        senders = Q()
        for key in self.keys:
            senders |= Q(sender__iexact=key)
        with transaction.atomic(using=self._database):
            logs.update(**CONTENT, has_body=False)
            logs.filter(senders).update(sender="")


def _decoded(address: str) -> str:
    """Return ``address`` with its international domain in Unicode."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def _spellings(address: str) -> set[str]:
    """Return the forms that ``address`` can have in text, a URL, HTML and JSON."""
    plain = {address, quote(address, safe=""), escape(address)}
    return plain | {json.dumps(form)[1:-1] for form in plain}
