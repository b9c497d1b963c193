"""Files of a table: chosen, shown line by line before anything is written, and imported; and the file of what there is.

    FILES = Files("meters", plant_admin, STEPS, COLUMNS, try_file=_try, import_file=_import, address="/admin/meters.csv")
    imports.declare(FILES)                  # beside the page's other callbacks
    imports.view(FILES, site_id)            # in its layout; a rule that looks at the site asks for `of`

After an import something new is written into the store `<id>-changed`, which a table of that id has.
"""

import base64
import binascii
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, callback, dcc, html, no_update

from config.language import _
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, icon
from dashboard.parts.fields import Choice, in_form
from dashboard.parts.notices import coded, notice
from dashboard.plant import restating
from dashboard.plant.import_report import counted, report
from dashboard.web.access import Rule, current_scope, guard
from dashboard.web.gate import costly
from insight.restated import Foretold
from store.errors import NotFound, Refused, StoreAway
from store.records.transaction.bulk import Line
from store.scope import Scope

LARGEST = 1_000_000  # bytes of a file
Reads = Callable[[Scope, str, str, str], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a table. What reads one gets the scope, what the page is of, the text, and what was chosen beside it."""

    id: str
    rule: Rule
    steps: str
    columns: Sequence[str]
    about: str  # of the columns, marked by `N_`, with their names in backquotes
    try_file: Reads
    import_file: Reads
    address: str = ""  # of the file of what there is, with `{of}` for what the page is of; none: nothing is exported
    then: str = ""  # what to do after an import
    beside: Choice | None = None  # what has to be said about a file
    each: str = "line"  # what is counted: a line, or a value in one
    restates: Callable[[Scope, str, str, str], Foretold] | None = None  # of the past, if it can be imported


def view(files: Files, of: str = "") -> html.Section:
    """Export (where it has an address) and import, what the columns are, and where a file's report appears."""
    upload = dcc.Upload(
        html.Span([icon("arrow-up"), _("Import a file")], className="btn btn-quiet"),
        id=f"{files.id}-upload",
        accept=".csv,text/csv",
        max_size=LARGEST,
        className="upload",
    )
    ways: list[Any] = [html.Label(upload)]
    if files.address:
        words: list[Any] = [icon("arrow-down"), _("Export as CSV")]
        ways.insert(0, html.A(words, id=f"{files.id}-export", href=files.address.format(of=of), className="btn btn-quiet"))
    beside = in_form(files.id, files.beside, {}, None) if files.beside else None
    return html.Section(
        [
            html.H2(_("Files")),
            html.P(_(files.steps), className="muted"),
            dcc.Store(id=f"{files.id}-files-of", data=of),
            html.Div(id=f"{files.id}-imported", role="status"),
            html.Div(beside, className="fields mb-2") if beside else None,
            html.Div(ways, className="choices mb-2"),
            html.Details(
                [
                    html.Summary(_("The columns")),
                    html.P([html.Code(", ".join(files.columns)), ". ", *coded(files.about)], className="muted small mb-0 mt-2"),
                ]
            ),
            html.Div(id=f"{files.id}-report", role="status", className="mt-3", **aria(live="polite")),
        ],
        className="panel mb-3 files",
    )


def declare(files: Files) -> None:
    """The callbacks: what a file would do, doing it, and the address of the file of what the table shows."""
    name = files.id
    beside = f"{name}-{files.beside.key}" if files.beside else ""

    @callback(
        Output(f"{name}-report", "children"),
        Input(f"{name}-upload", "contents"),
        State(f"{name}-upload", "filename"),
        State(f"{name}-files-of", "data"),
        *([Input(beside, "value")] if beside else []),
        prevent_initial_call=True,
    )
    @guard(files.rule)
    @costly
    def try_file(contents: str | None, filename: str | None, of: str | None, chosen: str | None = None) -> Any:
        """What the file would do, line by line; nothing is written."""
        if not contents:
            return no_update
        try:
            asked = current_scope(), of or "", text_of(contents), chosen or ""
            lines = files.try_file(*asked)
            fine = files.restates and not any(line.problem for line in lines)
            restates = restating.shown(files.restates(*asked)) if files.restates and fine else None
        except (Refused, StoreAway) as problem:
            return notice(f"{filename}: {sentence(problem)}", bad=True)
        return report(name, str(filename or _("The file")), lines, restates, of=files.each)

    @callback(
        Output(f"{name}-imported", "children"),
        Output(f"{name}-changed", "data", allow_duplicate=True),
        Output(f"{name}-report", "children", allow_duplicate=True),
        Output(f"{name}-upload", "contents"),
        Input(f"{name}-import", "n_clicks"),
        Input(f"{name}-drop", "n_clicks"),
        State(f"{name}-upload", "contents"),
        State(f"{name}-files-of", "data"),
        *([State(beside, "value")] if beside else []),
        prevent_initial_call=True,
    )
    @guard(files.rule)
    @costly
    def import_file(
        clicks: int | None, dropped: int | None, contents: str | None, of: str | None, chosen: str | None = None
    ) -> Any:
        """Do what was shown, all of it; or put the file away."""
        if dropped:
            return no_update, no_update, None, None
        if not clicks or not contents:
            return (no_update,) * 4
        try:
            done = files.import_file(current_scope(), of or "", text_of(contents), chosen or "")
        except (Refused, NotFound, StoreAway) as problem:
            return notice(sentence(problem), bad=True), no_update, None, None
        return (
            notice([_("Imported: %(lines)s.", lines=counted(done)), " ", _(files.then) if files.then else ""]),
            uuid.uuid4().hex,
            None,
            None,
        )

    if files.address:

        @callback(
            Output(f"{name}-export", "href"),
            Input(f"{name}-search", "value"),
            Input(f"{name}-view", "data"),
            State(f"{name}-files-of", "data"),
            prevent_initial_call=True,
        )
        @guard(files.rule)
        def export_address(search: str | None, view: dict[str, Any] | None, of: str | None) -> str:
            """The file of what the table shows."""
            filters = (view or {}).get("filters") or {}
            asked = {"search": str(search or "")} | ({"retired": "all"} if filters.get("retired") else {})
            return f"{files.address.format(of=of)}?{urlencode(asked)}"


def text_of(contents: str) -> str:
    """The text of a file as a browser hands it over.

    Raises:
        Refused: it is too large, or no text in UTF-8.
    """
    try:
        raw = base64.b64decode(contents.partition(",")[2], validate=True)
        if len(raw) > LARGEST:
            raise Refused(_("the file is too large: make several of it"))
        return raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(_("this is not a text in UTF-8: save the file in that encoding")) from None
