"""
The page that asks for confirmation before an action on mails. It needs no script.

An action shows the page first, and acts when the page is sent back. It then acts on the
mails that were on the page, even if the filters of the list no longer find them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from django_directmail.admin.admin_page import render_page
from django_directmail.admin.safe_display import badge, moment, quote, visible
from django_directmail.models import MailLog

__all__ = [
    "Confirmation",
    "Line",
    "ask",
    "chosen_mails",
    "hidden_fields",
    "name_recipients",
    "token",
]

#: The field that only the confirmation page has: a POST with it is an answer.
TOKEN = "confirmation"
#: How many addresses of one mail are shown.
MAX_ADDRESSES = 3


@dataclass(frozen=True)
class Line:
    """One mail on the page: what will happen to it, and why."""

    row: MailLog
    fate: str = ""
    reason: str = ""

    @property
    def time(self) -> SafeString:
        """Return when the mail was created."""
        return moment(self.row.created_at)

    @property
    def badge(self) -> SafeString:
        """Return the status of the mail."""
        return badge(self.row.status, self.row.get_status_display())

    @property
    def subject(self) -> SafeString:
        """Return the subject, escaped: anybody may have written it."""
        return quote(self.row.subject)

    @property
    def recipients(self) -> str:
        """Return the first recipients and the number of the others."""
        return name_recipients(self.row)


@dataclass(frozen=True)
class Confirmation:
    """
    The content of the page. Without a ``button`` there is nothing to confirm.

    ``question`` is the label of a checkbox named ``repeat``.
    """

    title: str
    texts: Sequence[str]
    back: str
    button: str = ""
    question: str = ""
    error: str = ""
    lines: Sequence[Line] = ()
    hidden: Sequence[tuple[str, object]] = ()
    token: str = field(default_factory=lambda: secrets.token_hex(16))


def ask(
    model_admin: admin.ModelAdmin[MailLog], request: HttpRequest, page: Confirmation
) -> TemplateResponse:
    """Return the response that shows ``page``."""
    return render_page(
        model_admin,
        request,
        "confirm_action.html",
        title=page.title,
        page=page,
        token_name=TOKEN,
    )


def token(request: HttpRequest) -> str:
    """Return the token of the page that ``request`` answers, or an empty text."""
    given = request.POST.get(TOKEN, "")
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""


def chosen_mails(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    queryset: QuerySet[MailLog],
) -> QuerySet[MailLog]:
    """Return the mails to act on; ``queryset`` has those that the list finds now."""
    if not token(request) or _is_across(request):
        return queryset
    ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
    return model_admin.get_queryset(request).filter(pk__in=ids)


def hidden_fields(
    request: HttpRequest, action: str, rows: Sequence[MailLog] | None = None
) -> list[tuple[str, object]]:
    """
    Return the form fields that make the admin's list run ``action`` again.

    It runs for ``rows``, or without these for the mails that ``request`` has chosen.
    """
    ids: Sequence[object] = request.POST.getlist(ACTION_CHECKBOX_NAME)
    across = _is_across(request)
    if rows is not None:
        ids, across = [row.pk for row in rows], False
    return [
        ("action", action),
        ("select_across", int(across)),
        *((ACTION_CHECKBOX_NAME, id) for id in ids),
    ]


def _is_across(request: HttpRequest) -> bool:
    """Tell whether all mails that the list finds are chosen, on all its pages."""
    return request.POST.get("select_across") == "1"


def name_recipients(row: MailLog) -> str:
    """Return the first addresses of ``row`` and the number of the others."""
    addresses = [visible(recipient.address) for recipient in row.recipients.all()]
    text = ", ".join(addresses[:MAX_ADDRESSES])
    more = len(addresses) - MAX_ADDRESSES
    if more <= 0:
        return text
    return ngettext(
        "%(addresses)s and %(count)d more", "%(addresses)s and %(count)d more", more
    ) % {"addresses": text, "count": more}
