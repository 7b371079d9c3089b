"""SMS by the signed client: known bytes, the sandbox, and the SDK beside it."""

import json
from dataclasses import fields

import pytest
from alibabacloud_tea_openapi.models import Config

from django_directmail.api import (
    Client,
    Credentials,
    QuerySendDetails,
    RejectedError,
    SendSms,
    ServerError,
    ThrottledError,
    TransportError,
)
from django_directmail.api.actions.sms import SmsDetail, SmsResult
from django_directmail.api.fields import wire_names
from django_directmail.api.signing import sign_rpc
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from tests.support.api_samples import KEY, one_try, read_vector
from tests.support.official_sdk import ALGORITHMS, INTERNAL, wire_names_of
from tests.support.traces import everything_shown

NUMBER = "15300000001"


def sms(**changes):
    """Return an SMS that the sandbox accepts, with ``changes``."""
    given = {
        "phone_numbers": NUMBER,
        "sign_name": "阿里云短信测试专用",
        "template_code": "SMS_71390007",
        "template_param": {"customer": "test"},
        **changes,
    }
    return SendSms(**given)


def query(message, **changes):
    """Return the question about a ``message`` of the sandbox."""
    given = {
        "phone_number": message.phone_numbers[0],
        "send_date": f"{message.moment:%Y%m%d}",
        **changes,
    }
    return QuerySendDetails(**given)


@pytest.fixture
def client(sandbox, signature):
    """Return a client of the sandbox, for each signature."""
    return Client(KEY, endpoint=sandbox.url, signature=signature)


@pytest.fixture
def models():
    """Return the models of the official SDK of SMS; skip where it is missing."""
    return pytest.importorskip("alibabacloud_dysmsapi20170525.models")


@pytest.fixture
def sdk(sandbox, signature, models):
    """Return the official SDK's client of the sandbox."""
    from alibabacloud_dysmsapi20170525.client import Client as SdkClient

    return SdkClient(
        Config(
            access_key_id=ACCESS_KEY_ID,
            access_key_secret=ACCESS_KEY_SECRET,
            endpoint=sandbox.url.removeprefix("http://"),
            protocol="http",
            signature_algorithm=ALGORITHMS[signature],
        )
    )


class TestTheWire:
    def test_parameters_and_signature_are_those_of_the_documents(self):
        vector = read_vector("rpc-sms-send-sms")
        theirs = vector["parameters"]

        request = (
            Client(Credentials(theirs["AccessKeyId"], vector["secret"]))
            .prepare(
                sms(out_id="123"),
                nonce=theirs["SignatureNonce"],
                timestamp=theirs["Timestamp"],
            )
            .request
        )

        # The documents ask for XML, name a region and sign a GET.
        data = request.data.parameters
        common = {k: v for k, v in theirs.items() if k not in data}
        assert {**common, **data} == theirs
        assert (request.data.action, request.data.version) == (
            theirs["Action"],
            theirs["Version"],
        )
        assert (
            sign_rpc("GET", {**common, **data}, vector["secret"])
            == (vector["signature"])
        )

    @pytest.mark.parametrize("region", ["cn-hangzhou", "ap-southeast-1"])
    def test_every_region_calls_the_host_of_sms(self, region):
        client = Client(KEY, region=region)

        found = [
            client.prepare(action).request.url
            for action in (
                sms(),
                QuerySendDetails(phone_number=NUMBER, send_date="20260102"),
            )
        ]

        assert found == ["https://dysmsapi.aliyuncs.com/"] * 2

    @pytest.mark.parametrize("name", ["SendSms", "QuerySendDetails"])
    def test_no_parameter_is_missing_or_has_another_name(self, models, name):
        theirs = getattr(models, f"{name}Request")()
        ours = {"SendSms": SendSms, "QuerySendDetails": QuerySendDetails}[name]

        assert {f.name for f in fields(ours)} == set(vars(theirs)) - INTERNAL
        assert set(wire_names(ours).values()) <= wire_names_of(theirs)

    def test_no_field_of_a_result_has_another_name(self, models):
        body = models.SendSmsResponseBody()
        row = models.QuerySendDetailsResponseBodySmsSendDetailDTOsSmsSendDetailDTO()

        assert set(wire_names(SmsResult).values()) <= wire_names_of(body)
        assert set(wire_names(SmsDetail).values()) - {"RequestId"} == (
            wire_names_of(row)
        )


class TestAgainstTheSandbox:
    def test_an_sms_arrives_as_it_was_sent(self, sandbox, client, signature):
        result = client.call(
            sms(phone_numbers=f"{NUMBER},+85200001234", out_id="order-1")
        )

        (arrived,) = sandbox.sms
        assert arrived.as_dict() == {
            "id": 1,
            "received_at": arrived.received_at,
            "signature": signature,
            "access_key_id": ACCESS_KEY_ID,
            "biz_id": result.biz_id,
            "request_id": result.request_id,
            "phone_numbers": [NUMBER, "+85200001234"],
            "sign_name": "阿里云短信测试专用",
            "template_code": "SMS_71390007",
            "template_params": {"customer": "test"},
            "out_id": "order-1",
            "sms_up_extend_code": "",
        }

    def test_the_details_say_that_it_was_delivered(self, sandbox, client):
        client.call(sms(out_id="order-1"))
        client.call(sms(phone_numbers="13900000000"))

        details = client.call(query(sandbox.sms[0]))

        assert details.total_count == 1
        (row,) = details.items
        moment = f"{sandbox.sms[0].moment:%Y-%m-%d %H:%M:%S}"
        assert dict(row.wire_items()) == {
            "RequestId": "",
            "PhoneNum": NUMBER,
            "SendStatus": 3,
            "ErrCode": "DELIVERED",
            "TemplateCode": "SMS_71390007",
            "Content": '【阿里云短信测试专用】SMS_71390007 {"customer": "test"}',
            "SendDate": moment,
            "ReceiveDate": moment,
            "OutId": "order-1",
        }

    def test_a_day_without_sms_has_no_details(self, client):
        details = client.call(
            QuerySendDetails(phone_number=NUMBER, send_date="20200101")
        )

        assert (details.total_count, details.items) == (0, ())

    def test_the_sdk_sends_the_same_sms(self, sandbox, client, sdk, models):
        client.call(sms(out_id="1", sms_up_extend_code="9"))

        answer = sdk.send_sms(
            models.SendSmsRequest(
                phone_numbers=NUMBER,
                sign_name="阿里云短信测试专用",
                template_code="SMS_71390007",
                template_param=json.dumps({"customer": "test"}),
                out_id="1",
                sms_up_extend_code="9",
            )
        ).body

        ours, theirs = (message.as_dict() for message in sandbox.sms)
        own = ("id", "received_at", "biz_id", "request_id")
        assert {k: v for k, v in ours.items() if k not in own} == (
            {k: v for k, v in theirs.items() if k not in own}
        )
        assert answer.to_map() == {
            "BizId": theirs["biz_id"],
            "Code": "OK",
            "Message": "OK",
            "RequestId": theirs["request_id"],
        }

    def test_the_details_are_what_the_sdk_reads(self, sandbox, client, sdk, models):
        for number in range(3):
            client.call(sms(out_id=str(number)))
        asked = query(sandbox.sms[0], page_size=2, current_page=2)

        theirs = sdk.query_send_details(
            models.QuerySendDetailsRequest(
                **{f.name: getattr(asked, f.name) for f in fields(asked)}
            )
        ).body.to_map()
        ours = client.call(asked)

        rows = [dict(row.wire_items()) for row in ours.items]
        assert [
            {**row, "RequestId": ""}
            for row in theirs["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
        ] == rows
        assert int(theirs["TotalCount"]) == ours.total_count == 3
        assert [row.out_id for row in ours.items] == ["0"]


class TestErrors:
    def test_a_no_with_http_200_is_an_error(self, sandbox, client):
        with pytest.raises(RejectedError, match="isv.SMS_TEMPLATE_ILLEGAL") as caught:
            client.call(sms(template_code="4711"))

        error = caught.value
        assert (error.accepted, error.http_status) == ("no", 200)
        assert error.request_id
        assert sandbox.sms == []

    @pytest.mark.parametrize(
        ("code", "kind", "accepted"),
        [
            ("isv.BUSINESS_LIMIT_CONTROL", ThrottledError, "no"),
            ("isp.SYSTEM_ERROR", ServerError, "unknown"),
        ],
    )
    def test_its_code_decides_the_certainty(
        self, sandbox, signature, code, kind, accepted
    ):
        client = one_try(KEY, endpoint=sandbox.url, signature=signature)
        sandbox.add_fault("error", code=code, status=200)

        with pytest.raises(kind) as caught:
            client.call(sms())

        assert caught.value.accepted == accepted

    def test_an_answer_that_is_cut_off_leaves_it_unknown(self, sandbox, client):
        sandbox.add_fault("drop_after")

        with pytest.raises(TransportError) as caught:
            client.call(sms())

        assert caught.value.accepted == "unknown"
        assert len(sandbox.sms) == 1

    def test_no_number_and_no_code_is_shown(self, sandbox, client):
        number, secret = "13912345678", "482913-secret-code"
        text = f"{number} of 8613987654321 got {secret}, as +{number}"
        sandbox.add_fault("error", code="isv.X", status=200, message=text)
        action = sms(
            phone_numbers=f"{number},13987654321", template_param={"code": secret}
        )

        with pytest.raises(RejectedError) as caught:
            client.call(action)

        shown = everything_shown(caught.value, package_only=True) + repr(action)
        assert "[...]78" in caught.value.message
        for hidden in (number, "13987654321", "345678"):
            assert hidden not in shown

    def test_the_repr_of_details_has_two_digits_of_the_number(self, sandbox, client):
        client.call(sms(template_param={"code": "482913"}))
        question = query(sandbox.sms[0])

        shown = repr(client.call(question)) + repr(question) + repr(sandbox.sms)

        assert "...01" in shown
        for hidden in (NUMBER, "482913"):
            assert hidden not in shown
