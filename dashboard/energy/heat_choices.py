"""What a heat map lets one choose: as links, so that the address says it; and what its colours go from and to."""

from collections.abc import Mapping

from dash import html

from config.language import _
from dashboard.energy.heat_asked import MEASURES, PLACES, SCALES, Asked
from dashboard.figures import shades
from dashboard.parts.aria import aria, data


def row(label: str, ways: Mapping[str, str], here: str) -> html.Nav:
    """Links (words by address) as one row, that of the address that is shown marked."""
    links = [
        html.A(
            words,
            href=href,
            className="btn btn-sm btn-quiet",
            **data(soft=""),
            **(aria(current="true") if href == here else {}),
        )
        for href, words in ways.items()
    ]
    return html.Nav(links, className="quality-days", **aria(label=label))


def of_buildings(asked: Asked, offered: list[str]) -> html.Div:
    """What is shown of buildings, and where: on the plan, or on the map, as far as both are offered."""
    amounts = {asked.href(measure=each): _(words) for each, words in MEASURES.items()}
    rows = [row(_("Amount"), amounts, asked.href())]
    if len(offered) > 1:
        rows.append(row(_("Plan or map"), {asked.href(place=each): _(PLACES[each]) for each in offered}, asked.href()))
    return html.Div(rows, className="toolbar calendar-tools")


def scales(asked: Asked) -> html.Div:
    """What the colours go from and to, and the choice of others, which is kept."""
    steps = [html.Span(**data(level=f"{level}"), **aria(hidden="true")) for level in range(shades.COUNT)]
    legend = html.Div([_("low"), *steps, _("high")], className="shade-legend muted small", **data(scale=asked.scale))
    ways = [
        html.A(
            _(words),
            href=asked.href(scale=scale),
            className="btn btn-sm btn-quiet",
            **data(soft="", keeps_scale=scale),
            **(aria(current="true") if scale == asked.scale else {}),
        )
        for scale, words in SCALES.items()
    ]
    colours = html.Nav(ways, className="quality-days", **aria(label=_("Colours")))
    return html.Div([legend, colours], className="toolbar shade-tools")
