"""
Who does the jobs of a list: some threads, or the caller itself.

The caller hands a job over and waits for any that is done.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Generic, TypeVar

__all__ = ["Job", "Note", "Threads", "Workers"]

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
        # Looked up here and not at import, because gevent puts another one in place.
        self._done: queue.Queue[tuple[SubjectT, Note] | BaseException] = queue.Queue()

    def submit(self, subject: SubjectT, job: Job) -> None:
        """Hand over a job; ``subject`` is what it is done for."""
        self.running += 1
        self._do(subject, job)

    def wait(self) -> tuple[SubjectT, Note]:
        """Return a finished job's subject and note, or raise what the job raised."""
        found = self._done.get()
        self.running -= 1
        if isinstance(found, BaseException):
            raise found
        return found

    def finish(self) -> None:
        """End the threads, once all jobs are done."""

    def dismiss(self) -> None:
        """Begin no other job, and do not wait for those that were begun."""

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

    There is room for one more job for each thread, so that none has to wait until the
    caller knows of the job before.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.room = 2 * number
        self._pool = ThreadPoolExecutor(number, "directmail")

    def submit(self, subject: SubjectT, job: Job) -> None:
        """Hand over a job to the threads."""
        self.running += 1
        try:
            self._pool.submit(copy_context().run, self._do, subject, job)
        except RuntimeError:
            # While the interpreter ends, no thread can be started.
            self._do(subject, job)

    def finish(self) -> None:
        """End the threads, which have nothing to do."""
        self._pool.shutdown()

    def dismiss(self) -> None:
        """Begin no other job, and do not wait for those that were begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
