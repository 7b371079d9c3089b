"""The faults that a test can order."""

import http.client
import threading

import pytest

from django_directmail.api import (
    DirectMailError,
    ServerError,
    ThrottledError,
    TransportError,
)
from django_directmail.sandbox import Fault
from django_directmail.sandbox.faults import KINDS, Faults
from tests.support.api_samples import KEY, mail, one_try
from tests.support.sandbox_calls import post


@pytest.fixture
def client(sandbox):
    """Return a client of the sandbox that does not wait long."""
    return one_try(KEY, endpoint=sandbox.url, timeout=(5, 1))


@pytest.mark.parametrize(
    ("kind", "error", "accepted", "arrived"),
    [
        ("error", ServerError, "unknown", 0),
        ("status", TransportError, "unknown", 0),
        ("drop_before", TransportError, "unknown", 0),
        ("drop_after", TransportError, "unknown", 1),
        ("hang", TransportError, "unknown", 1),
        ("latency", TransportError, "unknown", 1),
        ("garbage", TransportError, "unknown", 1),
        ("truncated", TransportError, "unknown", 1),
        ("reset_before", TransportError, "unknown", 0),
        ("reset_after", TransportError, "unknown", 1),
        ("throttled", ThrottledError, "no", 0),
        ("redirect", TransportError, "unknown", 0),
        ("slow", TransportError, "unknown", 1),
        ("large", TransportError, "unknown", 1),
        ("headers", TransportError, "unknown", 1),
        ("deep", TransportError, "unknown", 1),
        ("bomb", TransportError, "unknown", 1),
    ],
)
def test_each_kind_hits_one_call_and_then_all_is_well(
    sandbox, client, kind, error, accepted, arrived
):
    sandbox.add_fault(kind)

    with pytest.raises(DirectMailError) as caught:
        client.call(mail())

    assert (type(caught.value), caught.value.accepted) == (error, accepted)
    assert len(sandbox.mails) == arrived
    client.call(mail())
    assert len(sandbox.mails) == arrived + 1


def test_every_kind_is_tried():
    marks = test_each_kind_hits_one_call_and_then_all_is_well.pytestmark
    (mark,) = [mark for mark in marks if mark.name == "parametrize"]

    assert {row[0] for row in mark.args[1]} == set(KINDS) - {"content_type"}


def test_a_right_answer_of_a_wrong_type_is_right(sandbox, client):
    sandbox.add_fault("content_type")

    assert client.call(mail()).env_id == sandbox.mails[0].env_id


class TestWhatTheCallerSees:
    def test_an_error_has_the_form_of_the_service(self, sandbox):
        sandbox.add_fault(
            "error",
            code="Throttling.User",
            message="Request was denied due to user flow control.",
            status=400,
            retry_after=1500,
        )

        reply = post(sandbox)

        assert reply.status == 400
        assert reply.headers["x-acs-retry-after"] == "1500"
        assert reply.code == "Throttling.User"
        assert reply.fields["Message"] == "Request was denied due to user flow control."
        assert set(reply.fields) == {
            "RequestId",
            "HostId",
            "Code",
            "Message",
            "Recommend",
        }

    def test_a_status_comes_with_a_page(self, sandbox):
        sandbox.add_fault("status", status=502)

        reply = post(sandbox)

        assert reply.status == 502
        assert reply.headers["Content-Type"] == "text/html"
        assert reply.body.startswith(b"<html>")

    def test_a_status_without_a_name_is_sent_all_the_same(self, sandbox):
        sandbox.add_fault("status", status=599)

        assert post(sandbox).status == 599

    @pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
    def test_a_drop_is_no_answer_at_all(self, sandbox, kind):
        sandbox.add_fault(kind)

        with pytest.raises(http.client.RemoteDisconnected):
            post(sandbox)

    def test_garbage_comes_with_a_success(self, sandbox):
        sandbox.add_fault("garbage")

        reply = post(sandbox)

        assert reply.status == 200
        with pytest.raises(ValueError, match="utf-8|JSON|Expecting"):
            _ = reply.fields

    def test_a_truncated_answer_is_shorter_than_it_says(self, sandbox):
        sandbox.add_fault("truncated")

        with pytest.raises(http.client.IncompleteRead) as caught:
            post(sandbox)

        assert caught.value.partial.startswith(b'{"EnvId"')
        assert caught.value.expected > 0

    @pytest.mark.parametrize("kind", ["hang", "latency"])
    def test_a_late_answer_is_a_right_one(self, sandbox, kind):
        sandbox.add_fault(kind, seconds=0.01)

        reply = post(sandbox)

        assert (reply.status, reply.code) == (200, "")

    def test_a_hanging_call_ends_with_the_sandbox(self, sandbox):
        sandbox.add_fault("hang", seconds=600)
        outcomes = []

        def call():
            try:
                post(sandbox)
            except OSError as error:
                outcomes.append(type(error))

        thread = threading.Thread(target=call)
        thread.start()
        while not sandbox.mails:
            thread.join(0.001)
        sandbox.stop()
        thread.join(5)

        assert outcomes == [http.client.RemoteDisconnected]


@pytest.mark.parametrize("kind", ["error", "status"])
def test_a_refused_mail_is_accepted_on_request(sandbox, client, kind):
    sandbox.add_fault(kind, accept=True)

    with pytest.raises(DirectMailError):
        client.call(mail())

    assert len(sandbox.mails) == 1


def test_a_throttled_call_can_be_repeated(sandbox, client):
    sandbox.add_fault("error", code="Throttling", status=400, times=2, retry_after=10)
    waits = []

    for _ in range(2):
        with pytest.raises(ThrottledError) as caught:
            client.call(mail())
        waits.append(caught.value.retry_after)
    client.call(mail())

    assert waits == [0.01, 0.01]
    assert len(sandbox.mails) == 1


def test_faults_come_in_the_order_in_which_they_were_added(sandbox):
    sandbox.add_fault("status", status=502, times=2)
    sandbox.add_fault("status", status=503)

    statuses = [post(sandbox).status for _ in range(4)]

    assert statuses == [502, 502, 503, 200]


def test_waiting_faults_can_be_seen_and_forgotten():
    faults = Faults()
    faults.add(Fault("hang", times=2, seconds=1))
    seen = faults.as_list()

    faults.clear()

    assert [(row["kind"], row["times"], row["seconds"]) for row in seen] == [
        ("hang", 1, 1),
        ("hang", 1, 1),
    ]
    assert (faults.as_list(), faults.next("SingleSendMail")) == ([], None)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "explode"},
        {"kind": "hang", "times": 0},
        {"kind": "hang", "times": 1.5},
        {"kind": "hang", "seconds": -1},
        {"kind": "hang", "seconds": 601},
        {"kind": "hang", "seconds": "1"},
        {"kind": "hang", "seconds": float("nan")},
        {"kind": "status", "status": 99},
        {"kind": "status", "status": 600},
        {"kind": "status", "status": "500"},
        {"kind": "hang", "action": ""},
        {"kind": "hang", "action": "Two words"},
        {"kind": "hang", "action": 1},
        {},
        {"kind": "hang", "colour": "red"},
        [],
        None,
        "hang",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError, match="must be|A fault"):
        Fault.from_dict(values)


def test_a_fault_can_be_read_from_json():
    assert Fault.from_dict({"kind": "status", "status": 503}) == Fault(
        "status", status=503
    )
