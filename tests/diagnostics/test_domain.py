"""What directmail_doctor says of the sender's domain."""

import pytest

from django_directmail.sandbox import Sandbox
from tests.support.account_answers import (
    about_account,
    details,
    sender,
)
from tests.support.http_servers import CannedServer
from tests.support.reports import run


@pytest.fixture
def examine(mailer):
    """Return a function that runs the command with one answer to all questions."""

    def examine(answer, **directmail):
        with CannedServer(answer) as server:
            mailer(ENDPOINT=server.url, **directmail)
            return run()

    return examine


class TestDomain:
    def test_all_that_is_verified_is_one_line(self, examine):
        report = examine(about_account())

        assert report.of("Domain") == [
            ("OK", "mail.example.com; verified: ownership, SPF, MX, DKIM, DMARC, CNAME")
        ]

    @pytest.mark.parametrize(
        ("state", "name", "record"),
        [
            (
                "spf_auth_status",
                "SPF",
                "TXT, host mail.example.com, value v=spf1 include:spf1.dm.aliyun.com"
                " -all",
            ),
            ("mx_auth_status", "MX", "MX, host mail.example.com, value mx01.dm.aliyun"),
            (
                "dkim_auth_status",
                "DKIM",
                "TXT, host aliyun-cn-hangzhou._domainkey.mail, value v=DKIM1; k=rsa;"
                " p=MIGf",
            ),
            (
                "dmarc_auth_status",
                "DMARC",
                "TXT, host _dmarc.mail, value v=DMARC1;p=none",
            ),
            (
                "cname_auth_status",
                "CNAME",
                "CNAME, host dmtrace.mail, value tracedm.aliyuncs.com",
            ),
        ],
    )
    def test_a_missing_record_is_a_warning_with_what_to_create(
        self, examine, state, name, record
    ):
        report = examine(about_account(domain=details(**{state: 1})))

        (summary, missing) = report.of("Domain")
        assert summary[0] == "OK"
        assert summary[1].endswith(f"; not verified: {name}")
        assert missing[0] == "WARN"
        assert missing[1].startswith(
            f"{name} is not verified -> Create the record: {record}"
        )
        assert report.failed == ""

    def test_a_domain_that_may_not_send_is_a_failure(self, examine):
        bad = details(
            domain_status=1, dns_txt="", spf_auth_status=1, cname_auth_status=1
        )

        report = examine(about_account(domain=bad))

        marks = [mark for mark, _text in report.of("Domain")]
        summary, ownership, spf, cname = [text for _mark, text in report.of("Domain")]
        # Tracking has no say in whether mail goes out.
        assert marks == ["FAIL", "FAIL", "FAIL", "WARN"]
        assert summary.startswith(
            "mail.example.com; verified: MX, DKIM, DMARC; not verified: ownership, SPF,"
            " CNAME -> Mail from it is refused."
        )
        assert ownership.endswith("TXT, host aliyundm.mail, value 0c40d5f125af4e42892a")
        assert spf.startswith("SPF is not verified")
        assert cname.startswith("CNAME is not verified")
        assert report.failed == "3 checks failed."

    @pytest.mark.parametrize("state", [0, 2, 3, 4])
    def test_all_other_states_can_send(self, examine, state):
        report = examine(about_account(domain=details(domain_status=state, dns_txt="")))

        assert [mark for mark, _text in report.of("Domain")] == ["OK"]

    def test_an_old_answer_has_only_the_core_of_the_spf_record(self, examine):
        old = details(spf_auth_status=1, spf_record_v2="")

        report = examine(about_account(domain=old))

        assert report["Domain"][1].endswith("v=spf1 include:spf1.dm.aliyun.com -all")

    def test_a_value_that_was_not_given_is_a_dash(self, examine):
        empty = details(dkim_auth_status=1, dkim_rr="", dkim_public_key="")

        report = examine(about_account(domain=empty))

        assert report["Domain"][1].endswith("TXT, host -, value -")

    @pytest.mark.parametrize(
        ("name", "mark"),
        [("MAIL.example.com", "OK"), ("old-mail.example.com", "WARN")],
    )
    def test_it_is_compared_whole_and_in_any_case(self, examine, name, mark):
        report = examine(about_account(domain=details(domain_name=name)))

        assert report["Domain"][0] == mark

    def test_one_that_is_not_there_is_told(self, mailer):
        with Sandbox(senders=["other@example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url)

            report = run()

        assert report["Domain"] == (
            "WARN",
            "mail.example.com is not among the domains of cn-hangzhou -> Add it in the"
            " console, or correct the sender or the region.",
        )

    def test_where_only_the_domain_counts_it_must_be_there(self, mailer):
        with Sandbox(senders=["other@example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url, DEFAULTS={"domain_auth": True})

            report = run()

        assert (report["Sender"][0], report["Domain"][0]) == ("WARN", "FAIL")

    def test_that_of_the_account_name_counts(self, examine):
        report = examine(
            about_account(sender("one@Mail.example.com")),
            ACCOUNT_NAME="one@Mail.example.com",
        )

        assert report["Domain"][0] == "OK"
