"""The texts that explain the status of a mail and what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from django_directmail.admin.safe_display import visible
from django_directmail.api.error_codes import find_rule
from django_directmail.models import MailLog

__all__ = ["advice", "certainty", "error_text", "meaning"]

_STATUS = MailLog.Status
_CERTAINTY = {
    "yes": gettext_lazy("DirectMail has this mail."),
    "unknown": gettext_lazy("DirectMail may have this mail."),
    "no": gettext_lazy("DirectMail does not have this mail."),
}
_CERTAINTY_OF_ROUTE = {
    "yes": gettext_lazy("The other mailer has this mail."),
    "unknown": gettext_lazy("The other mailer may have this mail."),
    "no": gettext_lazy("The other mailer does not have this mail."),
}
_MEANING = {
    _STATUS.QUEUED: gettext_lazy("It waits to be sent."),
    _STATUS.SENDING: gettext_lazy(
        "It is being sent. If this does not change, the process that sent it has died."
    ),
    _STATUS.ACCEPTED: gettext_lazy(
        "DirectMail accepted it. See the delivery status of each recipient."
    ),
    _STATUS.REJECTED: gettext_lazy(
        "It was refused. Without a change it would be refused again."
    ),
    _STATUS.FAILED: gettext_lazy("It never arrived at DirectMail."),
    _STATUS.UNCONFIRMED: gettext_lazy(
        "The request was sent, but no clear answer came. DirectMail may have accepted"
        " the mail."
    ),
    _STATUS.SUPPRESSED: gettext_lazy("Not sent: no recipient is in ALLOWED_DOMAINS."),
    _STATUS.CANCELLED: gettext_lazy("It was cancelled before it was sent."),
}
_MEANING_OF_ROUTE = {
    _STATUS.ACCEPTED: gettext_lazy(
        "Another mailer accepted it, because the API does not support a part of it. Its"
        " delivery is not tracked here."
    ),
    _STATUS.FAILED: gettext_lazy("The other mailer did not get it."),
    _STATUS.UNCONFIRMED: gettext_lazy(
        "It was given to the other mailer, but no clear answer came. It may have been"
        " sent."
    ),
}
_ADVICE = {
    _STATUS.REJECTED: gettext_lazy(
        "Correct what the error names before you send it again."
    ),
    _STATUS.FAILED: gettext_lazy("It may be sent again: nobody will get it twice."),
    _STATUS.UNCONFIRMED: gettext_lazy(
        "Look in the DirectMail console whether it went out before you send it again:"
        " its recipients could get it twice."
    ),
}
# If the status does not change, it is unknown whether the mail was sent.
_ADVICE[_STATUS.SENDING] = _ADVICE[_STATUS.UNCONFIRMED]


def certainty(row: MailLog) -> str:
    """Return whether DirectMail has the mail, as a sentence."""
    words = _CERTAINTY_OF_ROUTE if row.route else _CERTAINTY
    return str(words.get(row.accepted, words["unknown"]))


def meaning(row: MailLog) -> str:
    """Return what the status means."""
    if row.route and row.status in _MEANING_OF_ROUTE:
        return str(_MEANING_OF_ROUTE[row.status])  # type: ignore[index]
    # With an HTTP status there was an answer, so the request did arrive.
    if row.status == _STATUS.FAILED and row.http_status is not None:
        return gettext("DirectMail did not take it.")
    return str(_MEANING.get(row.status, ""))  # type: ignore[call-overload]


def advice(row: MailLog) -> str:
    """
    Return what to do; an empty text if there is nothing to do.

    For an answer of the API, it is the advice for its code, otherwise for the status.
    """
    remedy = _remedy(row)
    return gettext(remedy) if remedy else str(_ADVICE.get(row.status, ""))  # type: ignore[call-overload]


def error_text(row: MailLog) -> str:
    """Return the stored error without the advice at its end."""
    text: str = row.error_message
    remedy = _remedy(row)
    return visible(text.removesuffix(remedy).rstrip(), lines=True)


def _remedy(row: MailLog) -> str:
    # Only answers have an HTTP status; otherwise the code is the class of an exception.
    if row.http_status is None or not row.error_code:
        return ""
    rule = find_rule(row.error_code, row.http_status)
    # If only an upload failed, no mail was sent, and there is none to look for.
    settled = row.accepted == "no" and rule.accepted != "no"
    return "" if settled else rule.remedy
