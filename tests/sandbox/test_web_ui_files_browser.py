"""Attachments in the web UI, in a real browser."""

import pytest

from tests.support.sandbox_mails import send

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.support.sandbox_browser"]

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}
HOSTILE = (
    b"<!doctype html><title>owned</title><script>document.title = 'owned'</script>"
)


def test_name_and_size_are_shown(open_page, attach, expect):
    attach(("a.pdf", b"x" * 2_500_000), ("发票.txt", b"x" * 1536), ("e", b""))
    page = open_page("/#mail-1")

    files = page.get_by_role("list", name="Attachments (3)").get_by_role("listitem")

    expect(files).to_have_text(["a.pdf 2.4 MB", "发票.txt 1.5 kB", "e 0 bytes"])


def test_a_mail_without_files_has_no_section(open_page, sandbox, attach, expect):
    attach(("a.pdf", b"x"))
    send(sandbox)
    page = open_page("/#mail-1")
    expect(page.locator("#files-box")).to_be_visible()

    page.locator("#list a").first.click()

    expect(page.locator("#files-box")).to_be_hidden()


def test_a_file_is_saved_by_keyboard_under_its_name(open_page, attach, expect):
    attach(("发票 1.html", HOSTILE))
    page = open_page("/#mail-1")
    page.get_by_role("link", name="发票 1.html").focus()

    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == "发票 1.html"
    assert download.value.path().read_bytes() == HOSTILE
    assert "owned" not in page.title()


def test_a_file_that_is_opened_is_saved_all_the_same(open_page, sandbox, attach):
    attach(("page.html", HOSTILE))
    page = open_page("/#mail-1")

    with page.expect_download() as download:
        page.evaluate("open('/mails/1/attachments/1')")

    assert download.value.suggested_filename == "page.html"


@pytest.mark.parametrize(("scheme", "viewport"), [("dark", PHONE), ("light", WIDE)])
def test_many_files_with_long_names_can_be_read_and_reached(
    open_page, attach, expect, poor_contrast, scheme, viewport
):
    attach(*[(f"{n}-{'W' * 200}.txt", b"x") for n in range(20)])
    page = open_page("/#mail-1", color_scheme=scheme, viewport=viewport)
    links = page.locator("#files a")
    expect(links).to_have_count(20)

    links.nth(18).focus()
    page.keyboard.press("Tab")

    expect(links.nth(19)).to_be_focused()
    expect(links.nth(19)).to_be_in_viewport()
    assert poor_contrast(page) == []
    for place in ("document.scrollingElement", "detail", "files"):
        width = page.evaluate(f"[{place}.scrollWidth, {place}.clientWidth]")
        assert width[0] <= width[1], place
    assert page.evaluate("files.clientHeight") < 200


def test_the_section_speaks_chinese(open_page, attach, expect):
    attach(("a.pdf", b"x" * 100))
    page = open_page("/#mail-1", locale="zh-CN")

    expect(page.locator("#files-title")).to_have_text("附件（1）")
    expect(page.locator("#files li")).to_have_text("a.pdf 100字节")
