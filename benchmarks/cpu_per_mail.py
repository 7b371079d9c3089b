"""
Compare the CPU time of one mail: backend, client, official SDK, and a bare post.

The server is another process, verifies nothing and answers at once. What counts is
the CPU time of all threads of the sending process, from the letter to the end of the
answer. The log is off, as the SDK has none.
"""

from __future__ import annotations

import statistics
import sys

from measuring import Report, Table, Target, main, progress
from senders import ACS3, HMAC_SHA1, Job, can_send, send
from servers import serve

SETUP = """\
CPU time of the sending process for one ordinary mail (text and HTML, 1.3 KB together),
against a server that answers at once. *Backend*: ``send_messages`` with a list, log
off, ``RATE_LIMIT`` high; *one at a time*: ``MAX_CONCURRENCY`` 1, which needs no
threads. *Client*: ``django_directmail.api.Client``, one call after the other. *SDK*:
one client, ``single_send_mail`` in a loop. *Bare post*: ``requests.Session.post`` of
requests that were signed before. Each figure is the median of several processes;
the senders take turns.
"""
NAMES = {
    "backend": "django_directmail, backend",
    "serial": "django_directmail, backend, one at a time",
    "client": "django_directmail, client",
    "sdk": "official SDK",
    "post": "bare post",
}
SDK_RATIO, POST_RATIO = 1.0, 1.35


def make(quick: bool) -> Report:
    """Measure all senders in turn."""
    count, rounds = (5, 1) if quick else (1000, 5)
    pairs = [
        (sender, signature)
        for signature in ((HMAC_SHA1,) if quick else (HMAC_SHA1, ACS3))
        for sender in NAMES
        if can_send(sender)
    ]
    found: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    with serve("http") as url:
        for number in range(rounds):
            progress(f"CPU per mail: round {number + 1} of {rounds}")
            for sender, signature in pairs:
                sample = send(Job(sender, url, count, signature, warm_up=50))
                found[sender, signature].append(sample.cpu / count * 1000)
    medians = {pair: statistics.median(times) for pair, times in found.items()}
    return report(medians)


def report(medians: dict[tuple[str, str], float]) -> Report:
    """Put milliseconds per mail into a table and judge them."""
    rows = []
    targets = []
    for (sender, signature), took in medians.items():
        sdk, post = medians.get(("sdk", signature)), medians["post", signature]
        ratio = f"{took / sdk:.2f}" if sdk else "–"
        rows.append(
            [
                f"{NAMES[sender]}, {signature}",
                f"{took:.2f}",
                ratio,
                f"{took / post:.2f}",
            ]
        )
        if sender in ("backend", "client"):
            what = f"CPU, {sender}, {signature}, of"
            of_sdk = took / sdk if sdk else None
            targets.append(Target(f"{what} the SDK's", "at most", SDK_RATIO, of_sdk))
            targets.append(
                Target(f"{what} a bare post's", "at most", POST_RATIO, took / post)
            )
    figures = {
        f"{NAMES[s]}, {signature}": took for (s, signature), took in medians.items()
    }
    columns = ["Sender", "ms per mail", "of the SDK", "of a bare post"]
    return Report(
        "CPU per mail", SETUP, [Table(columns, rows)], targets, {"cpu_ms": figures}
    )


if __name__ == "__main__":
    sys.exit(main(make, __doc__))
