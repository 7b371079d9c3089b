"""``manage.py sendtestmail``: send a test mail, or print why it was not sent."""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from django_directmail._compat import get_mailer
from django_directmail.backends import EmailBackend
from django_directmail.conf import get_setting, get_staff
from django_directmail.diagnostics.test_mail import NotSent, build_message, send
from django_directmail.mailers import path_of
from django_directmail.status import SendStatus


class Command(BaseCommand):
    """Send one test mail to the given addresses, the managers or the admins."""

    # The command prints itself what is wrong, in one paragraph.
    requires_system_checks = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Set here, not in the class: argparse needs text, not a lazy translation.
        self.help = _(
            "Sends a test mail through DirectMail and prints the result. Takes the"
            " options of Django's sendtestemail, and more."
        )
        self.missing_args_message = _(
            "Give at least one address, --managers or --admins."
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("email", nargs="*", help=_("Addresses to mail."))
        for name in ("managers", "admins"):
            parser.add_argument(
                f"--{name}",
                action="store_true",
                help=_("Mail the addresses in settings.%(name)s.")
                % {"name": name.upper()},
            )
        parser.add_argument(
            "--using",
            metavar="ALIAS",
            help=_("The mailer to use, as in settings.MAILERS."),
        )
        parser.add_argument(
            "--from",
            dest="from_email",
            metavar="ADDRESS",
            help=_("The sender. Default: settings.DEFAULT_FROM_EMAIL."),
        )
        parser.add_argument("--subject", help=_("The subject."))
        parser.add_argument("--tag", help=_("A tag that exists in the console."))
        parser.add_argument(
            "--html", action="store_true", help=_("Add an HTML body to the text.")
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=_("Print the request, secrets masked, and send nothing."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send or show the mails; raise a readable error if one fails."""
        try:
            groups = self._groups(options)
            mailer = get_mailer(options["using"])
        except ImproperlyConfigured as error:
            raise CommandError(str(NotSent(error))) from None
        for recipients, sender, prefix in groups:
            message = build_message(
                recipients,
                sender,
                prefix=prefix,
                subject=options["subject"],
                tag=options["tag"],
                html=options["html"],
            )
            if options["dry_run"]:
                self._show(mailer, message)
            else:
                self._send(mailer, message)

    def _groups(self, options: dict[str, Any]) -> list[tuple[list[str], str, str]]:
        """Return recipients, sender and subject prefix of each mail to send."""
        sender = options["from_email"]
        groups = []
        if options["email"]:
            default = sender or get_setting("DEFAULT_FROM_EMAIL")
            groups.append((options["email"], default, ""))
        for name in ("managers", "admins"):
            if not options[name]:
                continue
            staff = get_staff(name.upper())
            if not staff:
                text = _("settings.%(name)s is empty: no mail.")
                self.stderr.write(self.style.WARNING(text % {"name": name.upper()}))
                continue
            default = sender or get_setting("SERVER_EMAIL")
            groups.append((staff, default, get_setting("EMAIL_SUBJECT_PREFIX")))
        if not groups and not (options["managers"] or options["admins"]):
            raise CommandError(self.missing_args_message)
        return groups

    def _show(self, mailer: BaseEmailBackend, message: EmailMultiAlternatives) -> None:
        """Print the requests that would go out."""
        if not isinstance(mailer, EmailBackend):
            raise CommandError(
                _(
                    "%(mailer)s is not DirectMail's backend, so there is no request"
                    " to show."
                )
                % {"mailer": path_of(mailer)}
            )
        try:
            prepared = mailer.prepare(message)
        except Exception as error:  # shown as text, not as a traceback
            raise CommandError(str(NotSent(error))) from None
        for call in prepared:
            self.stdout.write(f"POST {call.request.url} ({mailer.client.signature})")
            for name, value in call.masked_lines():
                self.stdout.write(f"  {name}: {value}")
        self.stdout.write(self.style.SUCCESS(_("Dry run: nothing was sent.")))

    def _send(self, mailer: BaseEmailBackend, message: EmailMultiAlternatives) -> None:
        """Send and print what DirectMail answered."""
        start = time.perf_counter()
        try:
            status = send(mailer, message)
        except NotSent as error:
            raise CommandError(str(error)) from None
        took = (time.perf_counter() - start) * 1000
        if isinstance(mailer, EmailBackend):
            self._print_success(mailer, status, took)
            return
        text = _("Sent through %(mailer)s, which is not DirectMail.")
        self.stdout.write(self.style.WARNING(text % {"mailer": path_of(mailer)}))

    def _print_success(
        self, mailer: EmailBackend, status: SendStatus, took: float
    ) -> None:
        recipients = ", ".join(status.recipients)
        text = _("Accepted for %(recipients)s.") % {"recipients": recipients}
        self.stdout.write(self.style.SUCCESS(text))
        facts = [
            (_("Endpoint"), mailer.client.endpoint),
            (_("Signature"), mailer.client.signature),
            *(item for result in status.results for item in result.wire_items()),
            (_("Time"), _("%(count)d ms") % {"count": round(took)}),
        ]
        for name, value in facts:
            self.stdout.write(f"  {name}: {value}")
