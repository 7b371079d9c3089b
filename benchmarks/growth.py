"""
Measure how the cost grows with the length of the list and with the size of the mails.

CPU and wall time of the backend, with both signatures, against a server that answers
at once: lists of 1 to 10,000 ordinary mails, and mails of 1 KB to 5 MB.
"""

from __future__ import annotations

import statistics
import sys

from measuring import Report, Table, Target, main, progress
from senders import ACS3, HMAC_SHA1, Job, Sample, send
from servers import serve

SETUP = """\
CPU of the sending process and wall time with ``send_messages``, log off, ``RATE_LIMIT``
high, against a server that answers at once. First the cost of one mail in a list,
compared with a list of 1,000. Then the cost of one MB of HTML, of which one character
in six is Chinese, compared with a mail of 1 MB. Each figure is the median of several
processes; the cases take turns.
"""
TOLERANCE = 0.15
LISTS = (1, 10, 100, 1_000, 10_000)
#: Bytes of a mail, and how many such mails are one measurement.
BODIES = {1_000: 200, 10_000: 200, 100_000: 100, 1_000_000: 20, 5_000_000: 6}
MEGABYTE = 1_000_000


def make(quick: bool) -> Report:
    """Measure both kinds of growth."""
    lists = (2,) if quick else LISTS
    bodies = {MEGABYTE: 1} if quick else BODIES
    rounds = 1 if quick else 3
    jobs = [
        (signature, count, size)
        for signature in (HMAC_SHA1, ACS3)
        for count, size in [
            *((n, 0) for n in lists),
            *((n, s) for s, n in bodies.items()),
        ]
    ]
    found: dict[tuple[str, int, int], list[Sample]] = {job: [] for job in jobs}
    with serve("http") as url:
        for number in range(rounds):
            progress(f"growth: round {number + 1} of {rounds}")
            for signature, count, size in jobs:
                # The first few calls of a process cost more; a long list hides that.
                warm_up = 50 if not size else 3
                repeat = max(1, 100 // count) if not size else 1
                job = Job("backend", url, count, signature, size, repeat, warm_up)
                found[signature, count, size].append(send(job))
    medians = {
        job: Sample(*map(statistics.median, zip(*samples, strict=True)))
        for job, samples in found.items()
    }
    return report(medians, lists, bodies)


def report(
    found: dict[tuple[str, int, int], Sample],
    lists: tuple[int, ...],
    bodies: dict[int, int],
) -> Report:
    """Put both kinds of growth into tables and judge them."""
    per_mail: dict[str, dict[int, Sample]] = {}
    per_megabyte: dict[str, dict[int, Sample]] = {}
    for (signature, count, size), took in found.items():
        if size:
            part = _divide(took, count * size / MEGABYTE)
            per_megabyte.setdefault(signature, {})[size] = part
        else:
            per_mail.setdefault(signature, {})[count] = _divide(took, count)
    tables = [
        _table("Mails in the list", "mail", per_mail, 1_000, lists),
        _table("Bytes of the mail", "MB", per_megabyte, MEGABYTE, tuple(bodies)),
    ]
    targets = [
        *_targets("CPU per mail, 10,000 in a list to 1,000", per_mail, 10_000, 1_000),
        *_targets(
            "CPU per MB, mail of 5 MB to one of 1 MB",
            per_megabyte,
            5 * MEGABYTE,
            MEGABYTE,
        ),
    ]
    figures = {
        "ms_per_mail": _figures(per_mail),
        "ms_per_megabyte": _figures(per_megabyte),
    }
    return Report("Growth", SETUP, tables, targets, figures)


def _divide(took: Sample, parts: float) -> Sample:
    return Sample(took.wall / parts * 1000, took.cpu / parts * 1000)


def _figures(found: dict[str, dict[int, Sample]]) -> dict[str, dict[int, float]]:
    return {
        signature: {n: sample.cpu for n, sample in samples.items()}
        for signature, samples in found.items()
    }


def _table(
    name: str,
    unit: str,
    found: dict[str, dict[int, Sample]],
    base: int,
    steps: tuple[int, ...],
) -> Table:
    rows = []
    for signature, samples in found.items():
        for step in steps:
            took, whole = samples[step], samples.get(base)
            cells = [f"{took.cpu:.2f}", f"{took.wall:.2f}"]
            cells += (
                [f"{took.cpu / whole.cpu:.2f}", f"{took.wall / whole.wall:.2f}"]
                if whole
                else ["–", "–"]
            )
            rows.append([f"{step:,}, {signature}", *cells])
    columns = [f"{name}, signature", f"CPU ms per {unit}", f"wall ms per {unit}"]
    return Table([*columns, f"CPU to {base:,}", f"wall to {base:,}"], rows)


def _targets(
    what: str, found: dict[str, dict[int, Sample]], large: int, small: int
) -> list[Target]:
    judged = []
    for signature, samples in found.items():
        ratio = None
        if large in samples and small in samples:
            ratio = samples[large].cpu / samples[small].cpu
        judged.append(Target(f"{what}, {signature}", "within", TOLERANCE, ratio))
    return judged


if __name__ == "__main__":
    sys.exit(main(make, __doc__))
