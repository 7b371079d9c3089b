"""The dashboard in a real browser, under a strict policy."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from django_directmail.models import MailLog
from tests.support.admin_browser_pages import (
    DESKTOP,
    PHONE,
    TOO_WIDE,
    contrast_in,
)
from tests.support.admin_rows import make_row

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("database_beside_a_browser"),
]
pytest_plugins = ["tests.support.sandbox_browser", "tests.support.admin_browser"]

#: The same, but for the chart, which has a box of its own to scroll in.
TOO_WIDE_HERE = TOO_WIDE.replace(".results,", ".results, .directmail-chart-scroll,")
#: What the picture shows of each day: its words, its statuses and its height.
BARS = """() => [...document.querySelectorAll(".directmail-chart g")].map((group) => ({
  title: group.querySelector("title").textContent,
  bars: [...group.querySelectorAll("rect")].map((bar) => bar.dataset.status),
  height: [...group.querySelectorAll("rect")]
    .reduce((sum, bar) => sum + bar.getBoundingClientRect().height, 0),
}))"""


@pytest.fixture(autouse=True)
def _many_mails(mailer):
    """Store mails of every status, on some days of three months."""
    cache.clear()
    mailer()
    now = timezone.now()
    for number, status in enumerate(MailLog.Status.values):
        for days in (0, 1, 3, 50):
            make_row(
                status=status,
                tag="t" * 120 if number else "",
                sender="a" * 60 + "@" + "sub." * 40 + "example.com",
                alias=f"mailer{number % 2}",
                error_code=f"Code{number}" * (number % 2),
                http_status=400,
                created_at=now - timedelta(days=days),
            )
    for _ in range(30):
        make_row(created_at=now - timedelta(days=1))


def url(days=30):
    """Return the address of the dashboard."""
    page = reverse("admin:django_directmail_maillog_dashboard")
    return f"{page}?days={days}"


def numbers(cells):
    """Return the numbers in cells of a table."""
    return [int(text.replace(",", "")) for text in cells.all_text_contents()]


def read(title):
    """Return date, total and counts by status of what a bar says of itself."""
    date, _, said = title.partition(": ")
    total, *counts = re.findall(r"(\d+) (\w+)", said)
    return date, int(total[0]), {word: int(number) for number, word in counts}


@pytest.mark.parametrize("days", [7, 30, 90])
def test_picture_and_table_agree(visit, days):
    page = visit(url(days))

    picture = page.evaluate(BARS)
    rows = page.locator(".directmail-days tbody tr").all()
    words = page.locator(".directmail-days thead th").all_text_contents()[2:]
    assert len(picture) == len(rows) == days
    unit = max(bar["height"] for bar in picture) / 38
    for bar, row in zip(reversed(picture), rows, strict=True):
        date, total, counts = read(bar["title"])
        in_row = numbers(row.locator("td"))
        assert date == row.locator("th").text_content()
        assert total == in_row[0] == sum(counts.values())
        assert counts == {w: n for w, n in zip(words, in_row[1:], strict=True) if n}
        assert set(bar["bars"]) == set(counts)
        assert bar["height"] == pytest.approx(total * unit, abs=1)
    totals = numbers(page.locator(".directmail-days tfoot td"))
    legend = numbers(page.locator(".directmail-legend strong"))
    assert totals[1:] == legend
    assert totals[0] == sum(legend)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_everything_can_be_read(visit, expect, scheme, viewport):
    page = visit(url(90), viewport=viewport, color_scheme=scheme)

    expect(page.get_by_role("heading", name="By sender")).to_be_visible()
    assert page.evaluate(TOO_WIDE_HERE) == []
    assert page.evaluate(contrast_in(".directmail")) == []
    expect(page.locator(".directmail-y").first).to_have_css("font-size", "13px")
    size = page.locator(".directmail-y").first.bounding_box()["height"]
    assert size >= 10


def test_phone_shows_today_first(visit):
    page = visit(url(30), viewport=PHONE)

    last = page.locator(".directmail-chart g").last.bounding_box()

    assert 0 < last["x"] < PHONE["width"]


def test_statuses_look_different_without_colour(visit):
    page = visit(url())

    shapes = page.locator("pattern").evaluate_all(
        "patterns => patterns.map((p) => p.innerHTML.trim())"
    )

    assert len(set(shapes)) == len(shapes) == len(MailLog.Status.values)
    for status in MailLog.Status.values:
        sample = f".directmail-legend rect[fill='url(#directmail-{status})']"
        assert page.locator(sample).count() == 1


def test_parts_have_names_and_headings_are_in_order(visit, expect):
    page = visit(url())

    picture = page.get_by_role("img", name="Mails per day, by status")
    expect(picture).to_have_accessible_name(re.compile("54 mails: 33 accepted, 3 rej"))
    levels = page.locator("#content :is(h1, h2, h3)").evaluate_all(
        "nodes => nodes.map((node) => node.tagName)"
    )
    assert levels[0] == "H1"
    assert set(levels[1:]) == {"H2"}


def test_keyboard_leads_to_the_mails_of_a_day(visit, expect):
    page = visit(url(7))
    link = page.locator(".directmail-days tbody tr").nth(1).get_by_role("link").first

    link.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#result_list tbody tr")).to_have_count(38)


def test_period_is_chosen_by_a_link(visit, expect):
    page = visit(url(30))

    page.get_by_role("link", name="90 days").click()

    expect(page.locator(".directmail-days tbody tr")).to_have_count(90)
    current = page.locator(".directmail-period [aria-current]")
    expect(current).to_have_text("90 days")
