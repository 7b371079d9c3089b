"""The log in a real browser, under a strict policy."""

import pytest

from tests.support.admin_browser_pages import (
    DESKTOP,
    PHONE,
    POLICY,
    TOO_WIDE,
    contrast_in,
    list_url,
    make_full_row,
    refusal,
    url_of,
)
from tests.support.admin_rows import make_row

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("database_beside_a_browser"),
]
pytest_plugins = ["tests.support.sandbox_browser", "tests.support.admin_browser"]

HOSTILE = (
    "\"><script>document.title='owned'</script><img src=x onerror=alert(1)>\u202egpj"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_everything_can_be_read(visit, expect, scheme, viewport):
    row = make_full_row()
    for status in ("queued", "sending", "rejected", "failed", "cancelled"):
        make_row(status=status)

    for url, part in ((list_url(), "#result_list"), (url_of(row), ".directmail")):
        page = visit(url, viewport=viewport, color_scheme=scheme)
        expect(page.locator(part)).to_be_visible()
        width = page.evaluate(
            "[document.scrollingElement.scrollWidth, document.body.clientWidth]"
        )
        assert width[0] <= width[1]
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(contrast_in(part)) == []


def test_pages_have_the_policy_of_the_site_and_a_mail_its_own(visit):
    row = make_row(html_body="<p>Hello</p>")

    found = [
        visit(url).answer.headers["content-security-policy"]
        for url in (list_url(), url_of(row), url_of(row, "content"))
    ]

    assert all("script-src 'self'" in policy for policy in found[:2])
    assert found[2].startswith("default-src 'none'")
    assert "sandbox" in found[2]


def test_list_is_used_with_the_mouse(visit, expect):
    make_row(subject="Fine")
    make_row(subject="Lost", status="failed", accepted="no")
    page = visit(list_url())

    page.locator("#action-toggle").check()
    expect(page.locator("tr.selected")).to_have_count(2)
    page.get_by_role("link", name="failed").click()
    expect(page.locator(".field-headline")).to_have_text(["Lost"])
    page.get_by_role("textbox").fill("bob@")
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".field-headline")).to_have_text(["Lost"])
    assert "status__exact=failed" in page.url


def test_mail_is_read_with_the_keyboard(visit, expect):
    row = make_full_row()
    page = visit(url_of(row))
    seen = []
    page.locator("#content-start").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.className,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        seen.append(name)
        assert outline != "none" or not name.startswith("directmail")

    for name in ("button", "directmail-scroll", "directmail-text"):
        assert name in seen


@pytest.mark.parametrize("javascript", [True, False])
def test_frame_shows_the_html(visit, expect, javascript):
    row = make_row(
        html_body='<p style="color: rgb(1, 2, 3)">Dear customer</p><img alt="" src="'
        "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
        '">'
    )
    page = visit(url_of(row), java_script_enabled=javascript)
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe")

    expect(frame.get_by_text("Dear customer")).to_have_css("color", "rgb(1, 2, 3)")
    expect(frame.locator("img")).to_have_js_property("naturalWidth", 1)


def test_hostile_mail_is_inert_in_its_frame(visit, expect, evil):
    row = make_row(html_body=evil.html)
    page = visit(url_of(row))
    title = page.title()
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe")

    expect(frame.get_by_text("Dear customer")).to_have_css("color", "rgb(1, 2, 3)")
    with refusal(page, "allow-forms"):
        frame.get_by_role("button", name="Win").click()

    assert page.title() == title
    assert page.url.endswith(url_of(row))
    page.goto(list_url())
    assert evil.hits == 0


@pytest.mark.parametrize("policy", [POLICY, {}], ids=["strict", "none"])
@pytest.mark.parametrize(
    ("name", "reason"), [("Here", "frame-src"), ("Above", "allow-top-navigation")]
)
def test_link_in_the_frame_leads_nowhere(visit, evil, name, reason):
    row = make_row(html_body=evil.html)
    page = visit(url_of(row))
    page.locator("iframe").scroll_into_view_if_needed()

    with refusal(page, reason):
        page.frame_locator("iframe").get_by_role("link", name=name).click()

    assert page.url.endswith(url_of(row))
    # A browser may connect before it asks whether it may go there.
    assert evil.asked == 0
    assert all(reason in text for text in page.complaints)
    page.complaints.clear()


def test_hostile_mail_is_inert_in_a_tab_of_its_own(visit, expect, evil):
    row = make_row(html_body=evil.html)
    page = visit(url_of(row))

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open in a new tab").click()
    expect(popup.value.get_by_text("Dear customer")).to_be_visible()
    with refusal(popup.value, "allow-forms"):
        popup.value.get_by_role("button", name="Win").click()

    assert popup.value.url.endswith("/content/")
    assert popup.value.title() == ""
    assert evil.hits == 0


def test_what_others_wrote_is_text(visit, expect):
    row = make_row(
        (HOSTILE,),
        subject=HOSTILE,
        sender=HOSTILE,
        tag=HOSTILE,
        error_code=HOSTILE,
        error_message=HOSTILE,
        parameters={HOSTILE: HOSTILE},
        text_body=HOSTILE,
    )
    shown = HOSTILE.replace("\u202e", "[U+202E]")

    page = visit(list_url())
    expect(page.locator(".field-headline bdi")).to_have_text(shown)
    expect(page.locator("#result_list :is(script, img)")).to_have_count(0)
    page.locator("#result_list th a").click()

    expect(page.locator("h1")).to_contain_text("Mail of")
    expect(page.locator("main :is(script, img)")).to_have_count(0)
    expect(page.locator("pre")).to_have_text(shown)
    assert "owned" not in page.title()
    assert page.url.endswith(url_of(row))
