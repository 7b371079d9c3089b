"""Tracking of opens and clicks, and what a message needs for it."""

from __future__ import annotations

import re
from typing import Any

from django_directmail.message.policy import Policies

__all__ = ["check_tracking"]

BODY_ELEMENT = re.compile(r"<body[\s>/]", re.IGNORECASE)


def check_tracking(
    values: dict[str, Any], policies: Policies, *, is_by_default: bool
) -> None:
    """
    Apply the policy where ``values`` ask for tracking and lack what it needs.

    ``is_by_default`` says that only ``DEFAULTS`` ask for it: they are for all messages,
    and not all of them can be tracked.
    """
    if values.get("click_trace") != "1":
        return
    missing = []
    if not values.get("tag_name"):
        missing.append("a tag")
    html = values.get("html_body") or ""
    if values.get("template") is None and not BODY_ELEMENT.search(html):
        missing.append("HTML with a <body> element")
    if not missing:
        return
    problem = f"Tracking needs {' and '.join(missing)}, which this message lacks"
    if is_by_default:
        policies.warn(f"{problem}; it goes out without. DEFAULTS asks for it.")
        del values["click_trace"]
    elif policies.apply("tracking", problem, "add that, or do not track"):
        del values["click_trace"]
