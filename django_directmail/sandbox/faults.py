"""Faults on request, so that a program can be tried against a bad day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django_directmail.api.actions.action import is_unicode

__all__ = ["KINDS", "Fault", "Faults"]

#: Each kind of fault and what the caller sees.
KINDS = {
    "error": "an error answer with `code` and `status`; nothing is accepted",
    "status": "HTTP `status` with a page of HTML, as from a proxy; nothing is accepted",
    "drop_before": "the connection is closed before the call is read",
    "drop_after": "the call is carried out, then the connection is closed",
    "reset_before": "as drop_before, but with a TCP reset",
    "reset_after": "as drop_after, but with a TCP reset",
    "throttled": "refused as too fast, with `retry_after`; nothing is accepted",
    "redirect": "a redirect to another host; nothing is accepted",
    "hang": "the call is carried out, the answer comes `seconds` late or never",
    "garbage": "the call is carried out, the answer is no JSON and no XML",
    "truncated": "the call is carried out, the answer ends in the middle",
    "latency": "the call is carried out and answered rightly, `seconds` late",
    "slow": "the call is carried out, the answer drips for `seconds`",
    "content_type": "the call is carried out and answered rightly, as text/html",
    "large": "the call is carried out, the answer has 1 GB",
    "headers": "the call is carried out, the headers of the answer do not end",
    "deep": "the call is carried out, the answer is JSON of 100000 levels",
    "bomb": "the call is carried out, the answer is XML whose entities fill the memory",
}

#: Those that keep the call from being carried out, whatever else they do.
_PREVENTS = {"drop_before", "reset_before", "throttled", "redirect"}


def _whole(value: Any, low: int, high: int) -> bool:
    # "type" and not "isinstance", because True is an int.
    return type(value) is int and low <= value <= high


#: Field of a fault to its check, and what it asks for in words.
CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "kind": (lambda v: isinstance(v, str) and v in KINDS, f"one of {list(KINDS)}"),
    "times": (lambda v: _whole(v, 1, 100_000), "1 to 100000"),
    "code": (lambda v: isinstance(v, str) and v.isascii(), "ASCII text"),
    "message": (lambda v: isinstance(v, str) and is_unicode(v), "text"),
    "status": (lambda v: _whole(v, 200, 599), "200 to 599"),
    "seconds": (
        lambda v: type(v) in (int, float) and 0 <= v <= 600,
        "0 to 600",
    ),
    "retry_after": (
        lambda v: v is None or _whole(v, 0, 3_600_000),
        "whole milliseconds, an hour at most",
    ),
    "accept": (lambda v: isinstance(v, bool), "true or false"),
    "action": (
        lambda v: v is None or (isinstance(v, str) and v.isascii() and v.isalnum()),
        "the name of an action, or null",
    ),
}


@dataclass(frozen=True)
class Fault:
    """
    What to do to the next calls. Raise :exc:`ValueError` for values that make no sense.

    ``kind`` is one of :data:`KINDS`; ``times`` is the number of calls that it hits.
    ``retry_after`` adds the throttling header, in milliseconds. ``accept`` keeps the
    mail although the answer is an ``error`` or a ``status``. ``action`` lets it wait
    for one, such as ``"SingleSendMail"``, or for ``"PostObject"``, the upload of a
    file, which no other fault hits.
    """

    kind: str
    times: int = 1
    code: str = "InternalError"
    message: str = "The request processing has failed due to some unknown error."
    status: int = 500
    seconds: float = 30.0
    retry_after: int | None = None
    accept: bool = False
    action: str | None = None

    def __post_init__(self) -> None:
        for name, (fits, wanted) in CHECKS.items():
            value = getattr(self, name)
            if not fits(value):
                raise ValueError(f"{name} is {value!r}; it must be {wanted}.")

    @classmethod
    def from_dict(cls, values: Any) -> Fault:
        """Build a fault from parsed JSON."""
        known = [f.name for f in fields(cls)]
        if not isinstance(values, Mapping) or not set(values) <= set(known):
            raise ValueError(f"A fault is a JSON object with keys out of {known}.")
        if "kind" not in values:
            raise ValueError(f"A fault needs a kind, one of {list(KINDS)}.")
        return cls(**values)

    @property
    def carries_out(self) -> bool:
        """Say whether the call is carried out all the same."""
        if self.kind in ("error", "status"):
            return self.accept
        return self.kind not in _PREVENTS


class Faults:
    """The faults that wait for the next calls, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let ``fault`` hit the next calls that no earlier one hits."""
        with self._lock:
            self._waiting.extend([fault] * fault.times)

    def next(self, action: str) -> Fault | None:
        """Return the first fault that waits for ``action``, if any, and use it up."""
        wanted = (action,) if action == "PostObject" else (action, None)
        with self._lock:
            for at, fault in enumerate(self._waiting):
                if fault.action in wanted:
                    return self._waiting.pop(at)
        return None

    def clear(self) -> None:
        """Forget all that still wait."""
        with self._lock:
            self._waiting.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return those that still wait, one entry a call, ready for JSON."""
        with self._lock:
            return [{**asdict(fault), "times": 1} for fault in self._waiting]
