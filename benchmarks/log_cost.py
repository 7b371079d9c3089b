"""
What the log costs: CPU of one list with the log on, as a multiple of the log off.

Both are measured in turn, in one process, on a SQLite database in a file; the sandbox
that takes the mail is another process, whose CPU does not count. Exit status 1 if the
log takes more than four queries for the list, or more than 1.5 times the CPU.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_QUERIES = 4
MAX_RATIO = 1.5
TEXT = "Good morning,\n\nyour order is on its way. 您的订单已发货。\n" * 10


def set_up(folder: str, url: str) -> None:
    """Configure Django with a fresh database."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        INSTALLED_APPS=["django_directmail"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(Path(folder, "log.sqlite3")),
            }
        },
        USE_TZ=True,
        DIRECTMAIL={
            "ACCESS_KEY_ID": "sandbox-id",
            "ACCESS_KEY_SECRET": "sandbox-secret",
            "ENDPOINT": url,
            "RATE_LIMIT": 1_000_000,
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


def measure(count: int, *, log: bool) -> tuple[float, int]:
    """Send ``count`` mails; return seconds of CPU and queries to tables of the log."""
    from django.db import connection

    from django_directmail.backends import EmailBackend

    messages = [make_message(number) for number in range(count)]
    queries: list[str] = []

    def note(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    backend = EmailBackend(log={"ENABLED": log})
    gc.collect()
    start = time.process_time()
    with connection.execute_wrapper(note):
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


def run(count: int, rounds: int) -> dict[str, float]:
    """Return medians of both, their ratio, and how many queries the log made."""
    for log in (True, False):
        measure(count // 10 + 1, log=log)
    off, on, queries = [], [], 0
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        off.append(measure(count, log=False)[0])
        took, found = measure(count, log=True)
        on.append(took)
        queries = max(queries, found)
    return {
        "mails": count,
        "queries": queries,
        "off_ms_per_mail": round(statistics.median(off) * 1000 / count, 3),
        "on_ms_per_mail": round(statistics.median(on) * 1000 / count, 3),
        "ratio": round(statistics.median(on) / statistics.median(off), 2),
    }


def main() -> int:
    """Print the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    command = [sys.executable, "-m", "django_directmail.sandbox", "--port", "0"]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=pipe, text=True, cwd=ROOT) as server,
    ):
        try:
            assert server.stdout is not None
            line = next(line for line in server.stdout if "http://" in line)
            set_up(folder, line[line.index("http://") :].split()[0])
            figures = run(options.mails, options.rounds)
        finally:
            server.terminate()
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>16}  {value}")
    fine = figures["ratio"] <= MAX_RATIO and figures["queries"] <= MAX_QUERIES
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
