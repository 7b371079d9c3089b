"""Attachments in the web UI: in the list of a mail, and as downloads."""

import pytest
import requests

from tests.support.sandbox_web_ui import get, policy

#: Content that does harm where a browser shows it.
HOSTILE = b"<!doctype html><script>fetch('/api/mails')</script>"


@pytest.mark.parametrize("path", ["/api/mails", "/api/mails/1"])
def test_name_size_and_url_are_in_the_json(sandbox, attach, path):
    attach(("发票.pdf", b"x" * 3000), ("empty.txt", b""))

    found = get(sandbox, path).json()
    mail = found["mails"][0] if "mails" in found else found

    assert mail["attachments"] == [
        {"name": "发票.pdf", "size": 3000, "url": "/mails/1/attachments/1"},
        {"name": "empty.txt", "size": 0, "url": "/mails/1/attachments/2"},
    ]


def test_the_list_stays_small(sandbox, attach):
    attach(*[(f"{n}.txt", b"x" * 50_000) for n in range(20)])

    assert len(get(sandbox, "/api/mails").content) < 4000


def test_a_file_is_served_as_it_was_sent(sandbox, attach):
    attach(("a.bin", bytes(range(256))), ("b.bin", b"b"))

    first, second = (get(sandbox, f"/mails/1/attachments/{n}") for n in (1, 2))

    assert (first.content, second.content) == (bytes(range(256)), b"b")


def test_it_is_never_shown_in_a_browser(sandbox, attach):
    attach(("page.html", HOSTILE))

    answer = get(sandbox, "/mails/1/attachments/1")

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert policy(answer) == {
        "sandbox": "",
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("a b.pdf", "filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"),
        # The name of RFC 8187, section 3.2.3.
        (
            "£ and € rates",
            'filename="_ and _ rates";'
            " filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates",
        ),
        ('"\\%', "filename=\"___\"; filename*=UTF-8''%22%5C%25"),
        ("a\tb\x7f", "filename=\"a_b_\"; filename*=UTF-8''a%09b%7F"),
        ("../a", "filename=\"../a\"; filename*=UTF-8''..%2Fa"),
    ],
)
def test_the_name_is_written_as_the_standards_say(sandbox, attach, name, disposition):
    attach((name, b"x"))

    answer = get(sandbox, "/mails/1/attachments/1")

    assert answer.headers["Content-Disposition"] == f"attachment; {disposition}"


@pytest.mark.parametrize(
    "path",
    [
        "1/attachments/0",
        "1/attachments/2",
        "1/attachments/-1",
        "1/attachments/x",
        "1/attachments/",
        "1/attachments",
        "1/attachments/1/x",
        f"1/attachments/{'1' * 5000}",
        "2/attachments/1",
        "x/attachments/1",
    ],
)
def test_what_is_not_there_is_not_found(sandbox, attach, path):
    attach(("a", b"x"))

    assert get(sandbox, f"/mails/{path}").status_code == 404


def test_a_file_goes_with_its_mail(sandbox, attach):
    attach(("a", b"x"))
    requests.delete(f"{sandbox.url}/api/mails", timeout=10)

    assert get(sandbox, "/mails/1/attachments/1").status_code == 404


def test_another_host_name_gets_no_file(sandbox, attach):
    attach(("a", b"secret"))

    answer = get(sandbox, "/mails/1/attachments/1", headers={"Host": "evil.example"})

    assert (answer.status_code, b"secret" in answer.content) == (403, False)
