"""What a run of the bench tells: figures, each with what it should reach."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `at_most` and `at_least` are what it should reach; with neither it is a yardstick."""

    name: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reach(self) -> float | None:
        """What it should reach."""
        return self.at_most if self.at_most is not None else self.at_least

    @property
    def ok(self) -> bool:
        """Whether it does. A figure that could not be measured is NaN and does not; a yardstick always does."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        return self.at_least is None or self.measured >= self.at_least


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
    lines = [f"{'figure':<62} {'measured':>14}  {'reach':>12}  unit"]
    for figure in figures:
        sign = "≤" if figure.at_most is not None else "≥"
        reach = f"{sign} {plain(figure.reach)}" if figure.reach is not None else ""
        mark = "" if figure.ok else "  ← missed"
        lines.append(f"{figure.name:<62} {plain(figure.measured):>14}  {reach:>12}  {figure.unit}{mark}")
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write `bench.json`: a list of name, measured, reach, unit, ok. Not measured and no reach are null."""
    rows = [
        {
            "name": figure.name,
            "measured": None if math.isnan(figure.measured) else float(f"{figure.measured:.4g}"),
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
