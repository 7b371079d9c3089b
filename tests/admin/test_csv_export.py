"""The log as a file: complete, harmless in a spreadsheet, and made as it is read."""

import csv
import io
from datetime import datetime, timezone

import pytest

from django_directmail.admin.csv_export import CHUNK_SIZE
from django_directmail.models import MailLog, MailRecipient
from tests.support.admin_pages import choose, confirm, log_in, text
from tests.support.admin_rows import make_row

pytestmark = pytest.mark.django_db


def download(client, *rows, **options):
    """Export rows; return the answer and the bytes of the file."""
    answer = confirm(client, choose(client, "export_selected", *rows, **options))
    return answer, b"".join(answer.streaming_content)


def lines(content):
    """Return the lines of a file as dictionaries."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture
def staff(client):
    """Log somebody in who may export; return the client."""
    log_in(client, "export_maillog")
    return client


def test_the_page_says_what_the_file_will_hold(staff):
    page = choose(staff, "export_selected", make_row())

    assert not page.streaming
    assert "Addresses are personal data." in text(page)


def test_a_mail_is_a_line_without_its_content(staff, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    row = make_row(
        ["a@example.com", "b@example.com"],
        cc=["c@example.com"],
        bcc=["d@example.com"],
        subject='订单 "1", 2',
        text_body="Secret text",
        html_body="Secret HTML",
        metadata={"order": "Secret metadata"},
        parameters={"template": "Secret data"},
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc),
        sent_at=None,
        finished_at=None,
        duration_ms=None,
        env_id="600000000001",
        request_id="8F2C",
        resent_by="ann",
    )

    answer, content = download(staff, row)

    (line,) = lines(content)
    assert line == {
        "created_at": "2026-01-02T11:04:05.678+08:00",
        "sent_at": "",
        "finished_at": "",
        "status": "accepted",
        "accepted": "yes",
        "sender": "noreply@mail.example.com",
        "to": "a@example.com, b@example.com",
        "cc": "c@example.com",
        "bcc": "d@example.com",
        "subject": '订单 "1", 2',
        "alias": "default",
        "region": "cn-hangzhou",
        "tag": "",
        "template_id": "",
        "size": "0",
        "attempts": "1",
        "duration_ms": "",
        "http_status": "",
        "error_code": "",
        "error_message": "",
        "env_id": "600000000001",
        "request_id": "8F2C",
        "id": str(row.pk),
        "message_uid": str(row.message_uid),
        "resent_from_id": "",
        "resent_by": "ann",
    }
    assert b"Secret" not in content


def test_the_file_is_one_to_save_and_not_to_keep_or_guess_at(staff):
    answer, content = download(staff, make_row())

    today = f"{datetime.now():%Y-}"
    assert content.startswith(b"\xef\xbb\xbfcreated_at,")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith(
        f'attachment; filename="mails-{today}'
    )
    assert answer["Content-Disposition"].endswith('.csv"')
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r", "\t", " \n ="]
    + [
        "\x01=",
        "\u3000=",
        "\ufeff=",
        "\u200b+",
        "\x1f@",
        '"=',
        "'=",
        "\xad=",
        "\u2800=",
    ],
)
def test_a_cell_is_never_a_formula(staff, start):
    make_row([f"{start}cmd@example.com"], subject=f"{start}cmd|' /C calc'!A0")

    (line,) = lines(download(staff, *MailLog.objects.all())[1])

    assert line["subject"].startswith("'")
    assert line["subject"].endswith("cmd|' /C calc'!A0")
    assert line["to"].startswith("'")


def test_nor_is_what_a_semicolon_cuts_off(staff):
    row = make_row(subject="Hello; =cmd;-1;2")

    (line,) = lines(download(staff, row)[1])

    assert line["subject"] == "Hello;' =cmd;'-1;2"


@pytest.mark.parametrize("subject", ['x;"=1+1;', 'x; ""+1;', "x;'\"@a", 'x;"\xad-1;"'])
def test_nor_is_it_where_semicolons_separate(staff, subject):
    content = download(staff, make_row(subject=subject))[1].decode("utf-8-sig")

    read = list(csv.reader(io.StringIO(content), delimiter=";"))

    cells = [cell for row in read[1:] for cell in row]
    assert len(cells) > 1
    signs = ("=", "+", "-", "@")
    assert not any(cell.strip(' "\xad').startswith(signs) for cell in cells)


@pytest.mark.parametrize("subject", ["a=b", "1+1", "Re: -5 %", "你好", "A;B", "'a", ""])
def test_other_text_stays_as_it_is(staff, subject):
    (line,) = lines(download(staff, make_row(subject=subject))[1])

    assert line["subject"] == subject


def test_what_reverses_text_or_breaks_lines_is_made_visible(staff):
    row = make_row(subject="a\u202egnp.exe\r\nb")

    (line,) = lines(download(staff, row)[1])

    assert line["subject"] == "a[U+202E]gnp.exe[U+000D][U+000A]b"


def test_only_the_chosen_mails_are_in_it(staff):
    chosen, _ = make_row(subject="Chosen"), make_row(subject="Other")

    content = download(staff, chosen)[1]

    assert [line["subject"] for line in lines(content)] == ["Chosen"]


def test_all_that_the_list_finds_are_in_it(staff):
    failed = [make_row(status="failed", accepted="no") for _ in range(120)]
    make_row()

    content = download(staff, failed[0], query="?status__exact=failed", across=True)[1]

    found = {line["id"] for line in lines(content)}
    assert found == {str(row.pk) for row in failed}


def test_a_long_file_takes_one_query_a_chunk(staff, django_assert_num_queries):
    rows = MailLog.objects.bulk_create(
        MailLog(subject=f"Mail {n}", status="accepted", accepted="yes")
        for n in range(4 * CHUNK_SIZE)
    )
    MailRecipient.objects.bulk_create(
        MailRecipient(log=row, address="a@example.com") for row in rows
    )
    page = choose(staff, "export_selected", rows[0], across=True)
    answer = confirm(staff, page)

    with django_assert_num_queries(1 + 4) as found:
        content = b"".join(answer.streaming_content)

    assert len(lines(content)) == len(rows) == 2000
    assert "_body" not in str(found.captured_queries)
    assert {line["to"] for line in lines(content)} == {"a@example.com"}
