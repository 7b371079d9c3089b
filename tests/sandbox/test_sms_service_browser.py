"""SMS on the page of the sandbox, in a real browser."""

import pytest

from django_directmail.api import Client, SendSms
from tests.support.api_samples import KEY
from tests.support.sandbox_mails import send as send_mail

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.support.sandbox_browser"]

PHONE = {"width": 375, "height": 700}


def send(sandbox, **changes):
    """Send one SMS to ``sandbox``, as programs do."""
    given = {
        "phone_numbers": "13900000001",
        "sign_name": "Shop",
        "template_code": "SMS_1001",
        "template_param": {"code": "482913"},
        **changes,
    }
    return Client(KEY, endpoint=sandbox.url).call(SendSms(**given))


def section(page):
    """Return the locator of the part of the page that is about SMS."""
    return page.get_by_role("region", name="SMS")


def test_without_sms_there_is_no_section(open_page, sandbox, expect):
    send_mail(sandbox)
    page = open_page()

    expect(page.locator("#list li")).to_have_count(1)
    expect(section(page)).to_have_count(0)


def test_a_new_sms_appears_by_itself_and_is_announced(open_page, sandbox, expect):
    page = open_page()
    expect(page.locator("#state")).to_have_text("Live")

    send(sandbox, sign_name="First")
    expect(section(page).locator("li")).to_have_count(1)
    expect(page.locator("#news")).to_have_text("New SMS: First")
    send(sandbox, sign_name="Second", phone_numbers="13900000001,13900000002")

    expect(section(page).locator("summary")).to_contain_text(["Second", "First"])
    expect(section(page).locator("summary").first).to_contain_text("13900000001 +1")


def test_all_of_an_sms_is_reached_by_keyboard(open_page, sandbox, expect):
    result = send(sandbox, out_id="order-1")
    page = open_page()
    page.locator("#sms summary").focus()

    page.keyboard.press("Enter")

    for text in (
        "13900000001",
        "SMS_1001",
        "482913",
        "order-1",
        result.biz_id,
        result.request_id,
    ):
        expect(section(page).locator("dl")).to_contain_text(text)
    expect(section(page).locator("dl")).to_be_visible()


def test_what_is_open_and_focused_stays_when_another_comes(open_page, sandbox, expect):
    send(sandbox)
    page = open_page()
    page.locator("#sms summary").click()

    send(sandbox)

    expect(section(page).locator("li")).to_have_count(2)
    expect(section(page).locator("details").last).to_have_attribute("open", "")
    expect(section(page).locator("summary").last).to_be_focused()


def test_clear_clears_sms_too(open_page, sandbox, expect):
    send(sandbox)
    page = open_page()

    page.get_by_role("button", name="Clear all").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear all").click()

    expect(section(page)).to_have_count(0)
    expect(page.get_by_role("heading", name="No mail yet")).to_be_focused()
    assert sandbox.sms == []


def test_on_a_phone_the_first_sms_is_seen(open_page, sandbox, expect):
    page = open_page(viewport=PHONE)
    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()

    send(sandbox)

    expect(section(page).locator("summary")).to_be_visible()
    section(page).locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_it_is_in_chinese_too(open_page, sandbox, expect):
    send(sandbox)
    page = open_page(locale="zh-CN")
    region = page.get_by_role("region", name="短信")
    expect(region.locator("summary")).to_contain_text("收件人：13900000001")

    page.get_by_label("语言").select_option("en")

    expect(section(page).locator("summary")).to_contain_text("To: 13900000001")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_can_be_read(open_page, sandbox, expect, poor_contrast, scheme):
    send(sandbox)
    page = open_page(color_scheme=scheme)
    page.locator("#sms summary").click()
    expect(section(page).locator("dl")).to_be_visible()

    assert poor_contrast(page) == []


def test_markup_in_an_sms_stays_text(open_page, sandbox, expect):
    markup = "<img src=x onerror=alert(1)>"
    send(sandbox, sign_name=markup, template_param={markup: markup})
    page = open_page()

    page.locator("#sms summary").click()

    expect(section(page).locator("summary")).to_contain_text(markup)
    expect(section(page).locator("dl")).to_contain_text(markup)
    expect(section(page).locator("img")).to_have_count(0)
