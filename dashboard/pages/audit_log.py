"""The audit log: who did what, to what, from where; filtered, exported, and its chain checked."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, register_page

from config.language import N_, _, opening
from dashboard.audit import entries, verification, wording
from dashboard.frame import navigation
from dashboard.parts import table_address
from dashboard.parts.aria import data
from dashboard.web.access import current_scope, guard, people_admin
from store.records.access import audit
from store.scope import Scope

register_page(
    __name__,
    path="/admin/audit-log",
    name=N_("Audit log"),
    nav={"section": navigation.PEOPLE, "icon": "clock"},
)

FIELDS = ("who", "text", "action", "kind", "since", "until")
NAME = "audit"
ANY = "any"
NUMBER = re.compile(r"[0-9]{1,15}")  # of an entry


@guard(people_admin)
def layout(**_query: Any) -> html.Div:
    """The page, as its address has it."""
    scope = current_scope()
    given = _asked(scope)
    way = [int(given["older"])] if given["older"] else []
    page, way = entries.page(scope, given, way)
    return html.Div(
        [
            html.Header([html.H1(_("Audit log")), html.P(_("Who did what, to what, from where."))], className="page-head"),
            html.Div(_tools(scope, given), className="toolbar table-tools", role="search"),
            html.Div(_acts(scope, given), className="choices mb-3"),
            verification.verdict(),
            dcc.Store(id="audit-older", data=way),
            dcc.Store(id="audit-turn"),
            html.Div([*page, _kept(given, way)], id="audit-page"),
        ],
        **data(table=NAME),
    )


def _asked(scope: Scope) -> dict[str, str]:
    """What the address keeps of the filters and of the page; what there is no such choice of is left out."""
    given = table_address.parts_of(NAME, (*FIELDS, "older"))
    chosen = {"action": audit.actions(scope), "kind": wording.KINDS}
    gone = {name: "" for name, known in chosen.items() if given[name] not in known}
    return given | gone | ({} if NUMBER.fullmatch(given["older"]) else {"older": ""})


def _kept(given: Mapping[str, str], way: list[int]) -> html.Span:
    """What the address keeps: the filters, and after which entry the page begins."""
    older = {"older": str(way[-1]) if way else ""}
    filters = {name: given[name] for name in FIELDS}
    return html.Span(hidden=True, **data(keeps=table_address.named(NAME, filters | older), keeps_of=NAME))


def _tools(scope: Scope, given: Mapping[str, str]) -> list[html.Label]:
    actions = [{"value": ANY, "label": _("Every act")}]
    actions += [{"value": each, "label": wording.did(each)} for each in audit.actions(scope)]
    kinds = [{"value": ANY, "label": _("Everything")}]
    kinds += [{"value": name, "label": opening(_(words))} for name, words in wording.KINDS.items()]

    def text(name: str, hint: str) -> dcc.Input:
        return dcc.Input(id=f"audit-{name}", type="search", debounce=0.4, value=given[name], placeholder=hint, maxLength=120)

    def choice(name: str, options: list[dict[str, str]]) -> dbc.Select:
        return dbc.Select(id=f"audit-{name}", options=options, value=given[name] or ANY)

    def day(name: str) -> dbc.Input:
        return dbc.Input(id=f"audit-{name}", type="date", debounce=True, value=given[name])

    tools = (
        (_("Who"), text("who", _("Name, address or id"))),
        (_("To whom or what"), text("text", _("Name, address or id"))),
        (_("Did"), choice("action", actions)),
        (_("Kind of record"), choice("kind", kinds)),
        (_("From day"), day("since")),
        (_("To day"), day("until")),
    )
    return [html.Label([html.Span(words), control], className="field-line") for words, control in tools]


def _acts(scope: Scope, given: Mapping[str, str]) -> list[Any]:
    export = html.A(_("Export as CSV"), id="audit-export", href=_export(given), className="btn btn-quiet", download="")
    if not scope.platform_admin:
        return [export]
    return [export, *verification.controls()]


def _export(given: Mapping[str, str]) -> str:
    return f"/admin/audit-log.csv?{urlencode({name: given[name] for name in FIELDS if given[name]})}"


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
    page, way = entries.page(current_scope(), given, way)
    return [*page, _kept(given, way)], way, _export(given)
