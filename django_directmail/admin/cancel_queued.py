"""The action that cancels queued mails, and reports on all mails that were chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from django_directmail.admin.confirmation import (
    Confirmation,
    Line,
    ask,
    chosen_mails,
    hidden_fields,
    token,
)
from django_directmail.log.settle import cancel
from django_directmail.models import MailLog

__all__ = ["cancel_selected"]

QUEUED = MailLog.Status.QUEUED
#: How many mails the page lists.
MAX_LISTED = 100
#: How many ids one query cancels; some databases take 999 values at most.
CHUNK_SIZE = 500


@admin.action(permissions=["cancel"], description=gettext_lazy("Cancel selected mails"))
def cancel_selected(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    queryset: QuerySet[MailLog],
) -> HttpResponse | None:
    """Cancel those of the selected mails that are queued, after a confirmation."""
    mails = chosen_mails(model_admin, request, queryset)
    if not token(request):
        hidden = hidden_fields(request, "cancel_selected")
        page = _page(mails, back=request.get_full_path(), hidden=hidden)
        if page:
            return ask(model_admin, request, page)
    for level, text in _cancel(mails):
        model_admin.message_user(request, text, level)
    return None


def _page(
    mails: QuerySet[MailLog], *, back: str, hidden: Sequence[tuple[str, object]]
) -> Confirmation | None:
    """Return the page that asks; ``None`` if none of ``mails`` is queued."""
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


def _cancel(mails: QuerySet[MailLog]) -> Iterator[tuple[int, str]]:
    """Cancel those of ``mails`` that are queued; yield messages: level and text."""
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
    """Yield a sentence about the mails that cannot be cancelled, if there are any."""
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
