"""
Measure the memory of 100 mails that share one file, and the time of many uploads.

The sandbox takes calls and uploads, in a process of its own; for the time it answers
each call 50 ms late. The list is sent with the default ``MAX_CONCURRENCY`` and with one
call at a time. Linux only, as memory is read from ``/proc``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from measuring import Report, Table, Target, main, progress, work
from senders import KEY, UNLIMITED, configure
from servers import sandbox

SETUP = """\
``send_messages`` with 100 mails, log off, ``RATE_LIMIT`` high, through the sandbox in a
process of its own. *Memory*: how much the resident memory grows at most while the list
is sent, when all mails have the same file of 2 MB, which is in memory before. *Time*:
each mail has a file of its own, of 10 KB, and each call is answered 50 ms late.
"""
MAX_MEGABYTES = 40
#: Of the time with one call at a time; eight calls at a time could take an eighth.
MAX_RATIO = 0.5
SHARED_BYTES, OWN_BYTES = 2_000_000, 10_000
LATENCY = 0.05


def measure(url: str, count: int, size: int, concurrency: int | None) -> dict[str, Any]:
    """Send in this process; return seconds and bytes, or the ``problem``."""
    configure()
    from django.core.mail import EmailMessage

    from django_directmail.api import SendError, UnsupportedMessage
    from django_directmail.backends import EmailBackend

    options = {} if concurrency is None else {"max_concurrency": concurrency}
    backend = EmailBackend(endpoint=url, rate_limit=UNLIMITED, **KEY, **options)
    shared = os.urandom(SHARED_BYTES)
    messages = []
    # The first one is the warm-up.
    for number in range(count + 1):
        message = EmailMessage(
            f"Invoice {number}",
            "Good morning.",
            "shop@example.com",
            [f"customer{number}@example.net"],
        )
        content = shared if size == SHARED_BYTES and number else os.urandom(OWN_BYTES)
        message.attach("a.bin", content, "application/octet-stream")
        messages.append(message)
    try:
        backend.send_messages(messages[:1])
        add_latency(url, LATENCY if size == OWN_BYTES else 0)
        gc.collect()
        forget_peak()
        memory, start = status("VmRSS"), time.perf_counter()
        sent = backend.send_messages(messages[1:])
        took = time.perf_counter() - start
    except UnsupportedMessage as error:
        return {"problem": str(error)}
    except SendError as error:
        return {"problem": str(error.failed[0].error)}
    assert sent == count, sent
    return {"seconds": took, "bytes": status("VmHWM") - memory}


def add_latency(url: str, seconds: float) -> None:
    """Let the sandbox answer each later call late."""
    import requests

    if seconds:
        fault = {"kind": "latency", "times": 2_000, "seconds": seconds}
        requests.post(f"{url}/api/faults", json=fault).raise_for_status()


def forget_peak() -> None:
    """Reset the peak of this process's resident memory to what it uses now."""
    Path("/proc/self/clear_refs").write_text("5")


def status(name: str) -> int:
    """Return a figure of ``/proc/self/status``, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if name in line)


def make(quick: bool) -> Report:
    """Measure memory and time."""
    count = 2 if quick else 100
    cases = {
        "one file for all": (SHARED_BYTES, None),
        "a file each": (OWN_BYTES, None),
        "a file each, one call at a time": (OWN_BYTES, 1),
    }
    found: dict[str, dict[str, Any]] = {}
    for name, (size, concurrency) in cases.items():
        progress(f"attachments: {name}")
        with sandbox() as url:
            job = json.dumps([url, count, size, concurrency])
            found[name] = work("attachments.py", "--worker", job)
        if problem := found[name].get("problem"):
            progress(f"attachments: not measured. {problem}")
    return report(found, count)


def report(found: dict[str, dict[str, Any]], count: int) -> Report:
    """Put the figures into a table and judge them."""
    rows = [
        [
            name,
            f"{sample['seconds']:.2f}" if "seconds" in sample else "–",
            f"{sample['bytes'] / 1e6:.1f}" if "bytes" in sample else "–",
        ]
        for name, sample in found.items()
    ]
    shared, own, serial = found.values()
    memory = shared["bytes"] / 1e6 if "bytes" in shared else None
    ratio = None
    if "seconds" in own and "seconds" in serial:
        ratio = own["seconds"] / serial["seconds"]
    return Report(
        "Attachments",
        SETUP,
        [Table([f"{count} mails", "seconds", "MB of memory"], rows)],
        [
            Target(
                "Memory for one file of 2 MB", "below", MAX_MEGABYTES, memory, " MB"
            ),
            Target("Time, to one call at a time", "at most", MAX_RATIO, ratio),
        ],
        {"attachments": found},
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(measure(*json.loads(sys.argv[2]))))
    else:
        sys.exit(main(make, __doc__))
