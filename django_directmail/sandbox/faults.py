"""Faults on request, so that a program can be tried against a bad day."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["KINDS", "Fault", "Faults"]

#: Each kind of fault and what the caller sees.
KINDS = {
    "error": "an error answer with `code` and `status`; nothing is accepted",
    "status": "HTTP `status` with a page of HTML, as from a proxy; nothing is accepted",
    "drop_before": "the connection is closed before the call is read",
    "drop_after": "the call is carried out, then the connection is closed",
    "hang": "the call is carried out, the answer comes `seconds` late or never",
    "garbage": "the call is carried out, the answer is no JSON and no XML",
    "truncated": "the call is carried out, the answer ends in the middle",
    "latency": "the call is carried out and answered rightly, `seconds` late",
}


@dataclass(frozen=True)
class Fault:
    """
    What to do to the next calls. Raise :exc:`ValueError` for values that make no sense.

    ``kind`` is one of :data:`KINDS`; ``times`` is the number of calls that it hits.
    ``retry_after`` adds the throttling header, in milliseconds. ``accept`` keeps the
    mail although the answer is an ``error`` or a ``status``.
    """

    kind: str
    times: int = 1
    code: str = "InternalError"
    message: str = "The request processing has failed due to some unknown error."
    status: int = 500
    seconds: float = 30.0
    retry_after: int | None = None
    accept: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; it must be one of {list(KINDS)}.")
        if not isinstance(self.times, int) or self.times < 1:
            raise ValueError(f"times is {self.times!r}; it must be 1 or more.")
        if not isinstance(self.status, int) or not 200 <= self.status <= 599:
            raise ValueError(f"status is {self.status!r}; it must be 200 to 599.")
        if not isinstance(self.seconds, (int, float)) or not 0 <= self.seconds <= 600:
            raise ValueError(f"seconds is {self.seconds!r}; it must be 0 to 600.")

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
        return self.kind != "drop_before"


class Faults:
    """The faults that wait for the next calls, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let ``fault`` hit the next calls that no earlier one hits."""
        with self._lock:
            self._waiting.extend([fault] * fault.times)

    def next(self) -> Fault | None:
        """Return the fault for this call, if any, and use it up."""
        with self._lock:
            return self._waiting.pop(0) if self._waiting else None

    def clear(self) -> None:
        """Forget all that still wait."""
        with self._lock:
            self._waiting.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return those that still wait, one entry a call, ready for JSON."""
        with self._lock:
            return [{**asdict(fault), "times": 1} for fault in self._waiting]
