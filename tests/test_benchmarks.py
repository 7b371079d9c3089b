"""Each benchmark runs, at a size that measures nothing, and has its rows of numbers."""

import functools
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
NUMBER = re.compile(r"\d[\d,]*(\.\d+)?(e[+-]\d+)?")
HMAC_SHA1, ACS3 = "HMAC-SHA1", "ACS3-HMAC-SHA256"
IMPORTS = "footprint", "Import"
INSTALLED = "footprint", "Installed"
CPU = "cpu_per_mail", "Sender"
SECONDS = "throughput", "Latency, sender"
PAGES = [
    "list",
    "list, last page",
    "list, 7 days",
    "search, address",
    "search, beginning of 10 addresses",
    "search, beginning of all addresses",
    "search, request id",
    "search, env id",
    "status accepted",
    "status failed (1 %)",
    "status failed, one mailer",
    "one mail",
    "dashboard",
    "prune, 1,000 mails",
]
DISTRIBUTIONS = {
    "alibabacloud_dm20151123": "alibabacloud-dm20151123",
    "anymail": "django-anymail",
    "aiosmtpd": "aiosmtpd",
    "matplotlib": "matplotlib",
    "packaging": "packaging",
}


def part(where, *rows, needs=()):
    """Return a table and the names of its rows, skipped without a module it needs."""
    missing = [name for name in needs if importlib.util.find_spec(name) is None]
    names = ", ".join(DISTRIBUTIONS[name] for name in missing)
    skip = pytest.mark.skipif(bool(missing), reason=f"this part needs {names}")
    return pytest.param(*where, rows, marks=skip, id=f"{where[0]}: {rows[0]}")


SDK = ["alibabacloud_dm20151123"]
PARTS = [
    part(
        IMPORTS,
        "api",
        "backends, Django counted",
        "api, Django loaded",
        "backends, Django loaded",
    ),
    part(
        IMPORTS,
        "official SDK",
        "official SDK, Django counted",
        "official SDK, Django loaded",
        needs=SDK,
    ),
    part(
        INSTALLED,
        "django_directmail, Django counted",
        "django_directmail, Django not counted",
        needs=["packaging"],
    ),
    part(INSTALLED, "official SDK", needs=[*SDK, "packaging"]),
    part(
        CPU,
        f"django_directmail, backend, {HMAC_SHA1}",
        f"django_directmail, backend, one at a time, {HMAC_SHA1}",
        f"django_directmail, client, {HMAC_SHA1}",
        f"bare post, {HMAC_SHA1}",
    ),
    part(CPU, f"official SDK, {HMAC_SHA1}", needs=SDK),
    part(
        SECONDS,
        "50 ms, django_directmail",
        "50 ms, django_directmail, default RATE_LIMIT",
    ),
    part(SECONDS, "50 ms, official SDK", needs=SDK),
    part(SECONDS, "50 ms, django-anymail", needs=["anymail"]),
    part(SECONDS, "50 ms, Django's SMTP backend", needs=["aiosmtpd"]),
    part(("growth", "Mails in the list, signature"), f"2, {HMAC_SHA1}", f"2, {ACS3}"),
    part(
        ("growth", "Bytes of the mail, signature"),
        f"1,000,000, {HMAC_SHA1}",
        f"1,000,000, {ACS3}",
    ),
    part(
        ("attachments", "2 mails"),
        "one file for all",
        "a file each",
        "a file each, one call at a time",
    ),
]


def databases():
    """Return SQLite, and the server that ``DATABASE_URL`` names, by their schemes."""
    cases = [pytest.param("sqlite://", "SQLite", id="sqlite")]
    url = os.environ.get("DATABASE_URL", "sqlite://")
    scheme = url.partition(":")[0]
    if scheme != "sqlite":
        name = "MariaDB|MySQL" if scheme == "mysql" else "PostgreSQL"
        # tox runs the marked tests alone on a server.
        cases.append(pytest.param(url, name, id=scheme, marks=pytest.mark.django_db))
    return cases


def run(script, *options):
    """Run ``script`` in its quick form and return what it printed."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), "--quick", *options],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(report):
    """Return the cells of each row, by the first column's name and the row's name."""
    return {
        (table["columns"][0], name): cells
        for table in report["tables"]
        for name, *cells in table["rows"]
    }


def is_figures(cells):
    """Say whether the first cell is a number, and each other one a number or a dash."""
    first, *others = cells
    return bool(NUMBER.fullmatch(first)) and all(
        cell == "–" or NUMBER.fullmatch(cell) for cell in others
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return a function that runs a benchmark once: its report and its results."""

    @functools.cache
    def measured(name):
        folder = tmp_path_factory.mktemp(name)
        file = folder / "everything.json"
        run("run.py", name, "--json", str(file), "--results", str(folder))
        return json.loads(file.read_text())["reports"][name], folder

    return measured


@pytest.mark.parametrize(("name", "table", "rows"), PARTS)
def test_each_row_has_its_numbers(name, table, rows, measured):
    report, folder = measured(name)

    found = rows_of(report)
    document = (folder / "table.rst").read_text()
    for row in rows:
        assert is_figures(found[table, row]), found
        assert row in document


@pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None,
    reason="the plots need matplotlib",
)
@pytest.mark.parametrize(
    "name", ["footprint", "cpu_per_mail", "throughput", "growth"], ids=str
)
def test_each_plot_is_drawn_with_the_names_of_its_figures(name, measured):
    _, folder = measured(name)

    picture = (folder / f"{name}.svg").read_text()

    assert {
        "footprint": "api, Django loaded",
        "cpu_per_mail": "bare post, HMAC-SHA1",
        "throughput": "django_directmail",
        "growth": "ACS3-HMAC-SHA256",
    }[name] in picture


@pytest.mark.parametrize(("url", "server"), databases())
def test_the_cost_of_the_log_has_its_numbers(url, server, tmp_path):
    file = tmp_path / "report.json"

    printed = run("log_cost.py", "--database", url, "--json", str(file))

    (table,) = json.loads(file.read_text())["tables"]
    ((name, *cells),) = table["rows"]
    assert re.match(server, name)
    assert is_figures(cells), cells
    assert "Queries for a list" in printed


@pytest.mark.parametrize(("url", "server"), databases())
def test_a_large_log_has_the_numbers_of_each_page(url, server, tmp_path):
    file = tmp_path / "report.json"

    printed = run("log_size.py", "--database", url, "--json", str(file))

    (table,) = json.loads(file.read_text())["tables"]
    assert re.match(server, table["columns"][0])
    assert [name for name, *_ in table["rows"]] == PAGES
    assert all(is_figures(cells) for _, *cells in table["rows"]), table
    assert "pages that count the whole table" in printed


def test_the_moves_of_a_mail_are_the_same_each_time(tmp_path):
    reports = []
    for number in range(2):
        file = tmp_path / f"{number}.json"
        printed = run("room_moves.py", "--detail", "--json", str(file))
        reports.append(json.loads(file.read_text()))

    first, second = (report["figures"] for report in reports)
    assert first == second
    assert all(first[name] > 0 for name in ("calls", "moves", "files"))
    pairs = reports[0]["tables"][1]["rows"]
    assert sum(int(count) for _, count in pairs) == first["moves"]
    assert pairs[0][0] in printed
