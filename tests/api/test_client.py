"""The client: what it takes, what it signs, and what it makes of a replay."""

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings

from django_directmail.api import (
    ApiError,
    Client,
    Credentials,
    CredentialsError,
    DescAccountSummary,
    RejectedError,
    ThrottledError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.sandbox import (
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
    Sandbox,
)
from tests.support.api_samples import KEY, mail, one_try, texts

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def test_an_unknown_signature_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="HMAC-SHA1 or ACS3-HMAC-SHA256"):
        Client(KEY, signature="HMAC-MD5")


@pytest.mark.parametrize(
    ("given", "kept"), [((5, 10), (5, 10)), ([0.5, 3], (0.5, 3)), (7, (7, 7))]
)
def test_a_timeout_is_for_connecting_and_for_reading(given, kept):
    assert Client(KEY, timeout=given).timeout == kept


@pytest.mark.parametrize(
    "timeout", [0, -1, None, "5", True, (), (1,), (1, 2, 3), (1, None), float("nan")]
)
def test_what_is_no_timeout_is_refused(timeout):
    with pytest.raises(ValueError, match="must be \\(connect, read\\) in seconds"):
        Client(KEY, timeout=timeout)


class TestPrepare:
    def test_the_same_nonce_and_time_give_the_same_bytes(self, signature):
        client = Client(KEY, signature=signature)
        fixed = {"nonce": "nonce", "timestamp": "2026-01-02T03:04:05Z"}

        first, second = [client.prepare(mail(), **fixed) for _ in range(2)]

        assert first.request == second.request
        assert first.request.body == second.request.body
        assert first.request.headers == second.request.headers

    def test_without_them_the_nonce_is_new_and_the_time_is_now(self, signature):
        client = Client(KEY, signature=signature)

        first, second = [client.prepare(mail()).request.data for _ in range(2)]

        assert first.nonce != second.nonce
        assert re.fullmatch(UUID, first.nonce)
        moment = datetime.strptime(first.timestamp, "%Y-%m-%dT%H:%M:%SZ")
        age = datetime.now(timezone.utc) - moment.replace(tzinfo=timezone.utc)
        assert timedelta(seconds=-1) < age < timedelta(seconds=30)

    def test_the_request_says_what_was_asked(self):
        client = Client(KEY, region="us-east-1")

        prepared = client.prepare(mail(), nonce="nonce", timestamp="now")

        data = prepared.request.data
        assert prepared.action == mail()
        assert vars(data) == {
            "endpoint": "https://dm.us-east-1.aliyuncs.com",
            "action": "SingleSendMail",
            "version": "2015-11-23",
            "parameters": mail().parameters(),
            "nonce": "nonce",
            "timestamp": "now",
        }

    @pytest.mark.parametrize("name", ["nonce", "timestamp"])
    @pytest.mark.parametrize("value", ["a\nb", "\u4e00"])
    def test_what_fits_into_no_header_is_refused(self, name, value):
        with pytest.raises(ValueError, match=f"{name} is .* must be printable ASCII"):
            Client(KEY).prepare(mail(), **{name: value})

    def test_what_cannot_be_sent_is_refused_before_it_is_signed(self):
        with pytest.raises(UnsupportedMessage, match="Subject"):
            Client(KEY).prepare(mail(subject="\ud800"))


def test_the_lines_for_people_have_everything_but_the_proof(signature):
    key = Credentials("key-id", "key-secret", "key-token")
    action = mail(subject="你好", html_body="")

    lines = dict(Client(key, signature=signature).prepare(action).masked_lines())

    assert action.parameters().items() <= lines.items()
    assert {name for name, value in lines.items() if value == "****"} == {
        "HMAC-SHA1": {"AccessKeyId", "SecurityToken", "Signature"},
        "ACS3-HMAC-SHA256": {"authorization", "x-acs-security-token"},
    }[signature]
    assert "key-" not in str(lines)


class TestReplays:
    @pytest.fixture
    def client(self, sandbox, signature):
        """Return a client for each signature."""
        return one_try(KEY, endpoint=sandbox.url, signature=signature)

    def test_the_same_request_is_accepted_once(self, sandbox, client):
        prepared = client.prepare(mail())
        client.send(prepared)

        with pytest.raises(RejectedError, match="SignatureNonceUsed") as caught:
            client.send(prepared)

        error = caught.value
        assert (error.code, error.accepted, error.retryable) == (
            "SignatureNonceUsed",
            "unknown",
            False,
        )
        assert len(sandbox.mails) == 1

    def test_the_same_mail_can_be_sent_as_a_new_request(self, sandbox, client):
        client.call(mail())
        client.call(mail())

        assert len(sandbox.mails) == 2

    def test_a_throttled_call_says_how_long_to_wait(self, sandbox, client):
        sandbox.add_fault("error", code="Throttling.User", status=400, retry_after=1500)

        with pytest.raises(ThrottledError) as caught:
            client.call(mail())

        assert caught.value.retry_after == 1.5
        assert (caught.value.accepted, caught.value.retryable) == ("no", True)


class TestCredentials:
    @pytest.fixture
    def temporary(self):
        """Return credentials with a token."""
        return Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)

    def test_a_token_is_sent_with_both_signatures(self, sandbox, signature, temporary):
        client = Client(temporary, endpoint=sandbox.url, signature=signature)

        client.call(mail())

        assert sandbox.mails[0].access_key_id == STS_ACCESS_KEY_ID

    def test_the_environment_is_read_at_each_call(self, sandbox, monkeypatch):
        client = Client(endpoint=sandbox.url)
        with pytest.raises(CredentialsError, match="ALIBABA_CLOUD_ACCESS_KEY_ID and"):
            client.call(mail())

        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY.access_key_secret)
        client.call(mail())
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", STS_ACCESS_KEY_ID)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET)
        monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", STS_SECURITY_TOKEN)
        client.call(mail())

        assert [m.access_key_id for m in sandbox.mails] == [
            KEY.access_key_id,
            STS_ACCESS_KEY_ID,
        ]

    def test_a_callable_is_asked_at_each_call(self, sandbox, temporary):
        given = iter([KEY, temporary])
        client = Client(lambda: next(given), endpoint=sandbox.url)

        client.call(mail())
        client.call(mail())

        assert [m.access_key_id for m in sandbox.mails] == [
            KEY.access_key_id,
            STS_ACCESS_KEY_ID,
        ]

    def test_an_object_of_the_official_package_is_asked(self, sandbox, temporary):
        class Provider:
            def get_credential(self):
                return temporary

        Client(Provider(), endpoint=sandbox.url).call(mail())

        assert sandbox.mails[0].access_key_id == STS_ACCESS_KEY_ID

    def test_a_source_of_another_kind_sends_nothing(self, sandbox):
        with pytest.raises(CredentialsError, match="gave a str;"):
            Client("sandbox-id", endpoint=sandbox.url).call(mail())

        assert sandbox.calls == 0


@pytest.fixture(scope="module")
def shared_sandbox():
    """Yield one sandbox for all examples of a test."""
    with Sandbox() as sandbox:
        yield sandbox


class TestCalls:
    @given(texts)
    @settings(max_examples=25, deadline=None)
    def test_any_text_arrives_as_it_was_given(self, shared_sandbox, text):
        body = f"x{text}"

        for signature in ("HMAC-SHA1", "ACS3-HMAC-SHA256"):
            client = Client(KEY, endpoint=shared_sandbox.url, signature=signature)
            client.call(mail(text_body=body, html_body=body))
            arrived = shared_sandbox.mails[-1]
            assert (arrived.text, arrived.html) == (body, body)

    def test_an_action_without_parameters_is_called(self, sandbox, signature):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)

        assert client.call(DescAccountSummary()).daily_quota == 2000

    def test_a_refusal_names_action_code_request_and_remedy(self, client):
        with pytest.raises(ApiError) as caught:
            client.call(mail(account_name="news@unknown.test"))

        error = caught.value
        assert re.fullmatch(
            "SingleSendMail was refused: InvalidMailAddress.NotFound"
            rf" \(request {UUID.upper().replace('A-F', 'A-F')}\)\. The specified"
            " mailAddress does not exist.*The sender address does not exist in this"
            " region. Create it in the console, or correct the sender or the region.",
            str(error),
        )
        assert error.http_status == 404

    def test_an_unreadable_answer_names_the_action(self, sandbox, client):
        sandbox.add_fault("status", status=502)

        with pytest.raises(TransportError) as caught:
            client.call(mail())

        assert str(caught.value) == (
            "SingleSendMail got no usable answer: HTTP 502 with a body that DirectMail"
            " does not send (text/html, 38 bytes). Is there a proxy in between, or is"
            " the endpoint wrong?"
        )


class TestSteps:
    """What :meth:`Client.send` does at once, for who wants to see the bare answer."""

    def test_an_answer_is_read_after_it_was_looked_at(self, client):
        prepared = client.prepare(DescAccountSummary())

        answer = client.post(prepared)

        sent = parsedate_to_datetime(answer.headers["date"])
        assert abs(datetime.now(timezone.utc) - sent) < timedelta(seconds=30)
        assert answer.status == 200
        assert client.read(prepared, answer).daily_quota == 2000

    def test_a_refusal_is_an_answer_until_it_is_read(self, sandbox, client):
        sandbox.add_fault("error", status=400, code="IllegalTimestamp")
        prepared = client.prepare(DescAccountSummary())

        answer = client.post(prepared)

        assert (answer.status, "date" in answer.headers) == (400, True)
        with pytest.raises(CredentialsError, match="IllegalTimestamp"):
            client.read(prepared, answer)

    def test_an_answer_that_does_not_come_is_none(self, sandbox, client):
        sandbox.add_fault("drop_after")

        with pytest.raises(TransportError):
            client.post(client.prepare(DescAccountSummary()))
