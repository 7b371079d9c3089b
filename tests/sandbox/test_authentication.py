"""Keys, times, nonces and signatures, with bare HTTP and with the official SDK."""

from urllib.parse import urlencode

import pytest
from alibabacloud_dm20151123 import models
from darabonba.exceptions import DaraException
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_directmail.api import (
    ApiError,
    Client,
    Credentials,
)
from django_directmail.api.signing import SIGNATURES, SignedRequest
from django_directmail.sandbox import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
    accounts,
)
from django_directmail.sandbox.authentication import Nonces
from tests.support.api_samples import KEY, LONG, NASTY, mail, read_vector, texts
from tests.support.official_sdk import PERMANENT, TEMPORARY, sdk_client
from tests.support.sandbox_calls import FORM, get, parameters, post, send, utc

TEMPORARY_KEY = Credentials(
    STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN
)


@pytest.fixture(params=SIGNATURES)
def signature(request):
    """Run the test once for each signature."""
    return request.param


def refusal(client, prepared=None):
    """Send a mail, or what is ``prepared``, and return the exception."""
    with pytest.raises(ApiError) as caught:
        client.send(prepared or client.prepare(mail()))
    return caught.value


class TestKeys:
    @pytest.mark.parametrize(
        ("signature", "key", "status", "code"),
        [
            (
                "HMAC-SHA1",
                Credentials("nobody", "secret"),
                404,
                "InvalidAccessKeyId.NotFound",
            ),
            (
                "ACS3-HMAC-SHA256",
                Credentials(accounts.INACTIVE_ACCESS_KEY_ID, ACCESS_KEY_SECRET),
                400,
                "InvalidAccessKeyId.Inactive",
            ),
            (
                "HMAC-SHA1",
                Credentials(ACCESS_KEY_ID, "wrong"),
                400,
                "SignatureDoesNotMatch",
            ),
            (
                "ACS3-HMAC-SHA256",
                Credentials(ACCESS_KEY_ID, "wrong"),
                400,
                "SignatureDoesNotMatch",
            ),
            (
                "HMAC-SHA1",
                Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET),
                400,
                "MissingSecurityToken",
            ),
            (
                "ACS3-HMAC-SHA256",
                Credentials(
                    STS_ACCESS_KEY_ID,
                    STS_ACCESS_KEY_SECRET,
                    accounts.STS_EXPIRED_TOKEN,
                ),
                400,
                "InvalidSecurityToken.Expired",
            ),
            (
                "HMAC-SHA1",
                Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, "another"),
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
            ),
            (
                "ACS3-HMAC-SHA256",
                Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET, STS_SECURITY_TOKEN),
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
            ),
        ],
    )
    def test_a_key_that_is_not_right_is_refused(
        self, sandbox, signature, key, status, code
    ):
        client = Client(key, endpoint=sandbox.url, signature=signature)

        error = refusal(client)

        assert (error.http_status, error.code) == (status, code)
        assert sandbox.mails == []

    @pytest.mark.parametrize("key", [KEY, TEMPORARY_KEY], ids=["permanent", "sts"])
    def test_a_right_key_is_accepted(self, sandbox, signature, key):
        Client(key, endpoint=sandbox.url, signature=signature).call(mail())

        (arrived,) = sandbox.mails
        assert (arrived.access_key_id, arrived.signature) == (
            key.access_key_id,
            signature,
        )


class TestTime:
    @pytest.mark.parametrize(
        ("signature", "minutes"), [("HMAC-SHA1", -14), ("ACS3-HMAC-SHA256", 14)]
    )
    def test_a_clock_fourteen_minutes_off_will_do(self, sandbox, signature, minutes):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)

        client.send(client.prepare(mail(), timestamp=utc(minutes=minutes)))

        assert len(sandbox.mails) == 1

    @pytest.mark.parametrize(
        ("signature", "minutes"),
        [
            ("HMAC-SHA1", -16),
            ("HMAC-SHA1", 24 * 60),
            ("ACS3-HMAC-SHA256", 16),
            ("ACS3-HMAC-SHA256", -24 * 60),
        ],
    )
    def test_a_clock_sixteen_minutes_off_will_not(self, sandbox, signature, minutes):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)

        error = refusal(client, client.prepare(mail(), timestamp=utc(minutes=minutes)))

        assert (error.http_status, error.code) == (400, "InvalidTimeStamp.Expired")
        assert sandbox.mails == []

    @pytest.mark.parametrize(
        ("signature", "timestamp"),
        [
            ("HMAC-SHA1", "now"),
            ("HMAC-SHA1", "2026-01-02"),
            ("HMAC-SHA1", "2026-01-02 03:04:05"),
            ("HMAC-SHA1", "2026-01-02T03:04:05"),
            ("ACS3-HMAC-SHA256", "2026-01-02T03:04:05.123Z"),
            ("ACS3-HMAC-SHA256", "2026-01-02T03:04:05+00:00"),
            ("ACS3-HMAC-SHA256", "2026-13-02T03:04:05Z"),
            ("ACS3-HMAC-SHA256", "1767323045"),
        ],
    )
    def test_a_time_of_another_form_is_refused(self, sandbox, signature, timestamp):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)

        error = refusal(client, client.prepare(mail(), timestamp=timestamp))

        assert error.code == "InvalidTimeStamp.Format"


class TestNonces:
    def test_a_nonce_is_good_for_one_call(self, sandbox, signature):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)
        client.send(client.prepare(mail(subject="first"), nonce="same"))

        error = refusal(client, client.prepare(mail(subject="second"), nonce="same"))

        assert (error.http_status, error.code) == (400, "SignatureNonceUsed")
        assert [m.subject for m in sandbox.mails] == ["first"]

    def test_a_nonce_is_used_up_by_a_call_that_the_service_refuses(
        self, sandbox, signature
    ):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)
        prepared = client.prepare(mail(account_name="news@unknown.test"))

        codes = [refusal(client, prepared).code for _ in range(2)]

        assert codes == ["InvalidMailAddress.NotFound", "SignatureNonceUsed"]

    def test_a_nonce_is_not_used_up_by_a_forgery(self, sandbox, signature):
        forger = Client(
            Credentials(ACCESS_KEY_ID, "guess"),
            endpoint=sandbox.url,
            signature=signature,
        )
        client = Client(KEY, endpoint=sandbox.url, signature=signature)
        refusal(forger, forger.prepare(mail(), nonce="same"))

        client.send(client.prepare(mail(), nonce="same"))

        assert len(sandbox.mails) == 1

    def test_keys_do_not_share_nonces(self, sandbox, signature):
        for key in (KEY, TEMPORARY_KEY):
            client = Client(key, endpoint=sandbox.url, signature=signature)
            client.send(client.prepare(mail(), nonce="same"))

        assert len(sandbox.mails) == 2

    def test_a_nonce_is_forgotten_when_no_request_with_it_is_taken_any_more(self):
        nonces = Nonces()
        half_an_hour = 30 * 60

        used = [
            nonces.use("id", "same", now)
            for now in (0, half_an_hour - 1, half_an_hour, half_an_hour + 1)
        ]

        assert used == [True, False, True, False]


class TestCommonParameters:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("AccessKeyId", None),
            ("Action", None),
            ("SignatureMethod", None),
            ("SignatureNonce", None),
            ("SignatureVersion", None),
            ("Timestamp", None),
            ("Version", None),
            ("Version", ""),
        ],
    )
    def test_each_one_is_mandatory(self, sandbox, name, value):
        reply = post(sandbox, **{name: value})

        assert (reply.status, reply.code) == (400, f"Missing{name}")
        assert sandbox.mails == []

    def test_a_call_without_a_signature_is_incomplete(self, sandbox):
        reply = post(sandbox, Signature="")

        assert (reply.status, reply.code) == (400, "IncompleteSignature")

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"Signature": "подпись"}, 400, "SignatureDoesNotMatch"),
            ({"SignatureMethod": "HMAC-SHA256"}, 400, "InvalidSignatureMethod"),
            ({"SignatureVersion": "2.0"}, 400, "InvalidSignatureMethod"),
            ({"Format": "YAML"}, 400, "InvalidParameter.Format"),
        ],
    )
    def test_a_wrong_one_is_refused(self, sandbox, changes, status, code):
        reply = post(sandbox, **changes)

        assert (reply.status, reply.code) == (status, code)

    def test_the_oldest_spelling_of_the_method_is_accepted(self, sandbox):
        assert post(sandbox, SignatureMethod="Hmac-SHA1").status == 200

    def test_an_empty_parameter_of_old_samples_is_signed_like_any_other(self, sandbox):
        assert post(sandbox, SignatureType="").status == 200

    def test_a_get_is_signed_as_a_get(self, sandbox):
        signed_as_post = send(sandbox, "GET", f"/?{urlencode(parameters('POST'))}")

        assert get(sandbox).status == 200
        assert signed_as_post.code == "SignatureDoesNotMatch"

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods_are_refused(self, sandbox, method):
        path = f"/?{urlencode(parameters())}"

        reply = send(sandbox, method, path)

        assert (reply.status, reply.code) == (400, "UnsupportedHTTPMethod")

    def test_a_mismatch_repeats_the_string_to_sign_as_the_service_does(self, sandbox):
        reply = post(sandbox, secret="wrong", Subject="a b")

        message = reply.fields["Message"]
        assert "server string to sign is:POST&%2F&AccessKeyId%3D" in message
        assert "%26Subject%3Da%2520b%26" in message

    def test_a_known_answer_gets_as_far_as_its_time(self, sandbox):
        vector = read_vector("rpc-own-hard-characters")
        found = {**vector["parameters"], "Signature": vector["signature"]}

        reply = send(sandbox, "POST", "/", urlencode(found), FORM)

        # Another account's key, of another year.
        assert reply.code == "InvalidAccessKeyId.NotFound"


class TestHeaders:
    """The common parameters of ACS3-HMAC-SHA256, which are headers."""

    @pytest.fixture
    def client(self, sandbox):
        """Return a client that signs this way."""
        return Client(KEY, endpoint=sandbox.url, signature="ACS3-HMAC-SHA256")

    def reply(self, sandbox, client, *, without=(), body=None, **changes):
        """Send a signed mail with changed headers; ``_`` in a name is ``-``."""
        request: SignedRequest = client.prepare(mail()).request
        headers = {k: v for k, v in request.headers.items() if k not in without}
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return send(sandbox, "POST", "/", body or request.body, headers)

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("x-acs-action", "MissingParameter"),
            ("x-acs-version", "MissingParameter"),
            ("x-acs-date", "MissingParameter"),
            ("x-acs-signature-nonce", "MissingParameter"),
            ("x-acs-content-sha256", "MissingParameter"),
            ("authorization", "IncompleteSignature"),
        ],
    )
    def test_each_one_is_mandatory(self, sandbox, client, name, code):
        reply = self.reply(sandbox, client, without=[name])

        assert (reply.status, reply.code) == (400, code)
        assert sandbox.mails == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"x_acs_action": "DescAccountSummary"},
            {"x_acs_version": "2017-06-22"},
            {"x_acs_date": "2026-01-02T03:04:05Z"},
            {"x_acs_signature_nonce": "another"},
            {"x_acs_extra": "not signed"},
            {"body": b"AccountName=another%40example.com"},
        ],
    )
    def test_a_changed_one_does_not_match(self, sandbox, client, changes):
        reply = self.reply(sandbox, client, **changes)

        assert (reply.status, reply.code) == (400, "SignatureDoesNotMatch")
        assert "server CanonicalRequest is:POST\n/\n" in reply.fields["Message"]

    def test_another_kind_of_authorization_is_incomplete(self, sandbox, client):
        reply = self.reply(sandbox, client, authorization="Basic aWQ6c2VjcmV0")

        assert (reply.status, reply.code) == (400, "IncompleteSignature")


@pytest.mark.parametrize("key", [PERMANENT, TEMPORARY], ids=["permanent", "sts"])
class TestTheSdkAsClient:
    @given(text=texts, alias=st.sampled_from(NASTY))
    @example(text=LONG, alias="")
    @settings(max_examples=15, deadline=None)
    def test_what_it_sends_arrives_as_it_was_given(
        self, shared_sandbox, key, text, alias
    ):
        given = {
            "account_name": "news@mail.example.com",
            "address_type": 1,
            "from_alias": alias[:15],
            "html_body": f"<p>{text}</p>",
            "reply_to_address": False,
            "subject": "x" + text[:255],
            "text_body": f"x{text}",
            "to_address": "alice@example.org,bob@example.org",
        }
        for signature in SIGNATURES:
            client = sdk_client(shared_sandbox, signature=signature, key=key)

            answer = client.single_send_mail(models.SingleSendMailRequest(**given))

            arrived = shared_sandbox.mails[-1]
            assert arrived.signature == signature
            assert answer.body.env_id == arrived.env_id
            assert answer.body.request_id == arrived.request_id
            assert given == {
                "account_name": arrived.sender,
                "address_type": 1,
                "from_alias": arrived.sender_name,
                "html_body": arrived.html,
                "reply_to_address": False,
                "subject": arrived.subject,
                "text_body": arrived.text,
                "to_address": ",".join(arrived.to),
            }

    def test_a_wrong_secret_is_understood_by_it(self, sandbox, signature, key):
        client = sdk_client(sandbox, signature=signature, key=(key[0], "no", key[2]))

        with pytest.raises(DaraException) as caught:
            client.desc_account_summary(models.DescAccountSummaryRequest())

        assert caught.value.code == "SignatureDoesNotMatch"
