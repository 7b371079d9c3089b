"""Sends a mail of the log once more, where that can be done and does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext as _

from django_directmail._compat import get_mailer
from django_directmail.backends import EmailBackend
from django_directmail.message.parameters import PARAMETERS
from django_directmail.models import ON_ITS_WAY, MailLog, MailRecipient
from django_directmail.status import SendStatus

__all__ = ["Obstacle", "obstacle", "resend"]


@dataclass(frozen=True)
class Obstacle:
    """
    Why a mail is not simply sent again; ``text`` also says what to do.

    ``confirmable`` says that a person may decide to, who knows that the recipients
    might get it twice.
    """

    text: str
    confirmable: bool = False


def obstacle(row: MailLog) -> Obstacle | None:
    """Return what stands against sending ``row`` again, ``None`` if nothing does."""
    return _impossible(row) or _doubtful(row)


def _impossible(row: MailLog) -> Obstacle | None:
    under_way = (MailLog.Status.QUEUED, MailLog.Status.SENDING)
    if row.status in under_way and timezone.now() - row.created_at < ON_ITS_WAY:
        return Obstacle(_("This mail is on its way. Wait for what comes of it."))
    if row.status == MailLog.Status.QUEUED:
        return Obstacle(_("This mail is still queued and will be sent from there."))
    if row.route or row.attachments:
        return Obstacle(
            _(
                "The log keeps no attachments, and nothing of a mail that took another"
                " mailer. Send this one from where it came."
            )
        )
    if not row.nonce:
        return Obstacle(
            _(
                "This mail was refused before it was sent. Correct the cause, and send"
                " it from where it came."
            )
        )
    if not row.has_body:
        return Obstacle(
            _(
                "The content of this mail was not kept, so it can only be sent from"
                ' where it came. With LOG["BODIES"] = True the content of later mails'
                " is kept."
            )
        )
    if not row.recipients.exists():
        return Obstacle(_("The recipients of this mail have been erased."))
    return None


def _doubtful(row: MailLog) -> Obstacle | None:
    if row.accepted == MailLog.Accepted.YES:
        text = _("DirectMail accepted this mail: the recipients would get it twice.")
    elif row.accepted == MailLog.Accepted.UNKNOWN:
        text = _(
            "DirectMail may have accepted this mail: the recipients might get it twice."
            " Look in the DirectMail console first."
        )
    elif row.resends.exclude(accepted=MailLog.Accepted.NO).exists():
        text = _(
            "This mail has been sent again already: the recipients might get it twice."
        )
    else:
        return None
    return Obstacle(text, confirmable=True)


def resend(row: MailLog, *, by: str, key: str) -> SendStatus:
    """
    Send the content of ``row`` through its mailer; return what came of it.

    The new row is linked to the old one and says ``by`` whom. ``key`` is its
    idempotency key: a second call with the same one sends nothing. An error of the mail
    is in the result. Raise :exc:`~django.core.exceptions.ImproperlyConfigured` if the
    mailer does not exist any more, and :exc:`ValueError` where sending is impossible.
    """
    problem = _impossible(row)
    if problem:
        raise ValueError(problem.text)
    mailer = get_mailer(row.alias or None)
    if not isinstance(mailer, EmailBackend):
        raise ImproperlyConfigured(
            _("The mailer that sent this mail is not one of DirectMail any more.")
        )
    message = _rebuild(row)
    message.idempotency_key = key  # type: ignore[attr-defined]  # documented
    return mailer.resend(message, row=row.pk, by=by)


def _rebuild(row: MailLog) -> EmailMultiAlternatives:
    """Return a message that becomes the same call, whatever the defaults are by now."""
    addresses: dict[bool, list[str]] = {True: [], False: []}
    for recipient in row.recipients.order_by("pk"):
        is_hidden = recipient.kind == MailRecipient.Kind.BCC
        addresses[is_hidden].append(recipient.address)
    # A parameter that it did not have is None here, which cancels a default.
    parameters: dict[str, Any] = dict.fromkeys(PARAMETERS)
    parameters.update(row.parameters)
    headers = parameters.pop("headers", None)
    # The address is for the settings of today to decide on, as for any other mail.
    del parameters["account_name"]
    message = EmailMultiAlternatives(
        row.subject,
        row.text_body or row.html_body,
        row.sender,
        addresses[False],
        bcc=addresses[True],
    )
    if not row.text_body:
        message.content_subtype = "html"
    elif row.html_body:
        message.attach_alternative(row.html_body, "text/html")
    message.directmail = {**parameters, "headers": None}  # type: ignore[attr-defined]
    message.esp_extra = {"headers": headers or {}}  # type: ignore[attr-defined]
    return message
