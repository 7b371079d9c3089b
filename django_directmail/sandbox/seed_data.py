"""What this DirectMail has in its console from the start: lists and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["RECEIVERS", "TEMPLATES", "StoredTemplate"]


@dataclass(frozen=True)
class StoredTemplate:
    """One template; ``status``: 0 draft, 1 in review, 2 approved, 3 rejected."""

    name: str
    status: int
    subject: str
    html: str
    text: str = ""
    alias: str = ""


#: The lists of receivers, by their names.
RECEIVERS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"To": ["ana@example.com"], "TemplateData": {"UserName": "Ana"}},
        {"To": ["bo@example.net"], "TemplateData": {"UserName": "小波"}},
    ]
}
#: The templates, by their ids.
TEMPLATES = {
    "411558": StoredTemplate(
        "welcome",
        2,
        "Welcome, {UserName}",
        "<html><body><p>Dear {UserName}, welcome!</p></body></html>",
        "Dear {UserName}, welcome!",
        "Shop",
    ),
    "411559": StoredTemplate("newsletter", 0, "News of the month", "<p>Draft</p>"),
    "411560": StoredTemplate("lottery", 3, "You have won", "<p>Claim your prize</p>"),
}
