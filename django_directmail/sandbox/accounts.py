"""The accounts of the sandbox: its AccessKeys and its sender addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "DEFAULT_SENDERS",
    "KEYS",
    "STS_ACCESS_KEY_ID",
    "STS_ACCESS_KEY_SECRET",
    "STS_EXPIRED_TOKEN",
    "STS_SECURITY_TOKEN",
    "Key",
    "Senders",
]

# Fixed and public on purpose: they are valid in the sandbox only.
ACCESS_KEY_ID = "sandbox-id"
ACCESS_KEY_SECRET = "sandbox-secret"
INACTIVE_ACCESS_KEY_ID = "sandbox-inactive-id"
STS_ACCESS_KEY_ID = "STS.sandbox-id"
STS_ACCESS_KEY_SECRET = "sts-sandbox-secret"
STS_SECURITY_TOKEN = "sandbox/token+1=="
STS_EXPIRED_TOKEN = "sandbox/token+0=="

#: The domains of RFC 2606 that are reserved for examples.
DEFAULT_SENDERS = ("@example.com", "@example.net", "@example.org")


@dataclass(frozen=True)
class Key:
    """The secret of an AccessKey; a temporary one also has a security ``token``."""

    secret: str
    token: str = ""
    active: bool = True


KEYS = {
    ACCESS_KEY_ID: Key(ACCESS_KEY_SECRET),
    INACTIVE_ACCESS_KEY_ID: Key(ACCESS_KEY_SECRET, active=False),
    STS_ACCESS_KEY_ID: Key(STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN),
}


class Senders:
    """
    The sender addresses that exist in the sandbox.

    Each of ``patterns`` is an address, ``@domain`` for a domain and its subdomains, or
    ``*`` for every address.
    """

    def __init__(self, patterns: Iterable[str] = DEFAULT_SENDERS) -> None:
        self.patterns = tuple(pattern.strip().lower() for pattern in patterns)

    def include(self, address: str) -> bool:
        """Say whether ``address`` is one of these senders."""
        address = address.lower()
        domain = address.rpartition("@")[2]
        return any(
            pattern in ("*", address)
            or (
                pattern.startswith("@")
                and f".{domain}".endswith(f".{pattern.removeprefix('@')}")
            )
            for pattern in self.patterns
        )

    @property
    def domains(self) -> list[str]:
        """Return the domains of the patterns, each once."""
        found = (pattern.rpartition("@")[2] for pattern in self.patterns)
        return list(dict.fromkeys(domain for domain in found if domain != "*"))
