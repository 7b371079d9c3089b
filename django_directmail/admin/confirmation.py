"""The page that asks before something is done with mails. It needs no script."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from django_directmail.admin.safe_display import badge, moment, quote, visible
from django_directmail.models import MailLog

__all__ = ["TOKEN", "Confirmation", "Line", "hidden_fields", "name_recipients", "token"]

#: The field that only the page has: a POST with it is the answer.
TOKEN = "confirmation"
#: Addresses of one mail that are shown.
MAX_ADDRESSES = 3


@dataclass(frozen=True)
class Line:
    """One mail on the page: what will happen to it, and why."""

    row: MailLog
    fate: str = ""
    reason: str = ""

    @property
    def time(self) -> SafeString:
        """Return when it was made."""
        return moment(self.row.created_at)

    @property
    def badge(self) -> SafeString:
        """Return how it stands."""
        return badge(self.row.status, self.row.get_status_display())

    @property
    def subject(self) -> SafeString:
        """Return its subject, which anybody may have written."""
        return quote(self.row.subject)

    @property
    def recipients(self) -> str:
        """Return to whom it went."""
        return name_recipients(self.row)


@dataclass(frozen=True)
class Confirmation:
    """
    What the page says. Without a ``button`` there is nothing to confirm.

    ``question`` labels a box to tick, named ``repeat``.
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


def token(request: HttpRequest) -> str:
    """Return the token of the page that ``request`` answers, or nothing."""
    given = request.POST.get(TOKEN, "")
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""


def hidden_fields(
    action: str, ids: Iterable[UUID | str], *, across: bool = False
) -> list[tuple[str, object]]:
    """Return what lets the admin's list run ``action`` once more, for ``ids``."""
    return [
        ("action", action),
        ("select_across", int(across)),
        *((ACTION_CHECKBOX_NAME, id) for id in ids),
    ]


def name_recipients(row: MailLog) -> str:
    """Return the first addresses of ``row`` and how many more there are."""
    addresses = [visible(recipient.address) for recipient in row.recipients.all()]
    text = ", ".join(addresses[:MAX_ADDRESSES])
    more = len(addresses) - MAX_ADDRESSES
    if more <= 0:
        return text
    return ngettext(
        "%(addresses)s and %(count)d more", "%(addresses)s and %(count)d more", more
    ) % {"addresses": text, "count": more}
