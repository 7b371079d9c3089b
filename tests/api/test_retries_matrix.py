"""Each fault of the sandbox, on each try, with each signature: never a second mail."""

import pytest

from django_directmail.api import Client, DirectMailError
from django_directmail.sandbox.faults import KINDS
from tests.support.api_samples import KEY, mail
from tests.support.clocks import FakeClock

#: Faults after which nobody knows: those where the mail is not there, and where it is.
LOST = ["error", "status", "drop_before", "reset_before", "redirect"]
KEPT = [
    *("drop_after", "reset_after", "hang", "latency", "garbage", "truncated"),
    *("slow", "large", "headers", "deep", "bomb"),
]
#: Those that a time limit ends.
SLOW = {"hang", "latency", "slow"}


class Bench:
    """A client, a sandbox, and the requests that came in, byte for byte."""

    def __init__(self, sandbox, signature, kind):
        self.sandbox = sandbox
        self.requests = []
        self.watched = []
        sandbox.on_call = lambda http: self.requests.append((http.headers, http.body))
        self.client = Client(
            KEY,
            endpoint=sandbox.url,
            signature=signature,
            timeout=(5, 0.6 if kind in SLOW else 30),
            clock=FakeClock().clock,
        )

    def send(self):
        """Send a mail; return what is known of it: ``yes``, ``no`` or ``unknown``."""
        prepared = self.client.prepare(mail())
        try:
            result = self.client.send(prepared, watch=self.watched.append)
        except DirectMailError as error:
            return error.accepted
        assert [result.env_id] == [m.env_id for m in self.sandbox.mails]
        return "yes"

    @property
    def different(self):
        """Return how many requests differ from all before them."""
        different = []
        for request in self.requests:
            if request not in different:
                different.append(request)
        nonces = {call.request.data.nonce for call in self.watched}
        assert len(nonces) == len(different)
        return len(different)

    @property
    def counts(self):
        """Return the mails, the requests, and how many of them are different."""
        assert len(self.watched) == len(self.requests)
        return len(self.sandbox.mails), len(self.requests), self.different


@pytest.fixture
def bench(sandbox, signature):
    """Return a function that makes a :class:`Bench` for a kind of fault."""
    return lambda kind: Bench(sandbox, signature, kind)


def test_every_kind_of_fault_is_tried():
    assert {*LOST, *KEPT, "throttled", "content_type"} == set(KINDS)


class TestFirstTry:
    @pytest.mark.parametrize("kind", LOST)
    def test_mail_that_was_lost_arrives_by_a_replay(self, bench, sandbox, kind):
        sandbox.add_fault(kind)
        bench = bench(kind)

        assert bench.send() == "yes"
        assert bench.counts == (1, 2, 1)

    @pytest.mark.parametrize("kind", KEPT)
    def test_mail_that_was_kept_is_not_sent_again(self, bench, sandbox, kind):
        sandbox.add_fault(kind)
        bench = bench(kind)

        assert bench.send() == "unknown"
        assert bench.counts == (1, 2, 1)

    def test_throttled_mail_arrives_by_a_new_request(self, bench, sandbox):
        sandbox.add_fault("throttled")
        bench = bench("throttled")

        assert bench.send() == "yes"
        assert bench.counts == (1, 2, 2)

    def test_right_answer_with_a_wrong_content_type_is_right(self, bench, sandbox):
        sandbox.add_fault("content_type")
        bench = bench("content_type")

        assert bench.send() == "yes"
        assert bench.counts == (1, 1, 1)


class TestSecondTry:
    """After a first one of which nobody knows, and which was lost."""

    @pytest.mark.parametrize("kind", [*LOST, "throttled"])
    def test_mail_that_was_lost_twice_arrives_by_a_replay(self, bench, sandbox, kind):
        sandbox.add_fault("drop_before")
        sandbox.add_fault(kind)
        bench = bench(kind)

        assert bench.send() == "yes"
        assert bench.counts == (1, 3, 1)

    @pytest.mark.parametrize("kind", KEPT)
    def test_mail_that_was_kept_is_not_sent_again(self, bench, sandbox, kind):
        sandbox.add_fault("drop_before")
        sandbox.add_fault(kind)
        bench = bench(kind)

        assert bench.send() == "unknown"
        assert bench.counts == (1, 3, 1)

    def test_right_answer_with_a_wrong_content_type_is_right(self, bench, sandbox):
        sandbox.add_fault("drop_before")
        sandbox.add_fault("content_type")
        bench = bench("content_type")

        assert bench.send() == "yes"
        assert bench.counts == (1, 2, 1)


class TestEveryTry:
    @pytest.mark.parametrize(
        ("kind", "mails"), [*((k, 0) for k in LOST), *((k, 1) for k in KEPT)]
    )
    def test_call_in_doubt_stays_in_doubt(self, bench, sandbox, kind, mails):
        sandbox.add_fault(kind, times=9)
        bench = bench(kind)

        assert bench.send() == "unknown"
        assert bench.counts == (mails, 4, 1)

    def test_throttled_call_is_given_up_and_known_not_to_be_there(self, bench, sandbox):
        sandbox.add_fault("throttled", times=9)
        bench = bench("throttled")

        assert bench.send() == "no"
        assert bench.counts == (0, 4, 4)
