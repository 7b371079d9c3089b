"""``manage.py directmail_sandbox``: start a local DirectMail for this project."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from django_directmail.conf import configured_mailers, get_account, get_setting
from django_directmail.message.addresses import parse_address
from django_directmail.sandbox.command_line import add_arguments, serve


class Command(BaseCommand):
    """Run a sandbox that knows this project's senders, until Ctrl+C."""

    requires_system_checks = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Set here, not in the class: argparse needs text, not a lazy translation.
        self.help = _(
            "Starts a local DirectMail: it checks the calls like the service, keeps the"
            " mail and shows it in the browser. This project's senders are known to it."
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options of the sandbox."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sandbox; raise a readable error if the port is in use."""
        try:
            serve(
                host=options["host"],
                port=options["port"],
                senders=[*_project_senders(), *options["sender"]],
                write=self._write,
            )
        except OSError as error:
            raise CommandError(str(error)) from None

    def _write(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _project_senders() -> list[str]:
    found = []
    for name in ("DEFAULT_FROM_EMAIL", "SERVER_EMAIL"):
        try:
            found.append(parse_address(get_setting(name), name).wire)
        except ValueError:
            continue  # "manage.py check" reports the mistake
    for _alias, _path, options in configured_mailers():
        own = {key: value for key, value in options.items() if key == "account_name"}
        with suppress(ImproperlyConfigured):  # as above
            found.append(get_account(own).account_name or "")
    return [address for address in dict.fromkeys(found) if address]
