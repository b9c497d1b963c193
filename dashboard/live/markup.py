"""Dash components as HTML, so that one description of a tile serves the server's first paint and the live page."""

from html import escape
from typing import Any

from dash.development.base_component import Component

VOID = {"br", "hr", "img", "input"}
NAMES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex"}
LEFT_OUT = {"children", "n_clicks", "disable_n_clicks", "key"}


def markup(shown: Any) -> str:
    """HTML of `html.*` components, of text, and of lists of them."""
    if shown is None:
        return ""
    if isinstance(shown, list | tuple):
        return "".join(markup(each) for each in shown)
    if not isinstance(shown, Component):
        return escape(str(shown))
    tag = type(shown).__name__.lower()
    given = shown.to_plotly_json()["props"]
    attributes = []
    for name, value in given.items():
        if name in LEFT_OUT or value is None or value is False:
            continue
        if name == "style":
            value = ";".join(f"{_dashed(key)}:{setting}" for key, setting in value.items())
        said = NAMES.get(name, name)
        attributes.append(said if value is True else f'{said}="{escape(str(value))}"')
    opened = " ".join([tag, *attributes])
    return f"<{opened}>" if tag in VOID else f"<{opened}>{markup(given.get('children'))}</{tag}>"


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
