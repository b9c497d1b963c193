"""Where a site's values come from beside what its devices post: brokers, and what is pulled."""

import uuid
from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.rows import View
from dashboard.sources import brokers_table, pulled_forms, pulled_table
from dashboard.web.access import administers_site, guard

register_page(
    __name__,
    path_template="/site/<site_id>/sources",
    name=N_("Sources"),
    nav={"section": navigation.SETUP, "icon": "plug", "place": 7},
)

EVERY_MS = 10_000
forms.declare(brokers_table.FORM)
tables.declare(brokers_table.TABLE)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("Where values come from beside what devices post. What they are called there is mapped under Mappings.")
    return html.Div(
        [
            html.Header([html.H1(_("Sources")), html.P(about)], className="page-head"),
            html.H2(_("MQTT brokers"), className="mb-3"),
            forms.view(brokers_table.FORM, site_id),
            tables.view(brokers_table.TABLE, site_id),
            html.H2(_("Pulled sources"), className="mt-4"),
            html.P(_("What Loadstar asks for by itself; prices and CO₂ are the region's."), className="muted"),
            html.Div(
                [forms.view(form, site_id) for form in (pulled_forms.ADD_OWN, pulled_forms.ADD_WEATHER)], className="side-by-side"
            ),
            tables.view(pulled_table.OF_SITE, site_id),
            dcc.Interval(id="sources-interval", interval=EVERY_MS),
        ]
    )


@callback(
    Output("brokers-changed", "data", allow_duplicate=True),
    Output("pulls-changed", "data", allow_duplicate=True),
    Input("sources-interval", "n_intervals"),
    State("brokers-view", "data"),
    State("pulls-view", "data"),
    State("brokers-context", "data"),
    prevent_initial_call=True,
)
@guard(administers_site("context"))
def again(_n: int | None, brokers: Any, pulls: Any, context: str) -> Any:  # noqa: ARG001 - its rule looks at it
    """How it goes now, but for a table in which somebody is writing."""
    return tuple(uuid.uuid4().hex if View.of(view).asking is None else no_update for view in (brokers, pulls))
