"""All checks of a mailer, from its settings to the log: can it send mail?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils.connection import ConnectionDoesNotExist
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from django_directmail._compat import get_mailer
from django_directmail.api.credentials import Credentials, from_environment, resolve
from django_directmail.api.endpoints import is_loopback
from django_directmail.api.errors import CredentialsError
from django_directmail.backends import EmailBackend
from django_directmail.checks import check_mailers
from django_directmail.conf import Account, configured_mailers, get_setting
from django_directmail.diagnostics.account import examine_account, subjects
from django_directmail.diagnostics.error_text import text_of
from django_directmail.diagnostics.finding import Finding, Level, skip
from django_directmail.mailers import our_mailers, path_of
from django_directmail.models import MailLog, MailRecipient, log_database
from django_directmail.options import LogOptions

__all__ = ["Finding", "Level", "examine", "mailers"]


def mailers() -> Iterator[str]:
    """Yield the mailers that use DirectMail or whose backend cannot be imported."""
    ours = {alias or "default" for alias, _kind, _options in our_mailers()}
    for alias, backend in _backends().items():
        if alias in ours or not _is_importable(backend):
            yield alias


def _backends() -> dict[str, str]:
    return {alias or "default": path for alias, path, _options in configured_mailers()}


def _is_importable(backend: str) -> bool:
    try:
        import_string(backend)
    except Exception:  # anything; examine() reports it
        return False
    return True


def examine(
    alias: str, timeout: tuple[float, float] | None = None
) -> Iterator[Finding]:
    """
    Check one mailer; yield a finding for each check.

    A check that needs the result of another comes after it. ``timeout`` replaces the
    mailer's own.
    """
    try:
        account = _account(alias)
    except ImproperlyConfigured as error:
        remedy = _("Correct it; the documentation has a table of all settings.")
        yield Finding("failure", _("Settings"), text_of(error), remedy)
        yield from skip(_("Destination"), _("Credentials"), *subjects(), _("Log"))
        return
    # No retries: they would hide the problem that this command looks for.
    account = replace(account, timeout=timeout or account.timeout, max_attempts=1)
    yield from _settings(account)
    yield _destination(account)
    finding, credentials = _credentials(account)
    yield finding
    if credentials is None:
        yield from skip(*subjects(account))
    else:
        # Fixed here: a second call of the source may return others, or none.
        client = replace(account, credentials=credentials).client()
        yield from examine_account(account, client)
    yield _log(account.log)


def _account(alias: str) -> Account:
    backends = _backends()
    if alias not in backends:
        text = _("There is no mailer %(alias)s. There are: %(aliases)s.")
        values = {"alias": alias, "aliases": ", ".join(backends) or "-"}
        raise ImproperlyConfigured(text % values)
    if not _is_importable(backends[alias]):
        text = _("The backend of the mailer %(alias)s cannot be imported: %(path)s")
        raise ImproperlyConfigured(text % {"alias": alias, "path": backends[alias]})
    mailer = get_mailer(alias)
    if isinstance(mailer, EmailBackend):
        return mailer.account
    text = _("The mailer %(alias)s is a %(kind)s, which does not send by DirectMail.")
    raise ImproperlyConfigured(text % {"alias": alias, "kind": path_of(mailer)})


def _settings(account: Account) -> Iterator[Finding]:
    """Yield the results of the system checks for this mailer, and for all mailers."""
    fine = True
    own = f"MAILERS[{account.alias!r}]"
    for message in check_mailers():
        of_another = message.msg.startswith("MAILERS[") and own not in message.msg
        # _credentials() checks these.
        if of_another or message.id == "directmail.W001":
            continue
        fine = False
        level: Level = "failure" if message.is_serious() else "warning"
        yield Finding(level, _("Settings"), message.msg, message.hint or "")
    if fine:
        yield Finding("ok", _("Settings"), _("no problem found"))


def _destination(account: Account) -> Finding:
    endpoint = account.client().endpoint
    if is_loopback(endpoint):
        found = _("%s, on this very machine: this is the sandbox, no mail leaves it")
        if get_setting("DEBUG"):
            return Finding("ok", _("Destination"), found % endpoint)
        remedy = _("Remove ENDPOINT to send through DirectMail.")
        return Finding("warning", _("Destination"), found % endpoint, remedy)
    if account.endpoint:
        found = _("%(endpoint)s, from ENDPOINT")
    else:
        found = _("%(endpoint)s, region %(region)s")
    values = {"endpoint": endpoint, "region": account.region}
    return Finding("ok", _("Destination"), found % values)


def _credentials(account: Account) -> tuple[Finding, Credentials | None]:
    """Return the finding, and the credentials if there are any."""
    try:
        found = resolve(account.credentials)
    except Exception as error:  # the source is code of the project
        text = str(error)
        if not isinstance(error, CredentialsError):
            text = f"{type(error).__name__}: {text}"
        remedy = _(
            "Set ACCESS_KEY_ID and ACCESS_KEY_SECRET, or CREDENTIALS, or the"
            " environment variables."
        )
        return Finding("failure", _("Credentials"), text, remedy), None
    if account.credentials is from_environment:
        text = _("from the environment")
    elif isinstance(account.credentials, Credentials):
        text = _("from the settings")
    else:
        text = _("from CREDENTIALS")
    if found.security_token:
        text = _("%s, temporary") % text
    return Finding("ok", _("Credentials"), text), found


def _log(options: LogOptions) -> Finding:
    """Check that the tables of the log exist and are up to date."""
    if not options.enabled:
        return Finding("ok", _("Log"), _('turned off by DIRECTMAIL["LOG"]'))
    database = log_database()
    values = {"database": database}
    # Mail is sent without the log, too: so this is only a warning.
    remedy = _(
        "Check that the database exists, then run: python manage.py migrate"
        " django_directmail --database %(database)s"
    )
    try:
        connection = connections[database]
        missing = _unapplied(connection)
        if missing:
            found = _(
                "in the database %(database)s, migrations are not applied: %(names)s"
            )
            values["names"] = ", ".join(missing)
            return Finding("warning", _("Log"), found % values, remedy % values)
        for model in (MailLog, MailRecipient):
            model.objects.using(database).exists()
    except (ConnectionDoesNotExist, ImproperlyConfigured) as error:
        remedy = _('Correct DIRECTMAIL["LOG"]["DATABASE"] or DATABASES.')
        return Finding("failure", _("Log"), str(error), remedy)
    except DatabaseError as error:
        found = f"{type(error).__name__}: {error}".partition("\n")[0]
        return Finding("warning", _("Log"), found, remedy % values)
    found = _("tables are in the database %(database)s (%(vendor)s)")
    values["vendor"] = connection.display_name
    return Finding("ok", _("Log"), found % values)


def _unapplied(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of this app's migrations that are not applied."""
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.leaf_nodes("django_directmail")
    return [step[0].name for step in executor.migration_plan(nodes)]
