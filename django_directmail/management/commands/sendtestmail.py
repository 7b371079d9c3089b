"""``manage.py sendtestmail``: is everything set up? With the reason if it is not."""

from __future__ import annotations

import socket
import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from django_directmail._compat import get_mailer
from django_directmail.api.errors import DirectMailError, TransportError
from django_directmail.api.transport import is_loopback
from django_directmail.backends import EmailBackend
from django_directmail.conf import get_setting, get_staff
from django_directmail.status import SendStatus

HTML = "<!DOCTYPE html><html><body><h1>{subject}</h1><p>{text}</p></body></html>"


class Command(BaseCommand):
    """Send one test mail to the given addresses, the managers or the admins."""

    help = (
        "Sends a test mail through DirectMail and prints what came of it. Takes the"
        " options of Django's sendtestemail, and more."
    )
    # It tells itself what is wrong, in one paragraph.
    requires_system_checks = ()
    missing_args_message = (
        "Give at least one address, or --managers, or --admins to mail those."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("email", nargs="*", help="Addresses to mail.")
        for name in ("managers", "admins"):
            parser.add_argument(
                f"--{name}",
                action="store_true",
                help=f"Mail the addresses in settings.{name.upper()}.",
            )
        parser.add_argument(
            "--using",
            metavar="ALIAS",
            help="The mailer to use, as in settings.MAILERS.",
        )
        parser.add_argument(
            "--from",
            dest="from_email",
            metavar="ADDRESS",
            help="The sender. Default: settings.DEFAULT_FROM_EMAIL.",
        )
        parser.add_argument("--subject", help="The subject.")
        parser.add_argument("--tag", help="A tag that exists in the console.")
        parser.add_argument(
            "--html", action="store_true", help="Add an HTML body to the text."
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Print the request, secrets masked, and send nothing.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send or show the mails; end in a readable error if one fails."""
        try:
            groups = self._groups(options)
            mailer = get_mailer(options["using"])
        except ImproperlyConfigured as error:
            raise CommandError(_paragraph(error)) from None
        for recipients, sender, prefix in groups:
            message = _message(recipients, sender, prefix, options)
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
                self.stderr.write(
                    self.style.WARNING(f"settings.{name.upper()} is empty: no mail.")
                )
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
                f"{_name(mailer)} is not DirectMail's backend, so there is no request"
                " to show."
            )
        try:
            prepared = mailer.prepare(message)
        except Exception as error:  # a traceback helps nobody at a prompt
            raise CommandError(_paragraph(error)) from None
        for call in prepared:
            self.stdout.write(f"POST {call.request.url} ({mailer.client.signature})")
            for name, value in call.masked_lines():
                self.stdout.write(f"  {name}: {value}")
        self.stdout.write(self.style.SUCCESS("Dry run: nothing was sent."))

    def _send(self, mailer: BaseEmailBackend, message: EmailMultiAlternatives) -> None:
        """Send and print what DirectMail answered."""
        start = time.perf_counter()
        try:
            count = mailer.send_messages([message])
        except Exception as error:  # a traceback helps nobody at a prompt
            raise CommandError(_paragraph(error, mailer)) from None
        took = (time.perf_counter() - start) * 1000
        if not isinstance(mailer, EmailBackend):
            self.stdout.write(
                self.style.WARNING(
                    f"Sent through {_name(mailer)}, which is not DirectMail."
                )
            )
            return
        status: SendStatus = message.directmail_status  # type: ignore[attr-defined]  # set by the backend
        if not count:
            error_text = _paragraph(status.error, mailer) if status.error else ""
            raise CommandError(error_text or f"Not sent: {status.status}.")
        self._print_success(mailer, status, took)

    def _print_success(
        self, mailer: EmailBackend, status: SendStatus, took: float
    ) -> None:
        recipients = ", ".join(status.recipients)
        self.stdout.write(self.style.SUCCESS(f"Accepted for {recipients}."))
        self.stdout.write(f"  Endpoint: {mailer.client.endpoint}")
        self.stdout.write(f"  Signature: {mailer.client.signature}")
        for result in status.results:
            for name, value in result.wire_items():
                self.stdout.write(f"  {name}: {value}")
        self.stdout.write(f"  Time: {took:.0f} ms")


def _message(
    recipients: list[str], sender: str, prefix: str, options: dict[str, Any]
) -> EmailMultiAlternatives:
    now = f"{timezone.now():%Y-%m-%d %H:%M}"
    subject = options["subject"] or (
        f"{prefix}Test mail from {socket.gethostname()} on {now}"
    )
    text = "If you can read this, DirectMail delivers the mail of this site."
    message = EmailMultiAlternatives(subject, text, sender, recipients)
    if options["html"]:
        message.attach_alternative(HTML.format(subject=subject, text=text), "text/html")
    if options["tag"]:
        message.tags = [options["tag"]]  # type: ignore[attr-defined]  # documented
    return message


def _name(mailer: BaseEmailBackend) -> str:
    return f"{type(mailer).__module__}.{type(mailer).__qualname__}"


def _paragraph(error: Exception, mailer: BaseEmailBackend | None = None) -> str:
    """Return cause and remedy as one paragraph."""
    text = str(error)
    if not isinstance(error, (DirectMailError, ImproperlyConfigured)):
        # The credentials of the project, or another backend: not our words.
        text = f"{type(error).__name__}: {text}"
    elif isinstance(mailer, EmailBackend):
        client = mailer.client
        if isinstance(error, TransportError) and is_loopback(client.endpoint):
            text += " Start the sandbox with: python manage.py directmail_sandbox"
        elif is_loopback(client.endpoint):
            text += f" (Endpoint {client.endpoint}.)"
        elif client.endpoint not in text:
            text += f" (Endpoint {client.endpoint}, region {client.region}.)"
    return f"The test mail was not sent. {text}"
