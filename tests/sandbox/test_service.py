"""What the actions do and answer, in JSON and XML, and the mailbox behind them."""

import re

import pytest

from django_directmail.api import (
    Client,
    DescAccountSummary,
    QueryMailAddressByParam,
    RejectedError,
)
from django_directmail.api.results import Answer, SendResult, read_fields
from django_directmail.sandbox import Sandbox
from django_directmail.sandbox.authentication import Call
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import render_result
from tests.support.api_samples import KEY, mail
from tests.support.sandbox_calls import get, post

UUID = "[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"


@pytest.fixture
def client(sandbox):
    """Return a client of the sandbox."""
    return Client(KEY, endpoint=sandbox.url)


def received(number=1, **changes):
    """Return a genuine call that carries a mail."""
    return Call(
        version="2015-11-23",
        action="SingleSendMail",
        signature="HMAC-SHA1",
        access_key_id="id",
        format="JSON",
        parameters={
            "AccountName": "a@example.com",
            "ToAddress": "b@example.org",
            "Subject": f"Subject {number}",
            **changes,
        },
    )


class TestFormats:
    @pytest.mark.parametrize("send", [get, post])
    @pytest.mark.parametrize("format", ["JSON", "json"])
    def test_json_is_given_to_those_who_ask(self, sandbox, send, format):
        reply = send(sandbox, Format=format)

        assert reply.status == 200
        assert reply.headers["Content-Type"] == "application/json;charset=utf-8"
        (arrived,) = sandbox.mails
        assert reply.fields == {
            "EnvId": arrived.env_id,
            "RequestId": arrived.request_id,
        }
        assert re.fullmatch(UUID, arrived.request_id)
        assert arrived.env_id.isdigit()

    @pytest.mark.parametrize("send", [get, post])
    @pytest.mark.parametrize("format", ["XML", "xml", None])
    def test_xml_is_the_default(self, sandbox, send, format):
        reply = send(sandbox, Format=format)

        assert reply.status == 200
        assert reply.headers["Content-Type"] == "text/xml;charset=utf-8"
        (arrived,) = sandbox.mails
        assert reply.xml.tag == "SingleSendMailResponse"
        assert {child.tag: child.text for child in reply.xml} == {
            "EnvId": arrived.env_id,
            "RequestId": arrived.request_id,
        }

    def test_a_refusal_in_json_has_the_documented_fields(self, sandbox):
        reply = post(sandbox, ToAddress="nobody")

        fields = reply.fields
        request_id = fields.pop("RequestId")
        assert reply.status == 400
        assert re.fullmatch(UUID, request_id)
        assert fields == {
            "HostId": sandbox.url.removeprefix("http://"),
            "Code": "InvalidToAddress",
            "Message": "An address in ToAddress is malformed.",
            "Recommend": "https://api.aliyun.com/troubleshoot?q=InvalidToAddress"
            f"&product=Dm&requestId={request_id}",
        }

    def test_a_refusal_in_xml_has_the_documented_fields(self, sandbox):
        reply = post(sandbox, Format=None, ToAddress="nobody")

        assert (reply.status, reply.xml.tag) == (400, "Error")
        assert reply.xml.findtext("Code") == "InvalidToAddress"
        assert [child.tag for child in reply.xml] == [
            "RequestId",
            "HostId",
            "Code",
            "Message",
            "Recommend",
        ]

    def test_an_unknown_format_is_refused_in_json(self, sandbox):
        reply = post(sandbox, Format="YAML")

        assert (reply.status, reply.code) == (400, "InvalidParameter.Format")

    def test_xml_keeps_markup_and_loses_what_it_cannot_have(self):
        answer = render_result("Action", {"Text": "<&> \x00\x1b\t\n\ufffe"}, "XML")

        found = read_fields(Answer(answer.status, {}, answer.body))

        assert found == {"Text": "<&> \t\n"}

    def test_the_package_reads_both_alike(self, sandbox):
        results = []
        for format in ("JSON", "XML"):
            reply = post(sandbox, Format=format)
            found = read_fields(Answer(reply.status, {}, reply.body))
            results.append(SendResult.from_fields(found))

        assert results == [
            SendResult(env_id=arrived.env_id, request_id=arrived.request_id)
            for arrived in sandbox.mails
        ]


class TestQueries:
    def test_the_summary_has_a_quota(self, client):
        summary = client.call(DescAccountSummary())

        assert (summary.user_status, summary.daily_quota) == (0, 2000)
        assert re.fullmatch(UUID, summary.request_id)

    def test_all_senders_are_listed(self, client):
        page = client.call(QueryMailAddressByParam())

        assert [item.account_name for item in page.items] == [
            "@example.com",
            "@example.net",
            "@example.org",
        ]
        assert (page.total_count, page.page_number, page.page_size) == (3, 1, 10)

    @pytest.mark.parametrize(
        ("number", "names"),
        [(1, ["@example.com", "@example.net"]), (2, ["@example.org"]), (3, [])],
    )
    def test_a_page_is_a_part_of_the_list(self, client, number, names):
        page = client.call(QueryMailAddressByParam(page_no=number, page_size=2))

        assert [item.account_name for item in page.items] == names
        assert (page.total_count, page.page_number) == (3, number)

    def test_a_list_of_one_in_xml_is_read_as_a_list(self, sandbox):
        reply = post(
            sandbox, Action="QueryMailAddressByParam", Format="XML", KeyWord="net"
        )

        names = reply.xml.findall("data/mailAddress/AccountName")
        assert [name.text for name in names] == ["@example.net"]

    def test_nothing_is_found_for_an_unknown_word(self, client):
        page = client.call(QueryMailAddressByParam(key_word="news@unknown.test"))

        assert (page.total_count, page.items) == (0, ())

    @pytest.mark.parametrize("name", ["PageNo", "PageSize"])
    @pytest.mark.parametrize("value", ["0", "-1", "one", "²", "1.5"])
    def test_a_page_that_is_no_number_is_refused(self, sandbox, name, value):
        reply = post(sandbox, Action="QueryMailAddressByParam", **{name: value})

        assert (reply.status, reply.code) == (400, f"Invalid{name}")

    def test_a_question_sends_no_mail(self, sandbox, client):
        client.call(DescAccountSummary())
        client.call(QueryMailAddressByParam())

        assert (sandbox.calls, sandbox.mails) == (2, [])


class TestMailbox:
    def test_a_sandbox_keeps_the_newest_of_its_capacity(self):
        with Sandbox(capacity=2) as sandbox:
            for number in range(3):
                Client(KEY, endpoint=sandbox.url).call(mail(subject=f"{number}"))

            assert [m.subject for m in sandbox.mails] == ["1", "2"]
            assert [m.id for m in sandbox.mails] == [2, 3]

    def test_large_mail_makes_room_by_its_size(self):
        mailbox = Mailbox(capacity=10, max_size=1000)

        for number in range(3):
            mailbox.accept(received(number, TextBody="x" * 400), "R")

        assert [m.subject for m in mailbox.all()] == ["Subject 1", "Subject 2"]

    def test_the_newest_is_kept_whatever_its_size(self):
        mailbox = Mailbox(capacity=10, max_size=1000)

        mailbox.accept(received(1), "R")
        mailbox.accept(received(2, TextBody="x" * 5000), "R")

        assert [m.subject for m in mailbox.all()] == ["Subject 2"]

    def test_ids_go_on_after_clearing(self):
        mailbox = Mailbox()
        first = mailbox.accept(received(1), "R")

        mailbox.clear()
        second = mailbox.accept(received(2), "R")

        assert (first.id, second.id) == (1, 2)
        assert mailbox.get(first.id) is None
        assert mailbox.get(second.id) is second
        assert mailbox.all() == [second]

    def test_every_change_has_its_own_revision(self):
        mailbox = Mailbox()
        revisions = [mailbox.revision]

        for change in (lambda: mailbox.accept(received(), "R"), mailbox.clear):
            change()
            revisions.append(mailbox.revision)

        assert len(set(revisions)) == 3

    def test_what_proves_the_sender_is_not_kept(self):
        mailbox = Mailbox()

        kept = mailbox.accept(
            received(Signature="proof", SecurityToken="proof", TagName="tag"), "R"
        )

        assert "proof" not in str(kept.as_dict())
        assert kept.parameters["TagName"] == "tag"

    def test_the_representation_has_no_body(self):
        kept = Mailbox().accept(received(TextBody="private", HtmlBody="private"), "R")

        assert "private" not in repr(kept)


def test_a_refused_mail_is_not_kept(sandbox, client):
    with pytest.raises(RejectedError):
        client.call(mail(to_address="nobody"))

    assert (sandbox.calls, sandbox.mails) == (1, [])
