"""
Whoever does the jobs of a list: a few threads, or the caller itself.

The caller hands a job over and waits for any that is done. Jobs go to the threads
through one queue and come back through another, so that nobody wakes who has nothing
to do; ``concurrent.futures`` has a lock for each job, and looks at all of them again
for each that ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

__all__ = ["Job", "Threads", "Workers"]

Job = Callable[[], None]
SubjectT = TypeVar("SubjectT")


class Workers(Generic[SubjectT]):
    """
    Do each job at once, in the thread of the caller.

    ``running`` is how many jobs were handed over and not waited for, ``room`` how many
    that may be.
    """

    def __init__(self) -> None:
        self.room = 1
        self.running = 0
        self._done: SimpleQueue[SubjectT | BaseException] = SimpleQueue()

    def submit(self, subject: SubjectT, job: Job) -> None:
        """Hand over a job; ``subject`` is what it is done for."""
        self.running += 1
        self._do(subject, job)

    def wait(self) -> SubjectT:
        """Return the subject of a job that is done, or raise what it raised."""
        found = self._done.get()
        self.running -= 1
        if isinstance(found, BaseException):
            raise found
        return found

    def finish(self) -> None:
        """Let everybody go, once all jobs are done."""

    def dismiss(self) -> None:
        """Begin no other job, and leave those that were begun to end unheard."""

    def _do(self, subject: SubjectT, job: Job) -> None:
        try:
            job()
        except BaseException as error:
            self._done.put(error)
        else:
            self._done.put(subject)


class Threads(Workers[SubjectT]):
    """
    Do ``number`` jobs at a time, each in a thread that has the caller's context.

    There is room for one more job for each of them, so that no thread has to wait until
    the caller knows of the job before.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.room = 2 * number
        self._number = number
        self._jobs: SimpleQueue[tuple[SubjectT, Job] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, subject: SubjectT, job: Job) -> None:
        self.running += 1
        self._jobs.put((subject, job))
        if len(self._threads) < self._number:
            name = f"directmail_{len(self._threads)}"
            run = copy_context().run
            thread = threading.Thread(target=run, args=(self._work,), name=name)
            # Noted first: who is interrupted meanwhile sends it away all the same.
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        self._send_away()
        for thread in self._threads:
            thread.join()

    def dismiss(self) -> None:
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        self._send_away()

    def _send_away(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            self._do(*given)
