"""Show text that others wrote, so that it cannot mislead; and times and statuses."""

from __future__ import annotations

import re
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime

__all__ = ["badge", "clock", "moment", "quote", "visible"]

# Control characters, surrogates, line ends, characters that reverse the direction of
# writing, and those without a width. Joiners stay: emoji and several scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060"
    "\u2066-\u2069\ufeff\ud800-\udfff]"
)
#: The kind (a colour) and the sign of each status of a mail or a delivery. The sign is
#: for those who cannot see the colour.
_BADGES = {
    "queued": ("wait", "…"),
    "sending": ("wait", "→"),
    "accepted": ("good", "✓"),
    "rejected": ("bad", "✕"),
    "failed": ("bad", "!"),
    "unconfirmed": ("warn", "?"),
    "suppressed": ("idle", "⊘"),
    "cancelled": ("idle", "–"),
    "pending": ("wait", "…"),
    "delivered": ("good", "✓"),
    "bounced": ("bad", "✕"),
    "spam": ("bad", "✕"),
    "complained": ("warn", "!"),
    "unsubscribed": ("idle", "–"),
}


def visible(text: str, *, lines: bool = False) -> str:
    """
    Return ``text`` with invisible characters as placeholders such as ``[U+202E]``.

    Some of these reverse the direction of writing: ``gpj.exe`` then looks like
    ``exe.jpg``. With ``lines``, line breaks and tabs stay as they are.
    """

    def replace(match: re.Match[str]) -> str:
        character = match[0]
        return (
            character
            if lines and character in "\r\n\t"
            else f"[U+{ord(character):04X}]"
        )

    return _INVISIBLE.sub(replace, text)


def quote(text: str) -> SafeString:
    """Return ``text`` as HTML that cannot change the text around it."""
    return format_html("<bdi>{}</bdi>", visible(text))


def badge(status: str, label: str) -> SafeString:
    """Return ``label`` with the sign and the colour of ``status``."""
    kind, sign = _BADGES.get(status, ("idle", "•"))
    return format_html(
        '<span class="directmail-badge directmail-{}">'
        '<span aria-hidden="true">{}</span> {}</span>',
        kind,
        sign,
        label,
    )


def clock(value: datetime) -> str:
    """Return a time to the second, in the current time zone."""
    local = localtime(value) if is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M:%S")


def moment(value: datetime) -> SafeString:
    """Return a time as HTML; a line can break only between date and hour."""
    date, hour = clock(value).split()
    return format_html(
        '<time class="directmail-time" datetime="{}">'
        "<span>{}</span> <span>{}</span></time>",
        value.isoformat(),
        date,
        hour,
    )
