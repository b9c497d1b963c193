"""What one wants to hear of, and how."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, callback, ctx, html, no_update, register_page

from config.language import N_, _, within
from dashboard.account import parts
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria
from dashboard.web.access import current_scope, guard, oneself
from store.errors import Refused
from store.records.people import preferences

register_page(__name__, path="/account/notifications", name=N_("Notifications"))

CHANNELS = {"browser": N_("In the browser"), "mail": N_("By mail")}
KINDS = {
    "alert": (N_("Alerts"), N_("a value outside its limits, a device that is silent")),
    "event": (N_("Events"), N_("what changed on a site: a meter exchanged, data corrected")),
    "report": (N_("Reports"), N_("a report that was made for you")),
    "approval": (N_("Approvals"), N_("your requests that were decided")),
    "security": (N_("Security"), N_("your password, your second factor, your address")),
}


def _switch(kind: str, channel: str, wanted: bool) -> html.Td:
    label = f"{_(KINDS[kind][0])}, {within(_(CHANNELS[channel]))}"
    if (kind, channel) == preferences.ALWAYS:
        return html.Td(
            html.Span(_("always"), className="tag", title=_("So that whoever took over an account cannot hide it from you"))
        )
    box = dbc.Checkbox(
        id={"type": "notify", "kind": kind, "channel": channel},
        value=wanted,
        label=html.Span(label, className="visually-hidden"),
        className="mb-0",
    )
    return html.Td(box)


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    wanted = preferences.notifications(current_scope())
    rows = [
        html.Tr(
            [
                html.Th([_(words), html.Br(), html.Span(_(about), className="muted small fw-normal")], scope="row"),
                *[_switch(kind, channel, wanted[kind, channel]) for channel in CHANNELS],
            ]
        )
        for kind, (words, about) in KINDS.items()
    ]
    head = html.Thead(
        html.Tr([html.Th(_("Kind"), scope="col"), *[html.Th(_(words), scope="col") for words in CHANNELS.values()]])
    )
    return parts.page(
        "/account/notifications",
        parts.section(
            _("Notifications"),
            html.P(
                _(
                    "A change is saved at once. Approvals, reports and security are sent now, by mail. Alerts and events are not "
                    "sent yet: your choice is kept for when they are."
                ),
                className="muted",
            ),
            html.Div(html.Table([head, html.Tbody(rows)], **aria(label=_("Notifications"))), className="table-frame"),
            html.P(id="notify-says", className="muted small mt-2 mb-0", role="status"),
        ),
    )


@callback(
    Output("notify-says", "children"),
    Input({"type": "notify", "kind": ALL, "channel": ALL}, "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def choose(_values: list[bool]) -> Any:
    """Keep the one that was changed."""
    changed = ctx.triggered_id
    if not isinstance(changed, dict):
        return no_update
    wanted = bool(ctx.triggered[0]["value"])
    try:
        preferences.choose_notification(current_scope(), changed["kind"], changed["channel"], wanted)
    except Refused as refused:
        return sentence(refused)
    said = {"kind": _(KINDS[changed["kind"]][0]), "channel": within(_(CHANNELS[changed["channel"]]))}
    return _("%(kind)s %(channel)s: on. Saved.", **said) if wanted else _("%(kind)s %(channel)s: off. Saved.", **said)
