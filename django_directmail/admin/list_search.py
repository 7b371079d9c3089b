"""The search of the list. It only uses indexes, so it is fast in any table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from django_directmail.message.addresses import parse_address
from django_directmail.models import MailLog, MailRecipient

__all__ = ["search"]

#: How many mails with the same env id or request id are found. More are not expected.
_MAX_SAME = 100
#: Up to this number, the ids of the mails are put into the query.
_FEW = 1_000
#: From this number of recipients on, a scan from the newest mail fills a page soon.
_MANY = 50_000


def search(mails: QuerySet[MailLog], term: str) -> QuerySet[MailLog]:
    """
    Return those of ``mails`` that ``term`` finds, each once.

    A whole address finds the mails to it. A UUID is the id of a mail, a message or a
    request. Anything else is an env id or a request id or, if there is none, the
    beginning of an address.
    """
    term = term.strip()
    if not term:
        return mails
    try:
        uid = UUID(term)
    except ValueError:
        pass
    else:
        ids = (term, term.upper())
        return mails.filter(Q(pk=uid) | Q(message_uid=uid) | Q(request_id__in=ids))
    local, _, domain = term.rpartition("@")
    if local.strip() and domain.strip():
        return _sent_to(mails, address_key=_key(term))
    # A query of their own: together with addresses, the OR could not use an index.
    known = MailLog.objects.filter(Q(env_id=term) | Q(request_id=term)).order_by()
    if found := list(known.values_list("pk", flat=True)[:_MAX_SAME]):
        return mails.filter(pk__in=found)
    return _sent_to(mails, **_beginning(term.lower(), mails.db))


def _sent_to(mails: QuerySet[MailLog], **lookups: Any) -> QuerySet[MailLog]:
    """
    Return the mails with such a recipient, by a query that suits their number.

    For few, the ids are put into the query: PostgreSQL estimates badly how many
    addresses have a prefix, and would scan all mails. For very many, the mails are
    scanned from the newest: SQLite and MariaDB would sort them all for one page.
    """
    recipients = MailRecipient.objects.filter(**lookups).order_by()
    found = recipients.values("log_id")
    few = [row["log_id"] for row in found[: _FEW + 1]]
    if len(few) <= _FEW:
        return mails.filter(pk__in=few)
    if (
        connections[mails.db].vendor == "postgresql"
        or not found[_MANY : _MANY + 1].exists()
    ):
        return mails.filter(pk__in=found)
    is_sent_to = Exists(recipients.filter(log_id=OuterRef("pk")))
    # The database would turn a plain EXISTS into an IN again.
    return mails.filter(Case(When(is_sent_to, then=True), default=False))


def _key(term: str) -> str:
    """Return the ``address_key`` of an address, which may have a display name."""
    try:
        return parse_address(term, "q").wire.lower()
    except ValueError:
        # Mails to malformed addresses are in the log, too.
        return term.lower()


def _beginning(prefix: str, database: str) -> dict[str, str]:
    """Return the look-up of a prefix that uses the index of this database."""
    match connections[database].vendor:
        case "sqlite":
            # Its LIKE ignores case, and the index does not.
            return {
                "address_key__gte": prefix,
                "address_key__lt": prefix + chr(0x10FFFF),
            }
        case "mysql":
            # "startswith" is LIKE BINARY there, which cannot use the index.
            return {"address_key__istartswith": prefix}
    return {"address_key__startswith": prefix}
