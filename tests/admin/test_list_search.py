"""The search of the list: what a term finds, and by which index."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.support.admin_lists import (
    LIST,
    ON_SQLITE,
    explain,
    make_many,
    queries,
    shown,
)
from tests.support.admin_rows import make_row, make_staff

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=400)
MESSAGE = uuid4()


@pytest.fixture
def staff(client):
    """Return a client that may see the log, and nothing else."""
    client.force_login(make_staff("view_maillog"))
    return client


@pytest.fixture(autouse=True)
def _one():
    """Store the mail that most terms mean."""
    make_row(
        ("bob@example.com", "Bobby@Example.com", "1234@qq.example"),
        subject="One",
        message_uid=MESSAGE,
        env_id="600000000001",
        request_id="4A5B6C7D-0000-4000-8000-00000000000A",
    )


@pytest.fixture(autouse=True)
def two(_one):
    """Return another call of the same message."""
    return make_row(
        ("carl@example.com",),
        subject="Two",
        message_uid=MESSAGE,
        env_id="600000000002",
        request_id="odd-request",
    )


@pytest.mark.parametrize(
    "term",
    [
        "bob@example.com",
        "  BOB@example.com ",
        "Bob <bob@example.com>",
        '"B, Bob" <bob@EXAMPLE.com>',
        "bobby@example.com",
        "bob",
        "BOB",
        "bob@",
        "1234",
        "600000000001",
        " 600000000001\t",
        "4A5B6C7D-0000-4000-8000-00000000000A",
        "4a5b6c7d-0000-4000-8000-00000000000a",
    ],
)
def test_term_finds_the_one(staff, term):
    assert shown(staff, q=term) == ["One"]


def test_request_id_of_another_shape_is_found(staff):
    assert shown(staff, q="odd-request") == ["Two"]


def test_id_of_a_mail_finds_it_and_that_of_a_message_all_its_calls(staff, two):
    assert shown(staff, q=str(two.pk)) == ["Two"]
    assert shown(staff, q=str(MESSAGE)) == ["Two", "One"]


@pytest.mark.parametrize(
    "term",
    [
        "ob@example.com",
        "nobody@",
        "60000000000",
        "@example.com",
        "100%",
        "b_b",
        "@",
    ],
)
def test_term_finds_nothing(staff, term):
    assert shown(staff, q=term) == []


def test_malformed_address_in_the_log_is_found(staff):
    make_row(("Bad one@@example.com",), subject="Bad")

    assert shown(staff, q="bad one@@example.com") == ["Bad"]


def test_unicode_domain_is_found_as_it_was_sent(staff):
    make_row(("ann@xn--bcher-kva.example",), subject="Bücher")

    assert shown(staff, q="ann@bücher.example") == ["Bücher"]


def test_more_are_found_than_are_looked_up_one_by_one(staff):
    make_many(1_001)
    make_row(("carl@example.com", "office@example.com"), subject="Other")

    assert f"{1_001 + 1} results" in staff.get(LIST, {"q": "bob"}).content.decode()
    assert shown(staff, q="bob", p=11) == ["Mail 0", "One"]
    assert shown(staff, q="bob@example.com", status__exact="accepted") == ["One"]


@pytest.mark.parametrize("number", [1_001, 50_001])
def test_each_mail_is_found_once_however_many_it_went_to(staff, number):
    make_row([f"list-{n}@example.com" for n in range(number)])
    make_row(("list@example.com",), subject="Older", created_at=LONG_AGO)

    assert shown(staff, q="list") == ["Hello", "Older"]
    assert shown(staff, q="list", status__exact="failed") == []


def test_no_term_finds_all(staff):
    assert shown(staff, q="  ") == ["Two", "One"]


def test_form_says_what_can_be_searched(staff):
    assert "a request id, or the id of" in staff.get(LIST).content.decode()


def test_term_comes_back_inert(staff):
    page = staff.get(LIST, {"q": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in page


@ON_SQLITE
@pytest.mark.parametrize(
    "term", ["bob@example.com", "bob", "600000000001", str(UUID(int=1))]
)
def test_search_uses_indexes(staff, term):
    plans = [explain(text) for text in queries(staff, q=term)]

    for line in "\n".join(plans).splitlines():
        assert not line.startswith("SCAN django") or "INDEX directmail" in line
        assert not line.startswith("SCAN U0"), line


@ON_SQLITE
def test_beginning_of_an_address_is_a_range_of_the_index(staff):
    plan = "\n".join(explain(text) for text in queries(staff, q="bob"))

    assert re.search(
        r"django_directmail_mailrecipient_address_key\w+ "
        r"\(address_key>\? AND address_key<\?\)",
        plan,
    )
