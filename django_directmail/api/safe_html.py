"""The HTML of a mail, made safe to show."""

from __future__ import annotations

import re

__all__ = ["without_connections"]

_CONNECTING = re.compile(
    "<(?:link|i?frame|fencedframe|object|embed)(?![a-z])", re.IGNORECASE
)


def without_connections(html: str) -> str:
    """
    Return ``html`` with an idle ``<meta>`` in place of each element that connects.

    A browser opens a connection for these before it looks at the Content Security
    Policy of the page, or without looking (``rel="preconnect"``). That alone tells a
    server that the mail was opened. What they could show is blocked anyway.
    """
    return _CONNECTING.sub("<meta", html)
