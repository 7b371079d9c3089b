"""
Makes the API calls of a list, ``MAX_CONCURRENCY`` at a time.

Only requests are made in other threads. Credentials are asked for, and outcomes are
noted, in the thread of the caller: it alone has the database connection, and whatever
else an account's own code may want. An upload is a job like a request, so that the many
files of one mail do not wait for each other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from django_directmail._compat import configuration_error
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.client import Client, PreparedCall
from django_directmail.api.credentials import resolve
from django_directmail.api.errors import CredentialsError, DirectMailError
from django_directmail.api.responses import SendResult
from django_directmail.api.uploads import upload
from django_directmail.conf import Account
from django_directmail.sending.submission import SubmittedCall
from django_directmail.sending.thread_pool import Job, Note, Threads, Workers

__all__ = ["Dispatcher", "prepare"]


class _Stopped(Exception):
    """The list was interrupted: a request that has not left does not leave."""


class Dispatcher:
    """
    Makes the calls of one list on behalf of ``account``.

    ``client`` is the account's. What interrupts the caller's thread ends the list: no
    further call is begun, and nobody waits for those under way.
    """

    def __init__(self, account: Account, client: Client) -> None:
        self.account = account
        self.client = client
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def make(self, calls: Iterable[SubmittedCall]) -> None:
        """Make all ``calls`` in the order of the list; note in each how it ended."""
        todo = deque(calls)
        number_of_jobs = sum(max(1, len(call.attachments)) for call in todo)
        jobs: deque[tuple[SubmittedCall, Job]] = deque()
        with self._workers(number_of_jobs) as workers:
            while todo or jobs or workers.running:
                while workers.running < workers.room and (jobs or todo):
                    if jobs:
                        workers.submit(*jobs.popleft())
                    else:
                        jobs.extend(self._first_jobs(todo.popleft()))
                if workers.running:
                    call, note = workers.wait()
                    if call.finished_at is None:
                        note()
                        jobs.extendleft(self._next_jobs(call))

    @contextmanager
    def _workers(self, number_of_jobs: int) -> Iterator[Workers[SubmittedCall]]:
        limit = min(self.account.max_concurrency, number_of_jobs)
        workers: Workers[SubmittedCall] = Threads(limit) if limit > 1 else Workers()
        try:
            yield workers
        except BaseException:
            with self._lock:
                self._stop.set()
            workers.dismiss()
            raise
        workers.finish()

    def _first_jobs(self, call: SubmittedCall) -> Iterator[tuple[SubmittedCall, Job]]:
        """Yield the uploads of ``call``, or its request where it has no files."""
        try:
            call.credentials = resolve(self.account.credentials)
        except CredentialsError as error:
            # Nothing was asked yet: these credentials cannot even be used.
            call.fail(configuration_error(str(error), self.account.alias))
            return
        except Exception as error:
            call.fail(error)
            return
        for number in range(len(call.attachments)):
            yield call, partial(self._upload, call, number)
        if not call.attachments:
            yield call, partial(self._send, call)

    def _next_jobs(self, call: SubmittedCall) -> Iterator[tuple[SubmittedCall, Job]]:
        """Yield the request of ``call`` when the last of its files is uploaded."""
        if call.finished_at is None and None not in call.attachments:
            yield call, partial(self._send, call)

    def _upload(self, call: SubmittedCall, number: int) -> Note:
        try:
            attachment = upload(
                self.client,
                call.planned.files[number],
                number=number + 1,
                credentials=call.credentials,
                stop=self._stop,
            )
        except Exception as error:
            # Whatever it is: nothing of this mail has left.
            return partial(call.fail, error.with_traceback(None))
        return partial(call.attach, number, attachment)

    def _send(self, call: SubmittedCall) -> Note:
        try:
            prepared = prepare(self.client, call)
        except Exception as error:
            return partial(call.fail, error.with_traceback(None))
        try:
            result = self.client.send(
                prepared, watch=partial(self._begin, call), stop=self._stop
            )
        except DirectMailError as error:
            # Without the frames, which hold the message, and would hold it for long.
            return partial(call.fail, error.with_traceback(None))
        return partial(call.accept, result)

    def _begin(self, call: SubmittedCall, prepared: PreparedCall[SendResult]) -> None:
        """Note that a request leaves, unless the list was interrupted."""
        with self._lock:
            if self._stop.is_set():
                raise _Stopped
            call.begin(prepared)


def prepare(client: Client, call: SubmittedCall) -> PreparedCall[SendResult]:
    """Return the signed request of ``call``, with what was uploaded for it."""
    action = call.planned.action
    found = [attachment for attachment in call.attachments if attachment is not None]
    if found and isinstance(action, SingleSendMail):
        action = replace(action, attachments=found)
    return client.prepare(
        action,
        nonce=call.nonce,
        timestamp=call.timestamp(),
        credentials=call.credentials,
    )
