"""Results in pages, and the parameters of queries that return them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django_directmail.sandbox.responses import Refusal, new_request_id

__all__ = ["make_page", "read_key_word", "read_positive"]


def make_page(
    rows: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, str],
    name: str,
    *,
    size: int = 10,
) -> dict[str, Any]:
    """
    Return the fields of one page of ``rows``, which are called ``name``.

    ``PageNo`` and ``PageSize`` select the page. ``size`` is the default page size.
    """
    page = read_positive(parameters, "PageNo", 1)
    size = read_positive(parameters, "PageSize", size)
    return {
        "RequestId": new_request_id(),
        "TotalCount": len(rows),
        "PageNumber": page,
        "PageSize": size,
        "data": {name: list(rows[(page - 1) * size : page * size])},
    }


def read_positive(
    parameters: Mapping[str, str], name: str, default: int, at_most: int | None = None
) -> int:
    """Return the parameter ``name`` as a number from 1; else raise :exc:`Refusal`."""
    value = parameters.get(name, str(default))
    if re.fullmatch("0*[1-9][0-9]{0,8}", value) is None:
        raise Refusal(400, f"Invalid{name}", f"{name} must be a positive number.")
    if at_most is not None and int(value) > at_most:
        raise Refusal(400, f"Invalid{name}", f"{name} must be {at_most} at most.")
    return int(value)


def read_key_word(parameters: Mapping[str, str], at_most: int) -> str:
    """
    Return ``KeyWord`` in lower case: results are the names that contain it.

    ``""`` selects all names. Raise :exc:`Refusal` for more than ``at_most`` characters.
    """
    value = parameters.get("KeyWord", "")
    if len(value) > at_most:
        raise Refusal(
            400, "InvalidKeyword.Malformed", f"KeyWord has {len(value)} characters."
        )
    return value.lower()
