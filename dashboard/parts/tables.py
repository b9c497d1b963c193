"""Long tables: searched, filtered, sorted and paged by the server, with acts on their rows that ask once where it matters.

A page describes its table once and gets a region and a callback with a rule of its own:

    TABLE = Table("users", "Users", people_admin, COLUMNS, load=_load, row=_row, do=_do, filters=(STATE,))
    tables.declare(TABLE)                      # beside the page's other callbacks
    tables.view(TABLE, context=site_id)        # in its layout; the context is for tables of a site or an organisation

`load` gives the page that is wanted, `row` what stands in a row and what may be done there, `do` does it and says so.
A rule that looks at the site asks for the argument `context`: `site_in("context")`. The browser's side, 80 lines that
say which button was pressed, is `assets/js/shell/80-tables.js`; nothing is loaded but the rows that are shown.
Another part of the page that changed records writes anything new into the store `<id>-changed`.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dash import Input, Output, State, callback, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import reader
from dashboard.web.access import Rule, current_scope, guard
from store.errors import NotFound, Refused
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

ROWS = 50
Words = str | Component | Sequence[str | Component]


@dataclass(frozen=True, slots=True)
class Column:
    """A head; `key` is what `load` sorts by."""

    key: str
    words: str
    sortable: bool = True
    number: bool = False
    moment: bool = False  # its texts stay on one line

    @property
    def look(self) -> str | None:
        """The class of its cells."""
        return "num" if self.number else "when" if self.moment else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from a list: a filter above the table, or a field of a question. The first option is taken first."""

    key: str
    words: str
    options: Sequence[tuple[str, str]]  # value and words


@dataclass(frozen=True, slots=True)
class Text:
    """A line to write, in a question; optional unless it is required."""

    key: str
    words: str
    value: str = ""
    longest: int = 300
    lines: int = 2


@dataclass(frozen=True, slots=True)
class Question:
    """What will happen, and what has to be said about it."""

    words: Words
    fields: Sequence[Choice | Text] = ()
    instead: Component | None = None  # of the button that does it: a form or a link to another page


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a row. With `asks` it opens a question first, and is done by the second button, which says `sure`."""

    key: str
    words: str
    asks: Callable[[], Question] | None = None
    danger: bool = False
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as its row: its id, its name (the first cell), the other cells, and what may be done with it."""

    key: str
    name: str
    cells: Sequence[Words]
    acts: Sequence[Act] = ()
    tag: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done: which act on which record, and what was said in the question."""

    act: str
    key: str
    given: Mapping[str, str]
    context: str


@dataclass(frozen=True, slots=True)
class Table:
    """A long table. `load` gets the scope, what is wanted, the chosen filters without empty ones, and the context."""

    id: str
    label: str
    rule: Rule
    columns: Sequence[Column]
    load: Callable[[Scope, Wanted, Mapping[str, str], str], Page[Any]]
    row: Callable[[Scope, Any], Row]
    do: Callable[[Scope, Asked], Words] | None = None
    filters: Sequence[Choice] = ()
    search: str = ""  # what can be searched for; none: no search box
    empty: str = "Nothing here yet."
    sort: str = ""
    descending: bool = False


@dataclass(slots=True)
class View:
    """What a browser shows of a table now. It comes back from there, so every part of it may be anything."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    first: int = 0
    filters: dict[str, str] = field(default_factory=dict)
    asking: tuple[str, str] | None = None  # the act and the row
    written: dict[str, str] = field(default_factory=dict)  # into the question, when that was refused

    @classmethod
    def of(cls, told: object) -> "View":
        """The view that the browser keeps."""
        given: dict[str, Any] = told if isinstance(told, dict) else {}
        filters, asking, written = given.get("filters"), given.get("asking"), given.get("written")
        return cls(
            str(given.get("search") or ""),
            str(given.get("sort") or ""),
            given.get("descending") is True,
            _number(given.get("first")),
            {str(name): str(value) for name, value in filters.items()} if isinstance(filters, dict) else {},
            (str(asking[0]), str(asking[1])) if isinstance(asking, list | tuple) and len(asking) == 2 else None,
            {str(name): str(value) for name, value in written.items()} if isinstance(written, dict) else {},
        )


def _number(told: object) -> int:
    return max(0, told) if isinstance(told, int) and told < 2**31 else 0


def view(table: Table, context: str = "", *, search: str = "", filters: Mapping[str, str] | None = None) -> html.Section:
    """The table with its toolbar, as it is first seen."""
    first = View(search=search, sort=table.sort, descending=table.descending, filters=dict(filters or {}))
    tools: list[Component] = []
    if table.search:
        name = f"{table.id}-search"
        tools += [
            html.Label(f"Search {table.label.lower()}", htmlFor=name, className="visually-hidden"),
            dcc.Input(id=name, type="search", debounce=0.3, value=search, placeholder=f"Search {table.search}", maxLength=200),
        ]
    tools += [_select(choice, first.filters.get(choice.key, ""), filter=choice.key) for choice in table.filters]
    return html.Section(
        [
            html.Div(id=f"{table.id}-notice", role="status"),
            html.Div(tools, className="toolbar table-tools", role="search", **aria(label=table.label)) if tools else None,
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
        pressed: dict[str, Any] = press if isinstance(press, dict) and ctx.triggered_id == f"{name}-press" else {}
        if str(search or "") != seen.search:
            seen.search, seen.first = str(search or ""), 0
        elif pressed:
            said = _pressed(table, seen, pressed, str(context or ""))
        return body(table, seen, str(context or "")), asdict(seen), said


def _pressed(table: Table, seen: View, press: Mapping[str, Any], context: str) -> Any:
    """Do what was pressed to the view, or to a record; what is to be said about it."""
    match press.get("do"):
        case "sort":
            column = str(press.get("column"))
            current = _sorted_by(table, seen)
            seen.descending = column == current and not seen.descending
            seen.sort, seen.first = column, 0
        case "filter":
            seen.filters[str(press.get("column"))] = str(press.get("value") or "")
            seen.first = 0
        case "turn":
            seen.first = _number(press.get("first"))
        case "ask":
            seen.asking, seen.written = (str(press.get("act")), str(press.get("row"))), {}
            return None
        case "keep":
            seen.asking, seen.written = None, {}
        case "act" if table.do is not None:
            given = press.get("given")
            told = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
            return _done(table, seen, Asked(str(press.get("act")), str(press.get("row")), told, context))
    return no_update


def _done(table: Table, seen: View, asked: Asked) -> html.Div:
    """What became of it; a question whose answer was refused stays open, with what was written."""
    assert table.do is not None  # noqa: S101  # the caller looked
    try:
        said = notice(table.do(current_scope(), asked))
    except Refused as refused:
        seen.written = dict(asked.given)
        return notice(sentence(refused), bad=True)
    except NotFound:
        said = notice("This no longer exists, or you may not change it.", bad=True)
    seen.asking, seen.written = None, {}
    return said


def notice(words: Words, *, bad: bool = False) -> html.Div:
    """What was done, or why not; with the same words again it is another: `assets/js/shell/85-notices.js` shows each."""
    return html.Div(
        [icon("exclamation-triangle" if bad else "check-lg"), html.Div(words)],
        className=f"notice {'bad' if bad else 'good'}",
        role="alert" if bad else "status",
        **data(said=uuid.uuid4().hex[:8]),
    )


def body(table: Table, seen: View, context: str) -> list[Component]:
    """The rows that are wanted, their heads, and the way to the others."""
    scope = current_scope()
    sortable = {column.key for column in table.columns if column.sortable}
    sort = seen.sort if seen.sort in sortable else ""
    chosen = {choice.key: value for choice in table.filters if (value := seen.filters.get(choice.key))}
    wanted = Wanted(seen.search, sort, seen.descending, seen.first, ROWS)
    page = table.load(scope, wanted, chosen, context)
    if not page.rows and seen.first:  # the last row of the last page is gone
        seen.first = max(0, (page.total - 1) // ROWS * ROWS)
        page = table.load(scope, Wanted(seen.search, sort, seen.descending, seen.first, ROWS), chosen, context)
    if not page.rows:
        narrowed = bool(seen.search or chosen)
        words = "Nothing fits. Search for less, or show all." if narrowed else table.empty
        return [html.Div(html.P(words, role="status"), className="panel table-empty")]
    rows = [table.row(scope, record) for record in page.rows]
    frame = html.Div(
        html.Table([_head(table, seen, any(row.acts or row.tag for row in rows)), _rows(table, seen, rows)], role="table"),
        className="table-frame stacks",
        tabIndex=0,
        role="region",
        **aria(label=table.label),
    )
    return [frame, _pager(table, seen, len(page.rows), page.total)]


def _head(table: Table, seen: View, acts: bool) -> html.Thead:
    current = _sorted_by(table, seen)
    heads = []
    for column in table.columns:
        order = "descending" if seen.descending else "ascending"
        words: Any = column.words
        if column.sortable:
            words = html.Button(words, className="sort", type="button", **_press(do="sort", column=column.key))
        marked = aria(sort=order) if column.sortable and column.key == current else {}
        heads.append(html.Th(words, scope="col", role="columnheader", className="num" if column.number else None, **marked))
    if acts:
        heads.append(html.Th(html.Span("Actions", className="visually-hidden"), scope="col", role="columnheader"))
    return html.Thead(html.Tr(heads, role="row"), role="rowgroup")


def _sorted_by(table: Table, seen: View) -> str:
    return seen.sort or table.sort or next((column.key for column in table.columns if column.sortable), "")


def _rows(table: Table, seen: View, rows: Sequence[Row]) -> html.Tbody:
    acts = any(row.acts or row.tag for row in rows)
    drawn = []
    for row in rows:
        cells = [
            html.Td(
                html.Div(words) if isinstance(words, list | tuple) else words,
                role="cell",
                className=column.look,
                **data(label=column.words),
            )
            for column, words in zip(table.columns[1:], row.cells, strict=True)
        ]
        asked = next((act for act in row.acts if act.asks and (act.key, row.key) == seen.asking), None)
        named = html.A(row.name, href=row.href, **data(soft="")) if row.href else row.name
        head = html.Th(named, scope="row", role="rowheader")
        if acts:
            buttons: list[Any] = [html.Span(row.tag, className="tag")] if row.tag else []
            buttons += [_button(row, act, open_now=act is asked) for act in row.acts]
            cells.append(html.Td(html.Div(buttons, className="row-acts"), role="cell", className="acts"))
        drawn.append(html.Tr([head, *cells], role="row", className="asked" if asked else None))
        if asked and asked.asks:
            drawn.append(_question(row, asked, asked.asks(), seen.written, len(cells) + 1))
    return html.Tbody(drawn, role="rowgroup")


def _button(row: Row, act: Act, *, open_now: bool) -> html.Button:
    said = aria(label=f"{act.words} {row.name}") | (aria(expanded="true" if open_now else "false") if act.asks else {})
    do = ("keep" if open_now else "ask") if act.asks else "act"
    press = _press(do=do, act=act.key, row=row.key)
    return html.Button(act.words, className="btn btn-sm btn-quiet", type="button", **press, **said)


def _question(row: Row, act: Act, question: Question, written: Mapping[str, str], columns: int) -> html.Tr:
    fields = [_field(each, written.get(each.key)) for each in question.fields]
    said = act.sure or act.words
    sure = html.Button(
        said,
        className=f"btn btn-sm {'btn-danger' if act.danger else 'btn-primary'}",
        type="button",
        **_press(do="act", act=act.key, row=row.key),
        **aria(label=f"{said} {row.name} now"),
    )
    keep = html.Button("Cancel", className="btn btn-sm btn-quiet", type="button", **_press(do="keep"))
    words = html.P(question.words, className="mb-0")
    asked = html.Div(
        [words, *fields, html.Div([question.instead or sure, keep], className="choices")],
        className="question",
        role="group",
        tabIndex=-1,
        **aria(label=f"{act.words} {row.name}"),
        **data(given_of=row.key),
    )
    return html.Tr(html.Td(asked, colSpan=columns, role="cell"), role="row", className="asking")


def _field(each: Choice | Text, written: str | None) -> Component:
    if isinstance(each, Choice):
        return _select(each, written or "", given=each.key)
    line = html.Textarea(
        each.value if written is None else written,
        className="form-control",
        rows=str(each.lines),
        maxLength=each.longest,
        **data(given=each.key),
    )
    return html.Label([html.Span(each.words), line], className="field-line")


def _select(choice: Choice, value: str, **marks: str) -> html.Label:
    options = [html.Option(words, value=each, selected=each == value) for each, words in choice.options]
    return html.Label(
        [html.Span(choice.words), html.Select(options, className="form-select", **data(**marks))], className="field-line"
    )


def _pager(table: Table, seen: View, shown: int, total: int) -> html.Nav:
    last = (total - 1) // ROWS * ROWS
    first, end, of = (reader().count(number) for number in (seen.first + 1, seen.first + shown, total))
    says = f"{first}–{end} of {of}"
    parts: list[Component] = [html.P(says, className="muted small mb-0", role="status")]
    if shown < total:
        steps = (("First", 0), ("Previous", max(0, seen.first - ROWS)), ("Next", min(last, seen.first + ROWS)), ("Last", last))
        parts += [
            html.Button(
                words,
                className="btn btn-sm btn-quiet",
                type="button",
                disabled=first == seen.first,
                **_press(do="turn", first=first),
            )
            for words, first in steps
        ]
    return html.Nav(parts, className="pager", **aria(label=f"Pages of the table, {table.label.lower()}"))


def _press(**told: Any) -> dict[str, Any]:
    """What a button says when it is pressed."""
    return data(press=json.dumps(told, separators=(",", ":")))
