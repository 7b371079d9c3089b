"""The search of the list: only what an index finds, in a table of any size."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from django_directmail.message.addresses import parse_address
from django_directmail.models import MailLog, MailRecipient

__all__ = ["search"]

#: Mails with one and the same id; there is no reason for more.
_MAX_SAME = 100
#: Up to so many mails are looked up one by one.
_FEW = 1_000
#: From so many recipients on, mails are met soon on a walk from the newest.
_MANY = 50_000


def search(mails: QuerySet[MailLog], term: str) -> QuerySet[MailLog]:
    """
    Return those of ``mails`` that ``term`` means, each once.

    A whole address finds what went there; a UUID is the id of a mail, a message or a
    request. Anything else is an env id or a request id, and if there is none such,
    the beginning of an address.
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
    # By themselves: together with the addresses no index would serve the OR.
    known = MailLog.objects.filter(Q(env_id=term) | Q(request_id=term)).order_by()
    if found := list(known.values_list("pk", flat=True)[:_MAX_SAME]):
        return mails.filter(pk__in=found)
    return _sent_to(mails, **_beginning(term.lower(), mails.db))


def _sent_to(mails: QuerySet[MailLog], **lookups: Any) -> QuerySet[MailLog]:
    """
    Return the mails with such a recipient, in the way that suits their number.

    Few are looked up one by one: PostgreSQL guesses badly how many addresses have one
    beginning, and would walk through all mails. Very many are met on a walk from the
    newest; SQLite and MariaDB would collect and sort them all for a single page.
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
    # A bare EXISTS would be turned into the IN that it is to replace.
    return mails.filter(Case(When(is_sent_to, then=True), default=False))


def _key(term: str) -> str:
    """Return what stands in ``address_key`` for an address, with a name or without."""
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
            # The other one is LIKE BINARY there, which has another order.
            return {"address_key__istartswith": prefix}
    return {"address_key__startswith": prefix}
