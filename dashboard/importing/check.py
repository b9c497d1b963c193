"""The check of a whole file before its import: asked for, looked at, called off; and what it has found. Nothing is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update
from werkzeug.exceptions import TooManyRequests

from config.language import _, ngettext
from config.settings import settings
from dashboard.frame.faults import sentence
from dashboard.importing import left_out
from dashboard.importing.look import Look, look
from dashboard.parts.aria import aria, data
from dashboard.parts.moments import clock
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from dashboard.web.access import current_scope, guard, operates_site
from dashboard.web.gate import costly
from dashboard.web.jobs import said
from ingest.files import checking
from ingest.files.checking import Check, Checked
from store.errors import NotFound, Refused, StoreAway
from store.records.jobs.asking import FINISHED
from store.records.plant import sites, uploads
from store.scope import Scope

LOOKS_MS = 1000
ACT = "import-check-act"
START, CANCEL = "start", "cancel"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def view(scope: Scope, site_id: str, seen: Look) -> list[Any]:
    """What stands below the preview."""
    as_read = checking.as_read(seen.profile, seen.preview.meters)
    last = checking.last(scope, seen.upload_id)
    return [
        dcc.Store(id="import-check-of", data=as_read),
        dcc.Interval(id="import-check-looks", interval=LOOKS_MS, disabled=not _at_work(last)),
        html.Div(
            _drawn(scope, site_id, seen.upload_id, last, as_read), id="import-check", className="mt-4", **data(keeps_focus="")
        ),
    ]


@callback(
    Output("import-check", "children"),
    Output("import-check-looks", "disabled"),
    Input({"type": ACT, "act": ALL}, "n_clicks"),
    Input("import-check-looks", "n_intervals"),
    State("import-upload", "data"),
    State("import-new-site", "data"),
    State("import-check-of", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def follow(clicks: list[int | None], _times: int | None, upload_id: str, site_id: str, as_read: str | None) -> Any:
    """How far it is, once what was pressed is done."""
    scope = current_scope()
    pressed = ctx.triggered_id["act"] if isinstance(ctx.triggered_id, dict) else None
    if pressed is not None and not any(clicks):
        return (no_update,) * 2
    try:
        if pressed == START:
            as_read = _ask(scope, site_id, upload_id)
        elif pressed == CANCEL:
            uploads.cancel_check(scope, upload_id)
    except (Refused, NotFound, StoreAway) as refused:
        return [notice(sentence(refused), bad=True), _button(_("Check the whole file"))], True
    except TooManyRequests:
        return [notice(_("Another file of yours is being looked at: try again in a moment."), bad=True), _again()], True
    last = checking.last(scope, upload_id)
    return _drawn(scope, site_id, upload_id, last, as_read or ""), not _at_work(last)


@costly
def _ask(scope: Scope, site_id: str, upload_id: str) -> str:
    found = look(scope, site_id, upload_id)
    checking.ask(scope, settings(), site_id, upload_id, found.profile, found.preview.meters)
    return checking.as_read(found.profile, found.preview.meters)


def _at_work(last: Check | None) -> bool:
    return last is not None and last.job.state not in FINISHED


def _drawn(scope: Scope, site_id: str, upload_id: str, last: Check | None, as_read: str) -> list[Any]:
    head = html.H3(_("The whole file"), id="import-check-head", className="h6", tabIndex=-1, **data(takes_focus=""))
    if last is None:
        about = _("Before anything is imported, all of it can be read and judged. Nothing is stored by that.")
        return [head, html.P(about, className="muted"), _button(_("Check the whole file"))]
    job = last.job
    if _at_work(last):
        return [head, *_progress(last)]
    if job.state == "cancelled":
        return [head, html.P(_("The check was cancelled."), className="muted"), _again()]
    if last.found is None:
        return [head, notice(said(job.problem), bad=True), _again()]
    if last.found.as_read != as_read:
        about = _("It was checked before something was changed above: what was found then is not shown any more.")
        return [head, html.P(about, className="muted"), _again()]
    zone = ZoneInfo(sites.site(scope, site_id).time_zone)
    return [head, *_found(last.found, upload_id, zone), _again()]


def _progress(last: Check) -> list[Any]:
    readings = (last.job.message or {}).get("readings")
    if readings is None:
        words = _("The check waits for its turn: files are read one at a time.")
    else:
        words = ngettext(
            "%(count)s reading judged so far", "%(count)s readings judged so far", readings, count=reader().count(readings)
        )
    share = str(last.job.progress) if last.job.progress else None
    return [
        html.Progress(max="1", value=share, **aria(label=_("Progress of the check"))),
        html.P(words, className="muted"),
        _button(_("Cancel the check"), CANCEL),
    ]


def _found(found: Checked, upload_id: str, zone: ZoneInfo) -> list[Any]:
    if found.why:
        return [notice(found.why[:1].upper() + found.why[1:], bad=True)]
    refused = sum(found.refused.values())
    new = found.readings - found.changed - found.unchanged
    counts = (
        (_("Would be stored"), found.readings),
        (_("of these, new"), new),
        (_("of these, instead of another value"), found.changed),
        (_("of these, stored so already"), found.unchanged),
        (_("of these, held until others confirm them"), sum(found.held.values())),
        (_("Would be refused"), refused),
    )
    rows = [(words, reader().count(count)) for words, count in counts]
    parts: list[Any] = [
        html.P([_about(found, zone), " ", html.Strong(_("Nothing is stored yet."))]),
        short_table(_("What the import would do"), (_("Readings"), _("How many")), rows, {1: "num"}),
    ]
    if found.refused:
        examples = [(each.row, each.code, each.message) for each in found.problems]
        href = f"/imports/checked/{upload_id}/refused.csv"
        parts += [html.H4(_("What would be refused"), className="h6 mt-3"), *left_out.refused(found.refused, href, examples)]
    if found.unknown:
        about = _("Create these meters or choose others for them above: their readings are left out otherwise.")
        parts += [html.H4(_("Missing meters"), className="h6 mt-3"), html.P(about), *left_out.unknown(found.unknown)]
    if words := left_out.passed_over(found.gaps, found.skipped):
        parts.append(html.P(words, className="muted mt-3"))
    if found.readings:
        parts.append(html.P(_("“Start the import” below imports it, read as it was checked."), className="mt-3"))
    return parts


def _about(found: Checked, zone: ZoneInfo) -> str:
    if not found.totals:
        return _("All of the file was read; nothing of it would be stored.")
    first, last = (EPOCH + timedelta(microseconds=us) for us in _ends(found))
    return _(
        "All of the file was read; its readings end between %(first)s and %(last)s (%(zone)s).",
        first=clock(first, zone),
        last=clock(last, zone),
        zone=zone.key,
    )


def _ends(found: Checked) -> tuple[int, int]:
    return min(each.first_us for each in found.totals), max(each.last_us for each in found.totals)


def _again() -> html.Div:
    return _button(_("Check it again"))


def _button(words: str, act: str = START) -> html.Div:
    button = html.Button(words, id={"type": ACT, "act": act}, className="btn btn-quiet", type="button")
    return html.Div(button, className="choices mt-3")
