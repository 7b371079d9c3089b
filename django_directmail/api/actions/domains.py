"""Sender domains and the DNS records that they need: QueryDomainByParam, DescDomain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import Row, wire
from django_directmail.api.responses import Page, Result

__all__ = ["DescDomain", "Domain", "DomainDetails", "QueryDomainByParam"]


@dataclass(frozen=True, kw_only=True)
class Domain(Row):
    """
    One domain that mail is sent from.

    ``domain_status``: only 1 is bad; 2 to 4 can send, and lack CNAME or ICP filing
    (CheckDomain, alibabacloud.com/help/zh/direct-mail/checkdomain). The other states
    are 0 if verified and 1 if not; ``icp_status`` is 1 if filed. ``domain_record``
    proves the ownership. ``utc_create_time`` is in seconds since 1970.
    """

    domain_id: str = wire("DomainId", default="")
    domain_name: str = wire("DomainName", default="")
    domain_status: int = wire("DomainStatus", default=-1)
    spf_auth_status: int = wire("SpfAuthStatus", default=-1)
    mx_auth_status: int = wire("MxAuthStatus", default=-1)
    cname_auth_status: int = wire("CnameAuthStatus", default=-1)
    confirm_status: int = wire("ConfirmStatus", default=-1)
    icp_status: int = wire("IcpStatus", default=-1)
    domain_record: str = wire("DomainRecord", default="")
    create_time: str = wire("CreateTime", default="")
    utc_create_time: int = wire("UtcCreateTime", default=-1)


@dataclass(frozen=True, kw_only=True)
class QueryDomainByParam(Action[Page[Domain]]):
    """Domains whose name holds ``key_word``, 50 characters; ``status`` 1: bad ones."""

    key_word: str | None = wire("KeyWord", default=None)
    page_no: int | None = wire("PageNo", default=None)
    page_size: int | None = wire("PageSize", default=None)
    status: int | None = wire("Status", default=None)

    def read(self, answer: Mapping[str, Any]) -> Page[Domain]:
        """Return one page of domains."""
        return Page.of(Domain, answer, "data", "domain")


@dataclass(frozen=True, kw_only=True)
class DomainDetails(Result):
    """
    States of one domain, 0 if verified and 1 if not, and the records that it needs.

    ``domain_status`` is as in :class:`Domain`. Ownership: TXT at ``host_record`` with
    the value ``domain_type``. SPF: TXT at the domain with ``spf_record_v2``; DKIM: TXT
    at ``dkim_rr`` with ``dkim_public_key``; DMARC: TXT at ``dmarc_host_record`` with
    ``dmarc_record``; MX at the domain: ``mx_record``; CNAME, for tracking, at
    ``cname_record`` with ``tracef_record``. Hosts are names below ``tl_domain_name``.
    The fields ``dns_...`` are what the public DNS has.
    """

    domain_id: str = wire("DomainId", default="")
    domain_name: str = wire("DomainName", default="")
    tl_domain_name: str = wire("TlDomainName", default="")
    domain_status: int = wire("DomainStatus", default=-1)
    spf_auth_status: int = wire("SpfAuthStatus", default=-1)
    mx_auth_status: int = wire("MxAuthStatus", default=-1)
    dkim_auth_status: int = wire("DkimAuthStatus", default=-1)
    dmarc_auth_status: int = wire("DmarcAuthStatus", default=-1)
    cname_auth_status: int = wire("CnameAuthStatus", default=-1)
    cname_confirm_status: int = wire("CnameConfirmStatus", default=-1)
    icp_status: int = wire("IcpStatus", default=-1)
    host_record: str = wire("HostRecord", default="")
    domain_type: str = wire("DomainType", default="")
    spf_record: str = wire("SpfRecord", default="")
    spf_record_v2: str = wire("SpfRecordV2", default="")
    mx_record: str = wire("MxRecord", default="")
    dkim_rr: str = wire("DkimRR", default="")
    dkim_public_key: str = wire("DkimPublicKey", default="")
    dkim_rsa_length: int = wire("DkimRsaLength", default=-1)
    dmarc_host_record: str = wire("DmarcHostRecord", default="")
    dmarc_record: str = wire("DmarcRecord", default="")
    cname_record: str = wire("CnameRecord", default="")
    tracef_record: str = wire("TracefRecord", default="")
    dns_txt: str = wire("DnsTxt", default="")
    dns_spf: str = wire("DnsSpf", default="")
    dns_mx: str = wire("DnsMx", default="")
    dns_dmarc: str = wire("DnsDmarc", default="")
    create_time: str = wire("CreateTime", default="")


@dataclass(frozen=True, kw_only=True)
class DescDomain(Action[DomainDetails]):
    """States and records of the domain that ``QueryDomainByParam`` calls by this id."""

    domain_id: int | str = wire("DomainId")
    require_real_time_dns_records: bool | None = wire(
        "RequireRealTimeDnsRecords", default=None
    )

    def read(self, answer: Mapping[str, Any]) -> DomainDetails:
        """Return the details."""
        return DomainDetails.from_fields(answer)
