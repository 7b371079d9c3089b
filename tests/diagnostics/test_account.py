"""What directmail_doctor says of key, account, clock, sender and last deliveries."""

import ssl
from datetime import datetime, timedelta, timezone

import pytest
import trustme
from django.core.mail import send_mail

from django_directmail.api import Client, CreateTag
from django_directmail.sandbox import Sandbox
from tests.support.account_answers import (
    about_account,
    period_asked_for,
    refusal,
    sender,
    total,
)
from tests.support.api_samples import KEY
from tests.support.http_servers import CannedServer, http
from tests.support.reports import run


@pytest.fixture
def service(mailer):
    """Return a function that lets a server give always the same answer."""
    servers = []

    def service(answer, **directmail):
        server = CannedServer(answer)
        servers.append(server.__enter__())
        mailer(ENDPOINT=server.url, **directmail)
        return server

    yield service
    for server in servers:
        server.__exit__(None, None, None)


class TestAnswer:
    def test_a_wrong_secret_is_told_and_the_clock_all_the_same(self, mailer):
        mailer(ACCESS_KEY_SECRET="wrong")

        report = run()

        assert report.marks()[3:7] == ["FAIL", "SKIP", "OK", "SKIP"]
        assert report["Answer"][1].startswith("SignatureDoesNotMatch (")
        assert "-> Check the AccessKey: ID and secret" in report["Answer"][1]
        assert report.failed == "1 check failed."

    def test_a_sandbox_that_does_not_run_can_be_started(self, mailer):
        mailer().stop()

        report = run()

        assert report.marks()[3:7] == ["FAIL", *["SKIP"] * 3]
        assert "the connection was refused" in report["Answer"][1]
        assert "-> Start the sandbox: python manage.py" in report["Answer"][1]

    def test_a_host_that_is_not_there_is_told(self, mailer):
        mailer(ENDPOINT="https://no-such-host.invalid")

        report = run()

        assert "its name cannot be resolved" in report["Answer"][1]
        assert "-> Check the network, its proxies" in report["Answer"][1]

    def test_an_unknown_certificate_is_told(self, mailer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        with CannedServer(about_account(), tls=context) as server:
            mailer(ENDPOINT=server.url)

            report = run()

        assert "TLS failed" in report["Answer"][1]
        assert server.received == []

    def test_the_page_of_a_proxy_is_told(self, service):
        service(http(200, b"<html>", Content_Type="text/html", Connection="close"))

        report = run()

        assert report.marks()[3:7] == ["FAIL", "SKIP", "WARN", "SKIP"]
        assert "Is there a proxy in between" in report["Answer"][1]

    def test_a_failure_of_the_service_is_one(self, outbox):
        outbox.add_fault("error", status=500, code="InternalError")

        assert run()["Answer"][0] == "FAIL"

    def test_patience_can_be_given(self, outbox):
        outbox.add_fault("hang")

        assert "no answer within 0.1 s" in run("--timeout=0.1")["Answer"][1]

    @pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
    def test_patience_that_is_none_is_refused(self, outbox, seconds):
        failed = run(f"--timeout={seconds}").failed

        assert failed == "--timeout must be a number of seconds above 0."
        assert outbox.calls == 0


class TestAccount:
    @pytest.mark.parametrize(
        ("state", "word"),
        [
            (1, "frozen"),
            (2, "payment overdue -> Top up the account."),
            (4, "restricted"),
            (8, "deleted"),
        ],
    )
    def test_a_state_that_stops_all_mail_is_a_failure(self, service, state, word):
        service(about_account(user_status=state))

        report = run()

        assert report["Account"][0] == "FAIL"
        assert word in report["Account"][1]
        assert report["Sender"][0] == "OK"

    def test_a_state_that_nobody_knows_is_a_warning(self, service):
        service(about_account(user_status=3, daily_quota=5))

        mark, text = run()["Account"]
        assert (mark, "unknown (3); quota for a day: 5" in text) == ("WARN", True)

    def test_numbers_that_are_missing_are_not_made_up(self, service):
        service(about_account())

        assert run()["Account"] == ("OK", "normal")

    @pytest.mark.parametrize(
        "code", ["Forbidden.RAM", "NoPermission", "Throttling.User"]
    )
    def test_what_says_nothing_of_sending_is_a_warning(self, outbox, code):
        outbox.add_fault("error", status=403, code=code, times=2)

        report = run()

        assert report.marks()[3:7] == ["OK", "WARN", "OK", "WARN"]
        assert f"sending may still work: {code}" in report["Account"][1]
        assert " -> " in report["Sender"][1]
        assert report.failed == ""


class TestClock:
    @pytest.mark.parametrize(
        ("seconds", "mark", "text"),
        [
            (0, "OK", "right, within 2 s"),
            (40, "OK", "behind"),
            (-40, "OK", "ahead"),
            (80, "WARN", "behind"),
            (-80, "WARN", "ahead"),
            (840, "WARN", "behind"),
            (1000, "FAIL", "behind"),
            (-28_800, "FAIL", "28,80"),
        ],
    )
    def test_it_is_compared_with_the_date_of_the_answer(
        self, service, seconds, mark, text
    ):
        now = datetime.now(timezone.utc)
        service(about_account(date=now + timedelta(seconds=seconds)))

        report = run()

        assert report["Clock"][0] == mark
        assert text in report["Clock"][1]
        assert ("-> Synchronise it" in report["Clock"][1]) == (mark != "OK")

    @pytest.mark.parametrize("code", ["IllegalTimestamp", "InvalidTimeStamp.Expired"])
    def test_a_refusal_tells_by_how_much_it_is_off(self, service, code):
        now = datetime.now(timezone.utc)
        service(refusal(code, date=now + timedelta(hours=1)))

        report = run()

        assert report.marks()[3:7] == ["FAIL", "SKIP", "FAIL", "SKIP"]
        assert code in report["Answer"][1]
        assert "3,60" in report["Clock"][1] or "3,59" in report["Clock"][1]

    @pytest.mark.parametrize("header", [{}, {"Date": "today"}, {"Date": ""}])
    def test_no_date_is_a_warning(self, service, header):
        service(about_account().replace(b"\r\n\r\n", _headers(header), 1))

        mark, text = run()["Clock"]
        assert (mark, "no date to compare with" in text) == ("WARN", True)

    def test_a_date_without_a_zone_is_in_utc(self, service):
        date = f"{datetime.now(timezone.utc):%a, %d %b %Y %H:%M:%S} -0000"
        answer = about_account().replace(b"\r\n\r\n", _headers({"Date": date}), 1)
        service(answer)

        assert run()["Clock"][0] == "OK"


def _headers(headers):
    lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
    return f"{lines}\r\n\r\n".encode()


class TestSender:
    def test_one_that_does_not_exist_here_is_a_failure(self, mailer):
        with Sandbox(senders=["other@mail.example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url)

            mark, text = run()["Sender"]

        assert mark == "FAIL"
        assert "does not exist in cn-hangzhou -> Create it in the console" in text

    def test_the_account_name_counts_more_than_the_sender_of_django(self, mailer):
        with Sandbox(senders=["one@example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url, ACCOUNT_NAME="one@example.com")

            assert run()["Sender"] == ("OK", "one@example.com (ACCOUNT_NAME)")

    def test_any_address_of_the_domain_will_do_where_that_is_allowed(self, mailer):
        with Sandbox(senders=["other@mail.example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url, DEFAULTS={"domain_auth": True})

            report = run()

        assert report["Sender"][0] == "WARN"
        assert "domain_auth" in report["Sender"][1]

    @pytest.mark.parametrize(
        ("name", "mark"),
        [("NoReply@mail.example.com", "OK"), ("xnoreply@mail.example.com", "FAIL")],
    )
    def test_it_is_compared_whole_and_in_any_case(self, service, name, mark):
        service(about_account(sender(name)))

        assert run()["Sender"][0] == mark

    def test_the_pages_of_the_list_have_an_end(self, service):
        server = service(about_account(sender("other@example.com"), total=1_000_000))

        assert run()["Sender"][0] == "FAIL"
        # Ten pages, and one answer each about account, domain, details, delivery.
        assert len(server.received) == 10 + 4

    @pytest.mark.parametrize(
        ("changes", "mark", "text"),
        [
            ({"account_status": 1}, "FAIL", "is frozen -> See the sender addresses"),
            ({"domain_status": 1}, "FAIL", "not verified -> Check ownership, SPF"),
            ({"daily_count": 10, "daily_req_count": 9}, "OK", "; 9 of 10 today"),
            ({"daily_count": 10, "daily_req_count": 10}, "WARN", "limit of mails"),
            ({"month_count": 10, "month_req_count": 11}, "WARN", "11 of 10 this month"),
        ],
    )
    def test_its_state_is_told(self, service, changes, mark, text):
        service(about_account(sender(**changes)))

        report = run()

        assert report["Sender"][0] == mark
        assert text in report["Sender"][1]

    def test_an_address_that_is_none_is_a_failure(self, mailer, settings):
        mailer()
        settings.DEFAULT_FROM_EMAIL = "webmaster"

        report = run()

        assert (report["Sender"][0], report["Domain"][0]) == ("FAIL", "SKIP")
        assert report["Delivery"][0] == "OK"


class TestTag:
    def test_none_in_the_defaults_is_none_to_look_for(self, outbox):
        assert {"Tag", "Template"} & set(run()) == set()

    def test_one_that_exists_is_named(self, mailer, open_sandbox):
        for name in ("welcome_1", "welcome"):
            _client(open_sandbox).call(CreateTag(tag_name=name))
        mailer(DEFAULTS={"tag_name": "welcome"})

        assert run()["Tag"] == ("OK", "welcome")

    def test_one_that_does_not_exist_is_a_warning(self, mailer, open_sandbox):
        _client(open_sandbox).call(CreateTag(tag_name="welcome_1"))
        mailer(DEFAULTS={"tag_name": "welcome"})

        assert run()["Tag"] == (
            "WARN",
            "welcome does not exist -> Create it in the console, or correct tag_name"
            " in DEFAULTS.",
        )

    def test_it_is_skipped_like_the_others(self, mailer):
        mailer(ACCESS_KEY_SECRET="wrong", DEFAULTS={"tag_name": "welcome"})

        assert run()["Tag"][0] == "SKIP"


class TestTemplate:
    @pytest.mark.parametrize(
        ("template_id", "mark", "text"),
        [
            ("411558", "OK", "411558 (welcome)"),
            ("411559", "WARN", "411559 (newsletter) is a draft -> Mail needs"),
            ("411560", "WARN", "411560 (lottery) was rejected in review -> "),
            ("1", "FAIL", "1 does not exist -> Create it in the console, or correct"),
        ],
    )
    def test_its_state_is_told(self, mailer, template_id, mark, text):
        mailer(DEFAULTS={"template": {"template_id": template_id}})

        found = run()["Template"]

        assert found[0] == mark
        assert found[1].startswith(text)


def _client(sandbox):
    return Client(KEY, endpoint=sandbox.url)


class TestWhatOnlyInforms:
    """Mail goes out whatever comes of these questions."""

    DEFAULTS = {"tag_name": "welcome", "template": {"template_id": "1"}}

    @pytest.mark.parametrize(
        ("code", "status"),
        [("Forbidden.RAM", 403), ("Throttling.User", 400), ("InvalidParameter", 400)],
    )
    def test_a_refused_question_is_a_warning(self, mailer, code, status):
        outbox = mailer(DEFAULTS=self.DEFAULTS)
        # What account and sender are told is as it should be.
        outbox.add_fault("latency", seconds=0, times=2)
        outbox.add_fault("error", status=status, code=code, times=40)

        report = run()

        for name in ("Domain", "Tag", "Template", "Delivery"):
            mark, text = report[name]
            assert (mark, text.count(code), " -> " in text) == ("WARN", 1, True)
            assert text.startswith("could not be checked; sending may still work: ")
        assert report.failed == ""

    def test_no_answer_is_a_warning(self, mailer):
        outbox = mailer(DEFAULTS=self.DEFAULTS)
        outbox.add_fault("latency", seconds=0, times=2)
        outbox.add_fault("drop_before", times=40)

        report = run()

        names = ("Domain", "Tag", "Template", "Delivery")
        assert [report[name][0] for name in names] == ["WARN"] * 4
        assert report.failed == ""


class TestDelivery:
    def test_both_days_are_one_line(self, service):
        days = [total(1000, 990, 4, 6), total(200, 200, 0, 0)]
        service(about_account(days=days))

        report = run()

        assert report["Delivery"] == (
            "OK",
            "yesterday and today: 1,200 requested, 1,190 delivered, 4 failed,"
            " 6 to invalid addresses",
        )

    @pytest.mark.parametrize(
        ("counts", "mark"),
        [
            ((100, 95, 2, 3), "OK"),
            ((100, 94, 3, 3), "WARN"),
            ((100, 94, 0, 6), "WARN"),
            ((99, 0, 50, 49), "OK"),
            ((0, 0, 0, 0), "OK"),
        ],
    )
    def test_more_than_one_of_twenty_lost_is_a_warning(self, service, counts, mark):
        service(about_account(days=[total(*counts)]))

        report = run()

        assert report["Delivery"][0] == mark
        assert ("-> More than 5 % are lost." in report["Delivery"][1]) == (
            mark == "WARN"
        )

    def test_yesterday_and_today_of_beijing_are_asked_for(self, mailer):
        with CannedServer(about_account()) as server:
            mailer(ENDPOINT=server.url)
            before = datetime.now(timezone(timedelta(hours=8))).date()
            run()
            after = datetime.now(timezone(timedelta(hours=8))).date()
            start, end = period_asked_for(server.received[-1])

        assert end in (before, after)
        assert end - start == timedelta(days=1)

    def test_mail_of_the_sandbox_is_counted(self, outbox):
        send_mail("Subject", "Text", None, ["a@example.org", "b@example.org"])

        assert run()["Delivery"][1].startswith(
            "yesterday and today: 2 requested, 2 delivered"
        )
