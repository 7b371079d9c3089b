"""
The log: a :class:`MailLog` for each call, a :class:`MailRecipient` for each address.

Only :mod:`django_directmail.log` writes to it. The managers use the database that
``LOG["DATABASE"]`` names, if it names one.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_directmail.conf import get_log
from django_directmail.options import LogOptions

__all__ = ["ON_ITS_WAY", "MailLog", "MailRecipient", "log_database", "new_id"]


#: A call that has not ended by then never will: its process is gone.
ON_ITS_WAY = timedelta(minutes=15)


def new_id() -> uuid.UUID:
    """
    Return a UUID of version 7 (RFC 9562): later ones are greater.

    The rows of a list get their ids before they are written, all in one query; random
    ones would be scattered all over the index of a large table.
    """
    milliseconds = time.time_ns() // 1_000_000
    return uuid.UUID(
        int=(milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | secrets.randbits(12) << 64
        | 0b10 << 62
        | secrets.randbits(62)
    )


def log_database(options: LogOptions | None = None) -> str:
    """
    Return the alias of the database that the log is written to.

    ``options`` are those of an account; without them the settings are read.
    """
    return (options or get_log()).database or router.db_for_write(MailLog)


class KeyField(models.CharField):  # type: ignore[type-arg]  # not subscriptable
    """Text of which two are the same only to the letter, on MariaDB and MySQL, too."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return the type of the column, with a collation where it needs one."""
        parameters: dict[str, Any] = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class LogManager(models.Manager[Any]):
    """Reads and writes the database of the log."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return all rows, of the database that ``LOG["DATABASE"]`` names."""
        return super().get_queryset().using(self._db or get_log().database)


class MailLog(models.Model):
    """One call: what was sent, to whom, what came of it, and how certain that is."""

    class Status(models.TextChoices):
        """How it stands; see :class:`~django_directmail.status.SendStatus`."""

        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        FAILED = "failed", _("failed")
        UNCONFIRMED = "unconfirmed", _("unconfirmed")
        SUPPRESSED = "suppressed", _("suppressed")
        CANCELLED = "cancelled", _("cancelled")

    class Accepted(models.TextChoices):
        """Whether DirectMail has the mail."""

        NO = "no", _("no")
        UNKNOWN = "unknown", _("unknown")
        YES = "yes", _("yes")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message_uid = models.UUIDField(
        _("message"),
        default=new_id,
        db_index=True,
        help_text=_("The same for all calls of one message."),
    )
    alias = models.CharField(_("mailer"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=32, blank=True)
    route = models.CharField(
        _("sent through"),
        max_length=200,
        blank=True,
        help_text=_("The other mailer that took it in place of DirectMail's API."),
    )
    redirected_to = models.CharField(
        _("redirected to"),
        max_length=320,
        blank=True,
        help_text=_("Who got it in place of its recipients."),
    )
    sender = models.CharField(_("sender"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=998, blank=True)
    tag = models.CharField(_("tag"), max_length=128, blank=True)
    template_id = models.CharField(_("template"), max_length=128, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        help_text=_("What else was sent, without content and recipients."),
    )
    attachments = models.JSONField(
        _("attachments"),
        default=list,
        blank=True,
        help_text=_("Name and size of each; their content is not kept."),
    )
    has_body = models.BooleanField(
        _("content kept"),
        default=False,
        help_text=_("Whether the content of the mail is stored here."),
    )
    size = models.PositiveIntegerField(
        _("size"), default=0, help_text=_("Subject and bodies, in bytes.")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices)
    accepted = models.CharField(
        _("accepted"),
        max_length=8,
        choices=Accepted.choices,
        help_text=_("Whether DirectMail has the mail."),
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    nonce = models.CharField(_("nonce"), max_length=64, blank=True)
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    env_id = models.CharField(_("env id"), max_length=80, blank=True)
    request_id = models.CharField(_("request id"), max_length=80, blank=True)
    error_code = models.CharField(_("error code"), max_length=80, blank=True)
    error_message = models.TextField(_("error"), blank=True)
    http_status = models.PositiveSmallIntegerField(
        _("HTTP status"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(
        _("duration"),
        null=True,
        blank=True,
        help_text=_("From the request to its answer, in milliseconds."),
    )
    idempotency_key = KeyField(
        _("idempotency key"), max_length=255, null=True, blank=True, unique=True
    )
    resent_from = models.ForeignKey(
        "self",
        verbose_name=_("resent from"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="resends",
    )
    resent_by = models.CharField(_("resent by"), max_length=150, blank=True)
    # Last in the row: SQLite reads past them to get at what comes behind.
    text_body = models.TextField(_("text"), blank=True)
    html_body = models.TextField(_("HTML"), blank=True)

    objects = LogManager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ("-created_at", "-id")
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions = (
            ("view_mail_content", _("Can read the content of mails")),
            ("resend_maillog", _("Can send mails again")),
            ("cancel_maillog", _("Can cancel mails")),
            ("export_maillog", _("Can export mails")),
            ("send_test_mail", _("Can send a test mail")),
        )
        # Each list page reads one of the first three from its end, without sorting.
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="directmail_log_created"),
            models.Index(
                fields=["status", "-created_at", "-id"], name="directmail_log_status"
            ),
            models.Index(
                fields=["alias", "-created_at", "-id"], name="directmail_log_alias"
            ),
            models.Index(fields=["env_id"], name="directmail_log_env"),
            models.Index(fields=["request_id"], name="directmail_log_request"),
        )

    def __str__(self) -> str:
        # Not the subject: it would stand in titles, and its writer could be anybody.
        created = self.created_at
        if timezone.is_aware(created):
            created = timezone.localtime(created)
        return f"{created:%Y-%m-%d %H:%M:%S} {self.get_status_display()}"


class MailRecipient(models.Model):
    """
    One address of one call.

    ``status`` is what the delivery events say of it; ``pending`` before the first one.
    ``address`` is as it was sent, ``address_key`` in lower case, to be found by.
    """

    class Kind(models.TextChoices):
        """Where the address stood in the message."""

        TO = "to", _("To")
        CC = "cc", _("Cc")
        BCC = "bcc", _("Bcc")

    class Status(models.TextChoices):
        """What became of the mail after DirectMail accepted it."""

        PENDING = "pending", _("pending")
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        SPAM = "spam", _("spam")
        FAILED = "failed", _("failed")
        COMPLAINED = "complained", _("complained")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    log = models.ForeignKey(
        MailLog,
        verbose_name=_("mail"),
        on_delete=models.CASCADE,
        related_name="recipients",
    )
    address = models.CharField(_("address"), max_length=320)
    address_key = models.CharField(max_length=320, db_index=True, editable=False)
    kind = models.CharField(
        _("kind"), max_length=3, choices=Kind.choices, default=Kind.TO
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    first_opened_at = models.DateTimeField(_("first opened"), null=True, blank=True)
    first_clicked_at = models.DateTimeField(_("first clicked"), null=True, blank=True)

    objects = LogManager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        base_manager_name = "objects"
        default_permissions = ()

    def __str__(self) -> str:
        return self.address
