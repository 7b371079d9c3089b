"""The test mail that the command and the admin send, and the words for how it went."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.translation import gettext as _

from django_directmail.api.errors import DirectMailError, TransportError
from django_directmail.api.transport import is_loopback
from django_directmail.backends import EmailBackend
from django_directmail.status import SendStatus

__all__ = [
    "NotSent",
    "build_message",
    "not_sent",
    "send",
    "text_of",
    "translate_advice",
]

HTML = "<!DOCTYPE html><html><body><h1>{subject}</h1><p>{text}</p></body></html>"


class NotSent(Exception):
    """The test mail did not go out; the text says why and what to do."""


def build_message(
    recipients: Sequence[str],
    sender: str | None = None,
    *,
    prefix: str = "",
    subject: str | None = None,
    tag: str | None = None,
    html: bool = False,
) -> EmailMultiAlternatives:
    """Return the test mail; without a ``subject`` it says where it is from and when."""
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

    Raise :exc:`NotSent` if it was not accepted, for whatever reason.
    """
    try:
        count = mailer.send_messages([message])
    except Exception as error:  # a traceback helps nobody at a prompt or in a form
        text = not_sent(error, mailer)
    else:
        status: SendStatus = getattr(message, "directmail_status", SendStatus())
        if count or not isinstance(mailer, EmailBackend):
            return status
        # A mailer that keeps quiet about errors, or a receiver that said no.
        reason = status.error or _("It was stopped: %(word)s.") % {
            "word": _(status.status or "rejected")
        }
        text = not_sent(reason, mailer)
    raise NotSent(text)


def not_sent(reason: Exception | str, mailer: BaseEmailBackend | None = None) -> str:
    """Return that the test mail was not sent, cause and remedy as one paragraph."""
    text = translate_advice(text_of(reason), getattr(reason, "remedy", ""))
    if isinstance(reason, (DirectMailError, ImproperlyConfigured)):
        text += _hint(reason, mailer, text)
    elif isinstance(reason, Exception):
        # The credentials of the project, or another backend: not our words.
        text = f"{type(reason).__name__}: {text}"
    return _("The test mail was not sent. %(reason)s") % {"reason": text}


def text_of(reason: Exception | str) -> str:
    """Return the text of an error; that of a missing mailer without more quotes."""
    # Django's is a KeyError, too, whose str() is the repr() of the text.
    if isinstance(reason, ImproperlyConfigured) and reason.args:
        return str(reason.args[0])
    return str(reason)


def translate_advice(text: str, remedy: str) -> str:
    """Return the ``text`` of an error, which ends with its ``remedy``, translated."""
    return text.removesuffix(remedy) + _(remedy) if text.endswith(remedy) else text


def _hint(error: Exception, mailer: BaseEmailBackend | None, text: str) -> str:
    """Return where it was tried, as far as ``text`` does not say so."""
    if not isinstance(mailer, EmailBackend):
        return ""
    client = mailer.client
    if isinstance(error, TransportError) and is_loopback(client.endpoint):
        command = "python manage.py directmail_sandbox"
        return " " + _("Start the sandbox with: %(command)s") % {"command": command}
    if is_loopback(client.endpoint):
        return " " + _("(Endpoint %(endpoint)s.)") % {"endpoint": client.endpoint}
    if client.endpoint in text:
        return ""
    return " " + _("(Endpoint %(endpoint)s, region %(region)s.)") % {
        "endpoint": client.endpoint,
        "region": client.region,
    }
