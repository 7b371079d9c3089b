"""The list of mails: what it shows and finds, and what that costs."""

import re
from datetime import timedelta

import django
import pytest
from django.utils import timezone
from django.utils.html import escape

from django_directmail.admin.change_list import LIMIT
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

HOSTILE = "<script>alert(1)</script>\u202egpj.exe\x07"
INERT = "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]gpj.exe[U+0007]</bdi>"


@pytest.fixture
def staff(client):
    """Return a client that may see the log, and nothing else."""
    client.force_login(make_staff("view_maillog"))
    return client


def cells(page, column):
    """Return the HTML of a column, cell by cell."""
    text = page.content.decode()
    found = re.findall(rf'<t[dh] class="field-{column}[^>]*>(.*?)</t[dh]>', text, re.S)
    return [cell.strip() for cell in found]


def test_anonymous_visitor_is_sent_to_the_login(client):
    make_row(subject="Secret plan")

    response = client.get(LIST)

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_staff_without_the_permission_see_nothing(client):
    make_row(subject="Secret plan")
    client.force_login(make_staff("view_mail_content", "send_test_mail"))

    response = client.get(LIST)

    assert response.status_code == 403
    assert "Secret plan" not in response.content.decode()
    assert "maillog" not in client.get("/admin/").content.decode()


def test_columns_tell_when_what_became_of_it_who_and_what(staff):
    created = timezone.now() - timedelta(days=3)
    make_row(
        ("bob@example.com", "carl@example.com"),
        bcc=("dora@example.com",),
        created_at=created,
        subject="Your order",
        sender="shop@example.com",
        tag="orders",
        status="unconfirmed",
        accepted="unknown",
    )

    page = staff.get(LIST)

    when = timezone.localtime(created)
    assert (
        f"<span>{when:%Y-%m-%d}</span> <span>{when:%H:%M:%S}</span>"
        in (cells(page, "created")[0])
    )
    assert cells(page, "state") == [
        '<span class="directmail-badge directmail-warn">'
        '<span aria-hidden="true">?</span> unconfirmed</span>'
    ]
    assert cells(page, "recipients") == ["<bdi>bob@example.com</bdi> +2"]
    assert cells(page, "headline") == ["<bdi>Your order</bdi>"]
    assert cells(page, "from_") == ["<bdi>shop@example.com</bdi>"]
    assert cells(page, "label") == ["<bdi>orders</bdi>"]


def test_a_mail_of_which_little_is_known_is_shown(staff):
    make_row((), subject="", sender="", tag="", status="rejected", accepted="no")

    page = staff.get(LIST)

    for column in ("recipients", "headline", "from_", "label"):
        assert cells(page, column) == ["-"]


def test_what_others_wrote_is_inert(staff):
    make_row((HOSTILE,), subject=HOSTILE, sender=HOSTILE, tag=HOSTILE)

    page = staff.get(LIST)

    for column in ("recipients", "headline", "from_", "label"):
        assert cells(page, column) == [INERT]


def test_newest_comes_first_whatever_order_the_address_asks_for(staff):
    now = timezone.now()
    for age, subject in enumerate(("Newest", "Middle", "Oldest")):
        make_row(subject=subject, created_at=now - timedelta(hours=age))

    for order in ({}, {"o": "1"}, {"o": "-4.2"}):
        assert shown(staff, **order) == ["Newest", "Middle", "Oldest"]
    assert "sortable" not in staff.get(LIST).content.decode()


def test_list_has_no_way_to_add_or_delete(client, admin_user):
    make_row()
    client.force_login(admin_user)

    page = client.get(LIST).content.decode()

    assert f"{LIST}add/" not in page
    assert "delete_selected" not in page
    assert client.get(f"{LIST}add/").status_code == 403


def test_links_are_for_those_who_may_use_them(client, staff):
    page = staff.get(LIST).content.decode()
    client.force_login(make_staff("view_maillog", "send_test_mail", name="tom"))
    other_page = client.get(LIST).content.decode()

    assert "Dashboard</a>" in page
    assert "Send a test mail" not in page
    assert "Send a test mail</a>" in other_page


class TestCost:
    """What the database has to do."""

    def test_number_of_queries_does_not_depend_on_the_rows(self, staff):
        make_row()
        few = queries(staff)
        for number in range(30):
            make_row([f"{name}-{number}@example.com" for name in "abc"])

        many = queries(staff)

        assert len(few) == len(many) == 4

    def test_long_columns_stay_where_they_are(self, staff):
        make_row(text_body="Long text", html_body="<p>Long</p>")

        read = " ".join(queries(staff, q="bob@example.com"))

        for column in ("text_body", "html_body", "parameters", "error_message"):
            assert column not in read

    def test_count_is_bounded(self, staff):
        count, *_ = queries(staff)

        assert "COUNT(*)" in count
        assert f"LIMIT {LIMIT + 1}" in count

    @ON_SQLITE
    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"status__exact": "failed"},
            {"created_at__gte": "2026-01-01 00:00:00+00:00"},
        ],
    )
    def test_index_gives_the_page_without_sorting(self, staff, query):
        _, page, *_ = queries(staff, **query)

        plan = explain(page)

        assert "directmail_log_" in plan
        assert "TEMP B-TREE" not in plan


class TestFilters:
    """Status, mailer and date, together with a search."""

    def test_status_filters_without_asking_the_table(self, staff):
        make_row(subject="Fine")
        make_row(subject="Lost", status="failed", accepted="no")

        assert shown(staff, status__exact="failed") == ["Lost"]
        assert "?status__exact=unconfirmed" in staff.get(LIST).content.decode()

    def test_date_filters(self, staff):
        make_row(subject="New")
        make_row(subject="Old", created_at=timezone.now() - timedelta(days=40))
        page = staff.get(LIST)
        date = next(
            spec
            for spec in page.context["cl"].filter_specs
            if getattr(spec, "field_path", "") == "created_at"
        )
        week = list(date.choices(page.context["cl"]))[2]["query_string"]

        assert shown(staff) == ["New", "Old"]
        response = staff.get(LIST + week)
        assert [m.subject for m in response.context["cl"].result_list] == ["New"]

    def test_search_filter_and_pages_go_together(self, staff):
        for number in range(120):
            make_row(subject=f"Lost {number:03}", status="failed", accepted="no")
        make_row(subject="Fine")
        make_row(("carl@example.com",), subject="Other", status="failed")

        query = {"q": "bob", "status__exact": "failed", "p": 2}

        assert shown(staff, **query) == [f"Lost {n:03}" for n in range(19, -1, -1)]

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
    def test_mailer_filters_where_there_are_several(self, staff, settings):
        settings.MAILERS = {"default": {}, "bulk": {}}
        make_row(subject="One")
        make_row(subject="Many", alias="bulk")

        assert shown(staff, alias="bulk") == ["Many"]
        assert "?alias=bulk" in staff.get(LIST).content.decode()

    def test_mailer_is_no_filter_where_there_is_one(self, staff):
        make_row()

        assert "?alias=" not in staff.get(LIST).content.decode()

    @pytest.mark.parametrize(
        "lookup",
        [
            "text_body__contains",
            "html_body__startswith",
            "idempotency_key__startswith",
            "parameters__template__contains",
            "subject__regex",
            "recipients__address__contains",
            "resent_from__text_body__contains",
        ],
    )
    def test_no_other_column_can_be_asked(self, staff, lookup):
        """Else those who may not read mails could guess them."""
        make_row(text_body="https://example.com/reset/abc", parameters={"a": "b"})

        response = staff.get(LIST, {lookup: "a"})

        assert response.status_code == 400


CUT = f"The newest {LIMIT}. Search or filter to find older ones."


class TestBound:
    """A table with more rows than the list counts."""

    @pytest.mark.parametrize("number", [LIMIT, LIMIT + 3])
    def test_only_as_many_as_the_bound_are_counted(self, staff, number):
        make_many(number)

        page = staff.get(LIST).content.decode()

        is_counted = number == LIMIT
        assert (f"{LIMIT} mails" in page) is is_counted
        assert (CUT in page) is not is_counted

    @pytest.mark.parametrize("query", [{}, {"q": "bob"}, {"status__exact": "failed"}])
    def test_the_newest_have_pages_and_no_wrong_number(self, staff, query):
        make_many(LIMIT + 3)
        last = LIMIT // 100

        page = staff.get(LIST, query).content.decode()

        assert CUT in page
        assert not re.search(r"\d (mails|results)", page)
        assert shown(staff, **query, p=last)[-1] == "Mail 3"
        assert staff.get(LIST, {**query, "p": last + 1}).status_code == 302

    def test_found_ones_are_counted(self, staff):
        make_row()

        page = staff.get(LIST, {"q": "bob"}).content.decode()

        assert "1 result" in page
        assert "1 mail\n" in page


def test_choice_of_a_mailer_is_escaped(staff, settings):
    if django.VERSION < (6, 1):
        pytest.skip("MAILERS came with Django 6.1")
    settings.MAILERS = {"default": {}, HOSTILE: {}}
    make_row()

    page = staff.get(LIST).content.decode()

    assert "<script>alert" not in page
    assert escape("<script>alert(1)</script>[U+202E]gpj.exe[U+0007]") in page
