"""What live pages are built of: panels, charts with their table and their sentence, and the choice of what they show."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, html

from config.language import _
from dashboard.parts.aria import aria, data, icon

TYPED_MS = 800  # without another key, a date is typed to its end


def segmented(part_id: str, options: Mapping[str, str], value: str, label: str) -> html.Div:
    """A choice of one among a few marked texts, as a row of buttons."""
    choice = dbc.RadioItems(
        id=part_id,
        name=part_id,  # one group for the browser: one stop of the tab key, arrows within
        options=[{"label": _(words), "value": name} for name, words in options.items()],
        value=value,
        className="segmented",
        inputClassName="btn-check",
        labelClassName="segment",
        labelCheckedClassName="active",
    )
    return html.Div(choice, role="radiogroup", className="choices-row", **aria(label=label))


def select(part_id: str, options: Mapping[str, str], value: str, label: str) -> html.Label:
    """A native choice of one among several, with its label."""
    return html.Label(
        [
            html.Span(label),
            dbc.Select(
                id=part_id, options=[{"label": words, "value": name} for name, words in options.items()], value=value, size="sm"
            ),
        ],
        className="choice",
    )


def days(prefix: str, first: str | None = None, last: str | None = None) -> html.Div:
    """The two days of a custom period; shown when it is chosen."""
    date: dict[str, Any] = {"type": "date", "size": "sm", "debounce": TYPED_MS}
    return html.Div(
        [
            html.Label([html.Span(_("First day")), dbc.Input(id=f"{prefix}-first", value=first, **date)], className="choice"),
            html.Label([html.Span(_("Last day")), dbc.Input(id=f"{prefix}-last", value=last, **date)], className="choice"),
        ],
        id=f"{prefix}-days",
        className="days",
        style={"display": "none"},
        role="group",
        **aria(label=_("Custom period")),
    )


def chart(chart_id: str, label: str, empty: tuple[str, str] | None = None, **data: str) -> list[Any]:
    """A chart with the sentence that says the same and the table that holds the same.

    `empty`: what stands in its place when there is nothing to draw, and what to do then (`ls.nothing` in the browser).
    """
    given: dict[str, Any] = {f"data-{name}": value for name, value in data.items()}
    described = aria(label=label, describedby=f"{chart_id}-says")
    role = "figure" if {"tools", "wheel"} & data.keys() else "img"
    place: list[Any] = [
        html.Div(id=chart_id, className="chart", role=role, **described, **given),
        html.Div(
            id=f"{chart_id}-table", className="table-frame chart-table", hidden=True, tabIndex=0, role="region", **described
        ),
    ]
    if empty is not None:
        what, todo = empty
        words = [html.P(what, className="what"), html.P(todo, className="do")]
        place.append(html.Div(words, id=f"{chart_id}-empty", className="nothing", hidden=True, role="status"))
    return [html.Div(place, className="chart-place"), html.P(id=f"{chart_id}-says", className="visually-hidden")]


def stepping(prefix: str, earlier: str, later: str) -> html.Div:
    """To the period before, and to the one after: as many whole days as are shown."""
    ways = (("earlier", "‹", earlier), ("later", "›", later))
    buttons = [
        html.Button(sign, id=f"{prefix}-{way}", type="button", className="step", title=words, **aria(label=words))
        for way, sign, words in ways
    ]
    return html.Div(buttons, className="stepping")


def waits(chart_id: str) -> tuple[Output, str, str]:
    """For `running` of what a chart asks for: it is paler while that takes long."""
    return Output(chart_id, "className"), "chart waits", "chart"


def chart_tools(chart_id: str) -> html.Span:
    """What can be done with a chart: read it as a table, keep its numbers or its picture, give it the whole screen."""

    def tool(sign: str, words: str, **of: str) -> html.Button:
        named = aria(label=words) | data(**of)
        return html.Button(icon(sign), type="button", className="chart-tool", title=words, **named)

    table = html.Button(_("Show as table"), type="button", className="link", **data(table_of=chart_id), **aria(pressed="false"))
    whole = tool("arrows-fullscreen", _("Full screen"), full_of=chart_id)
    numbers = tool("arrow-down", _("Download the numbers as CSV"), numbers_of=chart_id)
    picture = tool("image", _("Download as a picture"), picture_of=chart_id)
    return html.Span([table, numbers, picture, whole], className="tool chart-tools")


def panel(name: str, title: Any, tools: Any, content: Any, foot: Any = None) -> html.Section:
    """A panel of the page."""
    return html.Section(
        [
            html.Header([html.H2(title, id=f"{name}-title"), html.Div(tools, className="tools")]),
            *content,
            html.Footer(foot) if foot else None,
        ],
        className=f"panel {name}",
        **aria(labelledby=f"{name}-title"),
    )
