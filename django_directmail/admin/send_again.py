"""The action that sends mails again, and reports the outcome of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from django_directmail.admin.admin_page import page_url
from django_directmail.admin.advice import advice
from django_directmail.admin.confirmation import (
    Confirmation,
    Line,
    ask,
    chosen_mails,
    hidden_fields,
    name_recipients,
    token,
)
from django_directmail.api.errors import public_text
from django_directmail.diagnostics.error_text import text_of, translate_advice
from django_directmail.log.resend import Obstacle, obstacle, resend
from django_directmail.models import MailLog

__all__ = ["resend_selected", "send_again"]

#: How many mails can be sent again at once: each is a call, and the browser waits.
MAX_RESENDS = 100
#: How many mails get a message of their own that reports the outcome.
MAX_TOLD = 3


@dataclass(frozen=True)
class Outcome:
    """The outcome of one mail: a ``SendStatus.status``, empty if it was not tried."""

    row: MailLog
    word: str
    reason: str


@admin.action(
    permissions=["resend"], description=gettext_lazy("Send selected mails again")
)
def resend_selected(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    queryset: QuerySet[MailLog],
) -> HttpResponse | None:
    """Send the selected mails again, oldest first, after a confirmation."""
    chosen = chosen_mails(model_admin, request, queryset)
    rows = list(chosen.prefetch_related("recipients")[: MAX_RESENDS + 1])
    if len(rows) > MAX_RESENDS:
        text = _("At most %(count)d mails can be sent again at once. Select fewer.")
        text %= {"count": MAX_RESENDS}
        model_admin.message_user(request, text, messages.ERROR)
        return None
    rows.sort(key=lambda row: (row.created_at, row.pk))
    hidden = hidden_fields(request, "resend_selected", rows)
    return send_again(
        model_admin, request, rows, back=request.get_full_path(), hidden=hidden
    )


def send_again(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    rows: Sequence[MailLog],
    *,
    back: str,
    hidden: Sequence[tuple[str, object]] = (),
) -> HttpResponse:
    """Ask whether to send ``rows`` again; send them if ``request`` is the answer."""
    error = ""
    if answered := token(request):
        outcomes = _send_all(
            rows,
            token=answered,
            by=request.user.get_username(),
            repeat="repeat" in request.POST,
        )
        if not rows or any(outcome.word for outcome in outcomes):
            for level, text in _report(outcomes):
                model_admin.message_user(request, text, level)
            new = _only_new_mail(outcomes, answered)
            url = page_url(model_admin, "change", new.pk) if new else back
            return HttpResponseRedirect(url)
        error = _("Nothing was sent. See below why.")
    page = _page(rows, back=back, hidden=hidden, error=error)
    return ask(model_admin, request, page)


def _only_new_mail(outcomes: Sequence[Outcome], token: str) -> MailLog | None:
    """Return the new mail, if exactly one mail was chosen and sent again."""
    if len(outcomes) != 1:
        return None
    key = _key(outcomes[0].row, token)
    found: MailLog | None = MailLog.objects.filter(idempotency_key=key).first()
    return found


def _page(
    rows: Sequence[MailLog],
    *,
    back: str,
    hidden: Sequence[tuple[str, object]],
    error: str,
) -> Confirmation:
    """Return the page that asks, and says of each mail whether it can be sent."""
    obstacles = [(row, obstacle(row)) for row in rows]
    repeatable = sum(bool(found and found.confirmable) for _row, found in obstacles)
    is_free = any(found is None for _row, found in obstacles)
    question = ngettext(
        "Send it although it may arrive twice",
        "Also send those that may arrive twice",
        len(obstacles),
    )
    text = _(
        "A mail that is sent again is a new mail with the same content. It gets an"
        " entry of its own in this log, with your name."
    )
    return Confirmation(
        title=_("Send again?"),
        texts=[text],
        lines=[_line(row, found) for row, found in obstacles],
        question=question if repeatable else "",
        button=_("Send again") if repeatable or is_free else "",
        error=error,
        back=back,
        hidden=hidden,
    )


def _line(row: MailLog, found: Obstacle | None) -> Line:
    if found is None:
        is_refused = row.status == MailLog.Status.REJECTED
        return Line(row, _("Will be sent."), advice(row) if is_refused else "")
    if found.confirmable:
        return Line(row, _("Will be sent if you tick the box."), found.text)
    return Line(row, _("Will not be sent."), found.text)


def _key(row: MailLog, token: str) -> str:
    """Return the idempotency key of the mail that one page creates from ``row``."""
    return f"resend:{row.pk}:{token}"


def _send_all(
    rows: Sequence[MailLog], *, token: str, by: str, repeat: bool
) -> list[Outcome]:
    """
    Send those of ``rows`` that can be sent; with ``repeat`` also what may arrive twice.

    ``token`` is that of the page where it was confirmed. If the same page is confirmed
    once more, by a double click or by the browser's back button, nothing is sent.
    """
    keys = {row.pk: _key(row, token) for row in rows}
    known = MailLog.objects.filter(idempotency_key__in=keys.values())
    done = set(known.values_list("idempotency_key", flat=True))
    outcomes = []
    for row in rows:
        key = keys[row.pk]
        against = None if key in done else obstacle(row)
        if against and not (repeat and against.confirmable):
            outcomes.append(Outcome(row, "", against.text))
        else:
            outcomes.append(_send(row, key, by))
    return outcomes


def _send(row: MailLog, key: str, by: str) -> Outcome:
    try:
        status = resend(row, by=by, key=key)
    except (ImproperlyConfigured, ValueError) as error:
        return Outcome(row, "rejected", text_of(error))
    return Outcome(row, status.status or "rejected", _words(status.error))


def _words(error: Exception | None) -> str:
    if error is None:
        return ""
    return translate_advice(public_text(error), getattr(error, "remedy", ""))


def _report(outcomes: Sequence[Outcome]) -> Iterator[tuple[int, str]]:
    """Yield a few messages about the outcomes: level and text."""
    sent = sum(outcome.word == "accepted" for outcome in outcomes)
    if sent:
        yield (
            messages.SUCCESS,
            ngettext(
                "%(count)d mail was sent again and accepted by DirectMail.",
                "%(count)d mails were sent again and accepted by DirectMail.",
                sent,
            )
            % {"count": sent},
        )
    others = [outcome for outcome in outcomes if outcome.word != "accepted"]
    for outcome in others[:MAX_TOLD]:
        yield _report_one(outcome)
    more = len(others) - MAX_TOLD
    if more > 0:
        yield (
            messages.WARNING,
            ngettext(
                "%(count)d more mail was not sent again, or it is unknown whether it"
                " was.",
                "%(count)d more mails were not sent again, or it is unknown whether"
                " they were.",
                more,
            )
            % {"count": more},
        )


def _report_one(outcome: Outcome) -> tuple[int, str]:
    level = messages.WARNING
    if outcome.word in ("rejected", "failed"):
        level = messages.ERROR
    if outcome.word in ("", "rejected", "failed", "cancelled", "suppressed"):
        text = _("%(time)s, %(recipients)s: not sent again. %(reason)s")
    else:
        text = _(
            "%(time)s, %(recipients)s: it is not certain whether it was sent again."
            " %(reason)s"
        )
    time = outcome.row.created_at.astimezone(get_current_timezone())
    values = {
        "time": f"{time:%Y-%m-%d %H:%M:%S}",
        "recipients": name_recipients(outcome.row),
        "reason": outcome.reason,
    }
    return level, (text % values).strip()
