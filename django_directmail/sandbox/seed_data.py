"""The recipient lists and templates that every sandbox has from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["RECEIVERS", "TEMPLATES", "SeedTemplate"]


@dataclass(frozen=True)
class SeedTemplate:
    """
    One template.

    ``status`` is 0 for a draft, 1 in review, 2 approved, 3 rejected.
    """

    name: str
    status: int
    subject: str
    html: str
    text: str = ""
    alias: str = ""


#: Recipient lists by name. DirectMail calls the recipients of a batch "receivers".
RECEIVERS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"To": ["ana@example.com"], "TemplateData": {"UserName": "Ana"}},
        {"To": ["bo@example.net"], "TemplateData": {"UserName": "小波"}},
    ]
}
#: Templates by id.
TEMPLATES = {
    "411558": SeedTemplate(
        "welcome",
        2,
        "Welcome, {UserName}",
        "<html><body><p>Dear {UserName}, welcome!</p></body></html>",
        "Dear {UserName}, welcome!",
        "Shop",
    ),
    "411559": SeedTemplate("newsletter", 0, "News of the month", "<p>Draft</p>"),
    "411560": SeedTemplate("lottery", 3, "You have won", "<p>Claim your prize</p>"),
}
