"""The pace that all calls of a process share."""

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_directmail.api import Client, Credentials, DescAccountSummary, rate
from django_directmail.api.rate import MAX_LANES, Lane, lane_for
from tests.support.api_samples import KEY, mail
from tests.support.clocks import FakeClock


def most_in_a_second(times):
    """Return the largest number of ``times`` that lie within one second."""
    # A little less, because the sums are of floating point.
    return max(sum(t <= u < t + 1 - 1e-6 for u in times) for t in times)


def places(lane, count, *, rate_limit=100, now=0.0):
    """Return when ``count`` calls go out that all come at ``now``."""
    return [now + lane.reserve(rate_limit, now) for _ in range(count)]


class TestLanes:
    @pytest.mark.parametrize("rate_limit", [0.5, 1, 10, 25, 100, 1000])
    def test_a_mail_by_itself_never_waits(self, rate_limit):
        lane = Lane()

        waits = [lane.reserve(rate_limit, n * 10.0) for n in range(5)]

        assert waits == [0, 0, 0, 0, 0]

    def test_a_few_at_once_do_not_wait(self):
        assert places(Lane(), 5) == [0, 0, 0, 0, 0]

    @pytest.mark.parametrize("rate_limit", [1, 10, 25, 99.5, 100, 1000])
    def test_a_long_list_keeps_to_the_limit_in_any_second(self, rate_limit):
        times = places(Lane(), 1000, rate_limit=rate_limit)

        assert times == sorted(times)
        assert most_in_a_second(times) <= math.ceil(rate_limit)

    def test_a_thousand_mails_take_ten_seconds_and_a_half(self):
        assert places(Lane(), 1000)[-1] == pytest.approx(995 / 96)

    @given(st.lists(st.floats(0, 0.2), min_size=1, max_size=300))
    def test_however_they_come_no_second_has_more_than_the_limit(self, gaps):
        lane, now, times = Lane(), 0.0, []

        for gap in gaps:
            now += gap
            times.append(now + lane.reserve(50, now))

        assert most_in_a_second(times) <= 50


class TestThrottled:
    def test_all_rest_as_long_as_the_service_asks(self):
        lane = Lane()
        places(lane, 3)

        lane.slow_down(0.0, 4.0)

        assert places(lane, 2)[0] == 4

    def test_after_the_rest_they_come_one_by_one_and_half_as_fast(self):
        lane = Lane()

        lane.slow_down(0.0, 4.0)

        assert places(lane, 3) == pytest.approx([4, 4 + 1 / 48, 4 + 2 / 48])

    def test_those_that_were_under_way_count_once(self):
        lane = Lane()

        for n in range(8):
            lane.slow_down(n / 100, 1.0)

        first, second = places(lane, 2, now=0.1)
        assert second - first == pytest.approx(1 / 48)

    def test_without_a_word_from_the_service_the_rest_is_a_second(self):
        lane = Lane()

        lane.slow_down(0.0, None)

        assert lane.reserve(100, 0.0) == 1

    @pytest.mark.parametrize(("after", "pace"), [(0, 48), (15, 72), (30, 96), (99, 96)])
    def test_the_pace_recovers_within_half_a_minute(self, after, pace):
        lane = Lane()
        lane.slow_down(0.0, 1.0)

        times = places(lane, 20, now=1.0 + after)

        assert times[-1] - times[-2] == pytest.approx(1 / pace)

    def test_the_pace_does_not_fall_to_nothing(self):
        lane = Lane()

        for n in range(100):
            lane.slow_down(n * 2.0, 1.0)

        times = places(lane, 20, now=200.0)
        assert 0.1 < times[-1] - times[-2] < 0.6

    def test_a_throttled_call_slows_every_client_of_the_process(self, sandbox):
        clocks = [FakeClock(), FakeClock()]
        one, other = [
            Client(KEY, endpoint=sandbox.url, clock=clock.clock) for clock in clocks
        ]
        sandbox.add_fault("throttled", retry_after=3000)
        one.call(mail())
        clocks[1].now = 1_001.0

        other.call(mail())

        assert clocks[1].waits[0] == pytest.approx(2, abs=0.1)

    def test_other_keys_and_other_actions_are_not_slowed(self, sandbox):
        clock = FakeClock()
        sandbox.add_fault("throttled", retry_after=3000)
        Client(KEY, endpoint=sandbox.url, clock=FakeClock().clock).call(mail())

        Client(KEY, endpoint=sandbox.url, clock=clock.clock).call(DescAccountSummary())

        assert clock.waits == []


class TestProcess:
    @pytest.fixture(autouse=True)
    def _fresh(self, monkeypatch):
        """Give each test a process that has called nothing yet."""
        monkeypatch.setattr(rate, "_lanes", {})

    def test_threads_share_a_lane(self):
        lane = lane_for(("h", "k", "a"), 0.0)
        barrier = threading.Barrier(8)

        def reserve(_):
            barrier.wait()
            return [lane_for(("h", "k", "a"), 0.0).reserve(100, 0.0) for _ in range(50)]

        with ThreadPoolExecutor(8) as pool:
            times = [t for found in pool.map(reserve, range(8)) for t in found]

        assert sorted(times) == pytest.approx(places(Lane(), 400))
        assert lane_for(("h", "k", "a"), 0.0) is lane

    def test_a_list_is_paced_for_all_clients_together(self, sandbox):
        clock = FakeClock()
        times = []

        for _ in range(30):
            client = Client(KEY, endpoint=sandbox.url, clock=clock.clock, rate_limit=10)
            client.send(client.prepare(mail()), lambda call: times.append(clock.now))

        assert len(sandbox.mails) == 30
        assert most_in_a_second(times) <= 10
        assert times[-1] - times[0] == pytest.approx(2.9)

    def test_lanes_that_are_idle_are_forgotten_when_there_are_many(self):
        for n in range(MAX_LANES):
            lane_for(("h", f"k{n}", "a"), 0.0).reserve(100, 0.0)
        busy = lane_for(("h", "k0", "a"), 1.0)
        busy.slow_down(1.0, 100.0)

        lane_for(("h", "new", "a"), 60.0)

        assert set(rate._lanes) == {("h", "k0", "a"), ("h", "new", "a")}

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_a_forked_child_has_a_pace_of_its_own(self):
        with rate._lock:
            lane_for.__globals__["_lanes"]["h", "k", "a"] = Lane()
            places(rate._lanes["h", "k", "a"], 100)
            child = os.fork()
            if child == 0:
                fine = lane_for(("h", "k", "a"), 0.0).reserve(100, 0.0) == 0
                os._exit(0 if fine else 1)

        assert os.waitpid(child, 0)[1] == 0


def test_the_key_of_a_lane_is_host_key_and_action():
    client = Client(Credentials("id", "secret"), region="us-east-1")

    assert client.prepare(mail()).lane == (
        "https://dm.us-east-1.aliyuncs.com",
        "id",
        "SingleSendMail",
    )
