"""The test mail that the command and the admin send."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.translation import gettext as _

from django_directmail.backends import EmailBackend
from django_directmail.diagnostics.error_text import explain
from django_directmail.status import SendStatus

__all__ = ["NotSent", "build_message", "send"]

HTML = "<!DOCTYPE html><html><body><h1>{subject}</h1><p>{text}</p></body></html>"


class NotSent(Exception):
    """The test mail was not sent; the text says why and what to do."""

    def __init__(
        self, reason: Exception | str, mailer: BaseEmailBackend | None = None
    ) -> None:
        text = _("The test mail was not sent. %(reason)s")
        super().__init__(text % {"reason": explain(reason, mailer)})


def build_message(
    recipients: Sequence[str],
    sender: str | None = None,
    *,
    prefix: str = "",
    subject: str | None = None,
    tag: str | None = None,
    html: bool = False,
) -> EmailMultiAlternatives:
    """Return the test mail; its default subject names this machine and the time."""
    subject = subject or prefix + _("Test mail from %(host)s on %(time)s") % {
        "host": platform.node(),
        "time": f"{timezone.now():%Y-%m-%d %H:%M}",
    }
    text = _("If you can read this, DirectMail delivers the mail of this site.")
    message = EmailMultiAlternatives(subject, text, sender, list(recipients))
    if html:
        message.attach_alternative(HTML.format(subject=subject, text=text), "text/html")
    if tag:
        message.tags = [tag]  # type: ignore[attr-defined]  # documented
    return message


def send(mailer: BaseEmailBackend, message: EmailMultiAlternatives) -> SendStatus:
    """
    Send ``message`` and return its status, an empty one if ``mailer`` is not ours.

    Raise :exc:`NotSent` if it was not accepted.
    """
    try:
        count = mailer.send_messages([message])
    except Exception as error:  # shown as text, at a prompt or in a form
        raise NotSent(error, mailer) from None
    status: SendStatus = getattr(message, "directmail_status", SendStatus())
    if count or not isinstance(mailer, EmailBackend):
        return status
    # With fail_silently, or if a signal receiver stopped the mail, nothing was raised.
    stopped = _("Its status is: %(word)s.") % {"word": _(status.status or "rejected")}
    raise NotSent(status.error or stopped, mailer)
