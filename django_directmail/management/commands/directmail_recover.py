"""``manage.py directmail_recover``: settle the mails whose process has died."""

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
    """Mark mails without an outcome as unconfirmed."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        lease = int(ON_ITS_WAY.total_seconds())
        parser.description = _(
            "Marks mails as unconfirmed that the log shows as being sent, although"
            " their process has died: they may have reached DirectMail. Nothing is"
            " sent. If the process is still running, it writes the true outcome when it"
            " ends. Run this every few minutes, or after a crash."
        )
        parser.add_argument(
            "--older-than",
            type=whole_number(0, MAX_SECONDS),
            default=lease,
            metavar="SECONDS",
            help=_(
                "Settle mails whose sending began more than this many seconds ago. 0"
                " means all: only while everything that sends mail is stopped. Default:"
                " %(lease)s."
            )
            % {"lease": lease},
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=_("Print how many mails would be changed, and change nothing."),
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
