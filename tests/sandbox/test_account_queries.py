"""The account summary and the sender addresses."""

import re

from django_directmail.api import DescAccountSummary, QueryMailAddressByParam
from tests.support.sandbox_calls import post

UUID = "[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"


def test_the_summary_has_a_quota(client):
    summary = client.call(DescAccountSummary())

    assert (summary.user_status, summary.daily_quota) == (0, 2000)
    assert re.fullmatch(UUID, summary.request_id)


def test_all_senders_are_listed(client):
    page = client.call(QueryMailAddressByParam())

    assert [item.account_name for item in page.items] == [
        "@example.com",
        "@example.net",
        "@example.org",
    ]
    assert (page.total_count, page.page_number, page.page_size) == (3, 1, 10)


def test_a_list_of_one_in_xml_is_read_as_a_list(sandbox):
    reply = post(sandbox, Action="QueryMailAddressByParam", Format="XML", KeyWord="net")

    names = reply.xml.findall("data/mailAddress/AccountName")
    assert [name.text for name in names] == ["@example.net"]


def test_nothing_is_found_for_an_unknown_word(client):
    page = client.call(QueryMailAddressByParam(key_word="news@unknown.test"))

    assert (page.total_count, page.items) == (0, ())
