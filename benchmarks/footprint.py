"""
Measure time and memory of the import, and the size on disk.

``django_directmail.api`` and ``django_directmail.backends`` are compared with the
official SDK, with and without Django, which a site imports anyway. Each import is in a
new process. Linux only, as memory is read from ``/proc``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import NamedTuple

from measuring import ROOT, Report, Table, Target, has, main, progress, work

SETUP = """\
Import in a new process; the files are compiled and in the cache of the system. Wall
time, and growth of the resident memory. *Django loaded*: ``django.setup()`` and
``django.core.mail`` run before the measurement. *Django counted*: they are a part of
it. Size: what pip installs, with all dependencies and without compiled files.
"""
TIME_RATIO, MEMORY_RATIO = 0.4, 0.5
SDK = "alibabacloud_dm20151123.client"
API, BACKENDS = "django_directmail.api", "django_directmail.backends"
#: What is imported before, and what is measured.
CASES = {
    "official SDK": ("", SDK),
    "api": ("", API),
    "backends, Django counted": ("", f"django {BACKENDS}"),
    "official SDK, Django counted": ("", f"django {SDK}"),
    "official SDK, Django loaded": ("django", SDK),
    "api, Django loaded": ("django", API),
    "backends, Django loaded": ("django", BACKENDS),
}
#: The case of this package, and the case to compare it with.
PAIRS = (
    ("api", "official SDK"),
    ("api, Django loaded", "official SDK, Django loaded"),
    ("backends, Django loaded", "official SDK, Django loaded"),
)


class Cost(NamedTuple):
    """Seconds, and bytes of resident memory."""

    seconds: float
    memory: float


def load(names: str) -> None:
    """Import the modules; ``django`` is Django, set up as in a site."""
    for name in names.split():
        if name == "django":
            import django
            from django.conf import settings

            settings.configure(USE_TZ=True)
            django.setup()
            name = "django.core.mail"
        import_module(name)


def resident() -> int:
    """Return the bytes of resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if "VmRSS" in line)


def measure(before: str, names: str) -> Cost:
    """Import, in this process."""
    load(before)
    memory, start = resident(), time.perf_counter()
    load(names)
    return Cost(time.perf_counter() - start, resident() - memory)


def installed(name: str) -> dict[str, int]:
    """Return the bytes of ``name`` and of each distribution that it depends on."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    sizes: dict[str, int] = {}
    todo = [name]
    while todo:
        name = canonicalize_name(todo.pop())
        if name in sizes or not (has(name) or name == "django-directmail"):
            continue
        sizes[name] = _size(name)
        for text in _requirements(name):
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                todo.append(needed.name)
    return sizes


def _requirements(name: str) -> list[str]:
    if name == "django-directmail":
        return ["Django", "requests"]
    return metadata.requires(name) or []


def _size(name: str) -> int:
    """Return the bytes of a distribution; this checkout may be installed as a link."""
    if name == "django-directmail":
        paths = list((ROOT / "django_directmail").rglob("*"))
    else:
        files = metadata.files(name) or []
        paths = [Path(str(file.locate())) for file in files]
    return sum(p.stat().st_size for p in paths if p.is_file() and p.suffix != ".pyc")


def make(quick: bool) -> Report:
    """Measure all cases in turn."""
    rounds = 1 if quick else 11
    cases = {
        name: case
        for name, case in CASES.items()
        if SDK not in case[1] or has("alibabacloud-dm20151123")
    }
    found: dict[str, list[Cost]] = {name: [] for name in cases}
    # Round -1 does not count: it fills the caches.
    for number in range(0 if quick else -1, rounds):
        if number % 5 == 0:
            progress(f"footprint: round {number + 1} of {rounds}")
        for name, case in cases.items():
            cost = Cost(*work("footprint.py", "--import", *case))
            if number >= 0:
                found[name].append(cost)
    medians = {
        name: Cost(*map(statistics.median, zip(*costs, strict=True)))
        for name, costs in found.items()
    }
    return report(medians)


def report(found: dict[str, Cost]) -> Report:
    """Put the figures into tables and judge them."""
    peers = dict(PAIRS)
    peers["backends, Django counted"] = "official SDK, Django counted"
    rows = []
    for name, cost in found.items():
        cells = [f"{cost.seconds * 1000:.0f}", f"{cost.memory / 1e6:.1f}"]
        if other := found.get(peers.get(name, "")):
            cells += [
                f"{ours / its:.2f}" for ours, its in zip(cost, other, strict=True)
            ]
        rows.append([name, *cells, *["–"] * (4 - len(cells))])
    columns = [
        "Import",
        "ms",
        "MB of memory",
        "time, of the SDK's",
        "memory, of the SDK's",
    ]
    targets = []
    for ours, its in PAIRS:
        ratios = (
            [a / b for a, b in zip(found[ours], found[its], strict=True)]
            if its in found
            else [None, None]
        )
        for what, limit, ratio in zip(
            ("import time", "memory"), (TIME_RATIO, MEMORY_RATIO), ratios, strict=True
        ):
            targets.append(
                Target(f"{ours}: {what}, of the SDK's", "at most", limit, ratio)
            )
    sizes = _sizes()
    figures = {
        "imports": {name: cost._asdict() for name, cost in found.items()},
        "installed": {name: sum(parts.values()) for name, parts in sizes.items()},
    }
    size_rows = [
        [name, str(len(parts)), f"{sum(parts.values()) / 1e6:.1f}"]
        for name, parts in sizes.items()
    ]
    tables = [
        Table(columns, rows),
        Table(["Installed", "packages", "MB"], size_rows),
    ]
    return Report("Footprint", SETUP, tables, targets, figures)


def _sizes() -> dict[str, dict[str, int]]:
    if not has("packaging"):
        progress("footprint: sizes are not measured, as packaging is not installed")
        return {}
    ours, django = installed("django-directmail"), installed("django")
    sizes = {
        "django_directmail, Django counted": ours,
        "django_directmail, Django not counted": {
            name: size for name, size in ours.items() if name not in django
        },
    }
    if has("alibabacloud-dm20151123"):
        sizes["official SDK"] = installed("alibabacloud-dm20151123")
    return sizes


if __name__ == "__main__":
    if sys.argv[1:2] == ["--import"]:
        print(json.dumps(measure(*sys.argv[2:])))
    else:
        sys.exit(main(make, __doc__))
