"""
What the log costs: CPU of one list with the log on, as a multiple of the log off.

Both are measured in turn, in one process, on a SQLite database in a file and on the
PostgreSQL at 127.0.0.1:5432 if there is one; the sandbox that takes the mail is another
process, whose CPU does not count. Nothing but scratch databases is touched.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from typing import Any

from filled_log import scratch_database, set_up
from measuring import Report, Table, Target, main, progress, work
from senders import KEY, PARAGRAPH, UNLIMITED
from servers import sandbox

SETUP = """\
CPU time of the sending process for one mail, ``send_messages`` with a list, log on and
off in turn in one process; the sandbox and the database server are others. Medians.
"""
MAX_QUERIES = 4
MAX_RATIO = 1.5
POSTGRESQL = "postgres://postgres@127.0.0.1:5432/test"
URLS = {"SQLite": "sqlite://", "PostgreSQL": POSTGRESQL}
TEXT = PARAGRAPH * 10


def configure(url: str, folder: str) -> None:
    """Set Django up with one database, which is made later."""
    import dj_database_url

    name = f"directmail_benchmark_{secrets.token_hex(4)}"
    if url.startswith("sqlite"):
        name = os.path.join(folder, f"{name}.sqlite3")
    database = {**dj_database_url.parse(url, conn_max_age=None), "TEST": {"NAME": name}}
    set_up({"log": database})


def measure(url: str, count: int, *, log: bool) -> tuple[float, int]:
    """Send ``count`` mails; return seconds of CPU and queries to tables of the log."""
    from django.db import connections

    from django_directmail.backends import EmailBackend

    messages = [make_message(number) for number in range(count)]
    queries: list[str] = []

    def note(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    backend = EmailBackend(
        endpoint=url, rate_limit=UNLIMITED, log={"ENABLED": log}, **KEY
    )
    gc.collect()
    start = time.process_time()
    with connections["log"].execute_wrapper(note):
        sent = backend.send_messages(messages)
    took = time.process_time() - start
    assert sent == count, sent
    return took, sum("directmail_" in sql for sql in queries)


def make_message(number: int):
    """Return an ordinary mail: two bodies, a tag, metadata."""
    from django.core.mail import EmailMultiAlternatives

    message = EmailMultiAlternatives(
        f"Order {number} 订单",
        TEXT,
        "Shop <shop@example.com>",
        [f"customer{number}@example.net"],
    )
    message.attach_alternative(f"<p>{TEXT}</p>", "text/html")
    message.tags, message.metadata = ["orders"], {"order": number}
    return message


def run(url: str, database: str, count: int, rounds: int) -> dict[str, Any] | None:
    """Return medians of both and how many queries the log made, in this process."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    off, on, queries = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        configure(database, folder)
        try:
            with scratch_database("log"):
                for log in (True, False):
                    measure(url, count // 10 + 1, log=log)
                for _ in range(rounds):
                    off.append(measure(url, count, log=False)[0])
                    took, found = measure(url, count, log=True)
                    on.append(took)
                    queries = max(queries, found)
        except (ImproperlyConfigured, OperationalError) as error:
            progress(f"log: skipped, the database is not to be had here. {error}")
            return None
    return {
        "mails": count,
        "queries": queries,
        "off_ms_per_mail": statistics.median(off) * 1000 / count,
        "on_ms_per_mail": statistics.median(on) * 1000 / count,
        "ratio": statistics.median(on) / statistics.median(off),
    }


def make(quick: bool) -> Report:
    """Measure each database."""
    size = ("5", "1") if quick else ("1000", "5")
    result = Report("Log on and off", SETUP)
    rows = []
    # To try it, no server that happens to run here is needed.
    for name, database in list(URLS.items())[: 1 if quick else None]:
        progress(f"log: {name}")
        with sandbox() as url:
            found = work("log_cost.py", "--worker", url, database, *size)
        numbers = found or dict.fromkeys(("ratio", "queries"))
        result.targets += [
            Target(f"Log on to off, {name}", "at most", MAX_RATIO, numbers["ratio"]),
            Target(
                f"Queries for a list, {name}",
                "at most",
                MAX_QUERIES,
                numbers["queries"],
            ),
        ]
        if found:
            result.figures[name] = found
            times = [
                found[key] for key in ("off_ms_per_mail", "on_ms_per_mail", "ratio")
            ]
            rows.append([name, *(f"{n:.2f}" for n in times), str(found["queries"])])
    columns = ["Database", "off, ms per mail", "on, ms per mail", "ratio", "queries"]
    result.tables.append(Table(columns, rows))
    return result


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        url, database, count, rounds = sys.argv[2:]
        print(json.dumps(run(url, database, int(count), int(rounds))))
    else:
        sys.exit(main(make, __doc__))
