"""
Carries out the calls of a list, ``MAX_CONCURRENCY`` at a time.

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
from dataclasses import dataclass, field, replace
from functools import partial

from django_directmail._compat import configuration_error
from django_directmail.api.actions.mail import Attachment, SingleSendMail
from django_directmail.api.client import Client, PreparedCall
from django_directmail.api.credentials import Credentials, resolve
from django_directmail.api.errors import CredentialsError, DirectMailError
from django_directmail.api.results import SendResult
from django_directmail.api.uploads import upload
from django_directmail.conf import Account
from django_directmail.sending.smtp_fallback import Route
from django_directmail.sending.submission import OutgoingCall
from django_directmail.sending.thread_pool import Job, Threads, Workers

__all__ = ["Delivery", "prepare"]


class _Stopped(Exception):
    """The list is over; what has not left stays."""


@dataclass
class _Errand:
    """One call under way: what it has so far, and how it ended."""

    call: OutgoingCall
    client: Client
    attachments: list[Attachment | None] = field(default_factory=list)
    is_requested: bool = False
    result: SendResult | None = None
    error: Exception | None = None


class Delivery:
    """
    Makes the calls of one list on behalf of ``account``.

    ``client`` is the account's. What interrupts the caller's thread ends the list: no
    further call is started, and those under way are left to end unheard.
    """

    def __init__(self, account: Account, client: Client) -> None:
        self.account = account
        self.client = client
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._holder = client

    def carry_out(self, calls: Iterable[OutgoingCall]) -> None:
        """Make all ``calls``, and note in each how it ended."""
        calls = list(calls)
        self._make([call for call in calls if call.call.letter is None])
        letters = [call for call in calls if call.call.letter is not None]
        if letters:
            Route(self.account).carry_out(letters)

    def _make(self, calls: list[OutgoingCall]) -> None:
        """Keep so many jobs running, begun in the order of the list."""
        number_of_jobs = sum(max(1, len(call.call.files)) for call in calls)
        limit = min(self.account.max_concurrency, number_of_jobs)
        todo = deque(calls)
        jobs: deque[tuple[_Errand, Job]] = deque()
        with self._workers(limit) as workers:
            while todo or jobs or workers.running:
                while workers.running < workers.room and (jobs or todo):
                    if jobs:
                        workers.submit(*jobs.popleft())
                    else:
                        jobs.extend(self._begin(todo.popleft()))
                if workers.running:
                    jobs.extendleft(self._go_on(workers.wait()))

    @contextmanager
    def _workers(self, limit: int) -> Iterator[Workers[_Errand]]:
        workers: Workers[_Errand] = Threads(limit) if limit > 1 else Workers()
        try:
            yield workers
        except BaseException:
            with self._lock:
                self._stop.set()
            workers.dismiss()
            raise
        workers.finish()

    def _begin(self, call: OutgoingCall) -> Iterator[tuple[_Errand, Job]]:
        """Yield the first jobs of a call: its uploads, or its request."""
        try:
            credentials = resolve(self.account.credentials)
            client = self._holding(credentials)
        except CredentialsError as error:
            # Nothing was asked yet: these credentials cannot even be used.
            call.fail(configuration_error(str(error), self.account.alias))
            return
        except Exception as error:
            call.fail(error)
            return
        errand = _Errand(call, client, [None] * len(call.call.files))
        for number in range(len(call.call.files)):
            yield errand, partial(self._upload, errand, number)
        yield from self._request(errand)

    def _holding(self, credentials: Credentials) -> Client:
        """Return a client that signs with ``credentials``, which seldom change."""
        if self._holder.held is not credentials:
            self._holder = self.client.holding(credentials, self._stop)
        return self._holder

    def _go_on(self, errand: _Errand) -> Iterator[tuple[_Errand, Job]]:
        """Yield the next job of a call, or note how the call ended."""
        if errand.call.finished_at is not None:
            return
        if errand.error is not None:
            errand.call.fail(errand.error)
        elif errand.result is not None:
            errand.call.accept(errand.result)
        else:
            yield from self._request(errand)

    def _request(self, errand: _Errand) -> Iterator[tuple[_Errand, Job]]:
        """Yield the request of a call once all of its files are uploaded."""
        if None not in errand.attachments and not errand.is_requested:
            errand.is_requested = True
            yield errand, partial(self._send, errand)

    def _upload(self, errand: _Errand, number: int) -> None:
        if errand.error is not None:
            return
        try:
            file = errand.call.call.files[number]
            errand.attachments[number] = upload(errand.client, file, number=number + 1)
        except Exception as error:
            # Whatever it is: nothing of this mail has left.
            errand.error = error.with_traceback(None)

    def _send(self, errand: _Errand) -> None:
        call = errand.call
        try:
            prepared = prepare(errand.client, call, errand.attachments)
        except Exception as error:
            errand.error = error.with_traceback(None)
            return
        try:
            errand.result = errand.client.send(
                prepared, watch=partial(self._start, call)
            )
        except DirectMailError as error:
            # Without the frames, which hold the message, and would hold it for long.
            errand.error = error.with_traceback(None)

    def _start(self, call: OutgoingCall, prepared: PreparedCall[SendResult]) -> None:
        """Note that a request goes out, unless the list is over."""
        with self._lock:
            if self._stop.is_set():
                raise _Stopped
            call.start(prepared)


def prepare(
    client: Client, call: OutgoingCall, attachments: Iterable[Attachment | None] = ()
) -> PreparedCall[SendResult]:
    """Return the signed request of ``call``, with what was uploaded for it."""
    action = call.call.action
    found = [attachment for attachment in attachments if attachment is not None]
    if found and isinstance(action, SingleSendMail):
        action = replace(action, attachments=found)
    return client.prepare(action, nonce=call.nonce, timestamp=call.renew())
