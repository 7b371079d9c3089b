"""
Run the benchmarks one after the other, and write one document with all results.

The document is printed, and written with its plots to ``benchmarks/results/``, from
where the docs include it. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from measuring import (
    Report,
    command_line,
    describe_machine,
    describe_versions,
    environment,
    has,
    progress,
    render,
)
from plots import draw

BENCHMARKS = (
    "footprint",
    "cpu_per_mail",
    "throughput",
    "growth",
    "log_cost",
    "attachments",
)
HERE = Path(__file__).resolve().parent
HEAD = ".. Written by benchmarks/run.py; do not edit.\n"


def run(name: str, quick: bool) -> Report:
    """Run one benchmark in a process of its own."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(file)]
        done = subprocess.run(
            [*command, *["--quick"] * quick],
            env=environment(),
            stdout=subprocess.DEVNULL,
        )
        if not file.exists():
            raise SystemExit(f"{name} ended with exit status {done.returncode}.")
        progress(f"{name}: done in {time.perf_counter() - start:.0f} s")
        return Report.from_dict(json.loads(file.read_text()))


def document(reports: dict[str, Report], machine: str, versions: str) -> str:
    """Return the tables of all reports, with what they were measured on and with."""
    about = f"Measured on: {machine}.\n\nWith: {versions}.\n"
    return "\n".join([HEAD, about, *map(render, reports.values())])


def main() -> int:
    """Run what the options name; return the exit status."""
    parser = command_line(__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of {', '.join(BENCHMARKS)} (default: all)",
    )
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        type=Path,
        default=HERE / "results",
        help="where the table and the plots are written (default: benchmarks/results)",
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    machine, versions = describe_machine(), describe_versions()
    reports = {name: run(name, options.quick) for name in options.names or BENCHMARKS}
    figures = {name: report.figures for name, report in reports.items()}
    options.results.mkdir(parents=True, exist_ok=True)
    if has("matplotlib"):
        draw(figures, options.results, f"{machine}\n{versions}")
    else:
        progress("plots: not drawn, as matplotlib is not installed")
    text = document(reports, machine, versions)
    print(text)
    (options.results / "table.rst").write_text(text)
    if options.json:
        everything = {name: asdict(report) for name, report in reports.items()}
        about = {"machine": machine, "versions": versions, "reports": everything}
        Path(options.json).write_text(json.dumps(about, indent=2))
    targets = [target for report in reports.values() for target in report.targets]
    missed = [target.what for target in targets if target.is_met is False]
    if options.quick:
        return 0
    for what in missed:
        progress(f"missed: {what}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
