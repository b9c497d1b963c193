"""The audit log: who did what, to what, from where; filtered, exported, and its chain checked."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, register_page

from dashboard.audit import verification, wording
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from dashboard.web.access import current_scope, guard, people_admin
from store.errors import Refused
from store.records.access import audit
from store.records.access.audit import Entry
from store.scope import Scope

register_page(
    __name__,
    path="/admin/audit-log",
    name="Audit log",
    title="Audit log · Loadstar",
    nav={"section": navigation.PEOPLE, "icon": "clock"},
)

FIELDS = ("who", "text", "action", "kind", "since", "until")
ANY = "any"
HEADS = ("When", "Who", "Did", "To what", "Before and after", "From")


@guard(people_admin)
def layout(**query: Any) -> html.Div:
    """The page; a link may bring its filters."""
    scope = current_scope()
    given = {name: str(query.get(name) or "")[:120] for name in FIELDS}
    return html.Div(
        [
            html.Header([html.H1("Audit log"), html.P("Who did what, to what, from where.")], className="page-head"),
            html.Div(_tools(scope, given), className="toolbar table-tools", role="search"),
            html.Div(_acts(scope, given), className="choices mb-3"),
            verification.verdict(),
            dcc.Store(id="audit-older", data=[]),
            dcc.Store(id="audit-turn"),
            html.Div(_page(scope, given, [])[0], id="audit-page"),
        ]
    )


def _tools(scope: Scope, given: Mapping[str, str]) -> list[html.Label]:
    actions = [{"value": ANY, "label": "Every act"}]
    actions += [{"value": each, "label": wording.did(each)} for each in audit.actions(scope)]
    kinds = [{"value": ANY, "label": "Everything"}]
    kinds += [{"value": name, "label": words.capitalize()} for name, words in wording.KINDS.items()]

    def text(name: str, hint: str) -> dcc.Input:
        return dcc.Input(id=f"audit-{name}", type="search", debounce=0.4, value=given[name], placeholder=hint, maxLength=120)

    def choice(name: str, options: list[dict[str, str]]) -> dbc.Select:
        return dbc.Select(id=f"audit-{name}", options=options, value=given[name] or ANY)

    def day(name: str) -> dbc.Input:
        return dbc.Input(id=f"audit-{name}", type="date", debounce=True, value=given[name])

    tools = (
        ("Who", text("who", "Name, address or id")),
        ("To whom or what", text("text", "Name, address or id")),
        ("Did", choice("action", actions)),
        ("Kind of record", choice("kind", kinds)),
        ("From day", day("since")),
        ("To day", day("until")),
    )
    return [html.Label([html.Span(words), control], className="field-line") for words, control in tools]


def _acts(scope: Scope, given: Mapping[str, str]) -> list[Any]:
    export = html.A("Export as CSV", id="audit-export", href=_export(given), className="btn btn-quiet", download="")
    if not scope.platform_admin:
        return [export]
    return [export, *verification.controls()]


def _export(given: Mapping[str, str]) -> str:
    return f"/admin/audit-log.csv?{urlencode({name: value for name, value in given.items() if value})}"


@callback(
    Output("audit-page", "children"),
    Output("audit-older", "data"),
    Output("audit-export", "href"),
    *[Input(f"audit-{name}", "value") for name in FIELDS],
    Input("audit-turn", "data"),
    State("audit-older", "data"),
    prevent_initial_call=True,
)
@guard(people_admin)
def show(
    who: str | None,
    text: str | None,
    action: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    turn: Any,
    older: Any,
) -> Any:
    """The entries that are wanted now: the newest, or the page before or after the one that is shown."""
    given = dict(
        zip(
            FIELDS,
            ("" if each in (None, ANY) else str(each)[:120] for each in (who, text, action, kind, since, until)),
            strict=True,
        )
    )
    way: list[int] = []
    if ctx.triggered_id == "audit-turn" and isinstance(turn, dict):
        way = [each for each in older if isinstance(each, int)] if isinstance(older, list) else []
        last = turn.get("older")
        way = [*way, last] if isinstance(last, int) else way[:-1]
    page, way = _page(current_scope(), given, way)
    return page, way, _export(given)


def _page(scope: Scope, given: Mapping[str, str], way: list[int]) -> tuple[list[Any], list[int]]:
    try:
        wanted = wording.wanted(scope, given)
    except Refused as refused:
        return [tables.notice(sentence(refused), bad=True)], []
    found = audit.entries(scope, wanted, older_than=way[-1] if way else None, limit=audit.PAGE + 1)
    entries, more = found[: audit.PAGE], len(found) > audit.PAGE
    if not entries:
        return [html.Div(html.P("Nothing fits. Ask for less, or for a longer time.", role="status"), className="panel")], way
    head = html.Thead(html.Tr([html.Th(each, scope="col", role="columnheader") for each in HEADS], role="row"), role="rowgroup")
    body = html.Tbody([_row(each) for each in entries], role="rowgroup")
    frame = html.Div(
        html.Table([head, body], role="table"),
        className="table-frame stacks",
        tabIndex=0,
        role="region",
        **aria(label="Entries, the newest first"),
    )
    buttons = [
        html.Button(
            words, className="btn btn-sm btn-quiet", type="button", disabled=not there, **data(turn=str(to), turn_of="audit-turn")
        )
        for words, there, to in (("Newer", bool(way), ""), ("Older", more, entries[-1].sequence))
    ]
    says = f"Entries {reader().count(entries[-1].sequence)} to {reader().count(entries[0].sequence)}"
    pager = html.Nav(
        [html.P(says, className="muted small mb-0", role="status"), *buttons], className="pager", **aria(label="Pages")
    )
    return [frame, pager], way


def _row(each: Entry) -> html.Tr:
    cells = (
        wording.who(each),
        wording.did(each.action),
        wording.subject(each),
        wording.changes(each),
        each.address or "—",
    )
    when = reader().stamp(each.at, seconds=True)
    drawn = [html.Td(html.Div(words), role="cell", **data(label=head)) for head, words in zip(HEADS[1:], cells, strict=True)]
    return html.Tr([html.Th(when, scope="row", role="rowheader"), *drawn], role="row")
