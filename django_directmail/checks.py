"""
System checks of the settings. They use no network.

Each mailer is built once, as Django builds it. Django's test runner replaces all
mailers, so without this a wrong option would fail in production first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from django_directmail.api.actions.mail import MAX_ALIAS
from django_directmail.api.credentials import from_environment
from django_directmail.api.endpoints import is_loopback
from django_directmail.api.errors import CredentialsError
from django_directmail.backends import EmailBackend
from django_directmail.conf import (
    Account,
    get_account,
    get_log,
    get_setting,
    without_effect,
)
from django_directmail.mailers import our_mailers
from django_directmail.message.addresses import parse_address
from django_directmail.sending.smtp_fallback import SmtpFallback

__all__ = ["check_deployment", "check_mailers"]


def check_mailers(*, app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong or doubtful in the settings of DirectMail's mailers."""
    try:
        get_account({})
    except ImproperlyConfigured as error:
        return [_invalid(error)]
    found: list[CheckMessage] = [*_check_log()]
    for mailer in _our_mailers():
        if isinstance(mailer, ImproperlyConfigured):
            found.append(_invalid(mailer))
            continue
        found += _check_account(mailer.account)
        found += _check_senders(mailer.account)
    for key in without_effect():
        found.append(
            Warning(
                f"{key} has no effect in this version.",
                hint="Remove it, or leave it for a version that reads it.",
                id="directmail.W004",
            )
        )
    return [message for n, message in enumerate(found) if message not in found[:n]]


def _check_log() -> Iterator[CheckMessage]:
    database = get_log().database
    if database is not None and database not in connections:
        yield Error(
            f'LOG["DATABASE"] is {database!r}, which is not in DATABASES.',
            hint="Correct it, or add this database. Until then no mail is recorded.",
            id="directmail.E002",
        )


def check_deployment(*, app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return what is right for development and wrong in production."""
    return [
        Warning(
            f"{_place(mailer.alias)}mail goes to {mailer.client.endpoint} on this"
            " machine, which looks like the sandbox.",
            hint="Remove ENDPOINT to send through DirectMail.",
            id="directmail.W005",
        )
        for mailer in _our_mailers()
        if isinstance(mailer, EmailBackend) and is_loopback(mailer.client.endpoint)
    ]


def _our_mailers() -> Iterator[EmailBackend | ImproperlyConfigured]:
    """Build each mailer of DirectMail as Django would; yield it or its error."""
    for alias, backend, options in our_mailers():
        try:
            keywords = {**options, "alias": alias} if alias else options
            yield backend(**keywords)
        except ImproperlyConfigured as error:
            yield error


def _invalid(error: ImproperlyConfigured) -> CheckMessage:
    return Error(
        str(error),
        hint="See the table of settings in the documentation.",
        id="directmail.E001",
    )


def _place(alias: str | None) -> str:
    return f"MAILERS[{alias!r}]: " if alias else ""


def _check_account(account: Account) -> Iterator[CheckMessage]:
    place = _place(account.alias)
    if account.credentials is from_environment:
        try:
            from_environment()
        except CredentialsError as error:
            yield Warning(
                f"{place}{error}",
                hint="Or set ACCESS_KEY_ID and ACCESS_KEY_SECRET, or CREDENTIALS, in"
                " DIRECTMAIL. Until then every mail fails.",
                id="directmail.W001",
            )
    if account.smtp_fallback is not None:
        try:
            SmtpFallback(account).build()
        except ImproperlyConfigured as error:
            yield Error(
                str(error),
                hint="Name a mailer of MAILERS, or the path of a backend with its"
                " options. Until then mails that need it fail.",
                id="directmail.E003",
            )
    endpoint = account.client().endpoint
    if not endpoint.startswith("https://") and not is_loopback(endpoint):
        yield Warning(
            f"{place}ENDPOINT is {endpoint}: mail would cross the network without"
            " encryption.",
            hint="Use https://.",
            id="directmail.W002",
        )


def _check_senders(account: Account) -> Iterator[CheckMessage]:
    names = ["DEFAULT_FROM_EMAIL"]
    if get_setting("ADMINS") or get_setting("MANAGERS"):
        names.append("SERVER_EMAIL")  # only mail to these two is sent from it
    for name in names:
        try:
            sender = parse_address(get_setting(name), name)
        except ValueError as error:
            yield Warning(
                str(error),
                hint=f"Correct {name}. Mail from it fails.",
                id="directmail.W006",
            )
            continue
        if len(sender.display_name) > MAX_ALIAS:
            yield Warning(
                f"The display name in {name} has {len(sender.display_name)} characters"
                f" and goes out as {sender.display_name[:MAX_ALIAS]!r}.",
                hint=f"DirectMail accepts {MAX_ALIAS} characters. Shorten it.",
                id="directmail.W003",
            )
        if account.account_name is None and "." not in sender.wire.rpartition("@")[2]:
            yield Warning(
                f"{name} is {sender.wire!r}, which cannot be a sender of DirectMail.",
                hint=f"Set {name} to an address of your verified domain, or set"
                ' DIRECTMAIL["ACCOUNT_NAME"].',
                id="directmail.W006",
            )
