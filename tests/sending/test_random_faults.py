"""5,000 mails, by a seed, through 30 % of faults: none is lost, none comes twice."""

import random
from collections import Counter

import pytest

from django_directmail.api.errors import DirectMailError
from django_directmail.models import MailLog
from django_directmail.sandbox import Fault
from tests.support.fault_plan import Plan, hasty, send
from tests.support.messages import message

SEED, COUNT, SHARE = 20261125, 5_000, 0.3
KINDS = (
    Fault("drop_before"),
    Fault("reset_before"),
    Fault("drop_after"),
    Fault("reset_after"),
    Fault("garbage"),
    Fault("truncated"),
    Fault("content_type"),
    Fault("throttled", retry_after=0),
    Fault("error"),
    Fault("error", accept=True),
    Fault("error", status=503, code="ServiceUnavailable"),
    Fault("error", status=400, code="InvalidBody"),
    Fault("error", status=400, code="InvalidSendMail.Spam"),
    Fault("status", status=502),
    Fault("status", status=504, accept=True),
    Fault("redirect"),
    Fault("deep"),
    Fault("bomb"),
)
#: Status to the numbers of mails that may be at the sandbox, and to the certainty.
TRUTH = {
    "accepted": ({1}, "yes"),
    "unconfirmed": ({0, 1}, "unknown"),
    "failed": ({0}, "no"),
    "rejected": ({0}, "no"),
}


def choose(subject, number):
    """
    Return the fault for a try of a message; the same in each run.

    DirectMail itself refuses nothing that it has: what it would say to the same request
    once more is that it has seen it.
    """
    rng = random.Random(f"{SEED} {subject} {number}")
    if rng.random() >= SHARE:
        return None
    fault = rng.choice(KINDS)
    earlier = [choose(subject, n) for n in range(1, number)]
    if fault.status == 400 and any(one and one.carries_out for one in earlier):
        return Fault("throttled", retry_after=0)
    return fault


def parts(rng):
    """Yield lists of messages, of random lengths, a part of them with a key."""
    left = [message(subject=str(n)) for n in range(COUNT)]
    for one in left:
        if rng.random() < 0.2:
            one.idempotency_key = f"key {one.subject}"
    while left:
        size = rng.choice((1, 2, 10, 50, 200))
        yield left[:size]
        left = left[size:]


@pytest.mark.django_db
def test_nothing_is_lost_and_nothing_is_there_twice(mailer):
    rng = random.Random(SEED)
    everything, sent = [], 0
    sandbox = mailer()
    sandbox.mailbox.capacity = 2 * COUNT
    plan = Plan(sandbox, choose)
    for part in parts(rng):
        mailer(
            MAX_ATTEMPTS=rng.choice((1, 2, 4)),
            MAX_CONCURRENCY=rng.choice((1, 3, 8)),
            SIGNATURE=rng.choice(("HMAC-SHA1", "ACS3-HMAC-SHA256")),
            TIMEOUT=30,
        )
        sent += send(hasty(), part)
        everything += part

    arrived = Counter(mail.subject for mail in sandbox.mails)
    ids = {mail.subject: mail.env_id for mail in sandbox.mails}
    rows = {row.subject: row for row in MailLog.objects.all()}
    assert set(arrived.values()) == {1}
    assert len(rows) == MailLog.objects.count() == COUNT
    for one in everything:
        row, status = rows[one.subject], one.directmail_status
        mails, certainty = TRUTH[row.status]
        assert arrived[one.subject] in mails, one.subject
        assert (row.accepted, row.attempts) == (certainty, plan.tries[one.subject])
        assert status.status == row.status
        if row.status == "accepted":
            assert row.env_id == ids[one.subject] == status.message_id
        else:
            assert isinstance(status.error, DirectMailError)
            assert status.error.accepted == certainty
    counts = Counter(row.status for row in rows.values())
    assert sent == counts["accepted"]
    # The schedule has something of everything.
    assert set(counts) == set(TRUTH)
    assert sum(plan.tries.values()) > 1.1 * COUNT

    # Whoever has a key may try it again: only what surely did not arrive goes out.
    plan_is_over = Plan(sandbox, lambda subject, number: None)
    keyed = [one for one in everything if getattr(one, "idempotency_key", None)]
    before = {one.subject: rows[one.subject].status for one in keyed}
    send(hasty(), keyed)
    again = {one.subject: plan_is_over.tries[one.subject] for one in keyed}
    assert again == {
        subject: int(status in ("failed", "rejected"))
        for subject, status in before.items()
    }
