"""
What a large log costs: the pages of the admin with 1,000,000 mails and with 10,000.

Both logs are filled alike, in scratch databases of the same server, which are dropped
in the end, and measured in turn, in one process, through Django's test client. Exit
status 1 if a page takes more than twice the time in the large one, or counts the whole
table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from filled_log import DAYS, Router, fill, scratch_database, set_up

SMALL = 10_000
MAX_RATIO = 2.0
WARM_UP = 3
#: For the rounds of one page.
MAX_SECONDS = 30
POSTGRESQL = "postgres://postgres@127.0.0.1:5432/test"
LIST = "/admin/django_directmail/maillog/"
#: A tenth of the log is older.
KEPT_DAYS = DAYS - DAYS // 10


@dataclass(frozen=True)
class Page:
    """A page by its name and address; whether the size of the log must not matter."""

    name: str
    url: str
    is_bound: bool = True


@dataclass(frozen=True)
class Result:
    """One line of the table; times are medians, in milliseconds."""

    server: str
    page: str
    small: float
    large: float
    ratio: float
    queries: int
    faults: list[str]


class Log:
    """A filled log and a member of staff who looks at it."""

    def __init__(self, alias: str, rows: int) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        self.alias, self.rows = alias, rows
        self.now = datetime.now(timezone.utc)
        report(f"{alias}: filling it with {rows:,} mails")
        start = time.perf_counter()
        fill(alias, rows, self.now)
        report(f"{alias}: filled in {time.perf_counter() - start:.0f} s")
        Router.current = alias
        self.client = Client()
        self.client.force_login(User.objects.create_superuser("admin"))

    def pages(self) -> list[Page]:
        """Return the pages to measure; each finds as much in a log of any size."""
        from django_directmail.models import MailLog

        Router.current = self.alias
        mail = MailLog.objects.filter(status="accepted").order_by("created_at")[
            self.rows // 2
        ]
        week = (self.now - timedelta(days=7)).isoformat(timespec="seconds")
        return [
            Page("list", ""),
            Page("list, last page", "?p=50"),
            Page("list, 7 days", f"?created_at__gte={week.replace('+', '%2B')}"),
            Page("search, address", "?q=customer00123@example.net"),
            Page("search, beginning of 10 addresses", "?q=customer0012"),
            Page("search, beginning of all addresses", "?q=customer"),
            Page("search, request id", f"?q={mail.request_id}"),
            Page("search, env id", f"?q={mail.env_id}"),
            Page("status accepted", "?status__exact=accepted"),
            Page("status failed (1 %)", "?status__exact=failed"),
            Page(
                "status failed, one mailer",
                "?status__exact=failed&alias=marketing",
            ),
            Page("one mail", f"{mail.pk}/change/"),
            Page("dashboard", "dashboard/", is_bound=False),
        ]

    def get(self, page: Page) -> float:
        """Return how many milliseconds a page takes."""
        Router.current = self.alias
        start = time.perf_counter()
        response = self.client.get(LIST + page.url)
        took = time.perf_counter() - start
        assert response.status_code == 200, (page, response.status_code)
        return took * 1000

    def queries(self, page: Page) -> list[str]:
        """Return the SQL of a page."""
        from django.db import connections

        found: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            found.append(sql)
            return execute(sql, *rest)

        with connections[self.alias].execute_wrapper(note):
            self.get(page)
        return found

    def prune(self) -> tuple[int, float]:
        """Prune the oldest tenth; return how many mails, and the milliseconds."""
        from django.core.management import call_command

        from django_directmail.models import MailLog

        Router.current = self.alias
        before = MailLog.objects.count()
        start = time.perf_counter()
        call_command("directmail_prune", rows=KEPT_DAYS, verbosity=0)
        took = time.perf_counter() - start
        return before - MailLog.objects.count(), took * 1000


def report(text: str) -> None:
    """Tell on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def counts_everything(sql: str) -> bool:
    """Say whether a query counts mails, and does not stop at some number of them."""
    is_count = "COUNT(" in sql and "django_directmail_maillog" in sql
    return is_count and not re.search(r"LIMIT \d+\) subquery$", sql)


def compare(server: str, small: Log, large: Log, rounds: int) -> Iterator[Result]:
    """Yield a line for each page, and one for pruning."""
    for page, large_page in zip(small.pages(), large.pages(), strict=True):
        report(f"{server}: {page.name}")
        sql = large.queries(large_page)
        # One that takes forever is known after fewer rounds.
        fewer = max(1, min(rounds, int(MAX_SECONDS * 1000 / large.get(large_page))))
        for _ in range(min(WARM_UP, fewer)):
            small.get(page), large.get(large_page)
        times = [(small.get(page), large.get(large_page)) for _ in range(fewer)]
        medians = [statistics.median(each) for each in zip(*times, strict=True)]
        faults = []
        if page.is_bound and medians[1] > MAX_RATIO * medians[0]:
            faults.append(f"more than {MAX_RATIO:g} times as slow")
        if page.is_bound and any(map(counts_everything, sql)):
            faults.append("counts the whole table")
        yield result(server, page.name, medians, len(sql), faults)
    report(f"{server}: prune")
    each = []
    for log in (small, large):
        count, took = log.prune()
        each.append(took / count * 1000)
        report(f"{log.alias}: {count:,} mails in {took / 1000:.1f} s")
    yield result(server, "prune, per 1,000 mails", each, 0, [])


def result(
    server: str, name: str, times: list[float], queries: int, faults: list[str]
) -> Result:
    """Return the line of two times."""
    small, large = times
    return Result(
        server,
        name,
        round(small, 1),
        round(large, 1),
        round(large / small, 2),
        queries,
        faults,
    )


def measure(alias: str, sizes: tuple[int, int], rounds: int) -> list[Result]:
    """Fill two databases of one server, measure, and drop them."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, connections

    names = (f"{alias}_small", f"{alias}_large")
    with contextlib.ExitStack() as stack:
        try:
            for name in names:
                stack.enter_context(scratch_database(name))
        except (ImproperlyConfigured, OperationalError) as error:
            report(f"{alias}: skipped, it is not to be had here. {error}")
            return []
        small, large = (Log(*pair) for pair in zip(names, sizes, strict=True))
        return list(
            compare(server_version(connections[small.alias]), small, large, rounds)
        )


def server_version(connection: Any) -> str:
    """Return name and version, as ``PostgreSQL 15.20``."""
    is_mariadb = getattr(connection, "mysql_is_mariadb", False)
    name = "MariaDB" if is_mariadb else connection.display_name
    return f"{name} {'.'.join(map(str, connection.get_database_version()))}"


def configure(urls: list[str], folder: str) -> list[str]:
    """Set Django up with two scratch databases for each URL; return the aliases."""
    import dj_database_url

    aliases, databases = [], {}
    for url in urls:
        alias = url.partition(":")[0]
        aliases.append(alias)
        for size in ("small", "large"):
            name = f"directmail_benchmark_{size}_{secrets.token_hex(4)}"
            if alias == "sqlite":
                name = os.path.join(folder, f"{name}.sqlite3")
            databases[f"{alias}_{size}"] = {
                **dj_database_url.parse(url, conn_max_age=None),
                "TEST": {"NAME": name, "CHARSET": {"mysql": "utf8mb4"}.get(alias)},
            }
    set_up(databases)
    return aliases


def print_table(results: list[Result], sizes: tuple[int, int]) -> None:
    """Print one table for people."""
    for server in dict.fromkeys(one.server for one in results):
        print(f"{server}, Python {platform.python_version()}; milliseconds")
        print(f"{'':36} {sizes[0]:>10,} {sizes[1]:>10,}  ratio  queries")
        for one in results:
            if one.server == server:
                print(
                    f"{one.page:36} {one.small:10.1f} {one.large:10.1f}"
                    f" {one.ratio:6.2f} {one.queries or '':>8}"
                    f"  {', '.join(one.faults)}".rstrip()
                )
        print()


def main() -> int:
    """Print the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument(
        "--database",
        action="append",
        metavar="URL",
        help="a server, as in DATABASE_URL; may be repeated; scratch databases are made"
        f" beside the one that it names (default: sqlite:// and {POSTGRESQL})",
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="mails")
    parser.add_argument("--rounds", type=int, default=15, help="requests of each page")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = (SMALL, options.rows)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        urls = options.database or ["sqlite://", POSTGRESQL]
        for alias in configure(urls, folder):
            results += measure(alias, sizes, options.rounds)
    if options.json:
        print(json.dumps([asdict(one) for one in results], indent=2))
    else:
        print_table(results, sizes)
    return 1 if not results or any(one.faults for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
