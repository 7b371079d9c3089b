"""Lists by pages, and the parameters that ask for one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django_directmail.sandbox.responses import Refusal, new_request_id

__all__ = ["key_word", "page_of", "positive"]


def page_of(
    rows: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, str],
    name: str,
    *,
    size: int = 10,
) -> dict[str, Any]:
    """Return the page of ``rows`` that is asked for; ``size`` rows if nobody says."""
    page = positive(parameters, "PageNo", 1)
    size = positive(parameters, "PageSize", size)
    return {
        "RequestId": new_request_id(),
        "TotalCount": len(rows),
        "PageNumber": page,
        "PageSize": size,
        "data": {name: list(rows[(page - 1) * size : page * size])},
    }


def positive(
    parameters: Mapping[str, str], name: str, default: int, at_most: int | None = None
) -> int:
    """Return a parameter that counts from 1."""
    value = parameters.get(name, str(default))
    if re.fullmatch("0*[1-9][0-9]{0,8}", value) is None:
        raise Refusal(400, f"Invalid{name}", f"{name} must be a positive number.")
    if at_most is not None and int(value) > at_most:
        raise Refusal(400, f"Invalid{name}", f"{name} must be {at_most} at most.")
    return int(value)


def key_word(parameters: Mapping[str, str], at_most: int) -> str:
    """Return what names must hold, in lower case; ``""`` fits all of them."""
    value = parameters.get("KeyWord", "")
    if len(value) > at_most:
        raise Refusal(
            400, "InvalidKeyword.Malformed", f"KeyWord has {len(value)} characters."
        )
    return value.lower()
