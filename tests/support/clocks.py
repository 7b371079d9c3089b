"""Time that passes only when somebody waits."""

import time

from django_directmail.api.clock import Clock


class FakeClock:
    """
    A clock of its own: ``clock`` is what the code gets, ``waits`` how long it waited.

    ``chance`` is what it throws, ``ends_at`` the wait (from 0) that is ended early.
    """

    def __init__(self, *, chance=0.5, ends_at=None):
        self.now = 1_000.0
        self.waits = []
        started = time.time()
        self.clock = Clock(
            monotonic=lambda: self.now,
            wall=lambda: started + self.now - 1_000.0,
            sleep=self._sleep,
            chance=lambda: chance,
        )
        self._ends_at = ends_at

    def _sleep(self, seconds, stop):
        assert seconds >= 0
        self.waits.append(seconds)
        self.now += seconds
        return len(self.waits) - 1 == self._ends_at
