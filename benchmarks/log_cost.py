"""
Compare the CPU time of a list with the log on and with the log off.

Both are measured in turn, in one process, in a new database of each server. The sandbox
that takes the mail is another process, whose CPU time does not count.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
from typing import Any

from measuring import Report, Table, Target, command_line, finish, progress, work
from scratch_databases import (
    add_database_option,
    chosen_databases,
    recorded_queries,
    scratch_database,
    server_version,
    set_up,
)
from senders import KEY, PARAGRAPH, UNLIMITED
from servers import sandbox

SETUP = """\
CPU time of the sending process for one mail: ``send_messages`` with a list, with the
log on and off in turn, in one process. The sandbox and the database server are other
processes. Medians.
"""
COLUMNS = ["Database", "off, ms per mail", "on, ms per mail", "ratio", "queries"]
MAX_QUERIES = 4
MAX_RATIO = 1.5
TEXT = PARAGRAPH * 10


def measure(url: str, count: int, *, log: bool) -> tuple[float, int]:
    """Send ``count`` mails; return seconds of CPU and queries to tables of the log."""
    from django_directmail.backends import EmailBackend

    messages = [make_message(number) for number in range(count)]
    backend = EmailBackend(
        endpoint=url, rate_limit=UNLIMITED, log={"ENABLED": log}, **KEY
    )
    gc.collect()
    start = time.process_time()
    with recorded_queries("log") as queries:
        sent = backend.send_messages(messages)
    took = time.process_time() - start
    assert sent == count, sent
    return took, sum("directmail_" in sql for sql in queries)


def make_message(number: int) -> Any:
    """Return an ordinary mail: two bodies, a tag, metadata."""
    from django.core.mail import EmailMultiAlternatives

    message: Any = EmailMultiAlternatives(
        f"Order {number} 订单",
        TEXT,
        "Shop <shop@example.com>",
        [f"customer{number}@example.net"],
    )
    message.attach_alternative(f"<p>{TEXT}</p>", "text/html")
    message.tags, message.metadata = ["orders"], {"order": number}
    return message


def run(url: str, database: str, count: int, rounds: int) -> dict[str, Any] | None:
    """Measure both in this process; return ``None`` if there is no such server."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    with tempfile.TemporaryDirectory() as folder:
        set_up({"log": database}, folder)
        try:
            with scratch_database("log"):
                return compare(url, count, rounds)
        except (ImproperlyConfigured, OperationalError) as error:
            progress(f"log: skipped, there is no such server here. {error}")
            return None


def compare(url: str, count: int, rounds: int) -> dict[str, Any]:
    """Return the medians of both, and how many queries the log made at most."""
    off, on, queries = [], [], 0
    for log in (True, False):
        measure(url, count // 10 + 1, log=log)
    for _ in range(rounds):
        off.append(measure(url, count, log=False)[0])
        took, found = measure(url, count, log=True)
        on.append(took)
        queries = max(queries, found)
    return {
        "server": server_version("log"),
        "mails": count,
        "queries": queries,
        "off_ms_per_mail": statistics.median(off) * 1000 / count,
        "on_ms_per_mail": statistics.median(on) * 1000 / count,
        "ratio": statistics.median(on) / statistics.median(off),
    }


def make(urls: list[str], quick: bool) -> Report:
    """Measure each server."""
    size = ("5", "1") if quick else ("1000", "5")
    result = Report("Log on and off", SETUP, [Table(COLUMNS, [])])
    for database in urls:
        scheme = database.partition(":")[0]
        progress(f"log: {scheme}")
        with sandbox() as url:
            found = work("log_cost.py", "--worker", url, database, *size)
        add(result, found or {"server": scheme, "ratio": None, "queries": None})
    return result


def add(result: Report, found: dict[str, Any]) -> None:
    """Put what was found for one server into ``result``, and judge it."""
    server, ratio, queries = (found[key] for key in ("server", "ratio", "queries"))
    result.targets += [
        Target(f"Log on to off, {server}", "at most", MAX_RATIO, ratio),
        Target(f"Queries for a list, {server}", "at most", MAX_QUERIES, queries),
    ]
    if ratio is not None:
        result.figures[server] = found
        times = (found["off_ms_per_mail"], found["on_ms_per_mail"], ratio)
        cells = [server, *(f"{number:.2f}" for number in times), str(queries)]
        result.tables[0].rows.append(cells)


def main() -> int:
    """Measure what the options say; return the exit status."""
    parser = command_line(__doc__)
    add_database_option(parser)
    options = parser.parse_args()
    return finish(make(chosen_databases(options), options.quick), options)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        url, database, count, rounds = sys.argv[2:]
        print(json.dumps(run(url, database, int(count), int(rounds))))
    else:
        sys.exit(main())
