"""The picture of a comparison: a line a dataset, what is predicted of one, their average and their total."""

from typing import Any

import msgspec
import numpy as np
import orjson
from dash import dcc, html

from config.language import _
from dashboard.energy import compare_words as words
from dashboard.energy.compare_asked import AVERAGE, TOTAL, Asked
from dashboard.figures import compared
from dashboard.figures.compared import TOKENS, Axis, Line
from dashboard.live import blocks
from insight.comparison import STEP_MIN, Comparison
from models import comparison
from models.comparison import HOURS

CHART, FIGURE, FIGURE_AHEAD = "compare-chart", "compare-figure", "compare-figure-ahead"


class Predicted(msgspec.Struct, frozen=True):
    """The days ahead of a dataset as a page keeps them: kWh of each, and the edges of its band."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def panel(asked: Asked, found: Comparison, foot: list[Any]) -> html.Div:
    """The chart with its table and its sentence."""
    nothing = (_("No values in these periods."), _("Choose other days."))
    content = [
        *blocks.chart(CHART, _("Datasets beside each other"), nothing, tools="yes"),
        dcc.Store(id=FIGURE, data=drawn(asked, found, None)),
        dcc.Store(id=FIGURE_AHEAD),  # apart: a chart waits for no prediction
    ]
    notes = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)]
    return html.Div(blocks.panel("compared", _("Step by step"), None, [*content, *foot], notes), className="overview")


def drawn(asked: Asked, found: Comparison, predicted: Predicted | None) -> str:
    """What the browser draws, as JSON; with what is predicted of the dataset that days ahead are asked of."""
    step_min = STEP_MIN[found.wanted.step]
    axis = Axis([] if found.wanted.alignment == HOURS else words.days(found), step_min)
    lines, unit = _lines(asked, found, predicted), words.unit(found)
    answer = {
        "figure": compared.figure(lines, axis, unit),
        "says": compared.summary(lines, unit),
        "note": words.rule(found),
        "empty": not any(np.isfinite(each.values).any() for each in lines),
    }
    return orjson.dumps(answer).decode()


def _lines(asked: Asked, found: Comparison, predicted: Predicted | None) -> list[Line]:
    values = [words.drawn(each, found) for each in found.told]
    lines = [
        Line(words.name(each), row, TOKENS[at], compared.USUAL if each.dataset.usual else "", 1.5 if at else 2)
        for at, (each, row) in enumerate(zip(found.told, values, strict=True))
    ]
    if found.wanted.ahead and predicted is not None and len(predicted.mean) == len(found.ahead):
        lines.append(_ahead(found, predicted, lines[found.wanted.ahead.of]))
    if AVERAGE in asked.extras:
        lines.append(Line(_("Average"), comparison.average(values), "outline", compared.AVERAGE))
    if TOTAL in asked.extras:
        added = [row for row, each in zip(values, found.told, strict=True) if not each.is_part]
        lines.append(Line(_("Total"), comparison.total(added), "muted", compared.TOTAL))
    return lines


def _ahead(found: Comparison, predicted: Predicted, of: Line) -> Line:
    told = found.told[found.wanted.ahead.of if found.wanted.ahead else 0]

    def placed(kwh: tuple[float, ...]) -> words.Floats:
        every = np.full(found.places, np.nan)
        every[found.ahead] = kwh
        return words.normalised(every, told.divisor) if told.divisor.ndim == 0 else np.full(found.places, np.nan)

    mean, low, high = (placed(each) for each in (predicted.mean, predicted.low, predicted.high))
    return Line(_("%(name)s, predicted", name=of.name), mean, of.token, compared.AHEAD, 2, low, high)
