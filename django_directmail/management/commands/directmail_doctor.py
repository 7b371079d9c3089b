"""``manage.py directmail_doctor``: find out why no mail is sent, and what to do."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.api.client import clean_timeout
from django_directmail.diagnostics.doctor import Finding, Level, examine, mailers

#: The sign and the word of each level. The sign is printed if the output can encode it.
#: The words are the same in every language, so that a script can search for them.
MARKS: dict[Level, tuple[str, str]] = {
    "ok": ("\u2713", "OK"),
    "warning": ("!", "WARN"),
    "failure": ("\u2717", "FAIL"),
    "skipped": ("-", "SKIP"),
}


class Command(BaseCommand):
    """Check each mailer of DirectMail, from its settings to the log."""

    # The command runs the system checks itself and prints their results.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.description = _(
            "Checks settings, credentials, DirectMail's answer, account, clock, sender,"
            " its domain, tag and template of DEFAULTS, the last deliveries and the"
            " log, and says what to do about each problem. It changes nothing and sends"
            " nothing. The exit status is 1 if mail cannot be sent."
        )
        parser.add_argument(
            "--using",
            metavar="ALIAS",
            help=_("Check this mailer only, as in settings.MAILERS."),
        )
        parser.add_argument(
            "--timeout",
            type=float,
            metavar="SECONDS",
            help=_("How long to wait for DirectMail. Default: TIMEOUT of the mailer."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each finding; raise an error if a check failed."""
        timeout = None
        if options["timeout"] is not None:
            try:
                timeout = clean_timeout(options["timeout"])
            except ValueError:
                text = _("--timeout must be a number of seconds above 0.")
                raise CommandError(text) from None
        aliases = [options["using"]] if options["using"] else list(mailers())
        if not aliases:
            raise CommandError(
                _(
                    "No mailer sends through DirectMail. Set EMAIL_BACKEND, or BACKEND"
                    " in MAILERS, to django_directmail.backends.EmailBackend."
                )
            )
        levels: Counter[Level] = Counter()
        for alias in aliases:
            title = _("Mailer %s (nothing is sent)") % alias
            self.stdout.write(self.style.MIGRATE_HEADING(title))
            for finding in examine(alias, timeout):
                self._print(finding)
                levels[finding.level] += 1
        self._conclude(levels)

    def _print(self, finding: Finding) -> None:
        sign, word = MARKS[finding.level]
        if not self._can_print_signs():
            sign = ""
        paint = {
            "ok": self.style.SUCCESS,
            "warning": self.style.WARNING,
            "failure": self.style.ERROR,
        }.get(finding.level, str)
        mark = f"{sign} {word:<4}".lstrip()
        self.stdout.write(f"{paint(mark)}  {finding.subject}: {finding.found}")
        if finding.remedy:
            self.stdout.write(f"{' ' * len(mark)}  {finding.remedy}")
        self.stdout.flush()

    def _can_print_signs(self) -> bool:
        try:
            "\u2713\u2717".encode(getattr(self.stdout, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _conclude(self, levels: Counter[Level]) -> None:
        failures, warnings = levels["failure"], levels["warning"]
        if failures:
            text = ngettext("%s check failed.", "%s checks failed.", failures)
            raise CommandError(text % failures)
        if warnings:
            text = ngettext(
                "No check failed; there is %s warning.",
                "No check failed; there are %s warnings.",
                warnings,
            )
            self.stdout.write(self.style.WARNING(text % warnings))
        else:
            self.stdout.write(self.style.SUCCESS(_("All is well.")))
