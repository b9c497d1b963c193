"""The check of the audit log's chain, which takes a while over a million entries: a job with its progress and a way to stop."""

from typing import Any

from dash import Input, Output, callback, html
from dash.development.base_component import Component

from config.language import N_, _
from dashboard.parts.aria import icon
from dashboard.parts.notices import notice
from dashboard.web.access import guard, platform_admin
from dashboard.web.jobs import runs, said
from store.records.jobs.kinds import AUDIT_CHECK, Nothing
from store.records.schema import Job

POLL_MS = 500
TOO_MANY = N_("The chain is being checked already. Wait until that has ended.")


def controls() -> list[Component]:
    """The button, the way to stop, and how far it is; where `verdict` stands, it is said what came of it."""
    quiet: dict[str, Any] = {"className": "btn btn-quiet", "type": "button"}
    return [
        html.Button(_("Verify the chain"), id="audit-verify", **quiet),
        html.Button(_("Stop"), id="audit-verify-stop", hidden=True, **quiet),
        html.Span("", id="audit-verify-progress", role="status", className="remark"),
    ]


def verdict() -> html.Div:
    """The place of what came of it."""
    return html.Div(id="audit-verdict", role="status")


def _progress(job: Job) -> str:
    told = job.message
    return (
        _("%(checked)s of %(total)s entries checked", checked=f"{told['checked']:,}", total=f"{told['of']:,}")
        if told
        else _("Waiting for its turn")
    )


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
@runs(AUDIT_CHECK, lambda _clicks: Nothing(), progress=_progress, busy=lambda: notice(_(TOO_MANY), bad=True))
def verify(job: Job, _clicks: int | None) -> Component:
    """Where the chain is broken, or that it holds."""
    if job.state == "failed":
        return notice(said(job.problem), bad=True)
    found = job.result
    if found["broken_at"] is not None:
        return notice(
            _(
                "The chain is broken at entry %(entry)s: %(reason)s. The entries before it hold.",
                entry=f"{found['broken_at']:,}",
                reason=_(found["why"]),
            ),
            bad=True,
        )
    says = _(
        "The chain holds: %(entries)s entries, each as it was written. Keep its newest hash elsewhere:",
        entries=f"{found['entries']:,}",
    )
    code = html.Code(found["newest_hash"], className="user-select-all text-break")
    return html.Div([icon("check-lg"), html.P([says, " ", code])], className="notice good")
