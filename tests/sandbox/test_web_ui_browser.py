"""The web UI in a real browser, also with hostile mail."""

from urllib.parse import urlsplit

import pytest

from django_directmail.sandbox import Sandbox
from tests.support.sandbox_mails import send

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.support.sandbox_browser"]

PHONE = {"width": 390, "height": 844}


def subjects(page):
    """Return the locator of the subjects in the list that are shown."""
    return page.locator("#list li:not([hidden]) .what")


def test_an_empty_sandbox_says_how_to_send(open_page, sandbox, expect):
    page = open_page()

    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()
    expect(page.locator("#settings")).to_contain_text(f'"ENDPOINT": "{sandbox.url}"')
    expect(page.locator("#settings")).to_contain_text('"sandbox-secret"')
    expect(page.locator("#welcome")).to_contain_text(
        "python manage.py sendtestmail you@example.com"
    )
    expect(page).to_have_title("DirectMail sandbox")


def test_a_new_mail_appears_by_itself(open_page, sandbox, expect):
    send(sandbox, subject="First")
    page = open_page()
    expect(subjects(page)).to_have_text(["First"])

    send(sandbox, subject="Second")

    expect(subjects(page)).to_have_text(["Second", "First"])
    expect(page.locator("#news")).to_have_text("New mail: Second")
    expect(page.locator("#count")).to_have_text("2 mails")
    expect(page).to_have_title("(2) DirectMail sandbox")


def test_a_refresh_keeps_focus_selection_and_scroll(open_page, sandbox, expect):
    for number in range(30):
        send(sandbox, subject=f"Mail {number}")
    page = open_page("/#mail-1")
    expect(page.locator("#list a[aria-current]")).to_contain_text("Mail 0")
    page.locator("#list a").last.focus()
    before = page.locator("#list a").last.bounding_box()

    send(sandbox, subject="New")

    expect(subjects(page)).to_have_count(31)
    expect(page.locator("#list a").last).to_be_focused()
    expect(page.locator("#list a[aria-current]")).to_contain_text("Mail 0")
    assert page.locator("#list a").last.bounding_box() == before


def test_a_quiet_sandbox_is_asked_for_its_status_only(open_page, sandbox):
    send(sandbox)
    page = open_page()
    page.locator("#list a").wait_for()
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    for _ in range(2):
        page.wait_for_event("requestfinished")

    assert set(asked) == {"/api/status"}


def test_a_hidden_tab_does_not_ask(open_page, sandbox, expect):
    page = open_page()
    page.clock.install()
    page.add_init_script("Object.defineProperty(document, 'hidden', {value: true})")
    page.reload()
    expect(page.locator("#state")).to_have_text("Live")
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.clock.run_for(60_000)

    assert asked == []


def test_a_sandbox_that_went_away_is_missed_and_found_again(open_page, sandbox, expect):
    send(sandbox, subject="Of the old one")
    page = open_page("/#mail-1")
    expect(page.locator("#subject")).to_have_text("Of the old one")

    sandbox.stop()

    expect(page.locator("#unreachable")).to_be_visible()
    expect(page.locator("#state")).to_have_text("Not reachable")
    expect(page.locator("#subject")).to_have_text("Of the old one")

    with Sandbox(port=urlsplit(sandbox.url).port) as next_one:
        send(next_one, subject="Of the new one")
        expect(page.locator("#unreachable")).to_be_hidden()
        expect(page.locator("#subject")).to_have_text("Of the new one")
        expect(subjects(page)).to_have_text(["Of the new one"])
        page.close()
    # The browser logs each refused connection; there is nothing else to complain of.
    assert all("ERR_" in text for text in page.complaints)
    page.complaints.clear()


def test_a_mail_is_shown_with_all_its_parts(open_page, sandbox, expect):
    result = send(
        sandbox,
        from_alias="The Shop",
        to_address="ana@example.net,li@example.org",
        bcc_address="audit@example.com",
        reply_address="help@example.com",
        reply_address_alias="Help",
        tag_name="orders",
        headers={"X-User-Order": "4711", "X-Mailer": "none"},
        html_body="<p>Hi <a href='https://shop.example/1'>there</a></p>",
        text_body="See https://shop.example/2. Bye",
    )

    page = open_page("/#mail-1")

    facts = page.locator("#facts dd")
    expect(facts.nth(0)).to_have_text("The Shop <shop@example.com>")
    expect(facts.nth(1)).to_have_text("ana@example.net, li@example.org")
    expect(facts.nth(2)).to_have_text("audit@example.com")
    expect(facts.nth(3)).to_have_text("Help <help@example.com>")
    expect(facts.nth(4)).to_have_text("orders")
    expect(facts.nth(6)).to_have_text(result.env_id)
    expect(facts.nth(7)).to_have_text(result.request_id)
    expect(page.locator(".badge")).to_have_text("✓ Signature verified (HMAC-SHA1)")
    expect(page.locator("#notes li")).to_contain_text(["X-Mailer"])
    page.locator("#links-title").click()
    expect(page.locator("#links a")).to_have_text(
        ["https://shop.example/1", "https://shop.example/2"]
    )


def test_the_time_is_local(open_page, sandbox):
    send(sandbox)
    zones = ["Asia/Shanghai", "America/New_York"]
    pages = [open_page("/#mail-1", timezone_id=zone) for zone in zones]

    here, there = (page.locator("#facts time") for page in pages)

    assert here.get_attribute("datetime") == there.get_attribute("datetime")
    assert here.text_content() != there.text_content()


def test_tabs_work_by_keyboard(open_page, sandbox, expect):
    send(sandbox, html_body="<p>Bold</p>", headers={"X-User-A": "1"}, tag_name="t-1")
    page = open_page("/#mail-1")
    tab = page.get_by_role("tab", selected=True)
    panel = page.get_by_role("tabpanel")
    expect(tab).to_have_text("HTML")
    tab.focus()

    page.keyboard.press("ArrowRight")
    expect(tab).to_have_text("Text")
    expect(tab).to_be_focused()
    expect(panel).to_have_text("It is on its way.")
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("row", name="X-User-A 1")).to_be_visible()
    page.keyboard.press("End")
    expect(panel.get_by_role("row", name="TagName t-1")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tab).to_have_text("HTML")
    page.keyboard.press("ArrowLeft")
    expect(tab).to_have_text("Parameters")
    page.keyboard.press("Tab")
    expect(panel).to_be_focused()


def test_the_mail_meant_as_hostile_is_so_elsewhere(browser, evil):
    page = browser.new_page()
    page.set_content(evil.html, wait_until="commit")
    assert evil.hit.wait(10)
    page.close()


def test_a_hostile_mail_is_inert(open_page, sandbox, expect, evil):
    send(sandbox, subject="Hostile", html_body=evil.html)
    page = open_page("/#mail-1")
    preview = page.frame_locator("#panel iframe")

    expect(preview.get_by_text("Dear customer")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator("#panel")).to_contain_text("Remote content")
    preview.get_by_role("button", name="Win").click()
    # Until another mail is here, whatever the first one set going has happened.
    send(sandbox, subject="Later")
    expect(subjects(page)).to_have_count(2)

    assert evil.hits == 0
    assert page.url == f"{sandbox.url}/#mail-1"
    expect(page).to_have_title("(2) Hostile · DirectMail sandbox")


@pytest.mark.parametrize("name", ["Here", "Above"])
def test_a_link_in_the_preview_leads_nowhere(open_page, sandbox, expect, evil, name):
    send(sandbox, subject="Hostile", html_body=evil.html)
    page = open_page("/#mail-1")

    page.frame_locator("#panel iframe").get_by_role("link", name=name).click()
    send(sandbox, subject="Later")
    expect(subjects(page)).to_have_count(2)

    # A browser may connect before it asks whether it may go there.
    assert evil.asked == 0
    assert page.url == f"{sandbox.url}/#mail-1"
    assert all("allow-top" in text or "frame-src" in text for text in page.complaints)
    page.complaints.clear()


def test_a_hostile_mail_is_inert_in_a_tab_of_its_own(open_page, sandbox, expect, evil):
    send(sandbox, html_body=evil.html)
    page = open_page("/#mail-1")

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open in a new tab").click()
    expect(popup.value.get_by_text("Dear customer")).to_be_visible()
    popup.value.get_by_role("button", name="Win").click()
    send(sandbox, subject="Later")
    expect(subjects(page)).to_have_count(2)

    assert evil.hits == 0
    assert popup.value.url == f"{sandbox.url}/mails/1/preview"


def test_a_subject_is_text_whatever_it_says(open_page, sandbox, expect):
    subject = (
        "<script>document.title='x'</script><img src=x onerror=alert(1)> \u202egnp"
    )
    send(sandbox, subject=subject, from_alias="\u202e<b>Shop</b>")

    page = open_page("/#mail-1")

    expect(page.locator("#subject bdi")).to_have_text(subject)
    expect(subjects(page)).to_have_text([subject])
    expect(page.locator("#facts dd").first).to_contain_text("<b>Shop</b>")
    expect(page.locator("main :is(script, img, b)")).to_have_count(0)
    assert "\u202e" not in page.title()
    for place in ("#subject bdi", "#facts bdi", "#list .who", "#list .what"):
        expect(page.locator(place).first).to_have_css("unicode-bidi", "isolate")


@pytest.mark.parametrize(
    "words", ["second", "LI@example", "orders", "parcel", "shop second", "600000000002"]
)
def test_search_finds_in_all_that_a_list_knows(open_page, sandbox, expect, words):
    send(sandbox, subject="First")
    send(
        sandbox,
        subject="Second",
        to_address="li@example.org",
        tag_name="orders",
        text_body="Your parcel",
    )
    send(sandbox, subject="Third")
    page = open_page()
    expect(subjects(page)).to_have_count(3)

    page.keyboard.press("/")
    page.keyboard.type(words)

    expect(page.get_by_label("Search")).to_be_focused()
    expect(subjects(page)).to_have_text(["Second"])
    expect(page.locator("#count")).to_have_text("1 of 3")


def test_search_goes_on_while_mail_arrives(open_page, sandbox, expect):
    send(sandbox, subject="Apple")
    page = open_page()
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("No mail matches.")).to_be_visible()

    send(sandbox, subject="Pear")

    expect(page.locator("#count")).to_have_text("0 of 2")
    expect(subjects(page)).to_have_count(0)


def test_clear_asks_first(open_page, sandbox, expect):
    send(sandbox)
    page = open_page("/#mail-1")
    expect(page.locator("#subject")).to_have_text("Your order")

    page.get_by_role("button", name="Clear all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Clear all").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(sandbox.mails) == 1

    page.get_by_role("button", name="Clear all").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear all").click()
    expect(page.get_by_role("heading", name="No mail yet")).to_be_focused()
    expect(subjects(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Clear all")).to_be_disabled()
    assert sandbox.mails == []


def test_a_link_to_a_mail_opens_it_and_back_returns(open_page, sandbox, expect):
    send(sandbox, subject="First", html_body="<p>1</p>")
    send(sandbox, subject="Second", html_body="<p>2</p>")
    page = open_page("/#mail-2")
    expect(page.locator("#subject")).to_have_text("Second")

    page.locator("#list a").last.click()
    expect(page.locator("#subject")).to_have_text("First")
    expect(page.frame_locator("#panel iframe").get_by_text("1")).to_be_visible()
    page.go_back()

    expect(page.locator("#subject")).to_have_text("Second")
    expect(page.locator("#list a[aria-current]")).to_contain_text("Second")
    expect(page).to_have_title("(2) Second · DirectMail sandbox")


def test_a_link_to_a_mail_that_is_gone_says_so(open_page, expect):
    page = open_page("/#mail-7")

    expect(page.get_by_role("heading", name="This mail is not here")).to_be_visible()
    assert all("404" in text for text in page.complaints)
    page.complaints.clear()


def test_keys_walk_the_list(open_page, sandbox, expect):
    for number in (1, 2, 3):
        send(sandbox, subject=f"Mail {number}")
    page = open_page()
    expect(subjects(page)).to_have_count(3)

    page.keyboard.press("j")
    expect(page.locator("#subject")).to_have_text("Mail 3")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#subject")).to_have_text("Mail 2")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#subject")).to_have_text("Mail 1")
    page.keyboard.press("k")
    expect(page.locator("#subject")).to_have_text("Mail 2")
    expect(page.locator("#list a[aria-current]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#subject")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#list a[aria-current]")).to_be_focused()


def test_the_skip_link_leads_to_the_list(open_page, sandbox, expect):
    send(sandbox)
    page = open_page()
    expect(subjects(page)).to_have_count(1)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#list a")).to_be_focused()


def test_a_phone_shows_one_pane_at_a_time(open_page, sandbox, expect):
    send(sandbox)
    page = open_page(viewport=PHONE)
    expect(page.locator("#list a")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()

    page.locator("#list a").click()
    expect(page.locator("#subject")).to_be_focused()
    expect(page.locator("#mails")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#list a")).to_be_focused()
    expect(page.locator("#detail")).to_be_hidden()
    page.go_back()
    expect(page.locator("#subject")).to_be_visible()
    page.get_by_role("link", name="All mails").click()
    expect(page.locator("#list a")).to_be_focused()


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", PHONE), ("dark", {"width": 1280, "height": 800})]
)
def test_everything_can_be_read(
    open_page, sandbox, expect, poor_contrast, scheme, viewport
):
    address = "a" * 60 + "@" + "sub." * 20 + "example.com"
    send(
        sandbox,
        subject="W" * 250,
        to_address=",".join([address] * 20),
        headers={"X-Mailer": "x", "X-User-A": "y" * 300},
        text_body="z" * 3000 + " https://shop.example/" + "q" * 300,
        tag_name="t" * 120,
    )
    page = open_page(color_scheme=scheme, viewport=viewport)

    expect(page.locator("#list a")).to_be_visible()
    assert poor_contrast(page) == []
    page.locator("#list a").click()
    page.locator("#links-title").click()
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert poor_contrast(page) == []
        for place in ("document.scrollingElement", "detail", "list"):
            width = page.evaluate(f"[{place}.scrollWidth, {place}.clientWidth]")
            assert width[0] <= width[1], place


def test_dark_mode_is_dark(open_page, expect):
    page = open_page(color_scheme="dark")

    expect(page.locator("body")).to_have_css("background-color", "rgb(16, 19, 23)")


def test_nothing_moves_for_those_who_asked_for_that(open_page, expect):
    page = open_page(reduced_motion="reduce")

    expect(page.locator("#clear")).to_have_css("transition-duration", "0s")


def test_the_language_is_the_browser_s_and_can_be_changed(open_page, sandbox, expect):
    send(sandbox)
    page = open_page("/#mail-1", locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".badge")).to_have_text("✓ 签名已验证（HMAC-SHA1）")
    expect(page.locator("#list .to")).to_have_text("收件人：ana@example.net")

    page.get_by_label("语言").select_option("en")

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".badge")).to_have_text("✓ Signature verified (HMAC-SHA1)")
    expect(page.locator("#list .to")).to_have_text("To: ana@example.net")
    expect(page.locator("#list a")).to_have_attribute("aria-current", "true")
    page.reload()
    expect(page.locator("#count")).to_have_text("1 mail")


def test_a_thousand_mails_are_listed_and_searched(open_page, sandbox, expect):
    for number in range(1000):
        send(sandbox, subject=f"Mail-{number:03}")
    page = open_page()
    expect(page.locator("#count")).to_have_text("1000 mails")

    page.get_by_label("Search").fill("mail-99")

    expect(page.locator("#count")).to_have_text("10 of 1000")
    expect(subjects(page)).to_have_text([f"Mail-{n}" for n in range(999, 989, -1)])
