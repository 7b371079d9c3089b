"""``manage.py directmail_stats``: for people, for programs and for Prometheus."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from django_directmail.models import MailLog
from tests.support.admin_rows import make_row

pytestmark = pytest.mark.django_db
#: A line of the text exposition format 0.0.4.
COMMENT = r"# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*"'
SAMPLE = rf"[a-zA-Z_:][a-zA-Z0-9_:]*(\{{{LABEL}(,{LABEL})*\}})? \d+"


def run(*arguments, **options):
    """Run the command; return what it printed."""
    out = io.StringIO()
    options = {"no_color": True, **options}
    call_command("directmail_stats", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def tables(printed):
    """Return title to lines of each table."""
    parts = [part.splitlines() for part in printed.split("\n\n") if part.strip()]
    return {lines[0]: lines[1:] for lines in parts}


@pytest.fixture
def some_mails():
    """Store a few mails of today and yesterday."""
    yesterday = timezone.now() - timedelta(days=1)
    make_row(tag="news", created_at=yesterday)
    make_row(tag="news", alias="bulk", status="failed", error_code="TransportError")
    for _ in range(2):
        make_row(status="rejected", error_code="InvalidBody", http_status=400)


def test_tables_are_aligned_and_complete(some_mails):
    printed = tables(run("--days", "2"))

    today = timezone.localdate()
    assert printed == {
        f"Mails of 2 days (time zone {timezone.get_current_timezone_name()})": [
            "Day         All  accepted  rejected  failed",
            f"{today - timedelta(days=1)}    1         1         0       0",
            f"{today}    3         0         2       1",
            "Total         4         1         2       1",
        ],
        "Most frequent errors": [
            "Error code      Mails",
            "InvalidBody         2",
            "TransportError      1",
        ],
        "By mailer": [
            "Name     Mails  accepted  not accepted  unconfirmed  waiting",
            "bulk         1         0             1            0        0",
            "default      3         1             2            0        0",
        ],
        "By tag": [
            "Name  Mails  accepted  not accepted  unconfirmed  waiting",
            "news      2         1             1            0        0",
        ],
        "By sender": [
            "Name                      Mails  accepted  not accepted  unconfirmed"
            "  waiting",
            "noreply@mail.example.com      4         1             3            0"
            "        0",
        ],
    }


def test_wide_characters_take_two_columns():
    make_row(tag="订单通知")
    make_row(tag="cafe\u0301")
    make_row(tag="orders")

    lines = tables(run("--days", "1"))["By tag"]

    assert lines == [
        "Name      Mails  accepted  not accepted  unconfirmed  waiting",
        "cafe\u0301          1         1             0            0        0",
        "orders        1         1             0            0        0",
        "订单通知      1         1             0            0        0",
    ]


def test_what_a_terminal_would_obey_is_not_printed():
    make_row(tag="\x1b[31mred\u202e\n")

    printed = run("--days", "1")

    assert "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}" in printed
    assert "\x1b" not in printed


def test_colour_is_for_those_who_want_it(some_mails):
    coloured = run("--days", "1", no_color=False, force_color=True)

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == run("--days", "1")


def test_empty_log_has_a_table_of_zeros():
    printed = tables(run("--days", "1"))

    assert list(printed.values()) == [
        ["Day         All", f"{timezone.localdate()}    0", "Total         0"]
    ]


def test_json_is_one_object(some_mails):
    found = json.loads(run("--days=2", "--json"))

    none = dict.fromkeys(MailLog.Status.values, 0)
    today = timezone.localdate()
    start, end = found.pop("start"), found.pop("end")
    assert start.startswith(f"{today - timedelta(days=1)}T00:00:00")
    assert end.startswith(f"{today + timedelta(days=1)}T00:00:00")
    share = {"unconfirmed": 0, "waiting": 0}
    assert found == {
        "days": 2,
        "time_zone": timezone.get_current_timezone_name(),
        "total": 4,
        "statuses": {**none, "accepted": 1, "rejected": 2, "failed": 1},
        "per_day": [
            {"date": str(today - timedelta(days=1)), **none, "accepted": 1},
            {"date": str(today), **none, "rejected": 2, "failed": 1},
        ],
        "mailers": {
            "bulk": {**none, "failed": 1},
            "default": {**none, "accepted": 1, "rejected": 2},
        },
        "errors": [
            {"code": "InvalidBody", "count": 2},
            {"code": "TransportError", "count": 1},
        ],
        "tags": [
            {"name": "news", "total": 2, "accepted": 1, "not_accepted": 1, **share}
        ],
        "senders": [
            {
                "name": "noreply@mail.example.com",
                "total": 4,
                "accepted": 1,
                "not_accepted": 3,
                **share,
            }
        ],
    }


def test_prometheus_gets_gauges(some_mails):
    lines = run("--days=2", "--prometheus").splitlines()

    samples = [line for line in lines if not line.startswith("#")]
    assert 'directmail_mails{status="accepted",mailer="default"} 1' in samples
    assert 'directmail_mails{status="failed",mailer="bulk"} 1' in samples
    assert 'directmail_mails{status="unconfirmed",mailer="bulk"} 0' in samples
    assert len(samples) == 1 + 2 * len(MailLog.Status.values) + 2
    assert samples[-2:] == [
        'directmail_errors{code="InvalidBody"} 2',
        'directmail_errors{code="TransportError"} 1',
    ]
    assert "# TYPE directmail_mails gauge" in lines


HOSTILE = 'back\\slash "quote"\nline'


def test_prometheus_labels_are_escaped():
    make_row(alias=HOSTILE, status="failed", error_code=HOSTILE)

    printed = run("--prometheus")

    assert r'{code="back\\slash \"quote\"\nline"} 1' in printed
    assert printed.endswith("\n")
    for line in printed.splitlines():
        assert re.fullmatch(COMMENT if line.startswith("#") else SAMPLE, line), line


def test_prometheus_own_parser_reads_it():
    parser = pytest.importorskip("prometheus_client.parser")
    make_row(alias=HOSTILE, status="failed", error_code=HOSTILE)

    found = list(parser.text_string_to_metric_families(run("--prometheus")))

    assert [(family.name, family.type) for family in found] == [
        ("directmail_period_days", "gauge"),
        ("directmail_mails", "gauge"),
        ("directmail_errors", "gauge"),
    ]
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in found
        for sample in family.samples
    }
    assert values["directmail_period_days",] == 30
    assert values["directmail_mails", "failed", HOSTILE] == 1
    assert values["directmail_errors", HOSTILE] == 1


@pytest.mark.parametrize("format", ["--json", "--prometheus"])
def test_programs_get_the_same_in_every_language(some_mails, format):
    english = run(format)

    with translation.override("zh-hans"):
        chinese = run(format)

    assert chinese == english


@pytest.mark.parametrize("days", ["0", "-1", "367", "x", "1.5", "٣"])
def test_days_that_cannot_be_are_refused(days):
    with pytest.raises(CommandError, match="is not a number from 1 to 366"):
        run(f"--days={days}")


def test_one_format_at_a_time():
    with pytest.raises(CommandError, match="not allowed with"):
        run("--json", "--prometheus")


@pytest.mark.django_db(transaction=True)
def test_log_that_is_not_there_ends_in_one_sentence():
    with connection.schema_editor() as editor:
        editor.alter_db_table(MailLog, MailLog._meta.db_table, "elsewhere")
    try:
        with pytest.raises(CommandError, match="Did you run migrate?"):
            run()
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(MailLog, "elsewhere", MailLog._meta.db_table)


@pytest.mark.parametrize(
    ("log", "named"), [({"DATABASE": "nope"}, "nope"), ({"ENABLD": True}, "ENABLD")]
)
def test_a_wrong_setting_is_an_error_without_a_traceback(settings, log, named):
    settings.DIRECTMAIL = {"LOG": log}

    with pytest.raises(CommandError, match=named):
        run()
