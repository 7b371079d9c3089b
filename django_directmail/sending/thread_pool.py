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

__all__ = ["Job", "Note", "Threads", "Workers"]

#: Seconds between two looks at what is done, while there may be too few threads.
MOMENT = 0.003

#: What a job found out; the caller's thread calls it, to write it down.
Note = Callable[[], None]
Job = Callable[[], Note]
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
        self._done: SimpleQueue[tuple[SubjectT, Note] | BaseException] = SimpleQueue()

    def submit(self, subject: SubjectT, job: Job) -> None:
        """Hand over a job; ``subject`` is what it is done for."""
        self.running += 1
        self._do(subject, job)

    def wait(self) -> tuple[SubjectT, Note]:
        """Return a finished job's subject and note, or raise what the job raised."""
        found = self._next_done()
        self.running -= 1
        if isinstance(found, BaseException):
            raise found
        return found

    def _next_done(self) -> tuple[SubjectT, Note] | BaseException:
        return self._done.get()

    def finish(self) -> None:
        """Let everybody go, once all jobs are done."""

    def dismiss(self) -> None:
        """Begin no other job, and leave those that were begun to end unheard."""

    def _do(self, subject: SubjectT, job: Job) -> None:
        try:
            note = job()
        except BaseException as error:
            self._done.put(error)
        else:
            self._done.put((subject, note))


class Threads(Workers[SubjectT]):
    """
    Do up to ``number`` jobs at a time, each in a thread that has the caller's context.

    There is one thread to begin with, and there are twice as many each time that no job
    ends for a while. So those that wait for the network do it together, and those that
    have work to do are not in each other's way. There is room for one more job for each
    thread, so that none has to wait until the caller knows of the job before.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.room = 2 * number
        self._number = number
        self._jobs: SimpleQueue[tuple[SubjectT, Job] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._out_of_jobs = threading.Event()
        self._silent_moments = 0

    def submit(self, subject: SubjectT, job: Job) -> None:
        self.running += 1
        self._jobs.put((subject, job))
        if not self._threads:
            self._start_another()

    def _next_done(self) -> tuple[SubjectT, Note] | BaseException:
        # Looking now and then is for less than being woken for each job.
        while len(self._threads) < min(self._number, self.running):
            if self._done.empty() and not self._out_of_jobs.wait(MOMENT):
                self._silent_moments += 1
            self._out_of_jobs.clear()
            with suppress(Empty):
                found = self._done.get_nowait()
                self._silent_moments = 0
                return found
            # The collection of garbage may take a moment, but not two.
            if self._silent_moments > 1:
                for _ in range(
                    min(len(self._threads), self._number - len(self._threads))
                ):
                    self._start_another()
        return super()._next_done()

    def _start_another(self) -> None:
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
            if self._jobs.empty():
                self._out_of_jobs.set()
