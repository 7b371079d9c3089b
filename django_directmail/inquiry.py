"""
What DirectMail says of a mailer's key, account, clock and sender, put into words.

It asks only what changes nothing, and sends nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Literal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from django_directmail.addresses import parse_address
from django_directmail.api.actions.account import (
    DescAccountSummary,
    QueryMailAddressByParam,
)
from django_directmail.api.client import Client
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    DirectMailError,
    ThrottledError,
)
from django_directmail.api.results import AccountSummary, Answer, MailAddress
from django_directmail.api.transport import is_loopback
from django_directmail.conf import Account, get_setting

__all__ = ["Finding", "Level", "inquire", "skip", "subjects"]

Level = Literal["ok", "warning", "failure", "skipped"]

#: Seconds that a clock may be off: without a word, and before DirectMail refuses.
DOUBTFUL_SKEW, REFUSED_SKEW = 60, 15 * 60
#: The longest text that the senders can be searched for, and pages that are read.
MAX_KEY_WORD, MAX_PAGES = 60, 10


@dataclass(frozen=True)
class Finding:
    """What one check found; with a ``remedy`` if there is trouble."""

    level: Level
    subject: str
    found: str
    remedy: str = ""


def subjects() -> tuple[str, str, str, str]:
    """Return what :func:`inquire` has findings about, in order."""
    return _("Answer"), _("Account"), _("Clock"), _("Sender")


def skip(*names: str) -> Iterator[Finding]:
    """Yield the findings of checks that an earlier failure makes pointless."""
    for name in names:
        yield Finding("skipped", name, _("skipped, because of the failure above"))


def inquire(account: Account, client: Client) -> Iterator[Finding]:
    """Ask about the account, and then about the sender; yield what comes of it."""
    names = subjects()
    call = client.prepare(DescAccountSummary())
    started = time.time()
    try:
        answer = client.post(call)
    except DirectMailError as error:
        yield _trouble(names[0], error, client)
        yield from skip(*names[1:])
        return
    took = time.time() - started
    clock = _clock(answer, started + took / 2)
    try:
        state = _account(client.read(call, answer))
    except DirectMailError as error:
        state = _trouble(names[1], error, client)
        if state.level == "failure":
            yield _trouble(names[0], error, client)
            yield from skip(names[1])
            yield clock
            yield from skip(names[3])
            return
    text = _("in %(milliseconds)s ms, and the key is right (%(signature)s)")
    values = {
        "milliseconds": number_format(round(took * 1000)),
        "signature": client.signature,
    }
    yield Finding("ok", names[0], text % values)
    yield state
    yield clock
    yield _sender(account, client)


def _trouble(subject: str, error: DirectMailError, client: Client) -> Finding:
    """Put an error into words: a warning if mail may be accepted all the same."""
    if not isinstance(error, ApiError):
        remedy = _("Check the network, its proxies, REGION and ENDPOINT.")
        if is_loopback(client.endpoint):
            remedy = _("Start the sandbox: python manage.py directmail_sandbox")
        return Finding("failure", subject, str(error), remedy)
    found = f"{error.code} ({error.request_id or '-'}). {error.message}".strip()
    # Reading about the account takes other permissions than sending.
    forbidden = isinstance(error, CredentialsError) and error.code.startswith(
        ("Forbidden", "NoPermission")
    )
    if forbidden or isinstance(error, ThrottledError):
        found = _("cannot be asked, sending may work: %s") % found
        return Finding("warning", subject, found, _(error.remedy))
    return Finding("failure", subject, found, _(error.remedy))


def _account(summary: AccountSummary) -> Finding:
    """Judge the state of the account, and tell its quota."""
    subject = subjects()[1]
    console = _("See DirectMail's console, or ask Alibaba Cloud's support.")
    words = {
        1: (_("frozen"), console),
        2: (_("payment is overdue"), _("Top up the account.")),
        4: (_("sending is restricted"), console),
        8: (_("deleted"), console),
    }
    if summary.user_status in words:
        return Finding("failure", subject, *words[summary.user_status])
    # Translators: stands between the parts of a line.
    quota = _("; ").join(
        text % number_format(value, force_grouping=True)
        for text, value in (
            (_("quota for a day: %s"), summary.daily_quota),
            (_("for a month: %s"), summary.month_quota),
            (_("free mails left today: %s"), summary.daily_remain_free_quota),
            (_("in total: %s"), summary.remain_free_quota),
        )
        if value >= 0
    )
    if summary.user_status != 0:
        text = _("unknown state %(state)s; %(quota)s")
        values = {"state": summary.user_status, "quota": quota}
        return Finding("warning", subject, text % values, console)
    return Finding("ok", subject, _("normal; %s") % quota if quota else _("normal"))


def _clock(answer: Answer, asked: float) -> Finding:
    """Compare the moment ``asked``, by this machine's clock, with the answer's date."""
    subject = subjects()[2]
    try:
        date = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, TypeError, ValueError):
        text = _("the answer has no date to compare with")
        return Finding("warning", subject, text, _("Is there a proxy in between?"))
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    # The date is cut to whole seconds: on average it is half a one older.
    ahead = asked - date.timestamp() - 0.5
    off = abs(ahead)
    if off < 2:
        return Finding("ok", subject, _("right, within 2 s"))
    text = (
        _("%s s ahead of DirectMail's") if ahead > 0 else _("%s s behind DirectMail's")
    )
    text %= number_format(round(off), force_grouping=True)
    if off <= DOUBTFUL_SKEW:
        return Finding("ok", subject, text)
    remedy = _("Synchronise it (NTP); over 15 minutes, DirectMail refuses all calls.")
    level: Level = "failure" if off > REFUSED_SKEW else "warning"
    return Finding(level, subject, text, remedy)


def _sender(account: Account, client: Client) -> Finding:
    """Look for the address that mail comes from, and at its state."""
    subject = subjects()[3]
    setting = "ACCOUNT_NAME" if account.account_name else "DEFAULT_FROM_EMAIL"
    try:
        address = (
            account.account_name or parse_address(get_setting(setting), setting).wire
        )
    except ValueError as error:
        return Finding("failure", subject, str(error), _("Correct %s.") % setting)
    try:
        sender = _find_sender(client, address)
    except DirectMailError as error:
        return _trouble(subject, error, client)
    if sender is not None:
        return _state_of(sender, subject, f"{address} ({setting})")
    text = _("%(address)s (%(setting)s) does not exist in %(region)s")
    values = {"address": address, "setting": setting, "region": account.region}
    if account.defaults.get("domain_auth"):
        remedy = _("It need not, if its domain is verified: DEFAULTS has domain_auth.")
        return Finding("warning", subject, text % values, remedy)
    remedy = _("Create it in the console, or correct the sender or the region.")
    return Finding("failure", subject, text % values, remedy)


def _find_sender(client: Client, address: str) -> MailAddress | None:
    """Return the sender that is ``address``: the search finds those that hold it."""
    seen = 0
    for page in range(1, MAX_PAGES + 1):
        found = client.call(
            QueryMailAddressByParam(key_word=address[:MAX_KEY_WORD], page_no=page)
        )
        for sender in found.items:
            if sender.account_name.lower() == address.lower():
                return sender
        seen += len(found.items)
        if not found.items or seen >= found.total_count:
            break
    return None


def _state_of(sender: MailAddress, subject: str, name: str) -> Finding:
    if sender.account_status == 1:
        remedy = _("See the sender addresses in DirectMail's console.")
        return Finding("failure", subject, _("%s is frozen") % name, remedy)
    if sender.domain_status == 1:
        remedy = _("Check ownership, SPF and MX records of the domain in the console.")
        text = _("%s has a domain that is not verified")
        return Finding("failure", subject, text % name, remedy)
    today, month = (
        _("%(used)s of %(limit)s today"),
        _("%(used)s of %(limit)s this month"),
    )
    reached = False
    for text, used, limit in (
        (today, sender.daily_req_count, sender.daily_count),
        (month, sender.month_req_count, sender.month_count),
    ):
        if used >= 0 and limit >= 0:
            values = {"used": number_format(used), "limit": number_format(limit)}
            name += _("; ") + text % values
            reached = reached or used >= limit
    if reached:
        remedy = _("Its limit of mails is reached. Wait, or raise it in the console.")
        return Finding("warning", subject, name, remedy)
    return Finding("ok", subject, name)
