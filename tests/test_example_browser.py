"""What happened to Bob's mail? In the example site, with a real browser."""

import re

import pytest

from tests.support.example_site import LAUNCH, browse, started

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.support.sandbox_browser"]


@pytest.fixture
def example(tmp_path):
    """Yield the URLs of site and sandbox, and the administrator's password."""
    arguments = [LAUNCH, "run", "--port", "0", "--sandbox-port", "0"]
    with started(arguments, tmp_path, until="Ctrl+C") as (_, output):
        yield (
            re.search(r"Contact form +(\S+)/\n", output)[1],
            re.search(r"Sent mail +(\S+)/\n", output)[1],
            re.search(r"as admin with password (\S+),", output)[1],
        )


@pytest.fixture
def page(browser, example):
    """Yield a page of the admin, logged in; nothing may violate its policy."""
    site, _, password = example
    complaints = []
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("console", lambda message: complaints.append((message.type, message.text)))
    page.on("pageerror", lambda error: complaints.append(("error", str(error))))
    answer = page.goto(f"{site}/admin/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
    assert [text for kind, text in complaints if kind in ("error", "warning")] == []


def received_by(sandbox, address):
    """Return the subjects of the mails that the sandbox has for ``address``."""
    mails = browse("GET", f"{sandbox}/api/mails").json()["mails"]
    return [mail["subject"] for mail in mails if address in mail["to"]]


def test_bobs_mail_is_found_explained_and_sent_again(page, example, expect):
    _, sandbox, _ = example
    assert received_by(sandbox, "bob@example.com") == []

    # Two clicks: the list, and the mail.
    page.get_by_role("link", name="Mails", exact=True).first.click()
    page.locator("#searchbar").fill("bob@example.com")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator("#result_list tbody a").first.click()

    # Why it failed, and what to do.
    main = page.get_by_role("main")
    expect(main).to_contain_text("Throttling.User")
    expect(main).to_contain_text("try again later")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="On its way")).to_be_visible()

    # Again.
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("main")).to_contain_text("bob@example.com")
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert received_by(sandbox, "bob@example.com") == ["Your order 4712"]


@pytest.mark.parametrize("path", ["", "dashboard/", "send-test/"])
def test_every_page_keeps_to_the_policy_of_the_site(page, example, path, expect):
    site, _, _ = example

    answer = page.goto(f"{site}/admin/django_directmail/maillog/{path}")

    assert answer.status == 200
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
