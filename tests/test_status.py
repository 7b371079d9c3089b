"""The status of a message, from those of its calls."""

from itertools import permutations

import pytest

from django_directmail.models import MailLog
from django_directmail.status import SEVERITY, combine


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), None),
        (("accepted", "accepted"), "accepted"),
        (("accepted", "suppressed"), "accepted"),
        (("suppressed", "suppressed"), "suppressed"),
        (("accepted", "failed"), "partial"),
        (("accepted", "rejected"), "partial"),
        (("accepted", "unconfirmed"), "unconfirmed"),
        (("failed", "unconfirmed"), "unconfirmed"),
        (("failed", "rejected"), "rejected"),
        (("failed", "queued"), "failed"),
        (("failed", "sending"), "failed"),
        (("cancelled", "failed"), "failed"),
        (("sending", "queued"), "sending"),
    ],
)
def test_most_severe_status_counts_in_any_order(statuses, expected):
    assert {combine(order) for order in permutations(statuses)} == {expected}


def test_order_of_severity_has_every_status_once():
    assert sorted(SEVERITY) == sorted([*MailLog.Status.values, "partial"])
