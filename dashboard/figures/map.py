"""Where are the sites, and is each of them well? On outlines that Loadstar carries itself: no tiles, no network.

Web Mercator in degrees: x is the longitude, y the latitude stretched as maps do. The outlines (Natural Earth, public
domain) are a static file that the browser puts into the two empty traces, `land` and `borders`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees, log, pi, radians, tan
from typing import Any

from dashboard.figures.wording import STATES, text

FARTHEST_NORTH = 85.0
LEAST_DEGREES = 6.0  # of the longitude that a map of one site shows

# The shape says the state as well as the colour does, and the word beside it as well as both.
SYMBOLS = {"live": "circle", "late": "circle-open", "offline": "x-thin-open", "never": "circle-open-dot"}
COLOURS = {"live": "@accent", "late": "@medium", "offline": "@critical", "never": "@muted"}


@dataclass(frozen=True, slots=True)
class Place:
    """A site on the map; `state` is live, late, offline or never, `note` what is said of it on hovering."""

    site_id: str
    name: str
    latitude: float
    longitude: float
    state: str
    note: str


def mercator(latitude: float) -> float:
    """The height on the map of a latitude, both in degrees (Web Mercator).

    >>> round(mercator(52.2), 2)
    61.41
    """
    held = max(-FARTHEST_NORTH, min(FARTHEST_NORTH, latitude))
    return degrees(log(tan(pi / 4 + radians(held) / 2)))


def figure(places: Sequence[Place], here: str | None) -> dict[str, Any]:
    """The map of the sites; the one that is looked at now has a ring."""
    xs = [place.longitude for place in places]
    ys = [round(mercator(place.latitude), 4) for place in places]
    states = [place.state for place in places]
    outline = {"type": "scatter", "mode": "lines", "x": [], "y": [], "hoverinfo": "skip", "connectgaps": False}
    words = ["" if state == "live" else f" · {STATES[state]}" for state in states]
    return {
        "data": [
            {
                **outline,
                "uid": "land",
                "fill": "toself",
                "fillcolor": "@sunken",
                "line": {"width": 0.8, "color": "@outline/0.55"},
            },
            {**outline, "uid": "borders", "line": {"width": 0.6, "color": "@outline/0.35"}},
            {
                "type": "scatter",
                "mode": "markers",
                "uid": "here",
                "x": [x for x, place in zip(xs, places, strict=True) if place.site_id == here],
                "y": [y for y, place in zip(ys, places, strict=True) if place.site_id == here],
                "marker": {"symbol": "circle-open", "size": 24, "color": "@accent", "line": {"width": 1.5}},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "uid": "sites",
                "x": xs,
                "y": ys,
                "text": [f"{text(place.name)}{word}" for place, word in zip(places, words, strict=True)],
                "textposition": [sides(at, xs, ys) for at in range(len(xs))],
                "textfont": {"color": "@text", "size": 12},
                "customdata": [f"site:{place.site_id}" for place in places],
                "hovertext": [f"<b>{text(place.name)}</b><br>{text(place.note)}" for place in places],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": {
                    "symbol": [SYMBOLS[state] for state in states],
                    "color": [COLOURS[state] for state in states],
                    "size": 12,
                    "line": {"width": 2, "color": [COLOURS[state] for state in states]},
                },
                "cliponaxis": False,
            },
        ],
        "layout": {
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": "pan",
            "xaxis": {"visible": False, "range": window(xs), "constrain": "range"},
            "yaxis": {"visible": False, "range": window(ys), "scaleanchor": "x", "constrain": "range"},
        },
    }


def sides(at: int, xs: Sequence[float], ys: Sequence[float]) -> str:
    """On which side the name stands: to the right, unless another site stands close there."""
    close = [other for other in range(len(xs)) if other != at and 0 <= xs[other] - xs[at] < 30 and abs(ys[other] - ys[at]) < 4]
    return "middle left" if close or (xs[at] > max(xs) - 1e-9 and len(xs) > 1) else "middle right"


def window(values: Sequence[float]) -> list[float]:
    """What an axis shows: all values with a third of their spread around them."""
    if not values:
        return [-180.0, 180.0]
    low, high = min(values), max(values)
    around = max(LEAST_DEGREES / 2, (high - low) * 0.33)
    return [low - around, high + around]
