"""The faults that a test can order, and the queue of those that wait for a call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django_directmail.api.encoding import is_unicode

__all__ = ["KINDS", "Fault", "Faults"]

#: For each kind of fault what the caller sees.
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
    "garbage": "the call is carried out, the answer is neither JSON nor XML",
    "truncated": "the call is carried out, the answer ends in the middle",
    "latency": "the call is carried out, the correct answer comes `seconds` late",
    "slow": "the call is carried out, the answer comes byte by byte in `seconds`",
    "content_type": "the call is carried out, the correct answer comes as text/html",
    "large": "the call is carried out, the answer has 1 GB",
    "headers": "the call is carried out, the headers of the answer never end",
    "deep": "the call is carried out, the answer is JSON of 100000 levels",
    "bomb": "the call is carried out, the answer is XML whose entities fill the memory",
}

#: The kinds whose calls are not carried out.
_NOT_CARRIED_OUT = {"drop_before", "reset_before", "throttled", "redirect"}


def _whole(value: Any, low: int, high: int) -> bool:
    # Not "isinstance": True is an int.
    return type(value) is int and low <= value <= high


#: For each field of a fault its check, and the allowed values for the error message.
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
    A fault for the next calls.

    ``kind`` is one of :data:`KINDS`. ``times`` is the number of calls that fail.
    ``retry_after`` adds the throttling header, in milliseconds. With ``accept`` the
    mail is accepted although the answer is an ``error`` or a ``status``. ``action``
    restricts the fault to one action, such as ``"SingleSendMail"``. The upload of a
    file is ``"PostObject"``; a fault without ``action`` does not apply to it.

    Raise :exc:`ValueError` for a value that is not allowed.
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
        """Return the fault described by parsed JSON; raise :exc:`ValueError`."""
        known = [f.name for f in fields(cls)]
        if not isinstance(values, Mapping) or not set(values) <= set(known):
            raise ValueError(f"A fault is a JSON object with keys out of {known}.")
        if "kind" not in values:
            raise ValueError(f"A fault needs a kind, one of {list(KINDS)}.")
        return cls(**values)

    @property
    def carries_out(self) -> bool:
        """Say whether the call is carried out although it fails for the caller."""
        if self.kind in ("error", "status"):
            return self.accept
        return self.kind not in _NOT_CARRIED_OUT


class Faults:
    """The faults that wait for a call, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append ``fault`` to those that wait."""
        with self._lock:
            self._waiting.extend([fault] * fault.times)

    def next(self, action: str) -> Fault | None:
        """Remove and return the first fault for ``action``, or return ``None``."""
        wanted = (action,) if action == "PostObject" else (action, None)
        with self._lock:
            for at, fault in enumerate(self._waiting):
                if fault.action in wanted:
                    return self._waiting.pop(at)
        return None

    def clear(self) -> None:
        """Remove all that wait."""
        with self._lock:
            self._waiting.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return those that wait for JSON, one entry for each call."""
        with self._lock:
            return [{**asdict(fault), "times": 1} for fault in self._waiting]
