"""Signatures against known answers, the official SDK, and attempts to forge them."""

import pytest
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_directmail.api import InvalidSignature
from django_directmail.api.signing import (
    Authorization,
    build_canonical_query,
    build_canonical_request,
    build_string_to_sign,
    hash_payload,
    parse_authorization,
    sign_acs3,
    sign_rpc,
    verify_acs3,
    verify_rpc,
)
from tests.support.api_samples import (
    LONG,
    TOKENS,
    VECTORS,
    authorized,
    names,
    read_vector,
    texts,
    vector_names,
)
from tests.support.official_sdk import sign_with_sdk

RPC = vector_names("rpc")
ACS3 = vector_names("acs3")


def canonical_request(vector):
    """Return the canonical request of a known answer, built by the package."""
    return build_canonical_request(
        vector["method"],
        vector["query"],
        vector["headers"],
        vector["headers"],
        hash_payload(vector["body"].encode()),
    )


def test_every_known_answer_says_where_it_comes_from():
    found = {path.stem for path in VECTORS.iterdir()}

    assert found == {*RPC, *ACS3}
    assert all(read_vector(name)["provenance"] for name in found)


@pytest.mark.parametrize("name", RPC)
class TestKnownRpcAnswers:
    def test_the_string_to_sign_is_the_documented_one(self, name):
        vector = read_vector(name)
        query = build_canonical_query(vector["parameters"])

        text = build_string_to_sign(vector["method"], query)

        assert text == (vector["string_to_sign"] or text)

    def test_the_signature_is_the_documented_one(self, name):
        vector = read_vector(name)

        signature = sign_rpc(vector["method"], vector["parameters"], vector["secret"])

        assert signature == vector["signature"]

    def test_the_documented_signature_verifies(self, name):
        vector = read_vector(name)
        parameters = {**vector["parameters"], "Signature": vector["signature"]}

        verify_rpc(vector["method"], parameters, vector["secret"])

    def test_the_sdk_agrees(self, name):
        vector = read_vector(name)

        signature = Utils.get_rpcsignature(
            vector["parameters"], vector["method"], vector["secret"]
        )

        assert signature == vector["signature"]


@pytest.mark.parametrize("name", ACS3)
class TestKnownAcs3Answers:
    def test_the_canonical_request_is_the_documented_one(self, name):
        vector = read_vector(name)

        text = canonical_request(vector)

        assert text == (vector["canonical_request"] or text)
        digest = hash_payload(text.encode())
        assert digest == (vector["canonical_request_sha256"] or digest)

    def test_the_signature_is_the_documented_one(self, name):
        vector = read_vector(name)

        signature = sign_acs3(canonical_request(vector), vector["secret"])

        assert signature == vector["signature"]

    def test_the_documented_signature_verifies(self, name):
        vector = read_vector(name)

        verify_acs3(
            vector["method"],
            vector["query"],
            authorized(vector),
            vector["body"].encode(),
            vector["secret"],
        )

    def test_the_sdk_agrees(self, name):
        vector = read_vector(name)

        header = sign_with_sdk(
            vector["method"],
            vector["query"],
            vector["headers"],
            vector["headers"]["x-acs-content-sha256"],
            vector["access_key_id"],
            vector["secret"],
        )

        assert header == authorized(vector)["authorization"]


@pytest.mark.parametrize("name", [n for n in RPC if "misprint" in read_vector(n)])
def test_a_misprinted_rpc_signature_does_not_verify(name):
    vector = read_vector(name)
    parameters = {**vector["parameters"], "Signature": vector["misprint"]}

    with pytest.raises(InvalidSignature):
        verify_rpc(vector["method"], parameters, vector["secret"])


def test_the_signature_beside_the_header_table_does_not_verify():
    vector = read_vector("acs3-ecs-run-instances-header-table")
    vector["signature"] = vector["misprint"]

    with pytest.raises(InvalidSignature):
        verify_acs3("POST", vector["query"], authorized(vector), b"", vector["secret"])


class TestTheSdkAsWitness:
    @given(st.dictionaries(names, texts, max_size=5), st.sampled_from(["GET", "POST"]))
    @example({"HtmlBody": LONG, "Subject": ""}, "POST")
    @settings(max_examples=100, deadline=None)
    def test_rpc_signatures_are_equal(self, parameters, method):
        expected = Utils.get_rpcsignature(parameters, method, "secret")

        assert sign_rpc(method, parameters, "secret") == expected

    @given(st.dictionaries(names, texts, max_size=4), texts, st.sampled_from(TOKENS))
    @example({"HtmlBody": LONG}, LONG, TOKENS[1])
    @settings(max_examples=100, deadline=None)
    def test_acs3_signatures_are_equal(self, query, text, token):
        body = text.encode()
        headers = {
            "host": "dm.aliyuncs.com",
            "x-acs-content-sha256": hash_payload(body),
            **({"x-acs-security-token": token} if token else {}),
        }
        expected = sign_with_sdk(
            "POST", query, headers, hash_payload(body), "id", "secret"
        )

        text = build_canonical_request(
            "POST", query, headers, headers, hash_payload(body)
        )
        ours = Authorization("id", tuple(sorted(headers)), sign_acs3(text, "secret"))

        assert str(ours) == expected


class TestTamperedRpcRequests:
    @pytest.fixture
    def signed(self):
        """Return the parameters of a known answer with their signature."""
        vector = read_vector("rpc-own-hard-characters")
        return {**vector["parameters"], "Signature": vector["signature"]}

    @pytest.mark.parametrize(
        "name", [*read_vector("rpc-own-hard-characters")["parameters"], "Signature"]
    )
    def test_a_changed_or_missing_parameter_is_noticed(self, signed, name):
        changed = {**signed, name: signed[name] + "."}
        missing = {key: value for key, value in signed.items() if key != name}

        for parameters in (changed, missing):
            with pytest.raises(InvalidSignature):
                verify_rpc("POST", parameters, "testsecret")

    def test_an_added_parameter_is_noticed(self, signed):
        with pytest.raises(InvalidSignature):
            verify_rpc("POST", {**signed, "Extra": ""}, "testsecret")

    @pytest.mark.parametrize(
        ("method", "secret"), [("GET", "testsecret"), ("POST", "")]
    )
    def test_another_method_or_secret_is_noticed(self, signed, method, secret):
        with pytest.raises(InvalidSignature):
            verify_rpc(method, signed, secret)

    @pytest.mark.parametrize("forged", ["подпись", "\ud800", "=", ""])
    def test_a_signature_of_odd_characters_is_refused(self, signed, forged):
        with pytest.raises(InvalidSignature):
            verify_rpc("POST", {**signed, "Signature": forged}, "testsecret")

    def test_a_method_that_the_gateway_does_not_take_is_an_error(self, signed):
        with pytest.raises(ValueError, match="PUT.*GET and POST"):
            verify_rpc("PUT", signed, "testsecret")


class TestTamperedAcs3Requests:
    @pytest.fixture
    def vector(self):
        """Return the known answer for a mail with a token."""
        return read_vector("acs3-own-single-send-mail")

    def refuse(self, vector, headers, *, method="POST", query=None, body=None):
        """Assert that this request is refused."""
        body = vector["body"].encode() if body is None else body
        with pytest.raises(InvalidSignature):
            verify_acs3(method, query or {}, headers, body, "testsecret")

    @pytest.mark.parametrize(
        "name", read_vector("acs3-own-single-send-mail")["headers"]
    )
    def test_a_changed_or_missing_header_is_noticed(self, vector, name):
        headers = authorized(vector)

        self.refuse(vector, {**headers, name: headers[name] + "."})
        self.refuse(vector, {k: v for k, v in headers.items() if k != name})

    @given(st.data())
    @settings(max_examples=30, deadline=None)
    def test_a_changed_byte_of_the_body_is_noticed(self, data):
        vector = read_vector("acs3-own-single-send-mail")
        body = bytearray(vector["body"].encode())
        position = data.draw(st.integers(0, len(body) - 1))
        body[position] ^= data.draw(st.integers(1, 255))

        self.refuse(vector, authorized(vector), body=bytes(body))

    def test_a_changed_body_with_its_own_hash_is_noticed(self, vector):
        headers = authorized(vector, **{"x-acs-content-sha256": hash_payload(b"x")})

        self.refuse(vector, headers, body=b"x")

    def test_a_wrong_hash_of_the_body_is_refused_even_if_it_is_signed(self, vector):
        vector["headers"]["x-acs-content-sha256"] = hash_payload(b"x")
        vector["signature"] = sign_acs3(canonical_request(vector), "testsecret")

        self.refuse(vector, authorized(vector))

    def test_another_method_or_a_query_is_noticed(self, vector):
        self.refuse(vector, authorized(vector), method="GET")
        self.refuse(vector, authorized(vector), query={"Subject": "x"})

    def test_an_extra_header_of_the_gateway_must_be_signed(self, vector):
        self.refuse(vector, authorized(vector, **{"x-acs-extra": "1"}))

    def test_an_extra_header_of_others_need_not_be_signed(self, vector):
        headers = authorized(vector, **{"user-agent": "anything"})

        verify_acs3("POST", {}, headers, vector["body"].encode(), "testsecret")

    def test_a_host_that_is_not_signed_is_refused(self, vector):
        # Signed rightly, but without the host.
        del vector["headers"]["host"]
        vector["signature"] = sign_acs3(canonical_request(vector), "testsecret")

        self.refuse(vector, authorized(vector, host="dm.aliyuncs.com"))

    @pytest.mark.parametrize("forged", ["подпись", "\ud800", ""])
    def test_a_signature_of_odd_characters_is_refused(self, vector, forged):
        vector["signature"] = forged

        self.refuse(vector, authorized(vector))

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Basic dGVzdGlkOnRlc3Q=",
            "ACS3-HMAC-SHA256",
            "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host",
            "ACS3-HMAC-SM3 Credential=testid,SignedHeaders=host,Signature=1",
        ],
    )
    def test_an_authorization_of_another_form_is_refused(self, vector, header):
        self.refuse(vector, {**vector["headers"], "authorization": header})


def test_an_authorization_header_is_read_as_it_was_written():
    written = Authorization("testid", ("host", "x-acs-date"), "0123abcd")

    assert parse_authorization(str(written)) == written


def test_parameters_are_sorted_by_byte_not_by_number():
    parameters = {"B.2": "", "B.10": "", "a": "", "C": ""}

    assert build_canonical_query(parameters) == "B.10=&B.2=&C=&a="
