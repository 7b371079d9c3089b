"""Programs that fill in the form, too many messages, and failed calls."""

import json
import logging

import pytest

from django_directmail import sandbox as known
from tests.support.function_calls import (
    ORIGIN,
    call,
    contact_form,
    form_body,
    gateway_event,
    post,
    rate_limit,
    trigger_event,
)


class TestAbuse:
    """Programs that fill in forms."""

    @pytest.mark.parametrize("changes", [{}, {"email": "wrong"}])
    def test_a_filled_trap_sends_nothing_and_says_nothing(self, directmail, changes):
        honest = post()

        assert post(website="http://spam.test", **changes) == honest
        assert len(directmail.mails) == 1

    def test_the_sixth_message_in_ten_minutes_must_wait(self, directmail, clock):
        statuses = [call(trigger_event(form_body()))[0] for _ in range(5)]
        clock.now += 60

        status, headers, body = call(trigger_event(form_body()))
        clock.now += 540
        later = call(trigger_event(form_body()))[0]

        assert statuses == [200] * 5
        assert (status, headers["Retry-After"]) == (429, "540")
        assert "9 min" in body["error"]
        assert later == 200
        assert len(directmail.mails) == 6

    def test_a_mistake_does_not_count(self):
        for _ in range(9):
            post(name="")

        assert post()[0] == 200

    def test_a_forged_header_does_not_make_another_visitor(self):
        forged = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in range(6)]

        statuses = [call(trigger_event(form_body(), **h))[0] for h in forged]

        assert statuses == [200] * 5 + [429]

    def test_another_address_is_another_visitor(self):
        for _ in range(5):
            call(trigger_event(form_body()))

        assert call(trigger_event(form_body(), address="203.0.113.8"))[0] == 200

    def test_addresses_of_one_ipv6_network_are_one_visitor(self):
        addresses = [f"2001:db8::{n:x}" for n in range(6)]

        statuses = [call(trigger_event(form_body(), address=a))[0] for a in addresses]

        assert statuses == [200] * 5 + [429]

    def test_the_header_of_the_gateway_counts_from_its_end(self, monkeypatch):
        monkeypatch.setenv("CONTACT_CLIENT_HEADER", "X-Client-IP")
        event = [
            gateway_event(form_body(), X_Client_IP=f"192.0.2.{n}, 203.0.113.7")
            for n in range(6)
        ]

        assert [call(e)[0] for e in event] == [200] * 5 + [429]
        assert call(gateway_event(form_body(), x_client_ip="192.0.2.9"))[0] == 200

    def test_visitors_of_unknown_address_share_a_limit_and_the_log_says_so(
        self, caplog
    ):
        assert [post()[0] for _ in range(6)] == [200] * 5 + [429]
        assert "set CONTACT_CLIENT_HEADER" in caplog.text

    def test_the_memory_of_visitors_has_a_bound(self, clock):
        limit = rate_limit.RateLimit(times=1, capacity=3, clock=clock)
        for number in range(50):
            limit.wait(f"192.0.2.{number}")

        assert len(limit) == 3
        assert limit.wait("192.0.2.49") == 600
        assert limit.wait("192.0.2.0") == 0

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            (" 203.0.113.7 ", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("unknown", ""),
            ("", ""),
        ],
    )
    def test_a_visitor_is_an_address_or_a_network(self, address, expected):
        assert rate_limit.group(address) == expected


class TestBadDays:
    """DirectMail refuses, is away, or leaves us in doubt; nobody has set it up."""

    def test_a_refusal_is_told_without_its_reason(self, directmail, caplog):
        directmail.add_fault("error", code="InvalidMailAddress.NotFound", status=404)

        status, _, body = post()

        assert (status, "could not be sent" in body["error"]) == (502, True)
        assert "InvalidMailAddress" not in json.dumps(body)
        assert "InvalidMailAddress.NotFound" in caplog.text

    def test_an_unknown_outcome_is_told_as_such(self, directmail):
        directmail.add_fault("drop_after")

        status, headers, body = post()

        assert status == 502
        assert "do not know whether" in body["error"]
        assert "Retry-After" not in headers
        assert len(directmail.mails) == 1

    def test_no_connection_is_a_message_that_was_not_sent(self, monkeypatch):
        monkeypatch.setenv("DIRECTMAIL_ENDPOINT", "http://127.0.0.1:1")

        status, _, body = post()

        assert (status, "could not be sent" in body["error"]) == (502, True)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DIRECTMAIL_ENDPOINT", "127.0.0.1:8025"),
            ("CONTACT_SENDER", ""),
            ("CONTACT_SENDER", "a@example.com,b@example.com"),
            ("CONTACT_RECIPIENTS", " , "),
            ("CONTACT_RECIPIENTS", "office"),
            ("CONTACT_ORIGINS", ""),
            ("CONTACT_ORIGINS", "*"),
            ("CONTACT_ORIGINS", f"{ORIGIN}/"),
            ("CONTACT_THANKS_URL", "/thanks.html"),
            ("CONTACT_THANKS_URL", f"{ORIGIN}/\r\nSet-Cookie: a=b"),
            ("CONTACT_CLIENT_HEADER", "X Client"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
        ],
    )
    def test_wrong_setup_is_told_in_the_log_only(
        self, name, value, monkeypatch, caplog
    ):
        monkeypatch.setenv(name, value)

        status, _, body = call(gateway_event(method="GET"))

        assert status == 500
        assert name in caplog.text
        assert list(body) == ["error"]
        assert name not in body["error"]

    def test_an_unknown_region_is_told_with_the_known_ones(self, monkeypatch, caplog):
        monkeypatch.delenv("DIRECTMAIL_ENDPOINT")
        monkeypatch.setenv("DIRECTMAIL_REGION", "ap-southeast")

        assert post()[0] == 500
        assert 'Did you mean "ap-southeast-1"?' in caplog.text

    def test_an_error_that_nobody_thought_of_is_no_traceback(self, caplog):
        request = contact_form.Request("POST", {}, "", lambda: 1 / 0)

        response = contact_form.answer(request, lambda: known.ACCESS_KEY_ID)

        assert response.status == 500
        assert "ZeroDivisionError" in caplog.text
        assert "division" not in caplog.text + response.body

    def test_nothing_private_is_in_answers_or_logs(self, directmail, clock, caplog):
        caplog.set_level(logging.DEBUG)
        private = [known.ACCESS_KEY_ID, known.ACCESS_KEY_SECRET, "ada@", "Sunday"]
        answers = [post(), post(name=""), post(website="x")]
        for kind in ("drop_before", "drop_after", "garbage", "error", "status"):
            directmail.add_fault(kind)
            clock.now += 600
            answers.append(post())

        said = repr(answers) + caplog.text
        assert [word for word in private if word in said] == []
