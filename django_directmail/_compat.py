"""Every branch on Django's version, each with the version at which it can go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import django
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

from django_directmail.api.errors import make_text_public

__all__ = [
    "HAS_MAILERS",
    "HeaderError",
    "build_mailer",
    "configuration_error",
    "get_mailer",
    "rebuild_backend",
]

#: Mailers have names since Django 6.1. Delete the other branches with 6.0.
HAS_MAILERS = django.VERSION >= (6, 1)

# Until 5.2 a line break in a header is Django's own error. Delete with 5.2.
if django.VERSION >= (6, 0):
    HeaderError: type[ValueError] = ValueError
else:
    HeaderError = mail.BadHeaderError


def configuration_error(text: str, alias: str | None = None) -> ImproperlyConfigured:
    """Return the exception for a wrong setting: InvalidMailer under an alias."""
    if alias is None:
        error = ImproperlyConfigured(text)
    elif HAS_MAILERS:
        error = mail.InvalidMailer(text, alias=alias)
    else:
        error = ImproperlyConfigured(f"MAILERS[{alias!r}]: {text}")
    return make_text_public(error)


@contextmanager
def _public_errors() -> Iterator[None]:
    """Let people see what Django says about a mailer: it names options, no values."""
    try:
        yield
    except ImproperlyConfigured as error:
        make_text_public(error)
        raise


@_public_errors()
def get_mailer(using: str | None = None) -> BaseEmailBackend:
    """Return the mailer named ``using``, or the default one."""
    if HAS_MAILERS:
        return mail.mailers[using or "default"]
    if using not in (None, "default"):
        raise ImproperlyConfigured(
            f"There is no mailer {using!r}: MAILERS needs Django 6.1, this is"
            f" {django.get_version()}."
        )
    connection: BaseEmailBackend = mail.get_connection()
    return connection


@_public_errors()
def build_mailer(
    name: str, options: Mapping[str, Any] | None, *, has_names: bool
) -> BaseEmailBackend:
    """
    Return the mailer named ``name``, or one of the class at this path with ``options``.

    ``has_names`` says whether mailers have names in the settings. Raise
    :exc:`~django.core.exceptions.ImproperlyConfigured` if there is no such mailer.
    """
    if options is None and has_names and name in mail.mailers:
        return mail.mailers[name]
    try:
        backend = import_string(name)
    except ImportError as error:
        hint = "" if HAS_MAILERS else " MAILERS needs Django 6.1."
        raise ImproperlyConfigured(
            f"{name!r} is neither a name in MAILERS nor the path of a backend:"
            f" {error}.{hint}"
        ) from None
    keywords = dict(options or {})
    if HAS_MAILERS:
        # Without a name, Django reads the old settings of EMAIL_HOST and its like.
        keywords["alias"] = None if options is None and not has_names else name
    mailer: BaseEmailBackend = backend(**keywords)
    return mailer


def rebuild_backend(
    kind: type[BaseEmailBackend], alias: str | None, fail_silently: bool
) -> BaseEmailBackend:
    """Build a backend from today's settings, in place of one that was pickled."""
    if alias is not None and HAS_MAILERS:
        return mail.mailers[alias]
    return kind(fail_silently=fail_silently)
