"""What assistive technology reads, in Dash's way of writing it."""

from typing import Any

from dash import html


def aria(**words: str) -> dict[str, Any]:
    """Attributes such as `aria-label`: `html.Div(…, **aria(label="Theme", live="polite"))`."""
    return {f"aria-{name}": value for name, value in words.items()}


def data(**words: str) -> dict[str, Any]:
    """Attributes such as `data-state`, underscores for dashes."""
    return {f"data-{name.replace('_', '-')}": value for name, value in words.items()}


def icon(name: str) -> html.I:
    """An icon of `assets/icons`, beside words that say the same."""
    return html.I(className=f"icon icon-{name}", **aria(hidden="true"))
