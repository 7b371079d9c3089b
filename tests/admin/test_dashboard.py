"""The dashboard: who sees it, what it counts and where it leads."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from django_directmail.admin import dashboard
from django_directmail.log.statistics import collect
from django_directmail.models import MailLog
from tests.support.admin_pages import log_in, text
from tests.support.admin_rows import make_row, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _known_account(mailer):
    """Have an account that can be asked."""
    cache.clear()
    mailer()


def url(**query):
    """Return the address of the dashboard."""
    page = reverse("admin:django_directmail_maillog_dashboard")
    return page + "".join(f"?{name}={value}" for name, value in query.items())


def table(page):
    """Return the rows of the table of days, each as texts and as links."""
    part = text(page).partition('class="directmail-scroll directmail-days"')[2]
    rows = re.findall(r"<tr>(.*?)</tr>", part.partition("</table>")[0], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    texts = [[re.sub("<.*?>", "", cell) for cell in row] for row in cells]
    links = [[re.findall('href="(.*?)"', cell) for cell in row] for row in cells]
    return texts, links


def section(page, name):
    """Return the texts of the rows of a table below a heading."""
    part = text(page).partition(f'<h2 id="{name}">')[2].partition("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
    return [
        [re.sub("<.*?>", "", cell) for cell in re.findall("<t[hd].*?</t[hd]>", row)]
        for row in rows
    ]


def test_anonymous_is_asked_to_log_in(client):
    answer = client.get(url())

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_staff_without_permission_is_refused(client):
    client.force_login(make_staff("send_test_mail"))

    assert client.get(url()).status_code == 403


def test_list_leads_here(client):
    log_in(client)

    assert f'href="{url()}"' in text(
        client.get(reverse("admin:django_directmail_maillog_changelist"))
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [("7", 7), ("30", 30), ("90", 90), ("", 30), ("8", 30), ("x", 30), ("٧", 30)],
)
def test_period_is_one_of_three(client, days, expected):
    log_in(client)
    make_row()

    page = client.get(url(days=days))

    assert len(table(page)[0]) == expected + 2
    assert f'<a href="?days={expected}" aria-current="page">' in text(page)


def test_table_has_each_day_and_each_status(client):
    log_in(client)
    yesterday = collect(2).days[0].start
    make_row()
    for status in ("rejected", "accepted", "accepted"):
        make_row(created_at=yesterday, status=status)

    texts, _ = table(client.get(url(days=7)))

    assert texts[0] == ["Day", "All", "accepted", "rejected"]
    assert [row[1:] for row in texts[1:4]] == [
        ["1", "1", "0"],
        ["3", "2", "1"],
        ["0", "0", "0"],
    ]
    assert texts[-1] == ["7 days", "4", "3", "1"]


def test_numbers_lead_to_the_mails_that_they_count(client):
    log_in(client)
    for day in collect(7).days:
        make_row(created_at=day.start)
        make_row(created_at=day.end - timedelta(microseconds=1), status="failed")
    make_row(status="failed")

    texts, links = table(client.get(url(days=7)))

    followed = 0
    for row, row_links in zip(texts, links, strict=True):
        for number, link in zip(row, row_links, strict=True):
            if link:
                answer = client.get(link[0])
                assert len(answer.context["cl"].result_list) == int(number)
                followed += 1
    assert followed == 21


def test_every_status_has_its_pattern_and_is_in_the_legend(client):
    log_in(client)
    for number, status in enumerate(MailLog.Status.values, start=1):
        for _ in range(number):
            make_row(status=status)

    page = client.get(url())

    content = text(page)
    assert set(dashboard.ORDER) == set(MailLog.Status.values)
    for number, status in enumerate(MailLog.Status.values, start=1):
        assert f'<pattern id="directmail-{status}"' in content
        assert f'data-status="{status}"' in content
        assert f"{status} <strong>{number}</strong>" in content
    assert content.count("<pattern ") == len(MailLog.Status.values)
    assert "36 mails: 3 accepted, 4 rejected" in content


def test_errors_come_with_their_remedy(client):
    log_in(client)
    for _ in range(2):
        make_row(status="unconfirmed", error_code="TransportError")
    make_row(status="rejected", error_code="InvalidBody", http_status=400)
    make_row(status="rejected", error_code="\u202eOdd", http_status=400)

    content = text(client.get(url())).partition('<ol class="directmail-errors">')[2]

    items = content.partition("</ol>")[0].split("</li>")[:-1]
    texts = [" ".join(re.sub("<.*?>", " ", item).split()) for item in items]
    assert texts[0] == "TransportError 2 mails"
    assert sorted(texts[1:]) == [
        "InvalidBody 1 mail Give the message a text or an HTML body.",
        "[U+202E]Odd 1 mail See DirectMail's error codes for this one.",
    ]


def test_names_are_text_whatever_they_say(client):
    log_in(client)
    make_row(tag="<script>alert(1)</script>", sender='"><img src=x>@example.com')

    content = client.get(url()).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<img src=x" not in content
    assert "<script>alert" not in content


def test_tags_and_senders_have_their_shares(client):
    log_in(client)
    make_row(tag="news", sender="a@example.com")
    make_row(tag="news", sender="a@example.com", status="rejected")
    make_row(sender="a@example.com", status="queued")

    page = client.get(url())

    assert section(page, "tags")[1:] == [["news", "2", "", "1", "1", "0"]]
    assert section(page, "senders")[1:] == [
        ["a@example.com", "3", "", "1", "1", "0", "1"]
    ]
    assert section(page, "mailers") == []


def test_several_mailers_are_told_apart(client):
    log_in(client)
    make_row(alias="default")
    make_row(alias="bulk", status="unconfirmed")

    rows = section(client.get(url()), "mailers")

    assert rows[1:] == [
        ["bulk", "1", "", "0", "0", "1"],
        ["default", "1", "", "1", "0", "0"],
    ]


def test_too_many_mails_are_said_not_to_be_all_told_apart(client, monkeypatch):
    monkeypatch.setattr(dashboard, "AT_MOST", 1)
    log_in(client)
    make_row(tag="old", created_at=timezone.now() - timedelta(days=3))
    make_row(tag="new")

    page = client.get(url())

    assert [row[0] for row in section(page, "tags")[1:]] == ["new"]
    assert "python manage.py directmail_stats" in text(page)


def test_empty_log_says_how_to_send_a_mail(client):
    log_in(client, "send_test_mail")

    content = text(client.get(url()))

    assert "Nothing was sent in the last 30 days." in content
    assert "python manage.py sendtestmail you@example.com" in content
    assert reverse("admin:django_directmail_maillog_send_test") in content
    assert "The log is off" not in content
    assert "<svg class" not in content


def test_test_mail_is_offered_to_those_who_may_send_it(client):
    log_in(client)

    content = text(client.get(url()))

    assert reverse("admin:django_directmail_maillog_send_test") not in content


def test_log_that_is_off_is_said_to_be(client, mailer):
    mailer(LOG={"ENABLED": False})
    log_in(client)

    assert 'remove DIRECTMAIL["LOG"]["ENABLED"]' in text(client.get(url()))


def test_picture_has_points_where_the_language_has_commas(client, settings):
    settings.LANGUAGE_CODE = "de"
    settings.USE_THOUSAND_SEPARATOR = True
    log_in(client)
    make_row()

    picture = text(client.get(url(days=90))).partition("<svg")[2].partition("</svg")[0]

    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="(.*?)"', picture)
    assert len(numbers) > 20
    assert [n for n in numbers if not re.fullmatch(r"\d+(\.\d)?", n)] == []


def test_without_time_zones_it_works(client, settings):
    settings.USE_TZ = False
    log_in(client)
    make_row()

    texts, links = table(client.get(url(days=7)))

    assert texts[1][1:] == ["1", "1"]
    assert len(client.get(links[1][1][0]).context["cl"].result_list) == 1


def test_queries_do_not_grow_with_the_log(client, django_assert_max_num_queries):
    log_in(client)
    for number in range(20):
        make_row(alias=f"m{number}", tag=f"t{number}", sender=f"{number}@example.com")

    # Six for the figures, the others for the session and the permissions.
    with django_assert_max_num_queries(10):
        client.get(url(days=90))
