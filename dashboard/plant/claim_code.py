"""The claim code of a meter: shown when it is asked for, and made anew."""

from typing import Any

from dash import Input, Output, State, callback, ctx, html, no_update

from config.language import _
from dashboard.parts.notices import notice
from dashboard.plant import meter_changes
from dashboard.web.access import administers_meter, current_scope, guard
from store.records.access import claims


def panel() -> html.Section:
    """The part of a meter's page that is about its code."""
    about = _("Whoever has it may claim this meter; you decide under Approvals. Give it only to whom it is meant for.")
    renew = html.Button(_("Create it now"), id="meter-renew", className="btn btn-danger", type="button")
    choices = [
        html.Button(_("Show the code"), id="meter-show", className="btn btn-quiet", type="button"),
        meter_changes.asking(_("Create a new code"), _("The old code stops working. Claims made with it stay."), renew),
    ]
    code = html.Div(id="meter-code", className="mb-2", role="status")
    return html.Section(
        [html.H2(_("Claim code")), html.P(about, className="muted"), code, html.Div(choices, className="side-by-side")],
        className="panel mb-3",
    )


@callback(
    Output("meter-code", "children"),
    Input("meter-show", "n_clicks"),
    Input("meter-renew", "n_clicks"),
    State("meter-of", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def show_code(shown: int | None, renewed: int | None, meter_id: str) -> Any:
    """Show the claim code, or make another."""
    if not (shown or renewed):
        return no_update
    anew = ctx.triggered_id == "meter-renew"
    code = (claims.renew_claim_code if anew else claims.claim_code)(current_scope(), meter_id)
    said = [notice(_("The old code no longer works."))] if anew else []
    return [*said, html.Code(code, className="user-select-all secret")]
