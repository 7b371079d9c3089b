"""Whole requests, ready to go out, in both signatures."""

from urllib.parse import parse_qsl

import pytest
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_directmail.api.signing import (
    ACS3_HMAC_SHA256,
    HMAC_SHA1,
    SIGNATURES,
    RequestData,
    hash_payload,
)
from tests.support.api_samples import (
    LONG,
    TOKENS,
    authorized,
    names,
    read_vector,
    texts,
)
from tests.support.official_sdk import sign_with_sdk


class TestWholeRequests:
    def test_an_acs3_request_has_the_known_body_and_headers(self):
        vector = read_vector("acs3-own-single-send-mail")
        headers = vector["headers"]
        data = RequestData(
            endpoint="https://dm.aliyuncs.com",
            action=headers["x-acs-action"],
            version=headers["x-acs-version"],
            parameters=dict(parse_qsl(vector["body"])),
            nonce=headers["x-acs-signature-nonce"],
            timestamp=headers["x-acs-date"],
        )

        request = SIGNATURES[ACS3_HMAC_SHA256](
            data, "testid", "testsecret", headers["x-acs-security-token"]
        )

        assert request.url == "https://dm.aliyuncs.com/"
        assert request.body == vector["body"].encode()
        assert request.headers == authorized(vector, accept="application/json")

    def test_an_rpc_request_has_the_known_parameters_and_signature(self):
        vector = read_vector("rpc-own-hard-characters")
        given = dict(vector["parameters"])
        common = {
            name: given.pop(name)
            for name in (
                "AccessKeyId",
                "Action",
                "Format",
                "SecurityToken",
                "SignatureMethod",
                "SignatureNonce",
                "SignatureVersion",
                "Timestamp",
                "Version",
            )
        }
        data = RequestData(
            endpoint="https://dm.aliyuncs.com",
            action="SingleSendMail",
            version="2015-11-23",
            parameters=given,
            nonce=common["SignatureNonce"],
            timestamp=common["Timestamp"],
        )

        request = SIGNATURES[HMAC_SHA1](
            data, "testid", "testsecret", common["SecurityToken"]
        )

        sent = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        assert sent == {**given, **common, "Signature": vector["signature"]}
        assert request.url == "https://dm.aliyuncs.com/"
        assert request.headers == {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }

    @pytest.mark.parametrize("name", SIGNATURES)
    def test_the_representation_shows_neither_parameters_nor_keys(self, name):
        parameters = {"HtmlBody": "<p>private</p>"}
        data = RequestData("https://h", "A", "V", parameters, "nonce", "time")

        request = SIGNATURES[name](data, "key-id", "key-secret", "key-token")

        shown = repr(request)
        assert "private" not in shown
        assert "key-" not in shown


class TestTheSdkAsWitness:
    @given(st.dictionaries(names, texts, max_size=5), st.sampled_from(TOKENS))
    @example({"HtmlBody": LONG, "Subject": ""}, TOKENS[1])
    @settings(max_examples=50, deadline=None)
    def test_a_whole_rpc_request_verifies_as_it_goes_out(self, parameters, token):
        data = RequestData("https://h", "Act", "V", parameters, "nonce", "time")

        request = SIGNATURES[HMAC_SHA1](data, "id", "secret", token)

        sent = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        signature = sent.pop("Signature")
        assert sent.get("SecurityToken") == token
        assert parameters.items() <= sent.items()
        assert signature == Utils.get_rpcsignature(sent, "POST", "secret")

    @given(st.dictionaries(names, texts, max_size=5), st.sampled_from(TOKENS))
    @example({"HtmlBody": LONG, "Subject": ""}, TOKENS[1])
    @settings(max_examples=50, deadline=None)
    def test_a_whole_acs3_request_verifies_as_it_goes_out(self, parameters, token):
        data = RequestData("https://h", "Act", "V", parameters, "nonce", "time")

        request = SIGNATURES[ACS3_HMAC_SHA256](data, "id", "secret", token)

        sent = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        headers = dict(request.headers)
        authorization = headers.pop("authorization")
        del headers["accept"]
        assert sent == parameters
        assert headers.get("x-acs-security-token") == token
        assert authorization == sign_with_sdk(
            "POST", {}, headers, hash_payload(request.body), "id", "secret"
        )
