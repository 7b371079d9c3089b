"""What the benchmarks share: their command line, their reports, and their workers."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = [
    "ROOT",
    "Report",
    "Table",
    "Target",
    "describe_machine",
    "describe_versions",
    "has",
    "main",
    "progress",
    "render",
    "work",
]

ROOT = Path(__file__).resolve().parent.parent
#: What is measured, and what it is measured with.
DISTRIBUTIONS = (
    "django",
    "requests",
    "urllib3",
    "alibabacloud-dm20151123",
    "alibabacloud-tea-openapi",
    "darabonba-core",
    "django-anymail",
    "aiosmtpd",
    "psycopg",
)


@dataclass(frozen=True)
class Target:
    """
    A promise and what was measured; ``None`` if it could not be.

    ``kind`` is ``"at most"``, ``"at least"``, ``"below"`` or ``"within"``: the last one
    allows ``limit`` to both sides of 1.
    """

    what: str
    kind: str
    limit: float
    measured: float | None
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Say whether the promise is kept."""
        if self.measured is None:
            return None
        return {
            "at most": self.measured <= self.limit,
            "at least": self.measured >= self.limit,
            "below": self.measured < self.limit,
            "within": abs(self.measured - 1) <= self.limit,
        }[self.kind]

    def cells(self) -> list[str]:
        """Return the row of the table: what, target, measured, verdict."""
        wanted = f"{self.kind} {self.limit:g}{self.unit}"
        if self.kind == "within":
            wanted = f"1 ± {self.limit:g}"
        verdict = {True: "met", False: "**missed**", None: "not measured"}[self.is_met]
        found = "–" if self.measured is None else f"{self.measured:.2f}{self.unit}"
        return [self.what, wanted, found, verdict]


@dataclass(frozen=True)
class Table:
    """Text in columns; the first cell of a row is its name and is never empty."""

    columns: list[str]
    rows: list[list[str]]


@dataclass
class Report:
    """One benchmark: how it was done, what came out, and the ``figures`` for plots."""

    title: str
    setup: str
    tables: list[Table] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Report:
        """Build a report from its JSON."""
        tables = [Table(**table) for table in values.pop("tables")]
        targets = [Target(**target) for target in values.pop("targets")]
        return cls(tables=tables, targets=targets, **values)


def main(
    make: Callable[[bool], Report], description: str, arguments: list[str] | None = None
) -> int:
    """
    Run one benchmark from its command line and return the exit status.

    ``make`` gets whether it shall be quick, and returns the report. The status is 1 if
    a target is missed; a quick run is too small to judge.
    """
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a size for trying: figures mean nothing"
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    report = make(options.quick)
    if options.quick:
        report.setup = f"A quick run: its figures mean nothing.\n\n{report.setup}"
    print(render(report))
    print(describe_machine(), describe_versions(), sep="\n\n")
    if options.json:
        Path(options.json).write_text(json.dumps(asdict(report), indent=2))
    missed = any(target.is_met is False for target in report.targets)
    return int(missed and not options.quick)


def render(report: Report) -> str:
    """Return ``report`` as reStructuredText, which is also what people read."""
    tables = list(report.tables)
    if report.targets:
        rows = [target.cells() for target in report.targets]
        tables.append(Table(["Target", "Wanted", "Measured", "Verdict"], rows))
    head = f"{report.title}\n{'-' * len(report.title)}\n\n{report.setup.strip()}\n"
    return "\n".join([head, *map(_simple_table, tables)])


def _simple_table(table: Table) -> str:
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    texts = [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([rule, texts[0], rule, *texts[1:], rule, ""])


def describe_machine() -> str:
    """Return processor, cores, system and load, in one line."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    except OSError:
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, {platform.platform(terse=True)}{load}"


def describe_versions() -> str:
    """Return Python's version and those of the packages that are here, in one line."""
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {metadata.version(name)}" for name in DISTRIBUTIONS if has(name)]
    return ", ".join(found)


def has(distribution: str) -> bool:
    """Say whether ``distribution`` is installed."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def progress(text: str) -> None:
    """Tell on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def work(script: str, *arguments: str) -> Any:
    """
    Return the JSON that a fresh Python prints which runs ``script`` of this folder.

    Every measurement is in a process of its own, which is like all others: nothing is
    loaded in it, and no connection is open, that its subject did not load or open.
    """
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(
        command, env=environment(), text=True, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """Return the environment of workers: this checkout, compiled, and no proxies."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    # What pip installed is compiled; without this we alone would be compiled each time.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPATH": str(ROOT)}
