"""
The checks of a mailer's account in DirectMail, and the words for the account's state.

They check the key, the state, the clock, the sender, tag and template that the settings
name, and the last deliveries. They only read: nothing is changed and nothing is sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_directmail.api.actions.account import (
    AccountSummary,
    DescAccountSummary,
    MailAddress,
    QueryMailAddressByParam,
)
from django_directmail.api.actions.statistics import SenderStatisticsByTagNameAndBatchID
from django_directmail.api.actions.tags import QueryTagByParam
from django_directmail.api.actions.templates import DescTemplate
from django_directmail.api.client import Client
from django_directmail.api.errors import ApiError, DirectMailError
from django_directmail.api.responses import Answer
from django_directmail.conf import Account, get_setting
from django_directmail.diagnostics.domain import examine_domain
from django_directmail.diagnostics.finding import Finding, Level, skip, trouble
from django_directmail.diagnostics.row_search import search_rows
from django_directmail.message.addresses import parse_address

__all__ = ["examine_account", "state_text", "subjects"]

#: Seconds that a clock is off: more are a warning; DirectMail then refuses all calls.
DOUBTFUL_SKEW, REFUSED_SKEW = 60, 15 * 60
#: The longest search words that DirectMail accepts for senders and for tags.
MAX_SENDER_WORD, MAX_TAG_WORD = 60, 50
#: DirectMail counts by the days of Beijing.
BEIJING = timezone(timedelta(hours=8))
#: More lost mails than this are a warning, once there are enough mails to judge by.
LOST_PERCENT, ENOUGH_MAILS = 5, 100
_STATES = {
    0: gettext_lazy("normal"),
    1: gettext_lazy("frozen"),
    2: gettext_lazy("payment overdue"),
    4: gettext_lazy("sending restricted"),
    8: gettext_lazy("deleted"),
}


def state_text(user_status: int) -> str:
    """Return the word for the state of an account."""
    if user_status in _STATES:
        return str(_STATES[user_status])
    return _("unknown (%(number)d)") % {"number": user_status}


def subjects(account: Account | None = None) -> list[str]:
    """Return the subjects of the findings of :func:`examine_account`, in order."""
    defaults = account.defaults if account else {}
    return [
        _("Answer"),
        _("Account"),
        _("Clock"),
        _("Sender"),
        _("Domain"),
        *([_("Tag")] if defaults.get("tag_name") else []),
        *([_("Template")] if defaults.get("template") else []),
        _("Delivery"),
    ]


def examine_account(account: Account, client: Client) -> Iterator[Finding]:
    """Check the account, then the sender, tag and template that its mails use."""
    names = subjects(account)
    call = client.prepare(DescAccountSummary())
    started = time.time()
    try:
        answer = client.post(call)
    except DirectMailError as error:
        yield trouble(names[0], error, client)
        yield from skip(*names[1:])
        return
    took = time.time() - started
    clock = _clock(answer, started + took / 2)
    try:
        state = _account(client.read(call, answer))
    except DirectMailError as error:
        state = trouble(names[1], error, client)
        if state.level == "failure":
            yield trouble(names[0], error, client)
            yield from skip(names[1])
            yield clock
            yield from skip(*names[3:])
            return
    text = _("in %(milliseconds)s ms, and the key is right (%(signature)s)")
    values = {
        "milliseconds": number_format(round(took * 1000)),
        "signature": client.signature,
    }
    yield Finding("ok", names[0], text % values)
    yield state
    yield clock
    yield from _used_by_mails(account, client)
    yield _delivery(client)


def _used_by_mails(account: Account, client: Client) -> Iterator[Finding]:
    """Check the sender, its domain, the tag and the template of the settings."""
    setting = "ACCOUNT_NAME" if account.account_name else "DEFAULT_FROM_EMAIL"
    try:
        address = (
            account.account_name or parse_address(get_setting(setting), setting).wire
        )
    except ValueError as error:
        yield Finding("failure", _("Sender"), str(error), _("Correct %s.") % setting)
        yield from skip(_("Domain"))
    else:
        yield _sender(account, client, address, setting)
        domain = address.rpartition("@")[2].lower()
        yield from examine_domain(account, client, domain, _("Domain"))
    tag, template = account.defaults.get("tag_name"), account.defaults.get("template")
    if tag:
        yield _tag(client, tag)
    if template:
        yield _template(client, template.template_id)


def _account(summary: AccountSummary) -> Finding:
    """Check the state of the account, and show its quota."""
    subject, status = _("Account"), summary.user_status
    remedy = _("See DirectMail's console, or ask Alibaba Cloud's support.")
    if status == 2:
        remedy = _("Top up the account.")
    if status != 0 and status in _STATES:
        return Finding("failure", subject, state_text(status), remedy)
    # Translators: stands between the parts of a line.
    text = _("; ").join([state_text(status), *_quota(summary)])
    if status == 0:
        return Finding("ok", subject, text)
    return Finding("warning", subject, text, remedy)


def _quota(summary: AccountSummary) -> Iterator[str]:
    for text, value in (
        (_("quota for a day: %s"), summary.daily_quota),
        (_("for a month: %s"), summary.month_quota),
        (_("free mails left today: %s"), summary.daily_remain_free_quota),
        (_("in total: %s"), summary.remain_free_quota),
    ):
        if value >= 0:  # -1 if the answer does not have it
            yield text % number_format(value, force_grouping=True)


def _clock(answer: Answer, asked: float) -> Finding:
    """Compare the time ``asked``, by this machine's clock, with the answer's date."""
    subject = _("Clock")
    try:
        date = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, TypeError, ValueError):
        text = _("the answer has no date to compare with")
        return Finding("warning", subject, text, _("Is there a proxy in between?"))
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    # The date has whole seconds only: on average it is half a second too early.
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


def _sender(account: Account, client: Client, address: str, setting: str) -> Finding:
    """Check that the sender address exists and may send."""
    subject = _("Sender")
    try:
        sender = _find_sender(client, address)
    except DirectMailError as error:
        return trouble(subject, error, client)
    if sender is not None:
        return _state_of(sender, subject, f"{address} ({setting})")
    text = _("%(address)s (%(setting)s) does not exist in %(region)s")
    values = {"address": address, "setting": setting, "region": account.region}
    if account.defaults.get("domain_auth"):
        remedy = _(
            "This is no problem if its domain is verified, because DEFAULTS has"
            " domain_auth."
        )
        return Finding("warning", subject, text % values, remedy)
    remedy = _("Create it in the console, or correct the sender or the region.")
    return Finding("failure", subject, text % values, remedy)


def _find_sender(client: Client, address: str) -> MailAddress | None:
    """Return the sender ``address``; the search also finds longer addresses."""
    word = address[:MAX_SENDER_WORD]
    found = search_rows(
        client, lambda page: QueryMailAddressByParam(key_word=word, page_no=page)
    )
    wanted = address.lower()
    return next((row for row in found if row.account_name.lower() == wanted), None)


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


def _tag(client: Client, name: str) -> Finding:
    """Check that the tag of ``DEFAULTS`` exists."""
    word = name[:MAX_TAG_WORD]
    found = search_rows(
        client, lambda page: QueryTagByParam(key_word=word, page_no=page)
    )
    try:
        exists = any(tag.tag_name == name for tag in found)
    except DirectMailError as error:
        return trouble(_("Tag"), error, client, vital=False)
    if exists:
        return Finding("ok", _("Tag"), name)
    remedy = _("Create it in the console, or correct tag_name in DEFAULTS.")
    return Finding("warning", _("Tag"), _("%s does not exist") % name, remedy)


def _template(client: Client, template_id: str) -> Finding:
    """Check that the template of ``DEFAULTS`` exists and is approved."""
    subject = _("Template")
    try:
        template = client.call(DescTemplate(template_id=template_id))
    except DirectMailError as error:
        code = error.code if isinstance(error, ApiError) else ""
        if code.partition(".")[0] != "InvalidTemplate":
            return trouble(subject, error, client, vital=False)
        remedy = _("Create it in the console, or correct template in DEFAULTS.")
        return Finding("failure", subject, _("%s does not exist") % template_id, remedy)
    name = f"{template_id} ({template.template_name})"
    words = {
        0: _("%s is a draft"),
        1: _("%s is in review"),
        3: _("%s was rejected in review"),
    }
    if template.template_status not in words:
        return Finding("ok", subject, name)
    remedy = _("Mail needs a template that is approved: see the console.")
    return Finding("warning", subject, words[template.template_status] % name, remedy)


def _delivery(client: Client) -> Finding:
    """Check how many of the account's mails of yesterday and today were lost."""
    subject = _("Delivery")
    today = datetime.now(BEIJING).date()
    query = SenderStatisticsByTagNameAndBatchID(
        start_time=f"{today - timedelta(days=1)}", end_time=f"{today}"
    )
    try:
        days = client.call(query).items
    except DirectMailError as error:
        return trouble(subject, error, client, vital=False)
    requested = sum(day.request_count for day in days)
    failed = sum(day.failed_count for day in days)
    invalid = sum(day.unavailable_count for day in days)
    text = _(
        "yesterday and today: %(requested)s requested, %(delivered)s delivered,"
        " %(failed)s failed, %(invalid)s to invalid addresses"
    )
    counts = {
        "requested": requested,
        "delivered": sum(day.success_count for day in days),
        "failed": failed,
        "invalid": invalid,
    }
    found = text % {
        name: number_format(count, force_grouping=True)
        for name, count in counts.items()
    }
    if requested < ENOUGH_MAILS or (failed + invalid) * 100 <= LOST_PERCENT * requested:
        return Finding("ok", subject, found)
    remedy = _(
        "More than %s %% are lost. See the details in the console, and keep invalid"
        " addresses off your lists: they lower the quota."
    )
    return Finding("warning", subject, found, remedy % LOST_PERCENT)
