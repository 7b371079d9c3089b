"""
Text and values, made fit for a column of the log.

Databases refuse NUL, half characters, and what is too long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from django_directmail.models import MailLog, MailRecipient

__all__ = ["clean", "fit", "fit_json", "moment", "size_of"]

_LENGTHS: dict[str, int] = {
    field.name: field.max_length
    for model in (MailRecipient, MailLog)
    for field in model._meta.concrete_fields
    if field.max_length
}


def fit(column: str, text: str) -> str:
    """Return ``text`` fit for ``column``."""
    return clean(text)[: _LENGTHS[column]]


def clean(text: str) -> str:
    """Return ``text`` without what a database refuses."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def fit_json(value: Any) -> Any:
    """Return ``value`` with each text in it fit for a JSON column."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): fit_json(part) for key, part in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def size_of(text: str) -> int:
    """Return how many bytes ``text`` has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def moment(value: datetime | None) -> datetime | None:
    """Return ``value`` as the database wants it, which depends on ``USE_TZ``."""
    # Django's own clock follows USE_TZ.
    if value is None or timezone.is_aware(timezone.now()):
        return value
    return timezone.make_naive(value, timezone.get_default_timezone())
