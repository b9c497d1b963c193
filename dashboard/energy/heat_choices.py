"""What a heat map lets one choose: as links, so that the address says it; and what its colours go from and to."""

from dash import html

from config.language import _
from dashboard.energy import ways
from dashboard.energy.heat_asked import MEASURES, PLACES, SCALES, Asked
from dashboard.figures import shades
from dashboard.parts.aria import aria, data


def of_buildings(asked: Asked, offered: list[str]) -> html.Div:
    """What is shown of buildings, and where: on the plan, or on the map, as far as both are offered."""
    amounts = {asked.href(measure=each): _(words) for each, words in MEASURES.items()}
    rows = [ways.row(_("Amount"), amounts, asked.href())]
    if len(offered) > 1:
        rows.append(ways.row(_("Plan or map"), {asked.href(place=each): _(PLACES[each]) for each in offered}, asked.href()))
    return html.Div(rows, className="toolbar calendar-tools")


def scales(asked: Asked) -> html.Div:
    """What the colours go from and to, and the choice of others, which is kept."""
    steps = [html.Span(**data(level=f"{level}"), **aria(hidden="true")) for level in range(shades.COUNT)]
    legend = html.Div([_("low"), *steps, _("high")], className="shade-legend muted small", **data(scale=asked.scale))
    links = [
        html.A(
            _(words),
            href=asked.href(scale=scale),
            className="btn btn-sm btn-quiet",
            **data(soft="", keeps_scale=scale),
            **(aria(current="true") if scale == asked.scale else {}),
        )
        for scale, words in SCALES.items()
    ]
    colours = html.Nav(links, className="quality-days", **aria(label=_("Colours")))
    return html.Div([legend, colours], className="toolbar shade-tools")
