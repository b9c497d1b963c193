"""Fields and forms that open: what pages add things with."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.parts.aria import icon


def field(label: str, control: Any, help_text: str | None = None) -> html.Div:
    """A control, which has an id, with its label and what to know about it."""
    parts: list[Component] = [html.Label(label, htmlFor=control.id, className="form-label"), control]
    return html.Div([*parts, html.P(help_text, className="form-text mb-0")] if help_text else parts, className="field")


def opening(name: str, words: str, symbol: str, fields: list[html.Div], button: html.Button) -> html.Details:
    """A form behind a button that says what it is for."""
    return html.Details(
        [
            html.Summary([icon(symbol), words], className="btn btn-primary"),
            html.Div([html.H2(words), html.Div(fields, className="fields"), button], className="panel mt-3"),
        ],
        id=name,
        className="disclosure",
    )
