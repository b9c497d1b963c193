"""What a run of the bench tells: figures, each with what it should reach."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `at_most` and `at_least` are what it should reach; with neither it is a yardstick.

    `runs` is what each run measured, where there were several: `measured` is their median. `every_run` figures have to
    reach it in each.
    """

    name: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    every_run: bool = False
    runs: tuple[float, ...] = ()

    @property
    def reach(self) -> float | None:
        """What it should reach."""
        return self.at_most if self.at_most is not None else self.at_least

    @property
    def ok(self) -> bool:
        """Whether it does. A figure that could not be measured is NaN and does not; a yardstick always does."""
        judged = self.runs if self.every_run and self.runs else (self.measured,)
        if self.at_most is not None:
            return all(value <= self.at_most for value in judged)
        return self.at_least is None or all(value >= self.at_least for value in judged)

    @property
    def spread(self) -> tuple[float, float] | None:
        """The least and the greatest of several runs; None of one."""
        return (min(self.runs), max(self.runs)) if len(self.runs) > 1 else None


def over_runs(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures of several runs as one each, in the order of their first coming: the median, and what each run measured.

    A run that could not measure a figure, or lacks it, counts as one that missed it.
    """
    names = dict.fromkeys(figure.name for run in runs for figure in run)
    found = []
    for name in names:
        of_runs = [next((figure for figure in run if figure.name == name), None) for run in runs]
        first = next(figure for figure in of_runs if figure is not None)
        values = [math.nan if figure is None else figure.measured for figure in of_runs]
        worst = -math.inf if first.at_least is not None else math.inf
        median = percentile([worst if math.isnan(value) else value for value in values], 0.5)
        found.append(replace(first, measured=median if math.isfinite(median) else math.nan, runs=tuple(values)))
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0..1) of the values lies: the nearest rank; NaN without values.

    >>> percentile([5.0, 1.0, 3.0], 0.5)
    3.0
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def plain(number: float) -> str:
    """A number as a table shows it: three digits that mean something, thousands apart."""
    if math.isnan(number):
        return "not measured"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text."""
    lines = [f"{'figure':<62} {'median':>14}  {'least – greatest':>20}  {'reach':>12}  unit"]
    for figure in figures:
        sign = "≤" if figure.at_most is not None else "≥"
        reach = f"{sign} {plain(figure.reach)}" if figure.reach is not None else ""
        spread = " – ".join(plain(value) for value in figure.spread) if figure.spread else ""
        mark = "" if figure.ok else "  ← missed"
        lines.append(f"{figure.name:<62} {plain(figure.measured):>14}  {spread:>20}  {reach:>12}  {figure.unit}{mark}")
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write `bench.json`: a list of name, measured (the median), runs, reach, unit, ok. Not measured and no reach are null."""
    rows = [
        {
            "name": figure.name,
            "measured": _number(figure.measured),
            "runs": [_number(value) for value in figure.runs or (figure.measured,)],
            "reach": figure.reach,
            "unit": figure.unit,
            "ok": figure.ok,
        }
        for figure in figures
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.4g}")
