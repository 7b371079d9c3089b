"""The pages that ask and the form of the test mail, in a real browser."""

import pytest
from django.core.mail import send_mail

from django_directmail.api.errors import DirectMailError
from django_directmail.models import MailLog
from tests.support.admin_browser_pages import (
    DESKTOP,
    PHONE,
    TOO_WIDE,
    contrast_in,
)
from tests.support.admin_pages import LIST
from tests.support.admin_rows import make_row

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("database_beside_a_browser"),
]
pytest_plugins = ["tests.support.sandbox_browser", "tests.support.admin_browser"]


@pytest.fixture
def outbox(mailer):
    """Return the sandbox behind a mailer that keeps the content of mails."""
    return mailer(LOG={"BODIES": True})


def refused(outbox, subject="Hello"):
    """Send a mail that DirectMail refuses; return its row."""
    outbox.add_fault("error", status=400, code="InvalidMailAddress.NotFound")
    with pytest.raises(DirectMailError):
        send_mail(subject, "Good day", None, ["bob@example.com"])
    return MailLog.objects.get(subject=subject)


def choose(page, action):
    """Choose an action for the mails of the list, as far as they are ticked."""
    page.locator("select[name=action]").select_option(action)
    page.locator("button[name=index]").click()


def test_double_click_sends_one_mail(visit, outbox, expect):
    row = refused(outbox)
    page = visit(f"{LIST}{row.pk}/change/")
    page.get_by_role("button", name="Send again…").click()

    page.get_by_role("button", name="Send again").dblclick()

    expect(page.get_by_text("1 mail was sent again and accepted")).to_be_visible()
    assert len(outbox.mails) == 1
    assert page.url.endswith(f"/{row.resends.get().pk}/change/")


def test_box_is_ticked_by_its_label(visit, outbox, expect):
    row = refused(outbox)
    MailLog.objects.update(accepted="unknown", status="unconfirmed")
    page = visit(f"{LIST}{row.pk}/change/")
    page.get_by_role("button", name="Send again…").click()

    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("alert")).to_have_text("Nothing was sent. See below why.")
    page.get_by_text("Send it although it may arrive twice").click()
    page.get_by_role("button", name="Send again").click()

    expect(page.get_by_text("1 mail was sent again and accepted")).to_be_visible()
    assert len(outbox.mails) == 1


def test_keys_suffice_without_a_script(visit, expect):
    row = make_row(status="queued", accepted="no")
    page = visit(LIST, java_script_enabled=False)
    page.locator(f"input[value='{row.pk}']").check()
    choose(page, "cancel_selected")

    page.get_by_role("button", name="Cancel these mails").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Back")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 mail was cancelled.")).to_be_visible()
    assert page.url.endswith(LIST)


def test_file_is_downloaded_and_back_leads_to_the_list(visit):
    make_row()
    page = visit(f"{LIST}?status__exact=accepted")
    page.locator("#action-toggle").check()
    choose(page, "export_selected")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(f"**{LIST}?status__exact=accepted")

    assert download.value.suggested_filename.startswith("mails-20")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_everything_can_be_read(visit, outbox, scheme, viewport):
    refused(outbox, "W" * 250)
    make_row([f"{'a' * 60}@{'sub.' * 20}example.com"] * 20, nonce="x", text_body="y")
    look = {"color_scheme": scheme, "viewport": viewport}
    page = visit(LIST, **look)
    page.locator("#action-toggle").check()
    choose(page, "resend_selected")
    form = visit(f"{LIST}send-test/", **look)
    form.get_by_label("Recipient").fill("nobody")
    form.get_by_role("button", name="Send the test mail").click()
    form.get_by_role("alert").wait_for()

    for shown in (page, form):
        assert shown.evaluate(TOO_WIDE) == []
        assert shown.evaluate(contrast_in("#content")) == []
