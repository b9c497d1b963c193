"""The picture of a report's days: bars, what is usual as a line, and a sign on each day that is out of the ordinary. SVG."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from math import ceil, floor, log10

from config import language
from reporting.document import HIGH, DaysChart
from reporting.palette import palette
from reporting.reader import Reader, decimals_of

WIDTH, HEIGHT = 680, 190  # points, about
LEFT, RIGHT, TOP, BOTTOM = 48, 4, 20, 22
STEPS, COUNTS = (0.1, 0.2, 0.5, 1, 2, 5), range(4, 8)  # of the lines of the grid: by powers of ten, and how many
MOST_LABELS = 12
BAR, LEAST_BAR = 0.76, 0.5  # of the width that a day has; points
LETTERS = 'font-family="Inter" font-size="9.5"'
SIGN = 3.2  # half the width of a sign
Place = Callable[[float], float]


def days(chart: DaysChart, reader: Reader) -> str:
    """The picture; each bar is a day, from zero."""
    step = (WIDTH - LEFT - RIGHT) / max(len(chart.days), 1)
    known = [each for each in (*chart.values, *chart.usual) if each is not None]
    ticks = _ticks(min([*known, 0.0]), max([*known, 0.0]))

    def across(at: float) -> float:
        return LEFT + at * step

    def down(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (ticks[-1] - value) / (ticks[-1] - ticks[0])

    parts = [*_grid(ticks, down, chart.unit, reader), *_bars(chart, step, across, down), *_usual(chart, across, down)]
    parts += _labels(chart, across)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
    return head + "".join(parts) + "</svg>"


def _bars(chart: DaysChart, step: float, across: Place, down: Place) -> Iterator[str]:
    colours = palette()
    for at, (value, mark) in enumerate(zip(chart.values, chart.marks, strict=True)):
        if value is None:
            continue
        colour = colours["high" if mark == HIGH else "low" if mark else "grid"]
        left, width = across(at + (1 - BAR) / 2), max(LEAST_BAR, step * BAR)
        top, bottom = sorted((down(value), down(0)))
        yield f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{bottom - top:.2f}" fill="{colour}"/>'
        if mark:
            x, y, up = across(at + 0.5), top - 5, -1 if mark == HIGH else 1
            corners = f"{x - SIGN:.2f},{y - up * SIGN:.2f} {x + SIGN:.2f},{y - up * SIGN:.2f} {x:.2f},{y + up * SIGN:.2f}"
            yield f'<polygon points="{corners}" fill="{colour}"/>'


def _usual(chart: DaysChart, across: Place, down: Place) -> Iterator[str]:
    """What is usual as steps, broken where nothing says so."""
    colour = palette()["text"]
    for told, run in groupby(enumerate(chart.usual), key=lambda each: each[1] is not None):
        if not told:
            continue
        corners = [f"{across(at + side):.2f},{down(value or 0.0):.2f}" for at, value in run for side in (0, 1)]
        yield f'<polyline points="{" ".join(corners)}" fill="none" stroke="{colour}" stroke-width="0.9"/>'


def _grid(ticks: Sequence[float], down: Place, unit: str, reader: Reader) -> Iterator[str]:
    colours, step = palette(), ticks[1] - ticks[0]
    decimals = 0 if step >= 1 else decimals_of(step)
    for tick in ticks:
        y, colour = down(tick), colours["outline" if tick == 0 else "line"]
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.2f}" y2="{y:.2f}" stroke="{colour}" stroke-width="0.7"/>'
        said = escape(reader.number(tick, decimals if tick else 0))
        yield f'<text x="{LEFT - 6}" y="{y + 3.2:.2f}" text-anchor="end" fill="{colours["muted"]}" {LETTERS}>{said}</text>'
    yield f'<text x="{LEFT - 6}" y="9" text-anchor="end" fill="{colours["muted"]}" {LETTERS}>{escape(unit)}</text>'


def _labels(chart: DaysChart, across: Place) -> Iterator[str]:
    """Days below their bars, as many as have room; of long times the months."""
    colour = palette()["muted"]
    months = len(chart.days) > 62
    places = [at for at, day in enumerate(chart.days) if not months or day.day == 1]
    every = ceil(len(places) / MOST_LABELS) or 1
    for at in places[::every]:
        said = escape(language.written(chart.days[at], "MMM" if months else "MMMd"))
        x = across(at + 0.5)
        yield f'<text x="{x:.2f}" y="{HEIGHT - 7}" text-anchor="middle" fill="{colour}" {LETTERS}>{said}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most `low` to at least `high`, with as little room left over as can be.

    >>> _ticks(0, 730), _ticks(0, 40_101)[-1]
    ([0.0, 200.0, 400.0, 600.0, 800.0], 50000.0)
    """
    if high <= low:
        return [0.0, 1.0]
    scale = 10.0 ** floor(log10(high - low))
    ways = [_places(low, high, each * scale) for each in STEPS]
    fitting = [each for each in ways if len(each) in COUNTS]
    return min(fitting or ways, key=lambda each: (each[-1] - each[0], len(each)))


def _places(low: float, high: float, step: float) -> list[float]:
    return [at * step for at in range(floor(low / step), ceil(high / step * 0.9999999) + 1)]
