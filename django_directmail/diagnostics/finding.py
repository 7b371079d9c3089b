"""The result of one check, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from django_directmail.api.client import Client
from django_directmail.api.endpoints import is_loopback
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    DirectMailError,
    ThrottledError,
)

__all__ = ["Finding", "Level", "skip", "trouble"]

Level = Literal["ok", "warning", "failure", "skipped"]


@dataclass(frozen=True)
class Finding:
    """The result of one check; it has a ``remedy`` if there is a problem."""

    level: Level
    subject: str
    found: str
    remedy: str = ""


def skip(*names: str) -> Iterator[Finding]:
    """Yield a finding for each check that is not done because an earlier one failed."""
    for name in names:
        yield Finding("skipped", name, _("skipped, because of the failure above"))


def trouble(
    subject: str, error: DirectMailError, client: Client, *, vital: bool = True
) -> Finding:
    """
    Return the finding for an error: a warning if mail may still be accepted.

    With ``vital=False``, mail goes out without what was asked for: always a warning.
    """
    level: Level = "failure" if vital else "warning"
    if not isinstance(error, ApiError):
        remedy = _("Check the network, its proxies, REGION and ENDPOINT.")
        if is_loopback(client.endpoint):
            remedy = _("Start the sandbox: python manage.py directmail_sandbox")
        return Finding(level, subject, str(error), remedy)
    found = f"{error.code} ({error.request_id or '-'}). {error.message}".strip()
    # Reading about the account needs other permissions than sending.
    forbidden = isinstance(error, CredentialsError) and error.code.startswith(
        ("Forbidden", "NoPermission")
    )
    if forbidden or isinstance(error, ThrottledError) or not vital:
        level = "warning"
        found = _("could not be checked; sending may still work: %s") % found
    return Finding(level, subject, found, _(error.remedy))
