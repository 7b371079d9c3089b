"""What a check found, in words, and how to search DirectMail's lists for a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from django.utils.translation import gettext as _

from django_directmail.api.actions.action import Action
from django_directmail.api.client import Client
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    DirectMailError,
    ThrottledError,
)
from django_directmail.api.results import Page, Row
from django_directmail.api.transport import is_loopback

__all__ = ["Finding", "Level", "rows_of", "skip", "trouble"]

RowT = TypeVar("RowT", bound=Row)
Level = Literal["ok", "warning", "failure", "skipped"]

#: Pages of a list that are read.
MAX_PAGES = 10


@dataclass(frozen=True)
class Finding:
    """What one check found; with a ``remedy`` if there is trouble."""

    level: Level
    subject: str
    found: str
    remedy: str = ""


def skip(*names: str) -> Iterator[Finding]:
    """Yield the findings of checks that an earlier failure makes pointless."""
    for name in names:
        yield Finding("skipped", name, _("skipped, because of the failure above"))


def trouble(
    subject: str, error: DirectMailError, client: Client, *, vital: bool = True
) -> Finding:
    """
    Put an error into words: a warning if mail may be accepted all the same.

    ``vital`` is what no mail goes out without; other questions only warn.
    """
    level: Level = "failure" if vital else "warning"
    if not isinstance(error, ApiError):
        remedy = _("Check the network, its proxies, REGION and ENDPOINT.")
        if is_loopback(client.endpoint):
            remedy = _("Start the sandbox: python manage.py directmail_sandbox")
        return Finding(level, subject, str(error), remedy)
    found = f"{error.code} ({error.request_id or '-'}). {error.message}".strip()
    # Reading about the account takes other permissions than sending.
    forbidden = isinstance(error, CredentialsError) and error.code.startswith(
        ("Forbidden", "NoPermission")
    )
    if forbidden or isinstance(error, ThrottledError) or not vital:
        level = "warning"
        found = _("cannot be asked, sending may work: %s") % found
    return Finding(level, subject, found, _(error.remedy))


def rows_of(
    client: Client, query: Callable[[int], Action[Page[RowT]]]
) -> Iterator[RowT]:
    """
    Yield the rows of the pages that ``query`` asks for by their number, from 1.

    A page is asked for when the rows before it were looked at. Ten at most: they are
    searched by a word, and what it does not find by then is not there.
    """
    seen = 0
    for number in range(1, MAX_PAGES + 1):
        page = client.call(query(number))
        yield from page.items
        seen += len(page.items)
        if not page.items or seen >= page.total_count:
            return
