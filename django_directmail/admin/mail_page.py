"""The content of the page of one mail: texts and links for its template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from django_directmail.admin.advice import advice, certainty, error_text, meaning
from django_directmail.admin.safe_display import badge, clock, moment, quote, visible
from django_directmail.models import MailLog, MailRecipient

__all__ = ["Step", "describe", "status_badge"]

#: The most other mails that the time line shows.
MAX_LINKED = 20
_TEXTS = (
    "sender",
    "subject",
    "tag",
    "template_id",
    "alias",
    "region",
    "route",
    "redirected_to",
    "env_id",
    "request_id",
)


@dataclass(frozen=True)
class Step:
    """One point of the time line; ``mail`` is another mail that it links to."""

    time: datetime
    text: str
    mail: MailLog | None = None
    duration: str = ""

    @property
    def when(self) -> SafeString:
        """Return the time as HTML."""
        return moment(self.time)

    @property
    def badge(self) -> SafeString | str:
        """Return the status of the other mail."""
        return status_badge(self.mail) if self.mail else ""


def describe(row: MailLog, *, list_url: str, may_read: bool) -> dict[str, Any]:
    """
    Return the context of the template for the page of ``row``.

    Without ``may_read``, it does not contain the content of the mail.
    """
    return {
        "title": _("Mail of %(time)s") % {"time": clock(row.created_at)},
        "facts": [(name, text) for name, text in _facts(row) if text],
        "meaning": meaning(row),
        "error_code": visible(row.error_code),
        "error_text": error_text(row),
        "advice": advice(row),
        "recipients": list(_recipients(row, list_url)),
        "steps": sorted(_steps(row), key=lambda step: step.time),
        "message_url": f"{list_url}?{urlencode({'q': row.message_uid})}",
        "parameters": list(_parameters(row, may_read=may_read)),
        "may_read": may_read,
        "text": visible(row.text_body, lines=True) if may_read else "",
        "has_html": may_read and bool(row.html_body),
    }


def status_badge(row: MailLog | MailRecipient) -> SafeString:
    """Return the status of a mail or of its delivery."""
    return badge(row.status, row.get_status_display())


def _facts(row: MailLog) -> Iterator[tuple[str, SafeString | str]]:
    """Yield label and text of each fact; the text is empty if there is none."""
    yield _label("status"), status_badge(row)
    yield _("Accepted?"), certainty(row)
    yield _label("created_at"), moment(row.created_at)
    for name in _TEXTS:
        value = getattr(row, name)
        yield _label(name), quote(value) if value else ""
    yield _label("attachments"), _attachments(row)
    yield _label("size"), filesizeformat(row.size) if row.size else ""
    yield _label("duration_ms"), _milliseconds(row.duration_ms)


def _label(name: str) -> str:
    return capfirst(str(MailLog._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _attachments(row: MailLog) -> SafeString | str:
    """Return name and size of each file."""
    files = row.attachments if isinstance(row.attachments, list) else []
    return format_html_join(
        ", ",
        "{} ({})",
        ((quote(str(f.get("name"))), filesizeformat(f.get("size"))) for f in files),
    )


def _milliseconds(value: int | None) -> str:
    return "" if value is None else _("%(count)d ms") % {"count": value}


def _recipients(row: MailLog, list_url: str) -> Iterator[dict[str, Any]]:
    """Yield each recipient: address, delivery, and the URL of all mails to it."""
    for recipient in row.recipients.order_by("pk"):
        yield {
            "address": quote(recipient.address),
            "url": f"{list_url}?{urlencode({'q': recipient.address})}",
            "kind": recipient.get_kind_display(),
            # A mail that never arrived has no delivery to wait for.
            "badge": status_badge(recipient)
            if row.accepted != MailLog.Accepted.NO
            else _("not sent"),
            "opened": _moment_or_nothing(recipient.first_opened_at),
            "clicked": _moment_or_nothing(recipient.first_clicked_at),
        }


def _moment_or_nothing(value: datetime | None) -> str:
    return moment(value) if value else "–"


def _parameters(row: MailLog, *, may_read: bool) -> Iterator[tuple[str, str]]:
    """
    Yield the name and the value of each parameter and of the metadata.

    The values for a template are content, as a body is.
    """
    values = row.parameters if isinstance(row.parameters, dict) else {}
    for name, value in values.items():
        if name == "template" and isinstance(value, dict) and not may_read:
            value = {key: value[key] for key in value if key == "template_id"}
        yield visible(name), _readable(value)
    if row.metadata:
        yield _label("metadata"), _readable(row.metadata)


def _readable(value: Any) -> str:
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, indent=2)
    return visible(value, lines=True)


def _steps(row: MailLog) -> Iterator[Step]:
    yield _origin(row)
    sent_at = row.sent_at or row.signed_at
    if sent_at:
        text = _("Request sent (attempt %(count)d).") % {"count": row.attempts or 1}
        yield Step(sent_at, text)
    if row.finished_at:
        yield Step(
            row.finished_at, _ending(row), duration=_milliseconds(row.duration_ms)
        )
    for resend in _briefly(MailLog.objects.filter(resent_from=row)):
        yield Step(resend.created_at, _resent(resend.resent_by), resend)
    siblings = MailLog.objects.filter(message_uid=row.message_uid).exclude(pk=row.pk)
    for sibling in _briefly(siblings):
        text = _("Another call of the same message.")
        yield Step(sibling.created_at, text, sibling)


def _briefly(rows: QuerySet[MailLog]) -> QuerySet[MailLog]:
    return rows.only("pk", "created_at", "status", "resent_by")[:MAX_LINKED]


def _origin(row: MailLog) -> Step:
    if not row.resent_from_id:
        return Step(row.created_at, _("Created."))
    origin = MailLog.objects.filter(pk=row.resent_from_id)
    text = _("Created, to send another mail again.")
    if row.resent_by:
        text = _("Created by %(user)s, to send another mail again.") % {
            "user": visible(row.resent_by)
        }
    return Step(row.created_at, text, _briefly(origin).first())


def _resent(user: str) -> str:
    if not user:
        return _("Sent again.")
    return _("Sent again by %(user)s.") % {"user": visible(user)}


def _ending(row: MailLog) -> str:
    status = MailLog.Status
    endings = {
        status.ACCEPTED: _("The other mailer accepted it.")
        if row.route
        else _("DirectMail accepted it."),
        status.REJECTED: _("It was refused."),
        status.FAILED: _("It did not arrive.")
        if row.http_status is None
        else _("It was not accepted."),
        status.UNCONFIRMED: _("No clear answer came."),
        status.SUPPRESSED: _("It was not sent."),
        status.CANCELLED: _("It was cancelled."),
    }
    return endings.get(row.status, _("Finished."))  # type: ignore[call-overload, no-any-return]
