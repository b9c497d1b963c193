"""Long tables: searched, filtered, sorted and paged by the server, with acts on their rows that ask once where it matters.

A page describes its table once (`parts.rows`) and gets a region and a callback with a rule of its own:

    TABLE = Table("users", "Users", people_admin, COLUMNS, load=_load, row=_row, do=_do, filters=(STATE,))
    tables.declare(TABLE)                      # beside the page's other callbacks
    tables.view(TABLE, context=site_id)        # in its layout; the context is for tables of a site or an organisation

`load` gives the page that is wanted, `row` what stands in a row and what may be done there, `do` does it and says so.
A rule that looks at the site asks for the argument `context`: `site_in("context")`. The browser's side, 80 lines that
say which button was pressed, is `assets/js/shell/80-tables.js`; nothing is loaded but the rows that are shown.
Another part of the page that changed records writes anything new into the store `<id>-changed`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dash import Input, Output, State, callback, ctx, dcc, html, no_update
from dash.development.base_component import Component

from config.language import _, within
from dashboard.frame.faults import sentence
from dashboard.parts import table_address
from dashboard.parts.aria import aria, data
from dashboard.parts.fields import Choice, Problem, select, worded
from dashboard.parts.notices import MARKED, Bad, Still, notice
from dashboard.parts.rows import Asked, Table, View, row_number
from dashboard.parts.table_body import body, sorted_by
from dashboard.web.access import current_scope, guard
from store.errors import NotFound, Refused, StoreAway


def view(table: Table, context: str = "") -> html.Section:
    """The table with its toolbar, as it is first seen, or as the page's address has it."""
    first = table_address.asked(table)
    tools: list[Component] = []
    if table.search:
        name = f"{table.id}-search"
        tools += [
            html.Label(_("Search %(name)s", name=within(_(table.label))), htmlFor=name, className="visually-hidden"),
            dcc.Input(
                id=name,
                type="search",
                debounce=0.3,
                value=first.search,
                placeholder=_("Search %(name)s", name=_(table.search)),
                maxLength=200,
            ),
        ]
    tools += [_filter(choice, first.filters.get(choice.key, "")) for choice in table.filters]
    return html.Section(
        [
            html.Div(id=f"{table.id}-notice", role="status"),
            html.Div(tools, className="toolbar table-tools", role="search", **aria(label=_(table.label))) if tools else None,
            dcc.Store(id=f"{table.id}-view", data=asdict(first)),
            dcc.Store(id=f"{table.id}-context", data=context),
            dcc.Store(id=f"{table.id}-press"),
            dcc.Store(id=f"{table.id}-changed"),
            html.Div(body(table, first, context), id=f"{table.id}-body"),
        ],
        **data(table=table.id),
    )


def declare(table: Table) -> None:
    """The callback of a table: whatever is pressed, chosen or written comes here, and its rows go back."""
    name = table.id
    searched = [Input(f"{name}-search", "value")] if table.search else []

    @callback(
        Output(f"{name}-body", "children"),
        Output(f"{name}-view", "data"),
        Output(f"{name}-notice", "children"),
        Input(f"{name}-press", "data"),
        Input(f"{name}-changed", "data"),
        State(f"{name}-view", "data"),
        State(f"{name}-context", "data"),
        *searched,
        prevent_initial_call=True,
    )
    @guard(table.rule)
    def turn(press: Any, _changed: Any, view: Any, context: Any, search: Any = "") -> Any:
        """The rows as they are wanted now, after what was asked for was done."""
        seen = View.of(view)
        said: Any = no_update
        problems: dict[str, Problem] = {}
        last: dict[str, Any] = press if isinstance(press, dict) else {}
        _narrow(seen, str(search or ""), last.get("chosen"))
        if f"{name}-press.data" in ctx.triggered_prop_ids:
            said = _pressed(table, seen, last, str(context or ""), problems)
        return body(table, seen, str(context or ""), problems), asdict(seen), said


def _narrow(seen: View, search: str, chosen: Any) -> None:
    """Show what is searched and chosen now, from its first row on.

    Both come with every question, not only with the one that they changed by: of two that overlap, the later one's answer is
    shown, and what it was asked with does not hold what the earlier one brought.
    """
    filters = seen.filters | {str(key): str(value) for key, value in chosen.items()} if isinstance(chosen, dict) else seen.filters
    if (search, filters) != (seen.search, seen.filters):
        seen.search, seen.filters, seen.first = search, filters, 0


def _pressed(table: Table, seen: View, press: Mapping[str, Any], context: str, problems: dict[str, Problem]) -> Any:
    """Do what was pressed to the view, or to a record; what is to be said about it, and `problems` with what was written."""
    match press.get("do"):
        case "sort":
            column = str(press.get("column"))
            current = sorted_by(table, seen)
            seen.descending = column == current and not seen.descending
            seen.sort, seen.first = column, 0
        case "turn":
            seen.first = row_number(press.get("first"))
        case "ask":
            seen.asking, seen.written = (str(press.get("act")), str(press.get("row"))), {}
            return None
        case "keep":
            seen.asking, seen.written = None, {}
        case "act" if table.do is not None:
            given = press.get("given")
            told = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
            return _done(table, seen, Asked(str(press.get("act")), str(press.get("row")), told, context), problems)
    return no_update


def _done(table: Table, seen: View, asked: Asked, problems: dict[str, Problem]) -> html.Div:
    """What became of it; a question whose answer was refused stays open, with what was written."""
    assert table.do is not None  # noqa: S101  # the caller looked
    try:
        done = table.do(current_scope(), asked)
        if isinstance(done, Still):
            seen.asking, seen.written = (asked.act, asked.key), dict(asked.given)
            return notice(done.words, bad=done.bad)
        said = notice(done.words, bad=True) if isinstance(done, Bad) else notice(done)
    except Refused as refused:
        seen.asking, seen.written = (asked.act, asked.key), dict(asked.given)
        if asked.was_read is None or not asked.was_read.blamed(refused):
            return notice(sentence(refused), bad=True)
        problems.update(asked.was_read.problems)
        return notice(_(MARKED), bad=True)
    except StoreAway as away:
        seen.asking, seen.written = (asked.act, asked.key), dict(asked.given)
        return notice(sentence(away), bad=True)
    except NotFound:
        said = notice(_("This no longer exists, or you may not change it."), bad=True)
    seen.asking, seen.written = None, {}
    return said


def _filter(choice: Choice, value: str) -> html.Label:
    choice = worded(choice)
    return html.Label([html.Span(choice.words), select(choice.options, value, filter=choice.key)], className="field-line")
