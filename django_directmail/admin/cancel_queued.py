"""Cancels queued mails, and says what became of all that were chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.admin.confirmation import Confirmation, Line
from django_directmail.log.settle import cancel
from django_directmail.models import MailLog

__all__ = ["ask_to_cancel", "cancel_queued"]

QUEUED = MailLog.Status.QUEUED
#: Mails that the page lists.
MAX_LISTED = 100
#: Ids that one query cancels; some databases take 999 values at most.
CHUNK_SIZE = 500


def ask_to_cancel(
    mails: QuerySet[MailLog], *, back: str, hidden: Sequence[tuple[str, object]]
) -> Confirmation | None:
    """Return what the page says, ``None`` if none of ``mails`` is queued."""
    others = _count(mails)
    count = others.pop(QUEUED, 0)
    if not count:
        return None
    text = ngettext(
        "%(count)d queued mail will not be sent.",
        "%(count)d queued mails will not be sent.",
        count,
    )
    texts = [text % {"count": count}, *_not_queued(others)]
    if count > MAX_LISTED:
        texts.append(_("The newest %(count)d of them are:") % {"count": MAX_LISTED})
    listed = mails.filter(status=QUEUED).prefetch_related("recipients")[:MAX_LISTED]
    return Confirmation(
        title=_("Cancel mails?"),
        texts=texts,
        lines=[Line(row) for row in listed],
        button=_("Cancel these mails"),
        back=back,
        hidden=hidden,
    )


def cancel_queued(mails: QuerySet[MailLog]) -> Iterator[tuple[int, str]]:
    """Cancel what is queued of ``mails``; yield level and text of what to tell."""
    others = _count(mails)
    others.pop(QUEUED, None)
    ids: list[UUID] = list(mails.filter(status=QUEUED).values_list("pk", flat=True))
    count = sum(
        cancel(ids[start : start + CHUNK_SIZE])
        for start in range(0, len(ids), CHUNK_SIZE)
    )
    if count:
        text = ngettext(
            "%(count)d mail was cancelled.", "%(count)d mails were cancelled.", count
        )
        yield messages.SUCCESS, text % {"count": count}
    if late := len(ids) - count:
        text = ngettext(
            "%(count)d mail was not cancelled: its sending has begun.",
            "%(count)d mails were not cancelled: their sending has begun.",
            late,
        )
        yield messages.WARNING, text % {"count": late}
    for text in _not_queued(others):
        yield messages.WARNING, text


def _count(mails: QuerySet[MailLog]) -> dict[str, int]:
    """Return how many of ``mails`` have each status."""
    return dict(mails.order_by().values_list("status").annotate(Count("pk")))


def _not_queued(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence on the mails that cannot be cancelled, if there are any."""
    total = sum(counts.values())
    if not total:
        return
    labels = dict(MailLog.Status.choices)
    text = ngettext(
        "%(count)d mail cannot be cancelled, as it is not queued: %(statuses)s.",
        "%(count)d mails cannot be cancelled, as they are not queued: %(statuses)s.",
        total,
    )
    statuses = (
        _("%(count)s %(status)s") % {"count": count, "status": labels[word]}
        for word, count in sorted(counts.items())
    )
    yield text % {"count": total, "statuses": _(", ").join(statuses)}
