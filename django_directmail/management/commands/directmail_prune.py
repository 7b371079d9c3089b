"""``manage.py directmail_prune``: delete old mails of the log, or erase an address."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.conf import get_log
from django_directmail.log.erasure import Erased, Erasure
from django_directmail.log.retention import (
    clear_content,
    days_ago,
    delete_mails,
    mails_before,
    mails_with_content,
)
from django_directmail.management.batch_command import (
    BatchCommand,
    in_groups,
    whole_number,
)
from django_directmail.models import log_database

#: SQLite takes 32,766 variables in a query by default.
MAX_BATCH = 10_000
#: A century, so that no date is out of range.
MAX_DAYS = 36_500
#: Ids of queued mails that are printed.
MAX_SHOWN = 20


class Command(BatchCommand):
    """Delete old mails, clear old content or erase an address, in batches."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.description = _(
            "Deletes old mails from the log and the stored content of newer ones, or"
            " erases one address. Works in batches: after Ctrl+C, run it again to"
            " continue. Queued mails are not changed."
        )
        parser.epilog = _(
            "--address finds a mail by recipient, sender, subject, metadata, stored"
            " content and other parameters, such as the reply address. It does not"
            " change tags and idempotency keys, which your own code sets, and the name"
            " of the user who sent a mail again: do not put addresses there. Error"
            " messages contain none. DirectMail's console, log files and backups are"
            " not changed either."
        )
        _add_options(parser)

    def work(self, options: dict[str, Any]) -> None:
        """Prune or erase."""
        if options["address"] is None:
            self._prune(options)
        else:
            self._erase(options)

    def _prune(self, options: dict[str, Any]) -> None:
        """Delete the mails that are too old, then clear the content of others."""
        batch, bodies = options["batch"], options["bodies"]
        rows = get_log().retention_days if options["rows"] is None else options["rows"]
        oldest = days_ago(rows)
        count = mails_before(oldest).count()
        if not options["dry_run"]:
            count = self.count(delete_mails(oldest, batch=batch), _("Deleted"), count)
        text = _("Mails older than %(days)s days, deleted: %(count)s")
        if options["dry_run"]:
            text = _("Mails older than %(days)s days that would be deleted: %(count)s")
        self.say(text % {"days": rows, "count": in_groups(count)})
        if bodies is None:
            return
        newest = days_ago(bodies)
        count = mails_with_content(newest, since=oldest).count()
        if not options["dry_run"]:
            steps = clear_content(newest, since=oldest, batch=batch)
            count = self.count(steps, _("Content cleared"), count)
        text = _("Mails older than %(days)s days, content cleared: %(count)s")
        if options["dry_run"]:
            text = _(
                "Mails older than %(days)s days whose content would be cleared:"
                " %(count)s"
            )
        self.say(text % {"days": bodies, "count": in_groups(count)})

    def _erase(self, options: dict[str, Any]) -> None:
        """Erase the address from the whole log."""
        if options["rows"] is not None or options["bodies"] is not None:
            raise CommandError(_("--address cannot be used with --rows or --bodies."))
        try:
            erasure = Erasure(options["address"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        ask = options["interactive"] and not options["dry_run"]
        if ask and not _confirm(erasure):
            self.say(_("Nothing was erased."))
            return
        steps = erasure.run(batch=options["batch"], dry_run=options["dry_run"])
        erased = self.follow(steps, _searched) or Erased()
        self._report(erased, dry_run=options["dry_run"])
        self._name_queued(erasure)
        self.say(
            _(
                "Not erased: DirectMail's console, log files, backups; and tags,"
                " idempotency keys and user names, if your code put it there."
            )
        )

    def _report(self, erased: Erased, *, dry_run: bool) -> None:
        labels = (
            _("Mails to this address alone, deleted: %s"),
            _("Mails to several people, recipient and content taken out: %s"),
            _("Other mails that name it, content cleared: %s"),
        )
        if dry_run:
            labels = (
                _("Mails to this address alone that would be deleted: %s"),
                _("Mails to several people that would lose it and their content: %s"),
                _("Other mails that name it and would lose their content: %s"),
            )
        counts = (erased.deleted, erased.taken_out, erased.cleared)
        for label, count in zip(labels, counts, strict=True):
            self.say(label % in_groups(count))

    def _name_queued(self, erasure: Erasure) -> None:
        """Print which queued mails still contain the address, and what to do."""
        ids = erasure.queued()
        if not ids:
            return
        text = ngettext(
            "%(count)s mail with this address is still queued and was not changed."
            " Cancel it, then run this again: %(ids)s",
            "%(count)s mails with this address are still queued and were not changed."
            " Cancel them, then run this again: %(ids)s",
            len(ids),
        )
        shown = ", ".join(map(str, ids[:MAX_SHOWN]))
        shown += " ..." if len(ids) > MAX_SHOWN else ""
        text %= {"count": in_groups(len(ids)), "ids": shown}
        self.stderr.write(self.style.WARNING(text))


def _add_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--rows",
        type=whole_number(0, MAX_DAYS),
        metavar="DAYS",
        help=_(
            "Delete mails older than this; 0 is all of them. Default:"
            ' DIRECTMAIL["LOG"]["RETENTION_DAYS"].'
        ),
    )
    parser.add_argument(
        "--bodies",
        type=whole_number(0, MAX_DAYS),
        metavar="DAYS",
        help=_("Clear bodies and template data of mails older than this, too."),
    )
    parser.add_argument(
        "--address",
        help=_("Erase this address instead, whatever the age of the mails."),
    )
    parser.add_argument(
        "--batch",
        type=whole_number(1, MAX_BATCH),
        default=1000,
        metavar="N",
        help=_("Mails in one transaction. Default: 1000."),
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help=_("Print how many mails would be changed, and change nothing."),
    )
    parser.add_argument(
        "--noinput",
        "--no-input",
        action="store_false",
        dest="interactive",
        help=_("Do not ask before an address is erased."),
    )


def _searched(erased: Erased) -> str:
    return _("Mails searched: %(searched)s, changed: %(changed)s") % {
        "searched": in_groups(erased.searched),
        "changed": in_groups(erased.deleted + erased.taken_out + erased.cleared),
    }


def _confirm(erasure: Erasure) -> bool:
    """Ask for confirmation, as Django's flush does."""
    question = _(
        "This erases %(address)s from the mail log in the database %(database)s, and"
        " cannot be undone. Mails to it: %(count)s.\n"
        "Type 'yes' to continue, or 'no' to cancel: "
    ) % {
        "address": erasure.keys[0],
        "database": log_database(),
        "count": in_groups(erasure.mails().count()),
    }
    try:
        return input(question) == "yes"
    except EOFError:
        text = _("There is no terminal to ask for confirmation. Add --noinput.")
        raise CommandError(text) from None
