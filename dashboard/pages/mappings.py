"""What a site's agents and brokers call their values, and the meters and quantities that people map them to."""

import uuid
from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.rows import View
from dashboard.sources import many_mappings, mappings_table
from dashboard.web.access import administers_site, current_scope, guard
from store.records.plant import channels
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/mappings",
    name=N_("Mappings"),
    nav={"section": navigation.SETUP, "icon": "table", "place": 8},
)

EVERY_MS = 3_000
forms.declare(many_mappings.FORM)
tables.declare(mappings_table.TABLE)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("What agents and brokers call their values, and what that means here. Until a channel is mapped, its values wait.")
    return html.Div(
        [
            html.Header([html.H1(_("Mappings")), html.P(about)], className="page-head"),
            html.Div(forms.view(many_mappings.FORM, site_id), hidden=not many_mappings.is_any(current_scope(), site_id)),
            html.P(_settling(current_scope(), site_id), id="mappings-settling", role="status", className="muted small"),
            dcc.Interval(id="mappings-interval", interval=EVERY_MS),
            tables.view(mappings_table.TABLE, site_id),
        ]
    )


@callback(
    Output("mappings-settling", "children"),
    Output("mappings-changed", "data", allow_duplicate=True),
    Input("mappings-interval", "n_intervals"),
    State("mappings-settling", "children"),
    State("mappings-view", "data"),
    State("mappings-context", "data"),
    running=[(Output("mappings-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(administers_site("context"))
def settled(_n: int | None, shown: Any, view: Any, context: str) -> Any:
    """How far what waited is stored; the rows anew when it has ended, unless somebody is writing there."""
    said = _settling(current_scope(), context)
    ended = bool(shown) and not said and View.of(view).asking is None
    return said, uuid.uuid4().hex if ended else no_update


def _settling(scope: Scope, site_id: str) -> str:
    job = channels.settling(scope, site_id)
    return _("What waited is being stored: %(share)s done.", share=f"{100 * job.progress:.0f} %") if job else ""
