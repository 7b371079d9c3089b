"""Which of the configured mailers send by DirectMail, and the one of an alias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

from django_directmail._compat import configuration_error, get_mailer
from django_directmail.backends import EmailBackend
from django_directmail.conf import configured_mailers

__all__ = ["find_mailer", "our_mailers", "path_of"]


def find_mailer(using: str | None, remedy: str) -> EmailBackend:
    """
    Return the mailer ``using``, or the default one, if it is one of ours.

    Raise :exc:`~django.core.exceptions.ImproperlyConfigured` with ``remedy`` if not.
    """
    mailer = get_mailer(using)
    if isinstance(mailer, EmailBackend):
        return mailer
    raise configuration_error(
        f"The mailer {using or 'default'!r} is a {path_of(mailer)}, which does not send"
        f" by DirectMail. {remedy}"
    )


def our_mailers() -> Iterator[tuple[str | None, type[EmailBackend], Mapping[str, Any]]]:
    """Yield alias, class and options of each configured mailer that is one of ours."""
    for alias, path, options in configured_mailers():
        try:
            backend = import_string(path)
        except Exception:  # whatever it raises, Django reports it to who uses it
            continue
        if isinstance(backend, type) and issubclass(backend, EmailBackend):
            yield alias, backend, options


def path_of(mailer: BaseEmailBackend) -> str:
    """Return the dotted path of the class of ``mailer``, as settings spell it."""
    return f"{type(mailer).__module__}.{type(mailer).__qualname__}"
