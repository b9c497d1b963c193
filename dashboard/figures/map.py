"""Where are the sites, and is each of them well? On outlines that Loadstar carries itself: no tiles, no network.

Web Mercator in degrees: x is the longitude, y the latitude stretched as maps do. The outlines (Natural Earth, public
domain) are a static file that the browser puts into the two empty traces, `land` and `borders`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees, log, pi, radians, tan
from typing import Any

from config.language import _
from dashboard.figures.wording import STATES, text

FARTHEST_NORTH = 85.0
LEAST_DEGREES = 6.0  # of the longitude that a map of one site shows
NEIGHBOURS, NEIGHBOURS_BEYOND = 3, 1.4  # the nearest sites that the map shows first, and how far beyond them
BESIDE_X, BESIDE_Y = 0.25, 0.05  # of the map: within it, another site's mark would lie under a name
GAP = "\u2002"  # between a mark, with the ring around it, and its name

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
    """The map of the sites; it opens on the one that is looked at now, which has a ring. `layout.meta.all` shows them all."""
    xs = [place.longitude for place in places]
    ys = [round(mercator(place.latitude), 4) for place in places]
    states = [place.state for place in places]
    everything = window(xs), window(ys)
    at_once = [at for at, place in enumerate(places) if place.site_id == here]
    across, up = around(at_once[0], xs, ys) if at_once else everything
    side = [sides(at, xs, ys, across, up) for at in range(len(xs))]
    outline = {"type": "scatter", "mode": "lines", "x": [], "y": [], "hoverinfo": "skip", "connectgaps": False}
    words = ["" if state == "live" else f" · {_(STATES[state])}" for state in states]
    return {
        "data": [
            {
                **outline,
                "uid": "land",
                "fill": "toself",
                "fillcolor": "@raised",
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
                "text": [
                    f"{GAP}{text(place.name)}{word}" if to.endswith("right") else f"{text(place.name)}{word}{GAP}"
                    for place, word, to in zip(places, words, side, strict=True)
                ],
                "textposition": side,
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
            "plot_bgcolor": "@grid/0.12",
            "meta": {"all": everything},
            "xaxis": {"visible": False, "range": across, "constrain": "range"},
            "yaxis": {"visible": False, "range": up, "scaleanchor": "x", "constrain": "range"},
        },
    }


def sides(at: int, xs: Sequence[float], ys: Sequence[float], across: Sequence[float], up: Sequence[float]) -> str:
    """On which side the name stands: to the right, unless another site stands close there, or the edge of what is shown."""
    width, height = across[1] - across[0], up[1] - up[0]
    others = [other for other in range(len(xs)) if other != at and abs(ys[other] - ys[at]) < BESIDE_Y * height]
    close = [other for other in others if 0 <= xs[other] - xs[at] < BESIDE_X * width]
    return "middle left" if close or across[1] - xs[at] < BESIDE_X * width else "middle right"


def around(at: int, xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """What both axes show first: a site in the middle, with its nearest neighbours as far as they are near."""
    away = sorted(max(abs(x - xs[at]), abs(y - ys[at])) for other, (x, y) in enumerate(zip(xs, ys, strict=True)) if other != at)
    reach = min(LEAST_DEGREES, max(LEAST_DEGREES / 12, NEIGHBOURS_BEYOND * away[:NEIGHBOURS][-1])) if away else LEAST_DEGREES / 2
    return [xs[at] - reach, xs[at] + reach], [ys[at] - reach, ys[at] + reach]


def window(values: Sequence[float]) -> list[float]:
    """What an axis shows: all values with a third of their spread around them."""
    if not values:
        return [-180.0, 180.0]
    low, high = min(values), max(values)
    around = max(LEAST_DEGREES / 2, (high - low) * 0.33)
    return [low - around, high + around]
