"""Sends mails again, one after the other, and says how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.admin.advice import advice
from django_directmail.admin.confirmation import Confirmation, Line, name_recipients
from django_directmail.api.errors import DirectMailError
from django_directmail.diagnostics.test_mail import text_of, translate_advice
from django_directmail.log.resend import Obstacle, obstacle, resend
from django_directmail.models import MailLog

__all__ = ["Outcome", "ask_to_resend", "key_of", "send_again", "tell"]

#: Mails of which the outcome is told one by one.
MAX_TOLD = 3


@dataclass(frozen=True)
class Outcome:
    """How it went: a word of ``SendStatus.status``, or none if it was not tried."""

    row: MailLog
    word: str
    reason: str


def ask_to_resend(
    rows: Iterable[MailLog],
    *,
    back: str,
    hidden: Sequence[tuple[str, object]],
    error: str,
) -> Confirmation:
    """Return what the page says: of each mail, whether it can be sent again."""
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


def key_of(row: MailLog, token: str) -> str:
    """Return the idempotency key of what one page makes of ``row``."""
    return f"resend:{row.pk}:{token}"


def send_again(
    rows: Sequence[MailLog], *, token: str, by: str, repeat: bool
) -> list[Outcome]:
    """
    Send what can be sent of ``rows``; with ``repeat`` also what may arrive twice.

    ``token`` is that of the page where it was confirmed: the same page confirmed once
    more, by a double click or after a look back, sends nothing.
    """
    keys = {row.pk: key_of(row, token) for row in rows}
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
    if isinstance(error, (DirectMailError, ImproperlyConfigured)):
        return translate_advice(text_of(error), getattr(error, "remedy", ""))
    # The text of a foreign exception may hold anything.
    return type(error).__name__


def tell(outcomes: Sequence[Outcome]) -> Iterator[tuple[int, str]]:
    """Yield level and text of a few messages that say how it went."""
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
        yield _tell_one(outcome)
    more = len(others) - MAX_TOLD
    if more > 0:
        yield (
            messages.WARNING,
            ngettext(
                "%(count)d more mail was not sent again, or not for certain.",
                "%(count)d more mails were not sent again, or not for certain.",
                more,
            )
            % {"count": more},
        )


def _tell_one(outcome: Outcome) -> tuple[int, str]:
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
