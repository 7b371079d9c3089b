"""When a call is tried again, how, how often, and what is said in the end."""

from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest

from django_directmail.api import (
    Client,
    Credentials,
    CredentialsError,
    DescAccountSummary,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from django_directmail.api import retries as retries_module
from django_directmail.api.error_codes import api_error
from django_directmail.api.responses import Answer, read_error, read_fields
from django_directmail.api.retries import STEPS, Kind, kind_of
from django_directmail.sandbox import (
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)
from django_directmail.sandbox.accounts import STS_EXPIRED_TOKEN
from tests.support.api_samples import KEY, mail
from tests.support.clocks import FakeClock

NO_CONTENT = {"message": "", "request_id": "R"}


def answered(code, status=400):
    """Return the error for an answer with this code."""
    return api_error("SingleSendMail", code=code, http_status=status, **NO_CONTENT)


@pytest.fixture
def clock():
    """Return a clock that takes no time."""
    return FakeClock()


@pytest.fixture
def client(sandbox, clock):
    """Return a client of the sandbox that waits by ``clock``."""
    return Client(KEY, endpoint=sandbox.url, clock=clock.clock)


def failure(client, action=None, watch=None):
    """Send, and return the exception."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        client.send(client.prepare(action or mail()), watch=watch)
    return caught.value


class TestKinds:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (TransportError("", accepted="no", retryable=True), "unreached"),
            (TransportError("", accepted="no", retryable=False), "refused"),
            (TransportError("", accepted="unknown"), "unanswered"),
            (answered("Throttling.User"), "throttled"),
            (answered("Whatever", 429), "throttled"),
            (answered("InternalError", 500), "unanswered"),
            (answered("Whatever", 502), "unanswered"),
            (answered("SignatureNonceUsed"), "seen"),
            (answered("InvalidSecurityToken.Expired"), "expired"),
            (answered("InvalidSecurityToken.Malformed"), "refused"),
            (answered("SignatureDoesNotMatch"), "refused"),
            (answered("InvalidTimeStamp.Expired"), "refused"),
            (answered("NoPermission", 403), "refused"),
            (answered("InvalidApi.NotFound", 404), "refused"),
            (answered("Whatever", 400), "refused"),
            (answered("InvalidToAddress"), "judged"),
            (answered("InvalidToAddress.Spam"), "judged"),
            (answered("InvalidMailAddress.NotFound", 404), "judged"),
            (answered("InvalidSendMail.Spam"), "judged"),
        ],
    )
    def test_each_error_has_a_kind(self, error, kind):
        assert kind_of(error) == kind

    def test_the_table_has_each_kind(self):
        assert set(STEPS) == set(get_args(Kind))

    def test_the_table_that_is_written_names_each_kind(self):
        for kind in STEPS:
            assert f"\n``{kind}``" in retries_module.__doc__

    def test_in_doubt_nothing_is_signed_anew(self):
        assert {in_doubt for _, in_doubt in STEPS.values()} == {"replay", "stop"}


class TestWaits:
    @pytest.mark.parametrize(
        ("chance", "waits"),
        [(0, [0, 0, 0]), (0.5, [0.5, 1, 2]), (0.99, [0.99, 1.98, 3.96])],
    )
    def test_waits_are_any_part_of_a_time_that_doubles(self, sandbox, chance, waits):
        clock = FakeClock(chance=chance)
        sandbox.add_fault("drop_before", times=9)

        failure(Client(KEY, endpoint=sandbox.url, clock=clock.clock))

        assert clock.waits == pytest.approx(waits)

    def test_no_wait_is_longer_than_eight_seconds(self, sandbox):
        clock = FakeClock(chance=1)
        sandbox.add_fault("drop_before", times=9)

        failure(
            Client(
                KEY,
                endpoint=sandbox.url,
                clock=clock.clock,
                max_attempts=7,
                deadline=100,
            )
        )

        assert clock.waits == [1, 2, 4, 8, 8, 8]

    @pytest.mark.parametrize("kind", ["throttled", "error"])
    def test_the_wait_that_the_service_asks_for_is_kept(
        self, sandbox, client, clock, kind
    ):
        sandbox.add_fault(kind, retry_after=7_000)

        client.call(mail())

        assert clock.waits[0] == 7

    def test_a_wait_beyond_the_deadline_is_left_to_the_caller(
        self, sandbox, client, clock
    ):
        sandbox.add_fault("throttled", retry_after=3_600_000)

        error = failure(client)

        assert (error.retry_after, error.retryable, error.attempts) == (3600, True, 1)
        assert clock.waits == []

    def test_no_try_begins_after_the_deadline(self, sandbox, clock):
        sandbox.add_fault("drop_before", times=9)
        client = Client(KEY, endpoint=sandbox.url, clock=clock.clock, deadline=2)

        error = failure(client)

        assert clock.waits == [0.5, 1]
        assert error.attempts == 3

    def test_a_try_that_lasted_too_long_is_the_last(self, sandbox, client, clock):
        sandbox.add_fault("drop_before", times=9)

        def work(prepared):
            clock.now += 25

        assert failure(client, watch=work).attempts == 1

    def test_a_wait_that_is_ended_early_ends_the_call(self, sandbox):
        clock = FakeClock(ends_at=1)
        sandbox.add_fault("drop_before", times=9)

        error = failure(Client(KEY, endpoint=sandbox.url, clock=clock.clock))

        assert (error.attempts, error.accepted) == (2, "unknown")

    @pytest.mark.parametrize("attempts", [1, 2, 4])
    def test_tries_are_counted(self, sandbox, clock, attempts):
        sandbox.add_fault("throttled", times=9)
        client = Client(
            KEY, endpoint=sandbox.url, clock=clock.clock, max_attempts=attempts
        )

        error = failure(client)

        assert (error.attempts, sandbox.calls) == (attempts, attempts)
        assert str(error).startswith("Tried ") == (attempts > 1)


class TestReplays:
    @pytest.mark.parametrize(("age", "calls"), [(13 * 60, 4), (14 * 60, 1)])
    def test_a_replay_is_made_while_the_service_takes_it(
        self, sandbox, client, age, calls
    ):
        signed = datetime.now(timezone.utc) - timedelta(seconds=age)
        prepared = client.prepare(mail(), timestamp=f"{signed:%Y-%m-%dT%H:%M:%SZ}")
        sandbox.add_fault("drop_before", times=9)

        with pytest.raises(TransportError):
            client.send(prepared)

        assert sandbox.calls == calls

    def test_a_time_that_is_none_is_not_replayed(self, sandbox, client):
        sandbox.add_fault("drop_before", times=9)

        with pytest.raises(TransportError):
            client.send(client.prepare(mail(), timestamp="yesterday"))

        assert sandbox.calls == 1

    def test_seen_before_is_told_with_what_had_happened(self, sandbox, client):
        sandbox.add_fault("drop_after")

        error = failure(client)

        assert type(error) is TransportError
        assert (error.accepted, error.retryable) == ("unknown", False)
        head, _, tail = str(error).partition(", request ")
        assert head == (
            "Tried 2 times. DirectMail has seen this request before (SignatureNonceUsed"
        )
        assert tail[36:] == (
            "). The mail may have arrived before, when SingleSendMail at"
            f" {sandbox.url}: the connection broke before the answer. Look whether the"
            " mail went out before you send it again."
        )

    def test_seen_before_on_a_first_try_is_what_it_was(self, sandbox, client):
        prepared = client.prepare(mail())
        client.send(prepared)

        with pytest.raises(RejectedError) as caught:
            client.send(prepared)

        error = caught.value
        assert (error.code, error.accepted) == ("SignatureNonceUsed", "unknown")
        assert (error.attempts, sandbox.calls) == (1, 2)

    def test_a_refused_connection_does_not_settle_a_doubt(self, sandbox, client):
        sandbox.add_fault("drop_after")
        seen = []

        def stop_the_service(prepared):
            if seen:
                sandbox.stop()
            seen.append(prepared)

        error = failure(client, watch=stop_the_service)

        assert (error.accepted, error.retryable, error.attempts) == (
            "unknown",
            False,
            4,
        )
        assert "The last time: SingleSendMail at" in str(error)
        assert "the connection was refused" in str(error)
        assert len({id(call) for call in seen}) == 1

    @pytest.mark.parametrize(
        ("code", "accepted"),
        [
            ("InvalidToAddress.Spam", "no"),
            ("InvalidMailAddress.NotFound", "no"),
            ("SignatureDoesNotMatch", "unknown"),
            ("InvalidTimeStamp.Expired", "unknown"),
            ("InvalidSecurityToken.Expired", "unknown"),
            ("NoPermission", "unknown"),
            ("Whatever", "unknown"),
        ],
    )
    def test_only_who_read_the_mail_settles_a_doubt_by_a_no(
        self, sandbox, client, code, accepted
    ):
        sandbox.add_fault("drop_before")
        sandbox.add_fault("error", status=400, code=code)

        error = failure(client)

        assert (error.accepted, error.retryable) == (accepted, False)
        assert (error.attempts, sandbox.calls) == (2, 2)
        assert code in str(error)

    def test_a_failure_of_the_service_keeps_its_code(self, sandbox, client):
        sandbox.add_fault("error", status=500, code="InternalError", accept=True)

        error = failure(client)

        assert (type(error), error.code) == (ServerError, "InternalError")
        assert str(error).endswith(error.remedy)

    def test_a_question_is_asked_anew(self, sandbox, client):
        sandbox.add_fault("drop_after")
        seen = []

        client.send(client.prepare(DescAccountSummary()), watch=seen.append)

        assert len({call.request.data.nonce for call in seen}) == 2


class TestCredentials:
    EXPIRED = Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_EXPIRED_TOKEN)
    VALID = Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)

    def test_a_token_that_is_over_is_renewed_without_a_wait(self, sandbox, clock):
        given = iter([self.EXPIRED, self.VALID])
        client = Client(lambda: next(given), endpoint=sandbox.url, clock=clock.clock)

        client.call(mail())

        assert (len(sandbox.mails), sandbox.calls, sum(clock.waits)) == (1, 2, 0)

    def test_it_is_renewed_once(self, sandbox, clock):
        client = Client(self.EXPIRED, endpoint=sandbox.url, clock=clock.clock)

        error = failure(client)

        assert (type(error), error.attempts) == (CredentialsError, 2)
        assert error.code == "InvalidSecurityToken.Expired"

    def test_a_source_that_fails_in_between_leaves_the_mail_known(self, sandbox, clock):
        given = iter([KEY])
        sandbox.add_fault("throttled")
        client = Client(lambda: next(given), endpoint=sandbox.url, clock=clock.clock)

        error = failure(client)

        assert (error.accepted, error.retryable) == ("no", True)
        assert str(error) == (
            "SingleSendMail was not tried again: the credentials source raised"
            " StopIteration when it was asked once more."
        )

    def test_a_new_request_is_signed_with_the_key_of_the_moment(self, sandbox, clock):
        given = iter([KEY, self.VALID])
        sandbox.add_fault("throttled")

        Client(lambda: next(given), endpoint=sandbox.url, clock=clock.clock).call(
            mail()
        )

        assert sandbox.mails[0].access_key_id == STS_ACCESS_KEY_ID


@pytest.mark.parametrize("code", ["InvalidToAddress", "Forbidden", "Whatever"])
def test_a_refusal_is_final(sandbox, client, code):
    sandbox.add_fault("error", status=400, code=code)

    assert failure(client).attempts == 1
    assert sandbox.calls == 1


class TestWatch:
    def test_it_sees_each_request_before_it_goes_out(self, sandbox, client):
        sandbox.add_fault("throttled")
        sandbox.add_fault("drop_before")
        seen = []

        client.send(
            client.prepare(mail()),
            watch=lambda call: seen.append((call, sandbox.calls)),
        )

        calls, counts = zip(*seen, strict=True)
        assert counts == (0, 1, 2)
        assert calls[0] is not calls[1]
        assert calls[1] is calls[2]

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, ZeroDivisionError])
    def test_what_it_raises_passes_through_at_once(self, sandbox, client, kind):
        def watch(prepared):
            raise kind

        with pytest.raises(kind):
            client.send(client.prepare(mail()), watch=watch)

        assert sandbox.calls == 0

    def test_what_a_wait_raises_passes_through_at_once(self, sandbox, client, clock):
        sandbox.add_fault("throttled")

        def interrupt(prepared):
            if sandbox.calls:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            client.send(client.prepare(mail()), watch=interrupt)

        assert sandbox.calls == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-acs-retry-after": "1500"},
        {"x-ratelimit-user-api": "Limit:100,Remain:0,TimeLeft:1500"},
        {"x-ratelimit-user": "TimeLeft: 1500"},
        {"x-ratelimit-user": "TimeLeft:10", "x-ratelimit-user-api": "TimeLeft:1500"},
        {"x-acs-retry-after": "1500", "x-ratelimit-user": "TimeLeft:9000"},
    ],
)
def test_older_gateways_tell_the_wait_in_other_headers(headers):
    assert throttled(headers).retry_after == 1.5


@pytest.mark.parametrize(
    "value", ["", "TimeLeft", "TimeLeft:", "TimeLeft:-5", "Limit:100", "TimeLeft:1e3"]
)
def test_a_wait_that_is_no_number_is_none(value):
    assert throttled({"x-ratelimit-user": value}).retry_after is None


def throttled(headers):
    """Return the error of a throttled call whose answer has these headers."""
    answer = Answer(400, headers, b'{"Code":"Throttling","RequestId":"R"}')
    error = read_error("SingleSendMail", answer, read_fields(answer))
    assert type(error) is ThrottledError
    return error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_attempts", v) for v in (0, -1, 1.5, "4", True, None)),
        *(("rate_limit", v) for v in (0, -1, "4", True, None, float("inf"))),
        *(("deadline", v) for v in (-1, "4", True, None, float("inf"), float("nan"))),
    ],
)
def test_what_cannot_be_is_refused(name, value):
    with pytest.raises(ValueError, match=r"it must be (a whole|a number|seconds)"):
        Client(KEY, **{name: value})
