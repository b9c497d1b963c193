"""The choice of what a page is about: the site, one of its buildings and plants, or a meter."""

from collections.abc import Callable, Sequence

import dash_bootstrap_components as dbc
from dash import html

from config.language import N_, _
from dashboard.parts.aria import data
from insight.subjects import Subject

GROUPS = {"site": N_("Site"), "node": N_("Buildings and plant"), "meter": N_("Meters")}


def choice(subjects: Sequence[Subject], chosen: str, href: Callable[[str], str]) -> html.Label:
    """A native choice; whoever chooses is led to `href` of it."""
    options = [
        {"label": each.name if each.kind == "site" else f"{_(GROUPS[each.kind])} · {each.name}", "value": href(each.id)}
        for each in subjects
    ]
    select = dbc.Select(options=options, value=href(chosen), size="sm", id="subject")
    return html.Label([html.Span(_("Days of")), select], className="choice", **data(go=""))
