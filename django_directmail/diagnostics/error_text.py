"""The words for an error, as pages and commands show it: cause, remedy and place."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from django_directmail.api.endpoints import is_loopback
from django_directmail.api.errors import DirectMailError, TransportError
from django_directmail.backends import EmailBackend

__all__ = ["explain", "text_of", "translate_advice"]


def explain(reason: Exception | str, mailer: BaseEmailBackend | None = None) -> str:
    """
    Return one paragraph: the cause, the remedy, and the endpoint that was called.

    ``mailer`` is the one that was used, if there was one.
    """
    text = translate_advice(text_of(reason), getattr(reason, "remedy", ""))
    if isinstance(reason, (DirectMailError, ImproperlyConfigured)):
        return text + _hint(reason, mailer, text)
    if isinstance(reason, Exception):
        # It comes from the project's credentials or from another backend.
        return f"{type(reason).__name__}: {text}"
    return text


def text_of(reason: Exception | str) -> str:
    """Return the text of an error, without the quotes that a ``KeyError`` adds."""
    # Django's error for a missing mailer is a KeyError, too: its str() is a repr().
    if isinstance(reason, ImproperlyConfigured) and reason.args:
        return str(reason.args[0])
    return str(reason)


def translate_advice(text: str, remedy: str) -> str:
    """Return the ``text`` of an error with the ``remedy`` at its end translated."""
    return text.removesuffix(remedy) + _(remedy) if text.endswith(remedy) else text


def _hint(error: Exception, mailer: BaseEmailBackend | None, text: str) -> str:
    """Return the endpoint that was called, unless ``text`` names it."""
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
