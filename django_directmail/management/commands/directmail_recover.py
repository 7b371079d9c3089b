"""``manage.py directmail_recover``: settle the mails whose process is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from django_directmail.log.recovery import settle_stranded, stranded
from django_directmail.management.batch_command import (
    BatchCommand,
    in_groups,
    whole_number,
)
from django_directmail.models import ON_ITS_WAY

#: Mails in one UPDATE.
BATCH = 1_000
#: A century, so that no date is out of range.
MAX_SECONDS = 36_500 * 24 * 60 * 60


class Command(BatchCommand):
    """Let the mails be unconfirmed of which nobody wrote down how they ended."""

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
            type=whole_number(0, MAX_SECONDS),
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

    def work(self, options: dict[str, Any]) -> None:
        """Settle or count."""
        age = timedelta(seconds=options["older_than"])
        count = stranded(age).count()
        text = _("Mails that would become unconfirmed: %s")
        if not options["dry_run"]:
            steps = settle_stranded(age, batch=BATCH)
            count = self.count(steps, _("Settled"), count)
            text = _("Mails that became unconfirmed: %s")
        self.say(text % in_groups(count))
