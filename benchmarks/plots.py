"""Draw the plots of a run as SVG files; the same figures give the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["draw"]

Figures = dict[str, Any]
LINES = ("o-", "s-", "^-", "d-", "v-")


def draw(figures: Figures, folder: Path, caption: str) -> None:
    """Write one plot for each benchmark that has one, with ``caption`` below it."""
    import matplotlib

    matplotlib.use("svg")
    # Keep text as text, and make identifiers the same in each run.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmarks"})
    from matplotlib import pyplot

    for name, plot in PLOTS.items():
        if name not in figures:
            continue
        picture = pyplot.figure(figsize=(9, 4.5), layout="constrained")
        plot(picture, figures[name])
        picture.supxlabel(caption, fontsize=6.5, wrap=True)
        picture.savefig(
            folder / f"{name}.svg", metadata={"Date": None, "Creator": None}
        )
        pyplot.close(picture)


def _footprint(picture: Any, found: Figures) -> None:
    imports = {
        name: cost for name, cost in found["imports"].items() if "counted" not in name
    }
    panels = {
        "import, ms": {name: cost["seconds"] * 1e3 for name, cost in imports.items()},
        "memory, MB": {name: cost["memory"] / 1e6 for name, cost in imports.items()},
        "installed, MB": {n: size / 1e6 for n, size in found["installed"].items()},
    }
    for axes, (title, values) in zip(
        picture.subplots(3, 1, height_ratios=(5, 5, 3)), panels.items(), strict=True
    ):
        _bars(axes, values, title)


def _cpu_per_mail(picture: Any, found: Figures) -> None:
    _bars(picture.subplots(), found["cpu_ms"], "CPU of one mail, ms")


def _bars(axes: Any, values: dict[str, float], title: str) -> None:
    colours = ["C1" if "SDK" in n else "C7" if "post" in n else "C0" for n in values]
    bars = axes.barh(list(values), list(values.values()), color=colours)
    axes.bar_label(bars, fmt="%.3g", padding=3, fontsize=7)
    axes.set_title(title, fontsize=9, loc="left")
    axes.tick_params(labelsize=7)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.spines[["top", "right"]].set_visible(False)


def _throughput(picture: Any, found: Figures) -> None:
    axes = picture.subplots()
    for style, (name, pairs) in zip(LINES, found["seconds"].items(), strict=False):
        latencies, seconds = zip(*sorted(pairs), strict=True)
        axes.plot([one * 1000 for one in latencies], seconds, style, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("latency of each reply, ms")
    axes.set_ylabel(f"seconds for {found['mails']:,} mails")
    _finish(axes)


def _growth(picture: Any, found: Figures) -> None:
    left, right = picture.subplots(1, 2)
    for axes, key, what in (
        (left, "ms_per_mail", ("mails in the list", "CPU of one mail, ms")),
        (right, "ms_per_megabyte", ("bytes of the mail", "CPU of one MB, ms")),
    ):
        for style, (name, costs) in zip(LINES, found[key].items(), strict=False):
            axes.plot([int(n) for n in costs], list(costs.values()), style, label=name)
        axes.set_xscale("log")
        axes.set_xlabel(what[0])
        axes.set_ylabel(what[1])
        _finish(axes)
    right.set_yscale("log")
    left.set_ylim(bottom=0)


def _finish(axes: Any) -> None:
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)


#: The name of a benchmark, and of its file, to the function that draws its figures.
PLOTS: dict[str, Callable[[Any, Figures], None]] = {
    "footprint": _footprint,
    "cpu_per_mail": _cpu_per_mail,
    "throughput": _throughput,
    "growth": _growth,
}
