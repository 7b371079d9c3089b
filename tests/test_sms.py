"""SMS from a Django project: through its settings, with checks before any call."""

import logging
import pickle
import sys
from datetime import date, datetime

import django
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.utils.translation import gettext_lazy
from django.views.debug import ExceptionReporter

from django_directmail.api import (
    CredentialsError,
    RejectedError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.sms import query_send_details, send_sms

NUMBER = "13912345678"
SECRET = "482913-one-time"
needs_mailers = pytest.mark.skipif(
    django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
)


def send(phone_numbers=NUMBER, template_params=None, **options):
    """Send an SMS that the sandbox accepts."""
    return send_sms(phone_numbers, "Shop", "SMS_1001", template_params, **options)


def ask(message, number=NUMBER, **options):
    """Ask for the details of a ``message`` of the sandbox."""
    return query_send_details(number, message.moment, **options)


class TestSending:
    def test_an_sms_arrives_as_it_was_given(self, outbox):
        result = send(NUMBER, {"code": "1234"}, out_id="order-1")

        (message,) = outbox.sms
        assert (result.biz_id, result.request_id) == (
            message.biz_id,
            message.request_id,
        )
        assert message.phone_numbers == [NUMBER]
        assert (message.sign_name, message.template_code) == ("Shop", "SMS_1001")
        assert message.template_params == {"code": "1234"}
        assert message.out_id == "order-1"

    @pytest.mark.parametrize("kind", [list, tuple, iter], ids=lambda k: k.__name__)
    def test_several_numbers_are_one_call(self, outbox, kind):
        numbers = [NUMBER, "+85200001234"]

        send(kind(numbers))

        assert [message.phone_numbers for message in outbox.sms] == [numbers]

    def test_a_thousand_numbers_are_one_call(self, outbox):
        numbers = [f"1391234{n:04}" for n in range(1000)]

        send(numbers)

        assert outbox.sms[0].phone_numbers == numbers

    def test_a_lazy_text_is_text(self, outbox):
        send(NUMBER, {"what": gettext_lazy("order")})

        assert outbox.sms[0].template_params == {"what": "order"}

    @pytest.mark.parametrize("signature", ["HMAC-SHA1", "ACS3-HMAC-SHA256"])
    def test_the_signature_is_that_of_the_settings(self, mailer, signature):
        sandbox = mailer(SIGNATURE=signature)

        send()

        assert sandbox.sms[0].signature == signature

    def test_settings_that_concern_mail_change_nothing(self, mailer):
        sandbox = mailer(DEFAULTS={"tag_name": "mail"}, SPLIT_RECIPIENTS=True)

        send([NUMBER, "13900000000"])

        assert len(sandbox.sms) == 1


class TestTheMailer:
    @needs_mailers
    def test_using_picks_the_account_of_a_mailer(self, outbox, settings):
        settings.MAILERS = {
            "default": settings.MAILERS["default"],
            "other": {
                **settings.MAILERS["default"],
                "OPTIONS": {
                    "access_key_id": "STS.sandbox-id",
                    "access_key_secret": "sts-sandbox-secret",
                    "security_token": "sandbox/token+1==",
                },
            },
        }

        send(using="other")
        found = ask(outbox.sms[0], using="other")

        assert outbox.sms[0].access_key_id == "STS.sandbox-id"
        assert found.total_count == 1

    def test_a_mailer_that_does_not_exist_is_an_error(self, outbox):
        with pytest.raises(ImproperlyConfigured, match="nowhere"):
            send(using="nowhere")

    def test_where_mail_does_not_leave_no_sms_does(self, outbox, settings):
        backend = "django.core.mail.backends.locmem.EmailBackend"
        if django.VERSION >= (6, 1):
            settings.MAILERS = {"default": {"BACKEND": backend}}
        else:
            settings.EMAIL_BACKEND = backend

        with pytest.raises(ImproperlyConfigured, match=r"locmem.*no SMS goes out"):
            send()

        assert outbox.calls == 0


class TestAsking:
    def test_the_details_of_a_day_are_found(self, outbox):
        result = send(out_id="order-1")
        send(out_id="order-2")

        found = ask(outbox.sms[0])
        one = ask(outbox.sms[0], biz_id=result.biz_id)

        assert [row.out_id for row in found.items] == ["order-2", "order-1"]
        assert [row.out_id for row in one.items] == ["order-1"]
        assert one.items[0].send_status == 3
        assert one.items[0].err_code == "DELIVERED"

    def test_pages_are_asked_for_one_by_one(self, outbox):
        for number in range(3):
            send(out_id=str(number))

        found = ask(outbox.sms[0], page_size=2, current_page=2)

        assert (found.total_count, [row.out_id for row in found.items]) == (3, ["0"])

    @pytest.mark.parametrize("kind", [date, datetime, str])
    def test_a_day_is_a_date_or_text(self, outbox, kind):
        send()
        moment = outbox.sms[0].moment
        day = {date: moment.date(), datetime: moment, str: f"{moment:%Y%m%d}"}[kind]

        assert query_send_details(NUMBER, day).total_count == 1

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"send_date": "2026-01-02"}, "send_date is '2026-01-02'"),
            ({"send_date": 20260102}, "send_date is 20260102"),
            ({"page_size": 0}, "page_size is 0; it must be 1 to 50"),
            ({"page_size": 51}, "page_size is 51; it must be 1 to 50"),
            ({"current_page": 0}, "current_page is 0"),
            ({"phone_number": "139x2345678"}, "phone_number is not a phone number"),
            ({"phone_number": [NUMBER]}, "phone_number is not a phone number"),
        ],
    )
    def test_an_argument_that_cannot_be_is_refused_before_any_call(
        self, outbox, changes, text
    ):
        given = {"phone_number": NUMBER, "send_date": "20260102", **changes}

        with pytest.raises(ValueError, match=text):
            query_send_details(**given)

        assert outbox.calls == 0


class TestBadInput:
    @pytest.mark.parametrize(
        ("numbers", "text"),
        [
            ([NUMBER] * 1001, "phone_numbers has 1001 numbers; one SMS goes to 1 to"),
            ([], "phone_numbers has 0 numbers"),
            ("", r"phone_numbers\[0\] is not a phone number"),
            ([NUMBER, "139x2345678"], r"phone_numbers\[1\] is not a phone number"),
            ([13912345678], r"phone_numbers\[0\] is not a phone number"),
            (f"{NUMBER},{NUMBER}", "Several numbers are a list"),
            ("139-1234-5678", r"phone_numbers\[0\]"),
            ("１３９１２３４５６７８", r"phone_numbers\[0\]"),
            (f"{NUMBER}\n", r"phone_numbers\[0\]"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_a_number_that_cannot_be_is_refused_before_any_call(
        self, outbox, numbers, text
    ):
        with pytest.raises(UnsupportedMessage, match=text) as caught:
            send(numbers)

        assert outbox.calls == 0
        assert caught.value.accepted == "no"
        assert "2345678" not in str(caught.value)

    @pytest.mark.parametrize("value", [1234, None, 1.5, b"1234", ["1234"]])
    def test_a_parameter_that_is_no_text_is_refused_by_name(self, outbox, value):
        with pytest.raises(UnsupportedMessage, match="'code'.*text only") as caught:
            send(NUMBER, {"name": "Ana", "code": value})

        assert outbox.calls == 0
        assert "1234" not in str(caught.value)


class TestErrors:
    def test_a_refusal_has_its_advice(self, outbox):
        with pytest.raises(RejectedError, match="no approved SMS template") as caught:
            send_sms(NUMBER, "Shop", "1001")

        assert (caught.value.code, caught.value.accepted) == (
            "isv.SMS_TEMPLATE_ILLEGAL",
            "no",
        )

    def test_after_a_time_out_it_may_have_gone_out(self, mailer):
        sandbox = mailer(TIMEOUT=(5, 0.2))
        sandbox.add_fault("hang", seconds=30)

        with pytest.raises(TransportError) as caught:
            send()

        assert (caught.value.accepted, len(sandbox.sms)) == ("unknown", 1)

    def test_a_wrong_key_is_a_credentials_error(self, mailer):
        sandbox = mailer(ACCESS_KEY_SECRET="wrong")

        with pytest.raises(CredentialsError):
            send()

        assert sandbox.sms == []

    @pytest.mark.parametrize("how", ["mismatch", "garbage", "error", "drop_before"])
    def test_no_number_no_text_and_no_secret_is_shown(self, mailer, how, caplog):
        caplog.set_level(logging.DEBUG)
        secret = {"ACCESS_KEY_SECRET": "wrong-4711"} if how == "mismatch" else {}
        sandbox = mailer(**secret)
        text = f"{NUMBER} or 86{NUMBER}: {SECRET}"
        if how == "error":
            sandbox.add_fault("error", code="isv.X", status=200, message=text)
        elif how != "mismatch":
            sandbox.add_fault(how)

        try:
            send([NUMBER, "13987654321"], {"code": SECRET})
        except Exception as error:
            pickled = pickle.dumps(error).decode("latin-1")
            shown = [str(error), repr(error), repr(vars(error)), pickled, caplog.text]
            request = RequestFactory().get("/")
            reporter = ExceptionReporter(request, *sys.exc_info())
            frames = [
                frame
                for frame in reporter.get_traceback_frames()
                if frame["filename"].endswith("django_directmail/sms.py")
            ]
            values = repr([frame["vars"] for frame in frames])

        assert frames
        for hidden in (NUMBER, "13987654321", "345678", SECRET, "wrong-4711"):
            assert hidden not in "".join(shown)
            assert hidden not in values
