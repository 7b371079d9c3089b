"""
DirectMail's SMTP service: its hosts, and the headers that stand for parameters.

SMTP carries any MIME. What a call says in parameters, a mail says in two headers there
(help.aliyun.com: smtp-endpoints; track-email-opens-and-clicks-based-on-tags;
smtp-controls-the-specified-function-through-the-configuration-item-header). Pure.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from django_directmail.api.actions.mail import SingleSendMail

__all__ = ["SMTP_HOSTS", "SMTP_PORT", "smtp_headers"]

#: Region to host. Hangzhou's is under another domain than the others.
SMTP_HOSTS = {
    "cn-hangzhou": "smtpdm.aliyun.com",
    "ap-southeast-1": "smtpdm-ap-southeast-1.aliyuncs.com",
    "us-east-1": "smtpdm-us-east-1.aliyuncs.com",
    "eu-central-1": "smtpdm-eu-central-1.aliyuncs.com",
}
#: TLS from the first byte. Port 25 is blocked on Alibaba Cloud's own machines.
SMTP_PORT = 465


def smtp_headers(action: SingleSendMail) -> dict[str, str]:
    """Return the headers that say over SMTP what ``action`` says beside its content."""
    headers = dict(action.headers or {})
    if action.tag_name or action.click_trace:
        trace = action.click_trace or "0"
        headers["X-AliDM-Trace"] = _encode(
            {"TagName": action.tag_name, "OpenTrace": trace, "LinkTrace": trace}
        )
    settings = {
        "Unsubscribe": _given(
            LinkType=action.un_subscribe_link_type,
            FilterLevel=action.un_subscribe_filter_level,
        ),
        "OutboundIp": _given(IpPoolId=action.ip_pool_id),
    }
    if any(settings.values()):
        headers["X-AliDM-Settings"] = _encode({"Version": "1.0", **_given(**settings)})
    return headers


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _encode(values: Mapping[str, Any]) -> str:
    text = json.dumps(_given(**values), separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()
