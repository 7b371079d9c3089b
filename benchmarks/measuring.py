"""The command line, the reports and the processes that all benchmarks use."""

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
    "command_line",
    "describe_machine",
    "describe_versions",
    "environment",
    "finish",
    "has",
    "main",
    "progress",
    "render",
    "work",
]

ROOT = Path(__file__).resolve().parent.parent
#: The packages whose versions are printed.
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
    A limit and the figure that was measured, ``None`` if it could not be measured.

    ``kind`` is ``"at most"``, ``"at least"``, ``"below"`` or ``"within"``; the last one
    means that the figure differs from 1 by ``limit`` at most.
    """

    what: str
    kind: str
    limit: float
    measured: float | None
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Say whether the figure keeps the limit."""
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
    """A table of texts; the first cell of a row is its name and is never empty."""

    columns: list[str]
    rows: list[list[str]]


@dataclass
class Report:
    """One benchmark: how it is done, its results, and the ``figures`` for the plots."""

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


def command_line(description: str) -> argparse.ArgumentParser:
    """Return the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument(
        "--quick",
        action="store_true",
        help="measure almost nothing, to see that it runs; the figures mean nothing",
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return parser


def finish(report: Report, options: argparse.Namespace) -> int:
    """
    Print ``report`` and return the exit status: 1 if a target is missed.

    A quick run is too small to be judged.
    """
    if options.quick:
        report.setup = f"A quick run: its figures mean nothing.\n\n{report.setup}"
    print(render(report))
    print(describe_machine(), describe_versions(), sep="\n\n")
    if options.json:
        Path(options.json).write_text(json.dumps(asdict(report), indent=2))
    missed = any(target.is_met is False for target in report.targets)
    return int(missed and not options.quick)


def main(make: Callable[[bool], Report], description: str) -> int:
    """
    Run a benchmark that has no options of its own, and return the exit status.

    ``make`` gets whether it shall be quick, and returns the report.
    """
    options = command_line(description).parse_args()
    return finish(make(options.quick), options)


def render(report: Report) -> str:
    """Return ``report`` as reStructuredText."""
    tables = [table for table in report.tables if table.rows]
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
    """Return the versions of Python and of the packages, in one line."""
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
    """Write on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)


def work(script: str, *arguments: str) -> Any:
    """
    Run ``script`` of this folder in a new process, and return the JSON that it prints.

    Each measurement has a process of its own, so that it does not depend on what
    another one has imported or connected to.
    """
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(
        command, env=environment(), text=True, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """Return the environment of a worker: it imports this checkout and has no proxy."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    # Packages that pip installed are compiled already. This checkout may be, too.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPATH": str(ROOT)}
