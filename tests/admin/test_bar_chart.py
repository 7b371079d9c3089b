"""The geometry of the chart."""

import pytest

from django_directmail.admin.bar_chart import draw, segments

ORDER = ("bad", "good")


def chart_of(*columns, **options):
    """Draw columns of counts, labelled by their number."""
    labelled = [(f"L{n}", f"T{n}", counts) for n, counts in enumerate(columns)]
    return draw(labelled, ORDER, **options)


@pytest.mark.parametrize(
    ("highest", "lines"),
    [
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (12, [0, 5, 10, 15]),
        (50, [0, 10, 20, 30, 40, 50]),
        (51, [0, 20, 40, 60]),
        (998_321, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]),
    ],
)
def test_axis_has_few_round_numbers_that_reach_above(highest, lines):
    chart = chart_of({"good": highest})

    assert [tick.label for tick in chart.y_ticks] == [str(line) for line in lines]
    assert float(chart.y_ticks[0].at) == chart.base


def test_bars_are_stacked_to_scale_from_the_base():
    chart = chart_of({"good": 30, "bad": 20}, {"good": 50})

    (bad, good), (alone,) = [column.bars for column in chart.columns]
    top = float(chart.y_ticks[-1].at)
    assert [bar.name for bar in (bad, good, alone)] == ["bad", "good", "good"]
    assert float(bad.y) + float(bad.height) == pytest.approx(chart.base)
    assert float(good.y) + float(good.height) == pytest.approx(float(bad.y), abs=0.1)
    assert float(good.y) == pytest.approx(top, abs=0.1)
    assert float(bad.height) == pytest.approx((chart.base - top) * 0.4, abs=0.1)
    assert float(alone.y) == pytest.approx(top, abs=0.1)


def test_one_among_a_million_can_be_seen_and_the_bar_stays_as_high():
    chart = chart_of({"good": 999_999, "bad": 1})

    bad, good = chart.columns[0].bars
    assert float(bad.height) == 3
    assert float(good.y) == pytest.approx(float(chart.y_ticks[-1].at), abs=0.1)


def test_what_is_not_there_is_not_drawn():
    chart = chart_of({"good": 0}, {}, {"bad": 1})

    assert [len(column.bars) for column in chart.columns] == [0, 0, 1]


@pytest.mark.parametrize("count", [1, 7, 30, 90, 366])
@pytest.mark.parametrize("label", ["Nov 22", "September 30", "11月22日"])
def test_labels_have_room_and_stay_inside(count, label):
    wide = sum(13 if ord(character) > 255 else 7.5 for character in label)

    chart = draw([(label, "", {"good": 1})] * count, ORDER)

    places = [float(tick.at) for tick in chart.x_ticks]
    gaps = [right - left for left, right in zip(places, places[1:], strict=False)]
    assert all(gap > wide for gap in gaps)
    assert places[-1] + wide / 2 <= chart.width
    last = float(chart.columns[-1].x) + float(chart.bar_width)
    assert last <= chart.right <= chart.width


def test_long_numbers_have_room_before_the_axis():
    short, long = chart_of({"good": 5}), chart_of({"good": 50_000_000})

    assert float(long.left) - float(short.left) == 7 * 7.5


def test_segments_stand_side_by_side():
    found = segments([("bad", 1), ("idle", 0), ("good", 3)], 10)

    assert [(s.name, s.x, s.width) for s in found] == [
        ("bad", "0.0", "10.0"),
        ("good", "10.0", "30.0"),
    ]
