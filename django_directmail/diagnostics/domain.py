"""The checks of the sender's domain: which of its DNS records are verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from django_directmail.api.actions.domains import (
    DescDomain,
    Domain,
    DomainDetails,
    QueryDomainByParam,
)
from django_directmail.api.client import Client
from django_directmail.api.errors import DirectMailError
from django_directmail.conf import Account
from django_directmail.diagnostics.finding import Finding, Level, trouble
from django_directmail.diagnostics.row_search import search_rows

__all__ = ["examine_domain"]

#: The longest search word that DirectMail accepts for domains.
MAX_KEY_WORD = 50


class Record(NamedTuple):
    """One DNS record that DirectMail requires, and whether it has verified it."""

    name: str
    is_verified: bool
    kind: str
    host: str
    value: str


def examine_domain(
    account: Account, client: Client, name: str, subject: str
) -> Iterator[Finding]:
    """Yield the state of the domain ``name``, then each record that is not verified."""
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
    """Return the domain ``name``; the search also finds longer names with it inside."""
    found = search_rows(
        client,
        lambda page: QueryDomainByParam(key_word=name[:MAX_KEY_WORD], page_no=page),
    )
    return next((row for row in found if row.domain_name.lower() == name), None)


def _unknown(account: Account, name: str, subject: str) -> Finding:
    # If the sender exists, its domain exists too, even if this list does not have it.
    # With domain_auth, the sender need not exist, but its domain must.
    level: Level = "failure" if account.defaults.get("domain_auth") else "warning"
    text = _("%(domain)s is not among the domains of %(region)s")
    remedy = _("Add it in the console, or correct the sender or the region.")
    values = {"domain": name, "region": account.region}
    return Finding(level, subject, text % values, remedy)


def _records(name: str, details: DomainDetails) -> list[Record]:
    """Return the records that the domain needs, in the order of the console."""
    # The answer has no state for the ownership. Without it, no domain can send.
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
    # The CNAME is only for tracking: mail is sent without it.
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
