"""The ingest bench: what a key or a broker sends as it comes, why it is refused, and a post to try."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.notices import notice
from dashboard.plant import wiring
from dashboard.sources import last_requests, senders, trial_post
from dashboard.web.access import administers_site, current_scope, guard, operates_site
from store.errors import NotFound, Refused, StoreAway
from store.records.plant import received

register_page(
    __name__,
    path_template="/site/<site_id>/bench",
    name=N_("Ingest bench"),
    nav={"section": navigation.SETUP, "icon": "search", "place": 6},
)

EVERY_MS = 2_000
RENEW = 10  # looks between two times that it is said that somebody watches


@guard(operates_site())
def layout(site_id: str, key: str = "", **_query: Any) -> html.Div:
    """The page; `?key=` chooses a key or a broker."""
    about = _("What a key or a broker sends, as it comes: what was taken, what was refused, and why.")
    found = received.senders(current_scope(), site_id)
    chosen = senders.chosen(found, key)
    return html.Div(
        [
            html.Header([html.H1(_("Ingest bench")), html.P(about)], className="page-head"),
            dcc.Store(id="bench-site", data=site_id),
            dcc.Interval(id="bench-interval", interval=EVERY_MS, disabled=not found),
            html.Div(
                [
                    html.Label(_("Key or broker"), htmlFor="bench-sender", className="form-label"),
                    dbc.Select(id="bench-sender", options=senders.options(found), value=chosen.id if chosen else None),
                ],
                className="field",
                hidden=not found,
            ),
            html.Div(senders.about(current_scope(), site_id, chosen), id="bench-about"),
        ],
        className="bench",
    )


@callback(
    Output("bench-about", "children"),
    Input("bench-sender", "value"),
    State("bench-site", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def choose(sender_id: str | None, site_id: str) -> Any:
    """Show another key or broker."""
    found = received.senders(current_scope(), site_id)
    return senders.about(current_scope(), site_id, senders.chosen(found, sender_id or ""))


@callback(
    Output("bench-requests", "children"),
    Output("bench-newest", "data"),
    Input("bench-interval", "n_intervals"),
    State("bench-sender", "value"),
    State("bench-newest", "data"),
    State("bench-site", "data"),
    running=[(Output("bench-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(operates_site())
def look(times: int | None, sender_id: str | None, newest: str | None, site_id: str) -> Any:
    """What came meanwhile."""
    scope = current_scope()
    if not sender_id:
        return no_update, no_update
    if (times or 0) % RENEW == 0:
        senders.watch(scope, site_id, sender_id)
    found = received.of_source(scope, site_id, sender_id)
    last = senders.newest(found)
    if last == newest:
        return no_update, no_update
    return last_requests.listed(found, wiring.zone(scope, site_id)), last


@callback(
    Output("bench-answer", "children"),
    Input("bench-try", "n_clicks"),
    Input("bench-send", "n_clicks"),
    State("bench-text", "value"),
    State("bench-sender", "value"),
    State("bench-site", "data"),
    running=[(Output("bench-try", "disabled"), True, False), (Output("bench-send", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(administers_site())
def post(tried: int | None, sent: int | None, text: str | None, sender_id: str | None, site_id: str) -> Any:
    """Send what is written, or have it judged only."""
    if not (tried or sent):
        return no_update
    scope = current_scope()
    sender = senders.chosen(received.senders(scope, site_id), sender_id or "", exactly=True)
    if sender is None or sender.is_broker or (like := trial_post.post_of(scope, site_id, sender)) is None:
        return notice(_("Choose a key of a device, or add a meter first."), bad=True)
    dry_run = ctx.triggered_id != "bench-send"
    try:
        answered = trial_post.send(scope, site_id, sender, like.path, text or "", dry_run=dry_run)
    except (Refused, NotFound, StoreAway) as problem:
        return notice(sentence(problem), bad=True)
    return senders.answer(answered, dry_run=dry_run)
