"""
Each fault on each try, through the backend: what arrives, and what is told of it.

What is expected is in two tables, written from what is promised: what surely did not
arrive is made anew; what may have arrived is only replayed, and is unconfirmed if the
replay finds it there; a list is always finished.
"""

import contextlib
import threading
import tracemalloc

import pytest

from django_directmail.models import MailLog, MailRecipient
from django_directmail.sandbox import Fault, Sandbox
from tests.support.fault_plan import Plan, hasty, send, told_of
from tests.support.messages import message

pytestmark = pytest.mark.django_db

#: Fault to what it is for its caller and for the mail: "lost" and "kept" may both have
#: arrived, "no" surely did not, "fine" is no trouble at all.
FAULTS = {
    "reset before": (Fault("reset_before"), "lost"),
    "drop before": (Fault("drop_before"), "lost"),
    "error 500": (Fault("error"), "lost"),
    "error 503": (Fault("error", status=503, code="ServiceUnavailable"), "lost"),
    "page 502": (Fault("status", status=502), "lost"),
    "page 200": (Fault("status", status=200), "lost"),
    "redirect": (Fault("redirect"), "lost"),
    "reset after": (Fault("reset_after"), "kept"),
    "drop after": (Fault("drop_after"), "kept"),
    "error 500 after": (Fault("error", accept=True), "kept"),
    "page 504 after": (Fault("status", status=504, accept=True), "kept"),
    "hang": (Fault("hang"), "kept"),
    "slow": (Fault("slow"), "kept"),
    "garbage": (Fault("garbage"), "kept"),
    "truncated": (Fault("truncated"), "kept"),
    "throttled": (Fault("throttled", retry_after=0), "no"),
    "content type": (Fault("content_type"), "fine"),
    "refused": (Fault("error", status=400, code="InvalidBody"), "final"),
}
#: Mails at the sandbox, status and certainty of the row, tries, and how many requests
#: differ. A second try is there because the first one was throttled.
EXPECTED = {
    ("lost", "first"): (1, "accepted", "yes", 2, 1),
    ("kept", "first"): (1, "unconfirmed", "unknown", 2, 1),
    ("no", "first"): (1, "accepted", "yes", 2, 2),
    ("fine", "first"): (1, "accepted", "yes", 1, 1),
    ("final", "first"): (0, "rejected", "no", 1, 1),
    ("lost", "second"): (1, "accepted", "yes", 3, 2),
    ("kept", "second"): (1, "unconfirmed", "unknown", 3, 2),
    ("no", "second"): (1, "accepted", "yes", 3, 3),
    ("fine", "second"): (1, "accepted", "yes", 2, 2),
    ("final", "second"): (0, "rejected", "no", 2, 2),
    ("lost", "every"): (0, "unconfirmed", "unknown", 4, 1),
    ("kept", "every"): (1, "unconfirmed", "unknown", 4, 1),
    ("no", "every"): (0, "failed", "no", 4, 4),
    ("fine", "every"): (1, "accepted", "yes", 1, 1),
    ("final", "every"): (0, "rejected", "no", 1, 1),
}
UNTOUCHED = (1, "accepted", "yes", 1, 1)
SIGNATURES = ["HMAC-SHA1", "ACS3-HMAC-SHA256"]
THROTTLED = FAULTS["throttled"][0]
COUNT = 20
signatures = pytest.mark.parametrize("SIGNATURE", SIGNATURES)
lists = pytest.mark.parametrize("count", [1, COUNT], ids=["single", "list"])


def letters(count):
    return [message(subject=str(n), body="Content\n") for n in range(count)]


def is_hit(subject):
    """Say whether a fault is for this message: 0, 3, 6 and so on, 7 of 20."""
    return int(subject) % 3 == 0


def hitting(fault, when):
    """Return how a plan chooses: ``fault`` on that try of those that are hit."""

    def choose(subject, number):
        if not is_hit(subject):
            return None
        if when == "second":
            return {1: THROTTLED, 2: fault}.get(number)
        return fault if number == 1 or when == "every" else None

    return choose


def found(sandbox, plan, subject):
    """Return mails, status, certainty, tries and requests of one message."""
    row = MailLog.objects.get(subject=subject)
    mails = [mail for mail in sandbox.mails if mail.subject == subject]
    assert plan.tries[subject] == row.attempts
    assert row.env_id == (mails[0].env_id if row.status == "accepted" else "")
    different = len(plan.requests[subject])
    return len(mails), row.status, row.accepted, row.attempts, different


@signatures
@lists
@pytest.mark.parametrize("when", ["first", "second", "every"])
@pytest.mark.parametrize("name", FAULTS)
def test_fault_has_the_outcome_that_is_promised(mailer, name, when, count, SIGNATURE):
    fault, kind = FAULTS[name]
    # Only a time-out that is meant to be reached is short.
    wait = 0.5 if name in ("hang", "slow") else 30
    sandbox = mailer(
        MAX_ATTEMPTS=4, MAX_CONCURRENCY=8, TIMEOUT=(30, wait), SIGNATURE=SIGNATURE
    )
    plan = Plan(sandbox, hitting(fault, when))
    messages = letters(count)

    sent = send(hasty(), messages)

    expected = {
        one.subject: EXPECTED[kind, when] if is_hit(one.subject) else UNTOUCHED
        for one in messages
    }
    assert expected == {name: found(sandbox, plan, name) for name in expected}
    accepted = [one for one in messages if expected[one.subject][1] == "accepted"]
    assert sent == len(accepted)
    for one in messages:
        _, status, certainty, *_ = expected[one.subject]
        assert told_of(one) == ({status}, certainty)
    # Accepted is not delivered: that is for the events to say.
    assert set(MailRecipient.objects.values_list("status", flat=True)) == {"pending"}


class TestUnreached:
    """Nothing was written: neither the name, nor the port, nor TLS."""

    ENDPOINTS = {
        "refused": "http://127.0.0.1:{}",
        "no such name": "http://no-such-host.invalid:{}",
        "no TLS": "https://127.0.0.1:{}",
    }

    @signatures
    @lists
    @pytest.mark.parametrize("name", ENDPOINTS)
    def test_every_try_fails_and_nothing_arrived(
        self, mailer, open_sandbox, closed_port, name, count, SIGNATURE
    ):
        port = open_sandbox.url.rpartition(":")[2] if name == "no TLS" else closed_port
        mailer(
            ENDPOINT=self.ENDPOINTS[name].format(port),
            MAX_ATTEMPTS=4,
            MAX_CONCURRENCY=8,
            SIGNATURE=SIGNATURE,
        )
        messages = letters(count)

        assert send(hasty(), messages) == 0

        assert [told_of(one) for one in messages] == [({"failed"}, "no")] * count
        rows = MailLog.objects.values_list("status", "accepted", "attempts", "env_id")
        assert list(rows) == [("failed", "no", 4, "")] * count
        assert open_sandbox.mails == []

    @signatures
    @lists
    def test_server_that_comes_up_between_two_tries_gets_each_mail_once(
        self, mailer, closed_port, count, SIGNATURE
    ):
        mailer(
            ENDPOINT=f"http://127.0.0.1:{closed_port}",
            MAX_ATTEMPTS=4,
            MAX_CONCURRENCY=8,
            SIGNATURE=SIGNATURE,
        )
        lock = threading.Lock()
        started = []

        def start():
            with lock:
                if not started:
                    sandbox = Sandbox(port=closed_port, senders=["*"])
                    started.append(stack.enter_context(sandbox))
            return 0.0

        messages = letters(count)
        with contextlib.ExitStack() as stack:
            assert send(hasty(start), messages) == count

        assert sorted(int(mail.subject) for mail in started[0].mails) == [*range(count)]
        rows = MailLog.objects.values_list("status", "accepted")
        assert list(rows) == [("accepted", "yes")] * count
        assert set(MailLog.objects.values_list("attempts", flat=True)) <= {1, 2}
        assert MailLog.objects.filter(attempts=2).exists()


class TestHostile:
    """An answer that is too much is given up, and says nothing about the mail."""

    @signatures
    @pytest.mark.parametrize("kind", ["large", "headers", "deep", "bomb", "redirect"])
    def test_answer_ends_in_a_bounded_error(self, mailer, kind, SIGNATURE):
        sandbox = mailer(MAX_ATTEMPTS=1, TIMEOUT=30, SIGNATURE=SIGNATURE)
        sandbox.add_fault(kind)
        one = message(subject="0")

        tracemalloc.start()
        try:
            assert send(hasty(), [one]) == 0
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert peak < 16 * 1024 * 1024
        assert told_of(one) == ({"unconfirmed"}, "unknown")
        row = MailLog.objects.get()
        assert (row.status, row.accepted, row.attempts) == ("unconfirmed", "unknown", 1)
        assert len(row.error_message) < 1000


@pytest.fixture
def closed_port():
    """Return the number of a port on which nobody listens."""
    with Sandbox() as sandbox:
        return int(sandbox.url.rpartition(":")[2])
