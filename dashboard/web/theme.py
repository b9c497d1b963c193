"""One palette, `assets/tokens.json`, for the style sheet and for both plotly templates."""

import json
from functools import lru_cache
from typing import Any

from config.settings import PROJECT

ASSETS = PROJECT / "assets"
FONT = '"Inter", system-ui, -apple-system, "Segoe UI", sans-serif'
KINDS = ("grid", "pv", "storage", "demand", "residual")
SEVERITIES = ("critical", "high", "medium", "low")
TEXTS = ("text", "muted", "accent", *SEVERITIES)
SURFACES = ("surface", "raised", "sunken", "accent-soft")
AA_TEXT = 4.5  # WCAG 2.2, 1.4.3 contrast of text
AA_MARK = 3.0  # WCAG 2.2, 1.4.11 contrast of what is not text


@lru_cache
def tokens() -> dict[str, dict[str, str]]:
    """The colours by theme (`light`, `dark`) and name, as `#RRGGBB`."""
    read: dict[str, dict[str, str]] = json.loads((ASSETS / "tokens.json").read_text(encoding="utf-8"))
    return read


def luminance(colour: str) -> float:
    """Relative luminance 0..1 of `#RRGGBB` (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2).

    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def css() -> str:
    """The palette as custom properties: `--ls-<token>` and the same as `r,g,b` for translucent fills."""
    blocks = []
    for theme, colours in tokens().items():
        lines = [f"color-scheme:{theme}"]
        for name, colour in colours.items():
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            lines += [f"--ls-{name}:{colour}", f"--ls-{name}-rgb:{red},{green},{blue}"]
        root = f"[data-bs-theme={theme}]"
        blocks.append(f"{':root,' if theme == 'light' else ''}{root}{{{';'.join(lines)}}}")
    return "\n".join(blocks)


def template(dark: bool) -> dict[str, Any]:
    """The plotly template of a theme, as a plain dict: transparent, quiet rules, text in the text colour."""
    colour = tokens()["dark" if dark else "light"]
    axis = {
        "automargin": True,
        "gridcolor": colour["line"],
        "linecolor": colour["line"],
        "zerolinecolor": colour["outline"],
        "zerolinewidth": 1,
        "tickcolor": colour["line"],
        "tickfont": {"color": colour["muted"], "size": 12},
        "title": {"font": {"color": colour["muted"], "size": 12}, "standoff": 8},
        "ticks": "",
    }
    return {
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 13, "color": colour["text"]},
            "colorway": [colour[kind] for kind in KINDS],
            "xaxis": {**axis, "showgrid": False, "ticklabelstandoff": 5},
            "yaxis": {**axis, "exponentformat": "none", "separatethousands": True},
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colour["raised"],
                "bordercolor": colour["outline"],
                "font": {"family": FONT, "size": 13, "color": colour["text"]},
                "align": "left",
            },
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": colour["text"], "size": 12}},
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colour["muted"], "activecolor": colour["accent"]},
            "separators": ". ",  # decimal point, thin space between thousands: reads the same everywhere
        },
        "data": {
            "sankey": [
                {
                    "textfont": {"family": FONT, "size": 13, "color": colour["text"]},
                    "node": {"line": {"width": 0}, "pad": 16, "thickness": 14},
                }
            ],
        },
    }


def templates_script() -> str:
    """A script that gives the browser the tokens and both templates, so that charts follow the theme at once."""
    given = {
        "tokens": tokens(),
        "templates": {"light": template(dark=False), "dark": template(dark=True)},
    }
    return f"window.loadstar=Object.assign(window.loadstar||{{}},{json.dumps(given, separators=(',', ':'))});\n"
