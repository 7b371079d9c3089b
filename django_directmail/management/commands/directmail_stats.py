"""
``manage.py directmail_stats``: print the figures of the log, as text or for programs.

``--json`` prints one object: ``days``, ``time_zone``, ``start``, ``end``, ``total``,
``statuses`` (status to number), ``per_day`` (``date`` and the number of each status),
``mailers`` (alias to status to number), ``errors`` (``code``, ``count``), and ``tags``
and ``senders`` (``name``, ``total``, ``accepted``, ``not_accepted``, ``unconfirmed``,
``waiting``), the ten most frequent of each. ``--prometheus`` prints gauges.
"""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from unicodedata import combining, east_asian_width

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.connection import ConnectionDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.log.statistics import Share, Statistics, collect
from django_directmail.models import MailLog

MAX_DAYS = 366


class Command(BaseCommand):
    """Print the numbers of mails by status, mailer, tag and sender."""

    # The command only reads the log, so the mailers may be wrongly configured.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.description = _(
            "Prints figures of the log: mails per day by status, the most frequent"
            " errors, and the mails of each mailer, tag and sender."
        )
        parser.add_argument(
            "--days",
            type=_days,
            default=30,
            metavar="N",
            help=_("How many days, today included; %(most)s at most. Default: 30.")
            % {"most": MAX_DAYS},
        )
        formats = parser.add_mutually_exclusive_group()
        formats.add_argument("--json", action="store_true", help=_("Print JSON."))
        formats.add_argument(
            "--prometheus",
            action="store_true",
            help=_(
                "Print Prometheus' text format, as for node_exporter's textfile"
                " collector."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Count and print."""
        try:
            figures = collect(options["days"])
        except (ImproperlyConfigured, ConnectionDoesNotExist) as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            text = _("The log cannot be read: %(error)s. Did you run migrate?")
            raise CommandError(text % {"error": error}) from None
        if options["json"]:
            shown = json.dumps(_as_object(figures), ensure_ascii=False, indent=2)
            self.stdout.write(shown)
        elif options["prometheus"]:
            self.stdout.write("\n".join(_as_prometheus(figures)))
        else:
            self._print(figures)

    def _print(self, figures: Statistics) -> None:
        title = ngettext(
            "Mails of %(count)d day (time zone %(zone)s)",
            "Mails of %(count)d days (time zone %(zone)s)",
            len(figures.days),
        )
        words = {"count": len(figures.days), "zone": figures.time_zone}
        self._print_table(title % words, _table_of_days(figures))
        errors = [(error.code, error.count) for error in figures.errors]
        self._print_table(
            _("Most frequent errors"), [(_("Error code"), _("Mails")), *errors]
        )
        mailers = [Share.of(name, counts) for name, counts in figures.mailers.items()]
        for title, shares in (
            (_("By mailer"), mailers),
            (_("By tag"), figures.tags),
            (_("By sender"), figures.senders),
        ):
            self._print_table(title, _table_of_shares(shares))

    def _print_table(self, title: str, rows: Sequence[Sequence[object]]) -> None:
        """Print ``rows``, the first being headings; nothing if there is no other."""
        if len(rows) == 1:
            return
        self.stdout.write(self.style.MIGRATE_HEADING(title))
        first, *rest = _align(rows)
        self.stdout.write(self.style.MIGRATE_LABEL(first))
        for line in rest:
            self.stdout.write(line)
        self.stdout.write("")


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_DAYS:
        return int(text)
    problem = _("%(value)s is not a number from 1 to %(most)s.")
    raise ArgumentTypeError(problem % {"value": repr(text), "most": MAX_DAYS})


def _table_of_days(figures: Statistics) -> list[Sequence[object]]:
    counts = figures.counts
    present = [status for status in MailLog.Status if counts.get(status)]
    return [
        (_("Day"), _("All"), *(status.label for status in present)),
        *(
            (day.date, sum(day.counts.values()), *_pick(day.counts, present))
            for day in figures.days
        ),
        (_("Total"), figures.total, *_pick(counts, present)),
    ]


def _table_of_shares(shares: Iterable[Share]) -> list[Sequence[object]]:
    headings = (
        _("Name"),
        _("Mails"),
        _("accepted"),
        _("not accepted"),
        _("unconfirmed"),
        _("waiting"),
    )
    return [headings, *(tuple(_share(share).values()) for share in shares)]


def _pick(counts: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return [counts.get(name, 0) for name in names]


def _align(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield the rows as lines: the first column left-aligned, the others right."""
    table = [[_printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        spaces = [
            " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        ]
        first = row[0] + spaces[0]
        rest = [space + cell for space, cell in zip(spaces[1:], row[1:], strict=True)]
        yield "  ".join([first, *rest])


def _printable(text: str) -> str:
    """Return ``text`` without characters that control a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _width(text: str) -> int:
    """Return the width of ``text`` in a terminal; a Chinese character takes two."""
    return sum(
        2 if east_asian_width(character) in "WF" else 1
        for character in text
        if not combining(character)
    )


def _share(share: Share) -> dict[str, Any]:
    return {
        "name": share.name,
        "total": share.total,
        "accepted": share.accepted,
        "not_accepted": share.not_accepted,
        "unconfirmed": share.unconfirmed,
        "waiting": share.waiting,
    }


def _by_status(counts: Mapping[str, int]) -> dict[str, int]:
    return {status.value: counts.get(status, 0) for status in MailLog.Status}


def _as_object(figures: Statistics) -> dict[str, Any]:
    return {
        "days": len(figures.days),
        "time_zone": figures.time_zone,
        "start": figures.start.isoformat(),
        "end": figures.end.isoformat(),
        "total": figures.total,
        "statuses": _by_status(figures.counts),
        "per_day": [
            {"date": day.date.isoformat(), **_by_status(day.counts)}
            for day in figures.days
        ],
        "mailers": {
            alias: _by_status(counts) for alias, counts in figures.mailers.items()
        },
        "errors": [
            {"code": error.code, "count": error.count} for error in figures.errors
        ],
        "tags": [_share(share) for share in figures.tags],
        "senders": [_share(share) for share in figures.senders],
    }


def _as_prometheus(figures: Statistics) -> Iterator[str]:
    """Yield the lines of the text exposition format 0.0.4."""
    days = len(figures.days)
    yield "# HELP directmail_period_days How many days are counted, today included."
    yield "# TYPE directmail_period_days gauge"
    yield f"directmail_period_days {days}"
    yield f"# HELP directmail_mails Mails of {days} days by status and mailer."
    yield "# TYPE directmail_mails gauge"
    for alias, counts in figures.mailers.items():
        # Zeros too: an alert needs the value before the first failure.
        for status, count in _by_status(counts).items():
            labels = f'status="{status}",mailer="{_escape(alias)}"'
            yield f"directmail_mails{{{labels}}} {count}"
    yield f"# HELP directmail_errors Mails of {days} days by their error code."
    yield "# TYPE directmail_errors gauge"
    for error in figures.errors:
        yield f'directmail_errors{{code="{_escape(error.code)}"}} {error.count}'


def _escape(text: str) -> str:
    """Return ``text`` escaped for the value of a label."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
