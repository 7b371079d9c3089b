"""
State and quota of the accounts, for the dashboard.

The answers are cached, and a failure is shown on the page, so that it always works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from django_directmail._compat import get_mailer
from django_directmail.api.actions.account import DescAccountSummary
from django_directmail.api.client import Client
from django_directmail.api.errors import public_text
from django_directmail.backends import EmailBackend
from django_directmail.diagnostics.account import state_text
from django_directmail.diagnostics.error_text import translate_advice
from django_directmail.mailers import our_mailers

__all__ = ["Quota", "quotas"]

#: Connect and read, in seconds: short, because the page waits.
TIMEOUT = (2.0, 3.0)
#: How long the cache keeps an answer and a failure. DirectMail allows ten of these
#: calls a minute.
KEEP_SECONDS, KEEP_FAILURE_SECONDS = 600, 60


@dataclass
class Quota:
    """State and quota of one account as texts, or the ``problem`` that prevents it."""

    #: The names of the mailers that use the account.
    mailers: list[str]
    region: str = ""
    client: Client | None = field(default=None, repr=False)
    credentials: object = field(default=None, repr=False)
    facts: list[tuple[str, str]] = field(default_factory=list)
    #: Whether the state of the account prevents sending.
    is_blocked: bool = False
    problem: str = ""

    def is_same_account(self, other: Quota) -> bool:
        """Tell whether both use the same account in the same region."""
        return (
            self.client is not None
            and other.client is not None
            and self.client.endpoint == other.client.endpoint
            and self.credentials == other.credentials
        )


def quotas() -> list[Quota]:
    """Return one for each account of this site's mailers. It never raises."""
    found: list[Quota] = []
    for quota in _accounts():
        same = next(filter(quota.is_same_account, found), None)
        if same:
            same.mailers += quota.mailers
        else:
            found.append(quota)
    for quota in found:
        if quota.client is not None:
            _read(quota, _ask_cached(quota, quota.client))
    return found


def _accounts() -> Iterator[Quota]:
    for alias, _kind, _options in our_mailers():
        name = alias or "default"
        try:
            mailer = get_mailer(name)
        except Exception as error:  # a wrong setting must not stop the other mailers
            yield Quota([name], problem=public_text(error))
            continue
        if isinstance(mailer, EmailBackend):
            account = replace(mailer.account, timeout=TIMEOUT, max_attempts=1)
            client = account.client()
            yield Quota([name], account.region, client, account.credentials)


def _ask_cached(quota: Quota, client: Client) -> Mapping[str, Any]:
    """Return the cached answer, or ask and cache the answer."""
    # The key depends on SECRET_KEY, because several sites may share one cache, and on
    # the fields, because another version may store others.
    name = " ".join([client.endpoint, *quota.mailers, *_FIELDS])
    proof = salted_hmac("directmail-quota", name, algorithm="sha256")
    key = f"directmail-quota-{proof.hexdigest()}"
    try:
        # The first process asks; the others find this empty entry.
        if not cache.add(key, {}, KEEP_FAILURE_SECONDS):
            return cache.get(key) or {}
    except Exception:  # the page works without a cache, too
        pass
    answer = _ask(client)
    seconds = KEEP_FAILURE_SECONDS if "problem" in answer else KEEP_SECONDS
    with suppress(Exception):  # as above
        cache.set(key, answer, seconds)
    return answer


def _ask(client: Client) -> dict[str, Any]:
    try:
        summary = client.call(DescAccountSummary())
    except Exception as error:  # credentials of the project may raise anything
        remedy = getattr(error, "remedy", "")
        return {"problem": public_text(error), "remedy": remedy}
    return {name: getattr(summary, name) for name in _FIELDS}


_FIELDS = (
    "user_status",
    "daily_quota",
    "month_quota",
    "daily_remain_free_quota",
    "remain_free_quota",
    "quota_level",
    "max_quota_level",
)


def _read(quota: Quota, answer: Mapping[str, Any]) -> None:
    """Fill ``quota`` with texts; a number of ``-1`` is not in the answer."""
    if "user_status" not in answer:
        problem, remedy = answer.get("problem"), answer.get("remedy", "")
        quota.problem = (
            translate_advice(problem, remedy)
            if problem
            else _("Another request is reading them. Load this page again in a moment.")
        )
        return
    quota.is_blocked = answer["user_status"] > 0
    if answer["user_status"] >= 0:
        quota.facts.append((_("State"), state_text(answer["user_status"])))
    numbers = [
        (_("Mails a day"), answer["daily_quota"]),
        (_("Mails a month"), answer["month_quota"]),
        (_("Free mails left today"), answer["daily_remain_free_quota"]),
        (_("Free mails left"), answer["remain_free_quota"]),
    ]
    quota.facts += [
        (name, number_format(number, force_grouping=True))
        for name, number in numbers
        if number >= 0
    ]
    if answer["quota_level"] >= 0 and answer["max_quota_level"] >= 0:
        level = _("%(level)d of %(highest)d") % {
            "level": answer["quota_level"],
            "highest": answer["max_quota_level"],
        }
        quota.facts.append((_("Level"), level))
