"""
How fast this process calls: one pace for all threads that call the same.

DirectMail counts calls for each account and each action (api-dm-2015-11-23-quota:
100 ``SingleSendMail`` a second). What it refuses as too fast costs a round trip and a
wait, so calls are spread out before they leave.
"""

from __future__ import annotations

import os
import threading
from math import inf
from typing import Any

__all__ = [
    "DEFAULT_RATE_LIMIT",
    "Lane",
    "clean_rate_limit",
    "forget_lanes",
    "lane_for",
]

DEFAULT_RATE_LIMIT = 100.0
#: Of the calls of a second, the part that may go out at once after a rest. So a mail by
#: itself, and a few at a time, never wait.
BURST = 0.04
#: How far the pace falls in the end, as a part of the limit.
LOWEST = 0.02
#: Seconds in which a lowered pace is back at the limit.
RECOVERY = 30.0
#: Seconds of rest where a throttled call does not say how long, and seconds within
#: which more throttled calls are the same event: they were under way already.
REST = 1.0
#: Lanes that are kept; temporary credentials have a new AccessKey ID every hour.
MAX_LANES = 256


def clean_rate_limit(value: Any) -> float:
    """Return calls in a second; raise :exc:`ValueError` if unfit."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not 0 < value < inf
    ):
        raise ValueError(f"it is {value!r}; it must be a number above 0.")
    return float(value)


class Lane:
    """
    The calls that share a pace: a generic cell rate algorithm, as a token bucket.

    It only counts: whoever calls waits by itself. Times are seconds of one monotonic
    clock. No second has more calls than the limit: those that may go out at once are
    taken off the pace of the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = -inf
        self._rests_until = -inf
        self._lowered_at = -inf
        self._lowered_to = 1.0

    def reserve(self, rate_limit: float, now: float) -> float:
        """Take the next place, and return the seconds to wait until it is there."""
        at_once = int(rate_limit * BURST)
        with self._lock:
            pace = (rate_limit - at_once) * self._part(now)
            place = max(self._next, now, self._rests_until)
            self._next = place + 1 / pace
            # After a rest, those that waited come one after the other.
            ahead = 0.0 if now < self._rests_until else at_once / pace
            return max(place - ahead, self._rests_until, now) - now

    def slow_down(self, now: float, rest: float | None) -> None:
        """
        Let all calls rest for ``rest`` seconds, and halve the pace.

        It recovers by itself.
        """
        with self._lock:
            rest = REST if rest is None else rest
            self._rests_until = max(self._rests_until, now + rest)
            if now >= self._lowered_at + REST:
                self._lowered_to = max(self._part(now) / 2, LOWEST)
            self._lowered_at = max(self._lowered_at, now + rest)

    def is_idle(self, now: float) -> bool:
        """Say whether nothing would be lost by forgetting this lane."""
        return max(self._next, self._lowered_at + RECOVERY) < now

    def _part(self, now: float) -> float:
        """Return what the pace is at present, as a part of the limit."""
        recovered = min(max(now - self._lowered_at, 0.0) / RECOVERY, 1.0)
        return self._lowered_to + (1 - self._lowered_to) * recovered


_lock = threading.Lock()
_lanes: dict[tuple[str, ...], Lane] = {}


def lane_for(key: tuple[str, ...], now: float) -> Lane:
    """Return the lane of this process for ``key``, whatever thread asks."""
    with _lock:
        if key not in _lanes:
            if len(_lanes) >= MAX_LANES:
                for other in [k for k, lane in _lanes.items() if lane.is_idle(now)]:
                    del _lanes[other]
            _lanes[key] = Lane()
        return _lanes[key]


def forget_lanes() -> None:
    """
    Forget what was called so far.

    For a forked child, where a lock may be held by a thread that it has not, and for
    tests, whose servers get the ports of earlier ones.
    """
    global _lock, _lanes
    _lock = threading.Lock()
    _lanes = {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_lanes)
