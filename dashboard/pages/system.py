"""How Loadstar itself is: versions, processes, stores, disk, the device API. For platform administrators."""

from typing import Any

from dash import Input, Output, callback, dcc, html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.plant import system_panels
from dashboard.web.access import current_scope, guard, platform_admin

register_page(
    __name__,
    path="/admin/system",
    name=N_("System"),
    nav={"section": navigation.PLATFORM, "icon": "gear"},
)

EVERY_MS = 10_000


@guard(platform_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header([html.H1(_("System")), html.P(_("How Loadstar itself is doing on this machine"))], className="page-head"),
            html.Div(system_panels.panels(current_scope()), id="system-parts", className="system"),
            dcc.Interval(id="system-interval", interval=EVERY_MS),
        ]
    )


@callback(
    Output("system-parts", "children"),
    Input("system-interval", "n_intervals"),
    running=[(Output("system-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(platform_admin)
def again(_n: int) -> Any:
    """The same, now."""
    return system_panels.panels(current_scope())
