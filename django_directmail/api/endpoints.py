"""Where DirectMail answers: its regions, and what an endpoint may be. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django_directmail.api.spelling import suggest

__all__ = [
    "DEFAULT_REGION",
    "ENDPOINTS",
    "clean_endpoint",
    "endpoint_for",
    "is_loopback",
]

#: The open regions (help.aliyun.com/document_detail/96856.html). Hangzhou's host has
#: no region in its name. Sydney is closed.
ENDPOINTS = {
    "cn-hangzhou": "https://dm.aliyuncs.com",
    "ap-southeast-1": "https://dm.ap-southeast-1.aliyuncs.com",
    "us-east-1": "https://dm.us-east-1.aliyuncs.com",
    "eu-central-1": "https://dm.eu-central-1.aliyuncs.com",
}
DEFAULT_REGION = "cn-hangzhou"


def endpoint_for(region: str) -> str:
    """Return the public URL of ``region``; raise :exc:`ValueError` if unknown."""
    try:
        return ENDPOINTS[region]
    except (KeyError, TypeError):
        raise ValueError(
            f"{region!r} is not a region of DirectMail.{suggest(region, ENDPOINTS)}"
            f" The regions are {', '.join(ENDPOINTS)}."
        ) from None


def clean_endpoint(endpoint: str) -> str:
    """Return ``endpoint`` without a closing slash; raise :exc:`ValueError` if unfit."""
    hint = "It must look like https://dm.aliyuncs.com or http://127.0.0.1:8025."
    try:
        parts = urlsplit(endpoint)
        fine = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and parts.path in ("", "/")
            and not (parts.query or parts.fragment)
            # A password would end up in the Host header and in error messages.
            and not set("@\\") & set(parts.netloc)
            and not parts.netloc.endswith(":")
            and endpoint.isascii()
            and endpoint.isprintable()
            and " " not in endpoint
        )
    except (ValueError, AttributeError, TypeError):
        fine = False
    if not fine:
        shown = repr(endpoint) if "@" not in str(endpoint) else "A URL with a password"
        raise ValueError(f"{shown} is not the URL of an endpoint. {hint}")
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Say whether ``url`` points to this very machine, as the sandbox's does."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
