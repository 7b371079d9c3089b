"""Whether mail arrives: the records of the sender's domain, and the last two days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from django_directmail.api.actions.domains import (
    DescDomain,
    Domain,
    DomainDetails,
    QueryDomainByParam,
)
from django_directmail.api.actions.statistics import SenderStatisticsByTagNameAndBatchID
from django_directmail.api.client import Client
from django_directmail.api.errors import DirectMailError
from django_directmail.conf import Account
from django_directmail.diagnostics.finding import Finding, Level, rows_of, trouble

__all__ = ["examine_delivery", "examine_domain"]

#: The longest text that domains can be searched for.
MAX_KEY_WORD = 50
#: DirectMail's days are those of Beijing.
BEIJING = timezone(timedelta(hours=8))
#: So many of 100 mails may be lost without a word, if there are so many mails.
LOST_PERCENT, ENOUGH_MAILS = 5, 100


class Record(NamedTuple):
    """One record that DirectMail wants in the DNS, and whether it found it there."""

    name: str
    is_verified: bool
    kind: str
    host: str
    value: str


def examine_domain(
    account: Account, client: Client, name: str, subject: str
) -> Iterator[Finding]:
    """Yield the states of the domain ``name``, then each record that is missing."""
    try:
        domain = _find_domain(client, name)
        if domain is None:
            yield _unknown(account, name, subject)
            return
        details = client.call(DescDomain(domain_id=domain.domain_id))
    except DirectMailError as error:
        yield trouble(subject, error, client, vital=False)
        return
    records = _records(name, details)
    yield _summary(name, details, records, subject)
    for record in records:
        if not record.is_verified:
            yield _missing(record, details, subject)


def _find_domain(client: Client, name: str) -> Domain | None:
    """Return the domain that is ``name``: the search finds those that hold it."""
    found = rows_of(
        client,
        lambda page: QueryDomainByParam(key_word=name[:MAX_KEY_WORD], page_no=page),
    )
    return next((row for row in found if row.domain_name.lower() == name), None)


def _unknown(account: Account, name: str, subject: str) -> Finding:
    # A sender that exists has a domain, whatever this list says. One that need not
    # exist is nothing without its domain.
    level: Level = "failure" if account.defaults.get("domain_auth") else "warning"
    text = _("%(domain)s is not among the domains of %(region)s")
    remedy = _("Add it in the console, or correct the sender or the region.")
    values = {"domain": name, "region": account.region}
    return Finding(level, subject, text % values, remedy)


def _records(name: str, details: DomainDetails) -> list[Record]:
    """Return what the DNS needs, in the order of the console."""
    # There is no state of the ownership: DirectMail lets no domain send without it.
    is_owned = _can_send(details) or details.domain_type in details.dns_txt
    spf = details.spf_record_v2 or f"v=spf1 {details.spf_record} -all"
    return [
        Record(
            _("ownership"), is_owned, "TXT", details.host_record, details.domain_type
        ),
        Record("SPF", details.spf_auth_status != 1, "TXT", name, spf),
        Record("MX", details.mx_auth_status != 1, "MX", name, details.mx_record),
        Record(
            "DKIM",
            details.dkim_auth_status != 1,
            "TXT",
            details.dkim_rr,
            details.dkim_public_key,
        ),
        Record(
            "DMARC",
            details.dmarc_auth_status != 1,
            "TXT",
            details.dmarc_host_record,
            details.dmarc_record,
        ),
        Record(
            "CNAME",
            details.cname_auth_status != 1,
            "CNAME",
            details.cname_record,
            details.tracef_record,
        ),
    ]


def _can_send(details: DomainDetails) -> bool:
    return details.domain_status != 1


def _summary(
    name: str, details: DomainDetails, records: list[Record], subject: str
) -> Finding:
    # Translators: stands between the names in a list.
    comma = _(", ")
    parts = [name] + [
        text % comma.join(names)
        for text, names in (
            (_("verified: %s"), [r.name for r in records if r.is_verified]),
            (_("not verified: %s"), [r.name for r in records if not r.is_verified]),
        )
        if names
    ]
    found = _("; ").join(parts)
    if _can_send(details):
        return Finding("ok", subject, found)
    remedy = _("Mail from it is refused. Create the records, then verify the domain.")
    return Finding("failure", subject, found, remedy)


def _missing(record: Record, details: DomainDetails, subject: str) -> Finding:
    # The CNAME is for tracking, and mail goes out without it.
    fatal = not _can_send(details) and record.kind != "CNAME"
    remedy = _("Create the record: %(kind)s, host %(host)s, value %(value)s")
    values = {
        "kind": record.kind,
        "host": record.host or "-",
        "value": record.value or "-",
    }
    return Finding(
        "failure" if fatal else "warning",
        subject,
        _("%s is not verified") % record.name,
        remedy % values,
    )


def examine_delivery(client: Client, subject: str) -> Finding:
    """Tell what became of the account's mail of yesterday and today."""
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
