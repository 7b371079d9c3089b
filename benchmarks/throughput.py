"""
Compare the wall time of 1, 100 and 1,000 mails with servers that answer late.

The backend, the official SDK in a loop, django-anymail, and Django's SMTP backend, each
with its default settings, against servers that answer 0, 20, 50 and 100 ms late. The
peers mostly wait for the network, so they are measured at the same time. The backend
is measured alone, and so is every sender without latency.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from measuring import Report, Table, Target, main, progress
from senders import Job, can_send, send
from servers import serve

SETUP = """\
Seconds from the letters to the end of the last answer, in a process that has sent one
mail before. Every reply of the server is late by the latency. A new connection has no
extra latency, which favours senders that connect more often. *django_directmail*: one
list for ``send_messages``, default ``MAX_CONCURRENCY``, log off; ``RATE_LIMIT`` is
high, except in the row that has its default. *SDK*: one client, ``single_send_mail`` in
a loop, default signature; it keeps its connection. *django-anymail*: its Mailgun
backend, one list, one session for each list. *SMTP*: Django's backend and aiosmtpd
without TLS and login, one list, one connection for each list, four replies for each
mail.
"""
MINIMUM = 7
UNLIMITED, DEFAULT = "django_directmail", "django_directmail, default RATE_LIMIT"
SDK, ANYMAIL, SMTP = "official SDK", "django-anymail", "Django's SMTP backend"
#: The name of a row to its sender and the options of its job.
ROWS: dict[str, tuple[str, dict[str, None]]] = {
    UNLIMITED: ("backend", {}),
    DEFAULT: ("backend", {"rate_limit": None}),
    SDK: ("sdk", {}),
    ANYMAIL: ("anymail", {}),
    SMTP: ("smtp", {}),
}
SMTP_REPLIES = 4
#: The latency of the targets, in seconds.
TYPICAL = 0.05
PEERS = {SDK: "the SDK", SMTP: "SMTP"}
#: Seconds that all repetitions of one cell may wait for the network.
MAX_WAITING = 20


class Cell(NamedTuple):
    """One measurement; ``latency`` in seconds."""

    row: str
    latency: float
    count: int

    @property
    def waiting(self) -> float:
        """Return the seconds that it waits at least, if it sends one mail at a time."""
        replies = SMTP_REPLIES if self.row == SMTP else 1
        return self.latency * self.count * replies


def measure(cell: Cell, quick: bool) -> float:
    """Return the seconds that a cell takes, with a server of its own."""
    sender, options = ROWS[cell.row]
    most = 1 if quick else 3 if cell.count > 1 else 15
    repeat = int(max(1, min(most, MAX_WAITING / max(cell.waiting, 0.001))))
    with serve("smtp" if sender == "smtp" else "http", cell.latency) as url:
        job = Job(sender, url, cell.count, repeat=repeat, warm_up=1, **options)
        took = send(job).wall
    progress(
        f"throughput: {cell.row}, {cell.latency * 1000:g} ms, {cell.count:,} mails:"
        f" {took:.2f} s"
    )
    return took


def lanes(cells: Iterable[Cell]) -> tuple[list[Cell], list[list[Cell]]]:
    """Return the cells to measure alone, and lists to measure at the same time."""
    alone: list[Cell] = []
    beside: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.latency and cell.row == SMTP:
            # The slowest cell takes as long as all others together.
            slow = cell.latency > 0.05
            beside.setdefault("slow" if slow else "smtp", []).append(cell)
        elif cell.latency and cell.row in (SDK, ANYMAIL):
            beside.setdefault("http", []).append(cell)
        else:
            alone.append(cell)
    return alone, list(beside.values())


def make(quick: bool) -> Report:
    """Measure all cells."""
    latencies = (TYPICAL,) if quick else (0, 0.02, TYPICAL, 0.1)
    counts = (2,) if quick else (1, 100, 1000)
    cells = [
        Cell(row, latency, count)
        for row, (sender, _) in ROWS.items()
        if can_send(sender)
        for latency in (latencies if row != DEFAULT else (TYPICAL,))
        for count in counts
    ]
    alone, beside = lanes(cells)
    found = {cell: measure(cell, quick) for cell in alone}
    with ThreadPoolExecutor(len(beside) or 1) as pool:
        waiting = [
            pool.submit(lambda lane: {c: measure(c, quick) for c in lane}, lane)
            for lane in beside
        ]
        for lane in waiting:
            found.update(lane.result())
    return report(found, latencies, counts)


def report(
    found: dict[Cell, float], latencies: tuple[float, ...], counts: tuple[int, ...]
) -> Report:
    """Put the seconds into a table, a row for each sender and latency; judge them."""
    rows = []
    for latency in latencies:
        ours = found[Cell(UNLIMITED, latency, counts[-1])]
        for row in ROWS:
            if (row, latency, counts[0]) not in found:
                continue
            times = [found[Cell(row, latency, count)] for count in counts]
            cells = [f"{took:.3g}" for took in times]
            rate = f"{counts[-1] / times[-1]:,.0f}"
            name = f"{latency * 1000:g} ms, {row}"
            rows.append([name, *cells, rate, f"{times[-1] / ours:.2f}"])
    columns = ["Latency, sender", *(f"{count:,}" for count in counts)]
    columns += ["mails per s", "times ours"]
    figures = {
        row: [
            (c.latency, took)
            for c, took in found.items()
            if c[::2] == (row, counts[-1])
        ]
        for row in dict.fromkeys(cell.row for cell in found)
    }
    return Report(
        "Throughput",
        SETUP,
        [Table(columns, rows)],
        targets(found, counts[-1]),
        {"mails": counts[-1], "seconds": figures},
    )


def targets(found: dict[Cell, float], count: int) -> list[Target]:
    """Judge how many times as fast as its peers the backend is at 50 ms."""
    ours = found.get(Cell(UNLIMITED, TYPICAL, count))
    judged = []
    for peer in PEERS:
        theirs = found.get(Cell(peer, TYPICAL, count))
        ratio = theirs / ours if theirs and ours else None
        what = f"{count:,} mails at 50 ms, as fast as {PEERS[peer]}"
        judged.append(Target(what, "at least", MINIMUM, ratio, " times"))
    return judged


if __name__ == "__main__":
    sys.exit(main(make, __doc__))
