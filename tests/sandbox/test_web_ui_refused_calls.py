"""Refused calls in the web UI and in its JSON API."""

import pytest
import requests

from django_directmail.api import Client, Credentials, DirectMailError, SingleSendMail
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from tests.support.sandbox_mails import send

pytest_plugins = ["tests.support.sandbox_browser"]
BODY = "the body of a private mail"


def refuse(sandbox, *, secret=ACCESS_KEY_SECRET, sender="shop@unknown.test"):
    """Make a call that ``sandbox`` refuses."""
    client = Client(Credentials(ACCESS_KEY_ID, secret), endpoint=sandbox.url)
    mail = SingleSendMail(
        account_name=sender, to_address="a@example.com", subject="s", text_body=BODY
    )
    with pytest.raises(DirectMailError):
        client.call(mail)


def refused(sandbox):
    """Return what the status tells of refused calls."""
    status = requests.get(f"{sandbox.url}/api/status", timeout=10).json()
    return status["refused"]


def test_status_has_the_newest_refusal_first(sandbox):
    refuse(sandbox)
    refuse(sandbox, secret="wrong")

    newest, oldest = refused(sandbox)
    assert newest["code"] == "SignatureDoesNotMatch"
    assert oldest["code"] == "InvalidMailAddress.NotFound"
    assert "--sender" in oldest["message"]


def test_refusal_repeats_nothing_of_the_mail(sandbox):
    refuse(sandbox, secret="wrong")

    (only,) = refused(sandbox)
    assert BODY not in str(only)
    assert "body%2520of" not in str(only)
    assert ACCESS_KEY_ID not in str(only)


def test_only_the_last_twenty_are_kept_and_clear_forgets_them(sandbox):
    for _ in range(21):
        refuse(sandbox)
    assert len(refused(sandbox)) == 20

    requests.delete(f"{sandbox.url}/api/mails", timeout=10)

    assert refused(sandbox) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_page_says_why_nothing_arrived(open_page, sandbox, expect, width):
    page = open_page(viewport={"width": width, "height": 800})
    box = page.locator("#refused")
    expect(box).to_be_hidden()

    refuse(sandbox)
    refuse(sandbox, secret="wrong")

    expect(page.locator("#refused-title")).to_have_text(
        "Refused calls (2): SignatureDoesNotMatch"
    )
    page.locator("#refused-title").click()
    expect(page.locator("#refused-list li")).to_have_count(2)
    expect(page.locator("#refused-list")).to_contain_text("--sender")
    overflow = "document.scrollingElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow)


@pytest.mark.browser
def test_page_forgets_refusals_with_the_mail(open_page, sandbox, expect):
    send(sandbox)
    refuse(sandbox)
    page = open_page()
    expect(page.locator("#refused")).to_be_visible()

    page.locator("#clear").click()
    page.locator("#confirm .danger").click()

    expect(page.locator("#refused")).to_be_hidden()
    expect(page.locator("#clear")).to_be_disabled()
