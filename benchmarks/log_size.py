"""
Compare the admin and the pruning of a log of 1,000,000 mails with one of 10,000.

Both logs are filled alike, in new databases of the same server, which are dropped at
the end. They are measured in turn, in one process, through Django's test client.
"""

from __future__ import annotations

import contextlib
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from filled_log import DAYS, fill
from measuring import Report, Table, Target, command_line, finish, progress
from scratch_databases import (
    Router,
    add_database_option,
    chosen_databases,
    recorded_queries,
    scratch_database,
    server_version,
    set_up,
)

SETUP = """\
Milliseconds of each page of the admin, with a small log and with a large one; medians.
*Queries* are those of one request for the large log. Pruning deletes the oldest tenth,
once, after all pages. The dashboard reads all mails of its period, so its time grows
with them.
"""
MAX_RATIO = 2.0
WARM_UP = 3
#: For all rounds of one page.
MAX_SECONDS = 30
LIST = "/admin/django_directmail/maillog/"
#: The list shows the newest mails alone, on pages.
SHOWN, PER_PAGE = 5_000, 100
#: A tenth of the log is older.
KEPT_DAYS = DAYS - DAYS // 10


class Sizes(NamedTuple):
    """How many mails the logs have, and how often each page is measured."""

    small: int
    large: int
    rounds: int


@dataclass(frozen=True)
class Page:
    """A page; ``is_bound`` says whether its time must not grow with the log."""

    name: str
    url: str
    is_bound: bool = True


@dataclass(frozen=True)
class Result:
    """What was measured of one page; times are in milliseconds."""

    name: str
    small: float
    large: float
    is_bound: bool = True
    queries: int | None = None
    counts_all: bool = False

    @property
    def ratio(self) -> float:
        """Return how many times as long the large log takes."""
        return self.large / self.small

    def cells(self) -> list[str]:
        """Return the row of the table."""
        queries = "–" if self.queries is None else str(self.queries)
        times = [f"{self.small:.1f}", f"{self.large:.1f}", f"{self.ratio:.2f}"]
        return [self.name, *times, queries]


class Log:
    """A filled log and a member of staff who looks at it."""

    def __init__(self, alias: str, rows: int) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        self.alias, self.rows = alias, rows
        self.now = datetime.now(timezone.utc)
        progress(f"{alias}: filling it with {rows:,} mails")
        start = time.perf_counter()
        Router.current = alias
        fill(alias, rows, self.now)
        progress(f"{alias}: filled in {time.perf_counter() - start:.0f} s")
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
        last_page = max(min(self.rows, SHOWN) // PER_PAGE, 1)
        return [
            Page("list", ""),
            Page("list, last page", f"?p={last_page}"),
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
        with recorded_queries(self.alias) as found:
            self.get(page)
        return found

    def prune(self) -> float:
        """Delete the oldest tenth; return the milliseconds for 1,000 mails of it."""
        from django.core.management import call_command

        from django_directmail.models import MailLog

        Router.current = self.alias
        before = MailLog.objects.count()
        start = time.perf_counter()
        call_command("directmail_prune", rows=KEPT_DAYS, verbosity=0)
        took = time.perf_counter() - start
        count = before - MailLog.objects.count()
        progress(f"{self.alias}: deleted {count:,} mails in {took:.1f} s")
        return took * 1000 / count * 1000


def counts_everything(sql: str) -> bool:
    """Say whether a query counts mails, and does not stop at some number of them."""
    is_count = "COUNT(" in sql and "django_directmail_maillog" in sql
    return is_count and not re.search(r"LIMIT \d+\) subquery$", sql)


def compare(small: Log, large: Log, rounds: int) -> Iterator[Result]:
    """Yield what each page takes, and at last what pruning takes."""
    for page, large_page in zip(small.pages(), large.pages(), strict=True):
        progress(f"{large.alias}: {page.name}")
        sql = large.queries(large_page)
        # A page that takes long gets fewer rounds.
        fewer = max(1, min(rounds, int(MAX_SECONDS * 1000 / large.get(large_page))))
        for _ in range(min(WARM_UP, fewer)):
            small.get(page), large.get(large_page)
        times = [(small.get(page), large.get(large_page)) for _ in range(fewer)]
        yield Result(
            page.name,
            *map(statistics.median, zip(*times, strict=True)),
            is_bound=page.is_bound,
            queries=len(sql),
            counts_all=any(map(counts_everything, sql)),
        )
    yield Result("prune, 1,000 mails", small.prune(), large.prune())


def measure(alias: str, sizes: Sizes) -> tuple[str, list[Result]] | None:
    """Fill two databases of one server, measure, and drop them."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    names = (f"{alias}_small", f"{alias}_large")
    with contextlib.ExitStack() as stack:
        try:
            for name in names:
                stack.enter_context(scratch_database(name))
        except (ImproperlyConfigured, OperationalError) as error:
            progress(f"{alias}: skipped, there is no such server here. {error}")
            return None
        small, large = Log(names[0], sizes.small), Log(names[1], sizes.large)
        results = list(compare(small, large, sizes.rounds))
        return server_version(large.alias), results


def make(urls: list[str], sizes: Sizes) -> Report:
    """Measure each server."""
    report = Report("Large log", SETUP)
    aliases = {
        f"{url.partition(':')[0]}{number}": url for number, url in enumerate(urls, 1)
    }
    with tempfile.TemporaryDirectory() as folder:
        set_up(
            {
                f"{alias}_{size}": url
                for alias, url in aliases.items()
                for size in ("small", "large")
            },
            folder,
        )
        for alias in aliases:
            if found := measure(alias, sizes):
                add(report, *found, sizes)
    return report


def add(report: Report, server: str, results: list[Result], sizes: Sizes) -> None:
    """Put the results of one server into ``report`` and judge them."""
    columns = [server, f"{sizes.small:,}", f"{sizes.large:,}", "ratio", "queries"]
    report.tables.append(Table(columns, [one.cells() for one in results]))
    bound = [one for one in results if one.is_bound]
    worst = max(bound, key=lambda one: one.ratio)
    counting = sum(one.counts_all for one in bound)
    report.targets += [
        Target(
            f"{server}: large to small, worst ({worst.name})",
            "at most",
            MAX_RATIO,
            worst.ratio,
        ),
        Target(f"{server}: pages that count the whole table", "at most", 0, counting),
    ]
    report.figures[server] = {one.name: [one.small, one.large] for one in results}


def main() -> int:
    """Measure what the options say; return the exit status."""
    parser = command_line(__doc__)
    add_database_option(parser)
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="mails of the large log"
    )
    parser.add_argument("--rounds", type=int, default=15, help="requests of each page")
    options = parser.parse_args()
    sizes = Sizes(10_000, options.rows, options.rounds)
    if options.quick:
        sizes = Sizes(100, 200, 1)
    report = make(chosen_databases(options), sizes)
    status = finish(report, options)
    return status if report.tables else 1


if __name__ == "__main__":
    sys.exit(main())
