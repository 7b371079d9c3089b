"""Time and chance, as waiting needs them: arguments, so that tests take no time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Clock", "pause"]

#: Seconds between two looks whether the interpreter ends.
SLICE = 0.25


def pause(seconds: float, stop: threading.Event | None = None) -> bool:
    """
    Wait, and return ``False``; return ``True`` early on ``stop``, or at the very end.

    The interpreter waits for all threads before it ends, so none may sleep through
    that. ``KeyboardInterrupt`` ends the wait by itself.
    """
    stop = stop or threading.Event()
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        if not threading.main_thread().is_alive() or stop.wait(min(left, SLICE)):
            return True
    return stop.is_set()


@dataclass(frozen=True)
class Clock:
    """
    What tells the time, and what waits.

    ``monotonic`` and ``wall`` return seconds, ``wall`` those since 1970. ``sleep``
    takes seconds and an event or ``None``; it returns ``True`` if it was ended early,
    and nothing is to be tried again. ``chance`` returns a number from 0 up to 1.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float, threading.Event | None], bool] = pause
    chance: Callable[[], float] = random.random
