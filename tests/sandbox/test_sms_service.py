"""SMS in the sandbox: accepted, refused, queried and listed."""

import json
from datetime import timedelta

import pytest

from django_directmail.sandbox import Sandbox
from tests.support import sandbox_calls as calls
from tests.support.sandbox_mails import send as send_mail

SMS = {
    "Action": "SendSms",
    "Version": "2017-05-25",
    "PhoneNumbers": "13900000001",
    "SignName": "Shop",
    "TemplateCode": "SMS_1001",
    **dict.fromkeys(
        (
            "AccountName",
            "AddressType",
            "ReplyToAddress",
            "Subject",
            "TextBody",
            "ToAddress",
        )
    ),
}


def post(sandbox, **changes):
    """Send an SMS as bare HTTP and return the reply."""
    return calls.post(sandbox, **{**SMS, **changes})


def ask(sandbox, **changes):
    """Ask for the details of the last SMS and return the reply."""
    day = f"{sandbox.sms[-1].moment:%Y%m%d}" if sandbox.sms else "20260102"
    asked = {
        **SMS,
        "Action": "QuerySendDetails",
        "PhoneNumber": "13900000001",
        "SendDate": day,
        "PageSize": "10",
        "CurrentPage": "1",
        **changes,
    }
    return calls.post(sandbox, **asked)


def out_ids(reply):
    """Return the ids that the caller gave, of the details in a reply."""
    return [
        row["OutId"] for row in reply.fields["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    ]


def test_the_answer_has_the_documented_fields(sandbox):
    reply = post(sandbox)

    (message,) = sandbox.sms
    assert reply.status == 200
    assert reply.fields == {
        "Message": "OK",
        "RequestId": message.request_id,
        "BizId": message.biz_id,
        "Code": "OK",
    }


def test_xml_has_the_same_fields(sandbox):
    sent = post(sandbox, Format="XML").xml
    found = ask(sandbox, Format="XML").xml

    assert (sent.tag, sent.findtext("BizId")) == (
        "SendSmsResponse",
        sandbox.sms[0].biz_id,
    )
    row = found.find("SmsSendDetailDTOs/SmsSendDetailDTO")
    assert row.findtext("PhoneNum") == "13900000001"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PhoneNumbers": "1390000000x"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "13900000001,"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "13900000001;13900000002"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "１３９００００００００"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "139000001," * 1000 + "139"}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"TemplateCode": "1001"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "code"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '["code"]'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"code": 1234}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"code": "\\ud800"}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[" * 100_000}, "isv.INVALID_JSON_PARAM"),
    ],
)  # fmt: skip
def test_a_wrong_sms_is_refused_with_http_200(sandbox, changes, code):
    reply = post(sandbox, **changes)

    assert (reply.status, reply.code) == (200, code)
    assert set(reply.fields) == {"Message", "RequestId", "Code"}
    assert sandbox.sms == []
    assert [refused["code"] for refused in sandbox.mailbox.refused()] == [code]


@pytest.mark.parametrize("name", ["PhoneNumbers", "SignName", "TemplateCode"])
def test_a_parameter_that_is_missing_is_refused_with_http_400(sandbox, name):
    reply = post(sandbox, **{name: None})

    assert (reply.status, reply.code) == (400, f"Missing{name}")


@pytest.mark.parametrize(
    "numbers",
    [
        "13900000001",
        "+8613900000001",
        "008613900000001",
        "8613900000001",
        "85200001234",
    ],
)
def test_each_documented_form_of_a_number_is_taken(sandbox, numbers):
    assert post(sandbox, PhoneNumbers=numbers).code == "OK"


def test_a_thousand_numbers_are_taken(sandbox):
    numbers = [f"1390000{n:04}" for n in range(1000)]

    assert post(sandbox, PhoneNumbers=",".join(numbers)).code == "OK"
    assert sandbox.sms[0].phone_numbers == numbers


@pytest.mark.parametrize("action", ["SendSms", "QuerySendDetails"])
def test_neither_action_is_one_of_the_product_for_mail(sandbox, action):
    reply = post(sandbox, Action=action, Version="2015-11-23")

    assert (reply.status, reply.code) == (404, "InvalidApi.NotFound")


class TestDetails:
    def test_a_prefix_of_the_mainland_makes_no_difference(self, sandbox):
        post(sandbox, PhoneNumbers="+8613900000001,85200001234")

        found = ask(sandbox, PhoneNumber="008613900000001").fields

        row = found["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]
        assert row["PhoneNum"] == "13900000001"
        assert found["TotalCount"] == "1"

    def test_the_newest_come_first_by_pages(self, sandbox):
        for number in range(3):
            post(sandbox, OutId=str(number))

        pages = [ask(sandbox, PageSize="2", CurrentPage=n) for n in ("1", "2", "3")]

        assert [out_ids(page) for page in pages] == [["2", "1"], ["0"], []]

    def test_a_biz_id_finds_one_sms(self, sandbox):
        post(sandbox, OutId="first")
        post(sandbox, OutId="second")

        assert out_ids(ask(sandbox, BizId=sandbox.sms[0].biz_id)) == ["first"]

    def test_another_day_or_number_has_none(self, sandbox):
        post(sandbox)
        before = sandbox.sms[0].moment - timedelta(days=1)

        assert out_ids(ask(sandbox, SendDate=f"{before:%Y%m%d}")) == []
        assert out_ids(ask(sandbox, PhoneNumber="13900000002")) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"SendDate": "2026-01-02"},
            {"PageSize": "51"},
            {"PageSize": "0"},
            {"PageSize": "ten"},
            {"CurrentPage": "0"},
        ],
    )
    def test_a_wrong_question_is_refused(self, sandbox, changes):
        reply = ask(sandbox, **changes)

        assert (reply.status, reply.code) == (200, "isv.INVALID_PARAMETERS")

    @pytest.mark.parametrize(
        "name", ["PhoneNumber", "SendDate", "PageSize", "CurrentPage"]
    )
    def test_all_but_the_biz_id_is_mandatory(self, sandbox, name):
        reply = ask(sandbox, **{name: None})

        assert (reply.status, reply.code) == (400, f"Missing{name}")


class TestBounds:
    def test_the_oldest_makes_room(self):
        with Sandbox(capacity=2) as sandbox:
            for number in range(3):
                post(sandbox, OutId=str(number))

            assert [message.out_id for message in sandbox.sms] == ["1", "2"]

    def test_large_ones_make_room_earlier(self, sandbox):
        sandbox.service.sms.max_size = 10_000

        for letter in "abc":
            post(sandbox, TemplateParam=json.dumps({"text": letter * 6000}))

        kept = [message.template_params["text"][0] for message in sandbox.sms]
        assert kept == ["c"]


class TestTheJsonApi:
    def fields(self, sandbox, path="/api/sms"):
        """Return what the API answers."""
        return calls.send(sandbox, "GET", path).fields

    def test_it_lists_the_newest_first(self, sandbox):
        post(sandbox, OutId="1", TemplateParam='{"code": "482913"}')
        post(sandbox, OutId="2")

        found = self.fields(sandbox)

        assert found["sms"] == [m.as_dict() for m in reversed(sandbox.sms)]
        assert found["sms"][1]["template_params"] == {"code": "482913"}

    def test_the_status_counts_them(self, sandbox):
        before = self.fields(sandbox, "/api/status")
        post(sandbox)

        after = self.fields(sandbox, "/api/status")

        assert (before["sms"], after["sms"]) == (0, 1)
        assert before["sms_revision"] != after["sms_revision"]
        assert self.fields(sandbox)["revision"] == after["sms_revision"]

    def test_they_are_cleared_with_the_mails(self, sandbox):
        send_mail(sandbox)
        post(sandbox)
        before = self.fields(sandbox)["revision"]

        calls.send(sandbox, "DELETE", "/api/mails")

        assert (sandbox.mails, sandbox.sms) == ([], [])
        assert self.fields(sandbox)["revision"] != before
