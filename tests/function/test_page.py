"""The static page with the form, in a real browser."""

import mimetypes

import pytest

from tests.support.function_calls import FOLDER, serve

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.support.sandbox_browser"]


@pytest.fixture
def site(function, monkeypatch):
    """Yield the URL of the website, whose pages have the function's address."""

    def application(environ, start_response):
        path = FOLDER / "site" / environ["PATH_INFO"].strip("/")
        body = path.read_bytes()
        body = body.replace(b"http://127.0.0.1:9000/", function.encode())
        body = body.replace(b"http://127.0.0.1:9000", function.rstrip("/").encode())
        start_response("200 OK", [("Content-Type", mimetypes.guess_type(path)[0])])
        return [body]

    with serve(application) as url:
        monkeypatch.setenv("CONTACT_ORIGINS", url.rstrip("/"))
        monkeypatch.setenv("CONTACT_THANKS_URL", f"{url}thanks.html")
        yield url


@pytest.fixture
def open_form(browser, site):
    """Return a function that opens a page; at the end nothing broke its policy."""
    contexts, complaints = [], []

    def open_form(name="index.html", **options):
        options = {"viewport": {"width": 320, "height": 600}, "locale": "en", **options}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site + name)
        return page

    yield open_form
    for context in contexts:
        context.close()
    # A browser complains about each answer that is a refusal, too.
    assert [c for c in complaints if "Failed to load resource" not in c] == []


def fill(page, *, email="ada@example.org"):
    page.locator("#name").fill("Ada")
    page.locator("#email").fill(email)
    page.locator("#message").fill("Are you open on Sunday?")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "thanks"), [("index.html", "Thank you."), ("zh.html", "谢谢。")]
)
def test_a_message_is_sent_with_the_keyboard(
    open_form, expect, poor_contrast, directmail, name, thanks, scheme
):
    page = open_form(name, color_scheme=scheme)
    fill(page)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text(thanks)
    expect(page.locator("#message")).to_have_value("")
    assert [mail.reply_to for mail in directmail.mails] == ["ada@example.org"]
    assert poor_contrast(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_what_is_wrong_is_said_where_it_is_wrong(open_form, expect, directmail):
    page = open_form("zh.html")
    fill(page, email="ada@example")

    page.get_by_role("button").click()

    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("#notice + #email")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#notice")).to_contain_text("电子邮箱格式不正确")
    expect(page.locator("#notice")).to_be_in_viewport()
    assert page.locator("#message").input_value() == "Are you open on Sunday?"
    assert directmail.mails == []


def test_no_answer_keeps_the_text(open_form, expect):
    page = open_form()
    fill(page)
    page.context.set_offline(True)

    page.get_by_role("button").click()

    expect(page.get_by_role("status")).to_contain_text("did not answer")
    assert page.locator("#message").input_value() == "Are you open on Sunday?"


def test_it_works_without_javascript(open_form, site, directmail):
    page = open_form(java_script_enabled=False)
    fill(page)

    page.get_by_role("button").click()

    page.wait_for_url(f"{site}thanks.html")
    assert len(directmail.mails) == 1
