"""The base of the commands that change the log in batches, and can be interrupted."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.connection import ConnectionDoesNotExist
from django.utils.formats import number_format
from django.utils.translation import gettext as _

__all__ = ["BatchCommand", "in_groups", "whole_number"]

StateT = TypeVar("StateT")


class BatchCommand(BaseCommand):
    """
    A command that prints its progress. If it is interrupted, it prints what is done.

    A subclass needs an option ``--dry-run``, and does its work in :meth:`work`.
    """

    # The command uses no mailer, so their configuration may be wrong.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the work; turn errors into a message that says what is done."""
        self._verbosity = options["verbosity"]
        self._reached = ""
        if options["dry_run"]:
            self.say(self.style.WARNING(_("Dry run: nothing is changed.")))
        try:
            self.work(options)
        except KeyboardInterrupt:
            raise self._stopped(_("Interrupted."), returncode=130) from None
        except (ImproperlyConfigured, ConnectionDoesNotExist) as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            text = _(
                "The log's database refused (%(reason)s). Is it migrated (manage.py"
                " migrate django_directmail)?"
            )
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise self._stopped(text % {"reason": reason}) from None

    def work(self, options: dict[str, Any]) -> None:
        """Do the work of the command with the ``options`` of the command line."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Print a line, except with ``--verbosity 0``."""
        if self._verbosity > 0:
            self.stdout.write(text)

    def count(self, steps: Iterable[int], label: str, total: int) -> int:
        """Run ``steps``, printing how many of ``total`` are done; return the last."""
        text, end = _("%(name)s: %(value)s"), in_groups(total)

        def reached(done: int) -> str:
            return text % {"name": label, "value": f"{in_groups(done)} / {end}"}

        return self.follow(steps, reached) or 0

    def follow(
        self, steps: Iterable[StateT], text: Callable[[StateT], str]
    ) -> StateT | None:
        """Run ``steps`` and print ``text`` of each; return the last step."""
        state = None
        for state in steps:
            self._reached = text(state)
            if self._verbosity < 1:
                continue
            if self.stdout.isatty():
                self.stdout.write(f"\r{self._reached}", ending="")
                self.stdout.flush()
            elif self._verbosity > 1:
                self.stdout.write(self._reached)
        self._end_line()
        return state

    def _end_line(self) -> None:
        if self._reached and self._verbosity > 0 and self.stdout.isatty():
            self.stdout.write("")

    def _stopped(self, text: str, *, returncode: int = 1) -> CommandError:
        """Return the error, with what is already done."""
        self._end_line()
        if self._reached:
            values = {"problem": text, "reached": self._reached}
            text = _("%(problem)s %(reached)s. Run it again for the rest.") % values
        return CommandError(text, returncode=returncode)


def in_groups(value: int) -> str:
    """Return a number with separators, such as ``1,000``."""
    return number_format(value, force_grouping=True)


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return an option's ``type`` for whole numbers from ``low`` to ``high``."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(
                _("%(value)s is not a whole number from %(low)s to %(high)s.")
                % {"value": repr(text), "low": low, "high": high}
            )
        return int(text)

    return read
