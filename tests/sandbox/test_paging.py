"""Results in pages."""

import pytest

from django_directmail.api import QueryMailAddressByParam
from tests.support.sandbox_calls import post


@pytest.mark.parametrize(
    ("number", "names"),
    [(1, ["@example.com", "@example.net"]), (2, ["@example.org"]), (3, [])],
)
def test_a_page_is_a_part_of_the_results(client, number, names):
    page = client.call(QueryMailAddressByParam(page_no=number, page_size=2))

    assert [item.account_name for item in page.items] == names
    assert (page.total_count, page.page_number) == (3, number)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PageNo", "0"),
        ("PageNo", "one"),
        ("PageNo", "²"),
        ("PageSize", "-1"),
        ("PageSize", "1.5"),
    ],
)
def test_a_page_that_is_no_number_is_refused(sandbox, name, value):
    reply = post(sandbox, Action="QueryMailAddressByParam", **{name: value})

    assert (reply.status, reply.code) == (400, f"Invalid{name}")
