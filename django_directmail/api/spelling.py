"""Suggestions for words that may be misspelt. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["suggest"]


def suggest(wrong: str, known: Iterable[str]) -> str:
    """Return `` Did you mean "..."?`` if one of the ``known`` words is near."""
    near = get_close_matches(str(wrong), list(known), n=1, cutoff=0.5)
    return f' Did you mean "{near[0]}"?' if near else ""
