"""``manage.py directmail_recover``: settle the mails whose process is gone."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.connection import ConnectionDoesNotExist
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from django_directmail.models import ON_ITS_WAY
from django_directmail.recorder import settle_stranded, stranded

#: Mails in one UPDATE.
BATCH = 1_000
#: A century, so that no date is out of range.
MAX_SECONDS = 36_500 * 24 * 60 * 60


class Command(BaseCommand):
    """Let the mails be unconfirmed of which nobody wrote down how they ended."""

    # The mailers may be wrong; that does not matter here.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        lease = int(ON_ITS_WAY.total_seconds())
        parser.description = _(
            "Settles the mails that are still being sent according to the log, although"
            " their process is gone: they may have arrived, so they become unconfirmed,"
            " and nothing is sent. A process that lives after all still writes down the"
            " true outcome. Run it every few minutes, or after a crash."
        )
        parser.add_argument(
            "--older-than",
            type=_seconds,
            default=lease,
            metavar="SECONDS",
            help=_(
                "Settle those that were begun longer ago than this. 0 is all of them:"
                " only while everything that sends mail is stopped. Default: %(lease)s."
            )
            % {"lease": lease},
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=_("Say how many mails it would be, and change nothing."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle or count; end in a readable error that says how far it got."""
        self._verbosity, self._done = options["verbosity"], 0
        age = timedelta(seconds=options["older_than"])
        try:
            if options["dry_run"]:
                count = stranded(age).count()
                self._say(self.style.WARNING(_("Dry run: nothing is changed.")))
                text = _("Mails that would become unconfirmed: %s")
            else:
                count = self._settle(age)
                text = _("Mails that became unconfirmed: %s")
        except KeyboardInterrupt:
            raise self._stopped(_("Interrupted."), returncode=130) from None
        except (ImproperlyConfigured, ConnectionDoesNotExist) as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            told = _(
                "The log's database refused (%(reason)s). Is it migrated (manage.py"
                " migrate django_directmail)?"
            )
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise self._stopped(told % {"reason": reason}) from None
        self._say(text % _number(count))

    def _settle(self, age: timedelta) -> int:
        """Settle all in batches, and say how far it is; return how many."""
        end = _number(stranded(age).count())
        for self._done in settle_stranded(age, batch=BATCH):
            self._show(f"{self._reached()} / {end}")
        self._end_line()
        return self._done

    def _show(self, reached: str) -> None:
        if self._verbosity > 0 and self.stdout.isatty():
            self.stdout.write(f"\r{reached}", ending="")
            self.stdout.flush()
        elif self._verbosity > 1:
            self.stdout.write(reached)

    def _end_line(self) -> None:
        if self._done and self._verbosity > 0 and self.stdout.isatty():
            self.stdout.write("")

    def _reached(self) -> str:
        values = {"name": _("Settled"), "value": _number(self._done)}
        return _("%(name)s: %(value)s") % values

    def _say(self, text: str) -> None:
        if self._verbosity > 0:
            self.stdout.write(text)

    def _stopped(self, text: str, *, returncode: int = 1) -> CommandError:
        """Return the error that says what is done for good."""
        self._end_line()
        if self._done:
            values = {"problem": text, "reached": self._reached()}
            text = _("%(problem)s %(reached)s. Run it again for the rest.") % values
        return CommandError(text, returncode=returncode)


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > MAX_SECONDS:
        raise argparse.ArgumentTypeError(
            _("%(value)s is not a whole number from %(low)s to %(high)s.")
            % {"value": repr(text), "low": 0, "high": MAX_SECONDS}
        )
    return int(text)
