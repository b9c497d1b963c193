"""The check of the audit log's chain, which takes a while over a million entries: a job with its progress and a way to stop."""

import json
from collections.abc import Callable
from typing import Any

from dash import Input, Output, callback, html
from dash._utils import to_json
from dash.development.base_component import Component

from dashboard.forecasting.jobs import answers_when_busy, lasts
from dashboard.parts import tables
from dashboard.parts.aria import icon
from dashboard.web.access import current_scope, guard, platform_admin
from store.errors import StoreAway
from store.records.access import audit

POLL_MS = 500
LASTS_S = 1800  # two hundred million entries, and somebody has forgotten it
TOO_MANY = "Loadstar computes as much as it may already. Try again in a minute."
AWAY = "Loadstar cannot reach its store. Try again in a moment."


def controls() -> list[Component]:
    """The button, the way to stop, and how far it is; where `verdict` stands, it is said what came of it."""
    quiet: dict[str, Any] = {"className": "btn btn-quiet", "type": "button"}
    return [
        html.Button("Verify the chain", id="audit-verify", **quiet),
        html.Button("Stop", id="audit-verify-stop", hidden=True, **quiet),
        html.Span("", id="audit-verify-progress", role="status", className="remark"),
    ]


def verdict() -> html.Div:
    """The place of what came of it."""
    return html.Div(id="audit-verdict", role="status")


def _plain(part: Component) -> Any:
    """As plain JSON: a job answers through a file."""
    return json.loads(to_json(part))


@callback(
    Output("audit-verdict", "children"),
    Input("audit-verify", "n_clicks"),
    background=True,
    interval=POLL_MS,
    progress=[Output("audit-verify-progress", "children")],
    progress_default=[""],
    cancel=[Input("audit-verify-stop", "n_clicks")],
    running=[
        (Output("audit-verify", "disabled"), True, False),
        (Output("audit-verify-stop", "hidden"), False, True),
    ],
    prevent_initial_call=True,
)
@guard(platform_admin)
@answers_when_busy(lambda: _plain(tables.notice(TOO_MANY, bad=True)))
@lasts(LASTS_S)
def verify(progress: Callable[[str], None], _clicks: int | None) -> Any:
    """Check each entry against the one before it, and say where the chain is broken, or that it holds."""
    progress("Starting")
    try:
        found = audit.verify(current_scope(), lambda done, of: progress(f"{done:,} of {of:,} entries checked"))
    except StoreAway:
        return _plain(tables.notice(AWAY, bad=True))
    if found.broken_at is not None:
        words = f"The chain is broken at entry {found.broken_at:,}: {found.why}. Those before it hold."
        return _plain(tables.notice(words, bad=True))
    says = f"The chain holds: {found.entries:,} entries, each as it was written. Keep its newest hash elsewhere: "
    code = html.Code(found.newest_hash, className="user-select-all text-break")
    return _plain(html.Div([icon("check-lg"), html.P([says, code])], className="notice good"))
