"""A sandbox with a plan of faults, and a backend that does not wait between tries."""

import threading
from collections import Counter, defaultdict
from dataclasses import replace

from django_directmail.api.clock import Clock
from django_directmail.api.errors import DirectMailError
from django_directmail.backends import EmailBackend
from django_directmail.sandbox.faults import Faults

__all__ = ["Plan", "hasty", "send", "told_of"]


class Plan(Faults):
    """
    Faults by message, however many calls are under way at a time.

    ``choose`` gets a subject and the number of the try, from 1, and returns the fault
    that hits it, or ``None``. ``tries`` counts the requests of each subject, and
    ``requests`` has those that differ.
    """

    def __init__(self, sandbox, choose):
        super().__init__()
        self.tries = Counter()
        self.requests = defaultdict(set)
        self._choose = choose
        self._guard = threading.Lock()
        self._here = threading.local()
        sandbox.faults, sandbox.on_call = self, self._note

    def _note(self, http):
        subject = http.parameters["Subject"]
        with self._guard:
            self.tries[subject] += 1
            self.requests[subject].add((frozenset(http.headers.items()), http.body))
            self._here.fault = self._choose(subject, self.tries[subject])

    def next(self, action):
        """Return the fault for the call that this thread answers."""
        return self._here.fault


def hasty(chance=lambda: 0.0):
    """Return a backend whose random waits have no length; ``chance`` throws them."""
    backend = EmailBackend()
    policy = replace(backend.client.retry_policy, clock=Clock(chance=chance))
    backend.client.retry_policy = policy
    return backend


def send(backend, messages):
    """Send a list; return how many are said to be accepted, whatever is raised."""
    try:
        return backend.send_messages(messages)
    except DirectMailError as error:
        return len(getattr(error, "sent", ()))


def told_of(message):
    """Return the words for the message and its recipients, and the certainty."""
    status = message.directmail_status
    words = {status.status, *(r.status for r in status.recipients.values())}
    accepted = "yes" if status.error is None else status.error.accepted
    return words, accepted
