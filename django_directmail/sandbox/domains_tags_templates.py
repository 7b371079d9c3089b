"""The actions for domains, tags and templates."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.paging import make_page, read_key_word
from django_directmail.sandbox.responses import Refusal, new_request_id
from django_directmail.sandbox.seed_data import TEMPLATES

__all__ = ["DomainsTagsTemplates"]

CREATED, CREATED_SECONDS = "2026-01-02T03:04Z", 1767323040
FIRST_DOMAIN_ID, FIRST_TAG_ID = 158910, 22001
#: The limit of an account (direct-mail/product-overview/limits).
MAX_TAGS = 500


class DomainsTagsTemplates:
    """
    The domains of the senders, all verified; the tags; the templates of the seed data.

    A subdomain, or any domain if every address is a sender, is added when a query has
    its whole name as the key word.
    """

    version = "2015-11-23"

    def __init__(self, senders: Senders) -> None:
        self.senders = senders
        #: For each tag name its id and description, in the order of creation.
        self.tags: dict[str, tuple[str, str]] = {}
        self._domains = list(senders.domains)
        self._lock = threading.Lock()
        #: For each action the method that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "QueryDomainByParam": self._query_domain_by_param,
            "DescDomain": self._desc_domain,
            "QueryTagByParam": self._query_tag_by_param,
            "CreateTag": self._create_tag,
            "QueryTemplateByParam": self._query_template_by_param,
            "DescTemplate": self._desc_template,
        }

    def _query_domain_by_param(self, call: ApiCall) -> Mapping[str, Any]:
        word = read_key_word(call.parameters, 50)
        status = call.parameters.get("Status", "0")
        if status not in ("0", "1"):
            raise Refusal(400, "InvalidStatus", "Status must be 0 or 1.")
        with self._lock:
            if "." in word and self.senders.include(f"postmaster@{word}"):
                self._domains = list(dict.fromkeys([*self._domains, word]))
            domains = list(enumerate(self._domains, start=FIRST_DOMAIN_ID))
        rows = [
            {
                "DomainId": str(number),
                "DomainName": domain,
                "DomainStatus": "0",
                "SpfAuthStatus": "0",
                "MxAuthStatus": "0",
                "CnameAuthStatus": "0",
                "ConfirmStatus": "0",
                "IcpStatus": "1",
                "DomainRecord": _ownership_record(number),
                "CreateTime": CREATED,
                "UtcCreateTime": CREATED_SECONDS,
            }
            for number, domain in domains
            if word in domain and status == "0"
        ]
        return make_page(rows, call.parameters, "domain")

    def _desc_domain(self, call: ApiCall) -> Mapping[str, Any]:
        wanted = call.parameters.get("DomainId", "")
        with self._lock:
            domains = {str(n): d for n, d in enumerate(self._domains, FIRST_DOMAIN_ID)}
        if wanted not in domains:
            raise Refusal(
                404,
                "InvalidDomainId.Malformed",
                "The specified domain ID does not exist.",
            )
        return _details(int(wanted), domains[wanted])

    def _query_tag_by_param(self, call: ApiCall) -> Mapping[str, Any]:
        word = read_key_word(call.parameters, 50)
        with self._lock:
            tags = dict(self.tags)
        rows = [
            {"TagId": tag_id, "TagName": name, "TagDescription": description}
            for name, (tag_id, description) in tags.items()
            if word in name.lower()
        ]
        return make_page(rows, call.parameters, "tag")

    def _create_tag(self, call: ApiCall) -> Mapping[str, Any]:
        name = call.parameters.get("TagName", "")
        if re.fullmatch("[A-Za-z0-9_]{1,128}", name) is None:
            raise Refusal(
                400,
                "InvalidTagName.Malformed",
                "TagName must be 1 to 128 letters, digits and underscores.",
            )
        with self._lock:
            if name in self.tags:
                raise Refusal(
                    400, "InvalidTagName.Duplicate", "The specified tag exists already."
                )
            if len(self.tags) >= MAX_TAGS:
                raise Refusal(
                    400, "InvalidTagNumber.Malformed", f"{MAX_TAGS} tags at most."
                )
            tag_id = str(FIRST_TAG_ID + len(self.tags))
            self.tags[name] = (tag_id, call.parameters.get("TagDescription", ""))
        return {"RequestId": new_request_id(), "TagId": tag_id}

    def _query_template_by_param(self, call: ApiCall) -> Mapping[str, Any]:
        word = read_key_word(call.parameters, 30)
        rows = [
            {
                "TemplateId": template_id,
                "TemplateName": template.name,
                "TemplateStatus": str(template.status),
                "TemplateType": 0,
                "TemplateComment": "",
                "CreateTime": CREATED,
                "UtcCreatetime": CREATED_SECONDS,
            }
            for template_id, template in TEMPLATES.items()
            if word in template.name
        ]
        return make_page(rows, call.parameters, "template", size=20)

    def _desc_template(self, call: ApiCall) -> Mapping[str, Any]:
        wanted = call.parameters.get("TemplateId", "")
        if wanted not in TEMPLATES:
            raise Refusal(
                404,
                "InvalidTemplate.NotFound",
                "The specified template does not exist. This sandbox has "
                + ", ".join(TEMPLATES),
            )
        template = TEMPLATES[wanted]
        return {
            "RequestId": new_request_id(),
            "TemplateName": template.name,
            "TemplateStatus": str(template.status),
            "TemplateType": "0",
            "TemplateSubject": template.subject,
            "TemplateText": template.html,
            "CreateTime": CREATED,
        }


def _ownership_record(number: int) -> str:
    return f"{number:020x}"


def _details(number: int, domain: str) -> dict[str, Any]:
    """Return the fields of a domain: the DNS records that it needs, all verified."""
    labels = domain.split(".")
    below = "".join(f".{label}" for label in labels[:-2])
    spf, dmarc = (
        "v=spf1 include:spf1.dm.aliyun.com -all",
        "v=DMARC1;p=none;rua=mailto:dmarc_report@service.aliyun.com",
    )
    return {
        "RequestId": new_request_id(),
        "DomainId": str(number),
        "DomainName": domain,
        "TlDomainName": ".".join(labels[-2:]),
        "DomainStatus": "0",
        "DefaultDomain": "0",
        "IcpStatus": "1",
        "SpfAuthStatus": "0",
        "MxAuthStatus": "0",
        "DkimAuthStatus": "0",
        "DmarcAuthStatus": 0,
        "CnameAuthStatus": "0",
        "CnameConfirmStatus": "0",
        "HostRecord": f"aliyundm{below}",
        "DomainType": _ownership_record(number),
        "SpfRecord": "include:spf1.dm.aliyun.com",
        "SpfRecordV2": spf,
        "MxRecord": "mx01.dm.aliyun.com",
        "DkimRR": f"aliyun-cn-hangzhou._domainkey{below}",
        "DkimPublicKey": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7",
        "DkimRsaLength": 1024,
        "DmarcHostRecord": f"_dmarc{below}",
        "DmarcRecord": dmarc,
        "CnameRecord": f"dmtrace{below}",
        "TracefRecord": "tracedm.aliyuncs.com",
        "DnsTxt": _ownership_record(number),
        "DnsSpf": spf,
        "DnsMx": "mx01.dm.aliyun.com",
        "DnsDmarc": dmarc,
        "CreateTime": CREATED,
    }
