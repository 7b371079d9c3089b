"""The geometry of a chart of stacked bars; it knows nothing about mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import ceil
from unicodedata import east_asian_width

__all__ = ["Bar", "Chart", "Column", "Segment", "Tick", "draw", "segments"]

HEIGHT = 300
TOP, BOTTOM, RIGHT = 12, 28, 12
#: The two widths of a chart. Up to ``FEW`` columns, it is narrow enough for a phone.
WIDE, NARROW, FEW = 960, 440, 10
#: The most grid lines above the base.
MAX_LINES = 5
#: The smallest height of a bar, so that a small number can be seen, too.
MIN_BAR = 3.0
#: The width of a character of a label: narrow, or wide as in Chinese.
CHARACTER, WIDE_CHARACTER = 7.5, 13.0


# Coordinates are text: a template would localise numbers, such as "1,5" in German.
@dataclass(frozen=True)
class Bar:
    """One rectangle, with the name of what it counts."""

    name: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    """The bars at one place of the x axis, from the base upwards."""

    x: str
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Tick:
    """A label on an axis."""

    at: str
    label: str


@dataclass(frozen=True)
class Chart:
    """Everything that a template needs to write an SVG."""

    width: int
    height: int
    left: str
    right: int
    base: int
    bar_width: str
    columns: tuple[Column, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]

    @property
    def is_narrow(self) -> bool:
        """Tell whether the chart has the narrow width."""
        return self.width == NARROW


@dataclass(frozen=True)
class Segment:
    """A part of a horizontal bar, which begins at ``x``."""

    name: str
    x: str
    width: str


def draw(
    columns: Sequence[tuple[str, str, Mapping[str, int]]],
    order: Sequence[str],
    *,
    number: Callable[[int], str] = str,
) -> Chart:
    """
    Return the chart of ``columns``: tuples of label, title and counts by name.

    ``order`` are the names from the base upwards. ``number`` formats the numbers of the
    y axis.
    """
    values = _axis(max(sum(counts.values()) for _, _, counts in columns))
    width = NARROW if len(columns) <= FEW else WIDE
    labels = [label for label, _, _ in columns]
    base = HEIGHT - BOTTOM
    left = 12 + max(_text_width(number(value)) for value in values)
    right = width - max(RIGHT, ceil(_text_width(labels[-1]) / 2))
    pitch = (right - left) / len(columns)
    unit = (base - TOP) / values[-1]
    centers = [left + pitch * (place + 0.5) for place in range(len(columns))]
    return Chart(
        width=width,
        height=HEIGHT,
        left=_coordinate(left),
        right=right,
        base=base,
        bar_width=_coordinate(pitch * 0.8),
        columns=tuple(
            Column(
                _coordinate(center - pitch * 0.4),
                title,
                _stack([(name, counts.get(name, 0)) for name in order], unit, base),
            )
            for center, (_, title, counts) in zip(centers, columns, strict=True)
        ),
        x_ticks=_x_ticks(centers, labels, pitch),
        y_ticks=tuple(Tick(_coordinate(base - v * unit), number(v)) for v in values),
    )


def segments(counts: Sequence[tuple[str, int]], unit: float) -> tuple[Segment, ...]:
    """Put ``counts`` side by side, ``unit`` wide for each 1; leave out those of 0."""
    found, x = [], 0.0
    for name, count in counts:
        if count:
            found.append(Segment(name, _coordinate(x), _coordinate(count * unit)))
            x += count * unit
    return tuple(found)


def _axis(highest: int) -> list[int]:
    """Return round numbers from 0 to ``highest`` or a little more."""
    step, factors = 1, cycle((2, 2.5, 2))
    while step * MAX_LINES < highest:
        step = int(step * next(factors))
    lines = max(1, ceil(highest / step))
    return [step * line for line in range(lines + 1)]


def _stack(
    counts: Sequence[tuple[str, int]], unit: float, base: float
) -> tuple[Bar, ...]:
    heights = {name: max(count * unit, MIN_BAR) for name, count in counts if count}
    if heights:
        # MIN_BAR makes small bars too high; the highest bar becomes lower by the same.
        highest = max(heights, key=lambda name: heights[name])
        excess = sum(heights.values()) - sum(count for _, count in counts) * unit
        heights[highest] = max(heights[highest] - excess, MIN_BAR)
    bars, y = [], base
    for name, height in heights.items():
        y -= height
        bars.append(Bar(name, _coordinate(y), _coordinate(height)))
    return tuple(bars)


def _x_ticks(
    centers: Sequence[float], labels: Sequence[str], pitch: float
) -> tuple[Tick, ...]:
    """Return as many labels as fit, always with the last one."""
    every = ceil(max(map(_text_width, labels)) * 1.25 / pitch)
    last = len(labels) - 1
    return tuple(
        Tick(_coordinate(center), label)
        for place, (center, label) in enumerate(zip(centers, labels, strict=True))
        if (last - place) % every == 0
    )


def _text_width(text: str) -> float:
    return sum(
        WIDE_CHARACTER if east_asian_width(character) in "WF" else CHARACTER
        for character in text
    )


def _coordinate(value: float) -> str:
    return f"{value:.1f}"
