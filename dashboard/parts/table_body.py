"""The rows of a long table, their heads, the question of one of them, and the way to the others."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from config.language import _, within
from dashboard.frame.faults import sentence
from dashboard.parts import table_address
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.fields import Problem, in_question, unwritten, worded
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Question, Row, Table, View
from dashboard.web.access import current_scope
from store.errors import StoreAway
from store.records.schema.listing import Wanted

ROWS = 50
NUMBER = re.compile(r"(?P<number>[−+-]?\d[\d.,’\u202f]*)(?P<unit>\D*)")
DIGIT_WIDE, POINT_WIDE = "\u2007", "\u2008"  # spaces as wide as they are


def body(table: Table, seen: View, context: str, problems: Mapping[str, Problem] | None = None) -> list[Component]:
    """The rows that are wanted, their heads, and the way to the others; where they cannot be read now, why."""
    try:
        drawn = _drawn(table, seen, context, problems or {})
    except StoreAway as away:  # an empty table would say that all is well
        drawn = [_away(away)]
    return [*drawn, html.Span(hidden=True, **data(keeps=table_address.kept(table, seen), keeps_of=table.id))]


def _away(away: StoreAway) -> html.Div:
    words = _("These rows cannot be read now: %(why)s Nothing is lost.", why=sentence(away))
    again = html.Button(_("Try again"), className="btn btn-sm btn-quiet", type="button", **_press(do="again"))
    return html.Div([icon("database-x"), html.P(words, role="status"), again], className="notice bad")


def _drawn(table: Table, seen: View, context: str, problems: Mapping[str, Problem]) -> list[Component]:
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
        words = _("Nothing fits. Search for less, or show all.") if narrowed else _(table.empty)
        return [html.Div(html.P(words, role="status"), className="panel table-empty", tabIndex=-1)]
    rows = [table.row(scope, record) for record in page.rows]
    frame = html.Div(
        html.Table(
            [_head(table, seen, any(row.acts or row.tag for row in rows)), _rows(table, seen, rows, problems)], role="table"
        ),
        className="table-frame stacks",
        tabIndex=0,
        role="region",
        **aria(label=_(table.label)),
    )
    return [frame, _pager(table, seen, len(page.rows), page.total)]


def _head(table: Table, seen: View, acts: bool) -> html.Thead:
    current = sorted_by(table, seen)
    heads = []
    for column in table.columns:
        order = "descending" if seen.descending else "ascending"
        words: Any = _(column.words)
        if column.sortable:
            words = html.Button(words, className="sort", type="button", **_press(do="sort", column=column.key))
        marked = aria(sort=order) if column.sortable and column.key == current else {}
        heads.append(html.Th(words, scope="col", role="columnheader", className="num" if column.number else None, **marked))
    if acts:
        heads.append(html.Th(html.Span(_("Actions"), className="visually-hidden"), scope="col", role="columnheader"))
    return html.Thead(html.Tr(heads, role="row"), role="rowgroup")


def sorted_by(table: Table, seen: View) -> str:
    """The key of the column by which the rows are sorted now."""
    return seen.sort or table.sort or next((column.key for column in table.columns if column.sortable), "")


def _rows(table: Table, seen: View, rows: Sequence[Row], problems: Mapping[str, Problem]) -> html.Tbody:
    acts = any(row.acts or row.tag for row in rows)
    point = reader().point
    columns = [
        aligned(cells, point) if column.number else cells
        for column, cells in zip(table.columns[1:], zip(*(row.cells for row in rows), strict=True), strict=True)
    ]
    drawn = []
    for number, row in enumerate(rows):
        cells = [
            html.Td(
                html.Div(words) if isinstance(words, list | tuple) else words,
                role="cell",
                className=column.look,
                **data(label=_(column.words)),
            )
            for column, words in zip(table.columns[1:], (each[number] for each in columns), strict=True)
        ]
        asked = next((act for act in row.acts if act.asks and (act.key, row.key) == seen.asking), None)
        named = html.A(row.name, href=row.href, **data(soft="")) if row.href else row.name
        head = html.Th(named, scope="row", role="rowheader", className=table.columns[0].look)
        if acts:
            buttons: list[Any] = [html.Span(row.tag, className="tag")] if row.tag else []
            buttons += [_button(row, act, open_now=act is asked) for act in row.acts]
            cells.append(html.Td(html.Div(buttons, className="row-acts"), role="cell", className="acts"))
        drawn.append(html.Tr([head, *cells], role="row", className="asked" if asked else None))
        if asked and asked.asks:
            drawn.append(_question(row, asked, asked.asks(), seen.written, problems, len(cells) + 1))
    return html.Tbody(drawn, role="rowgroup")


def aligned(cells: Sequence[Words], point: str = ".") -> list[Words]:
    r"""The numbers of a column with room after them for the decimals that others have, so that the points stand in one line.

    The room is an element of its own: where rows are cards nothing stands above or below it, and it is not shown.

    >>> [each if isinstance(each, str) else each.children[1].children for each in aligned(["0.3", "0.275", "12 kW", "–"])]
    ['\u2007\u2007', '0.275', '\u2008\u2007\u2007\u2007', '–']
    """
    numbers = [NUMBER.fullmatch(each) if isinstance(each, str) else None for each in cells]
    decimals = [len(found["number"].rpartition(point)[2]) if found and point in found["number"] else 0 for found in numbers]
    most = max(decimals, default=0)
    drawn: list[Words] = []
    for cell, found, has in zip(cells, numbers, decimals, strict=True):
        if found is None or has == most:
            drawn.append(cell)
        else:
            room = ("" if has else POINT_WIDE) + DIGIT_WIDE * (most - has)
            drawn.append(html.Span([found["number"], html.Span(room, className="room"), found["unit"]]))
    return drawn


def _button(row: Row, act: Act, *, open_now: bool) -> html.Button:
    said = aria(label=f"{_(act.words)} {row.name}") | (aria(expanded="true" if open_now else "false") if act.asks else {})
    do = ("keep" if open_now else "ask") if act.asks else "act"
    press = _press(do=do, act=act.key, row=row.key)
    return html.Button(_(act.words), className="btn btn-sm btn-quiet", type="button", **press, **said)


def _question(
    row: Row, act: Act, question: Question, written: Mapping[str, str], problems: Mapping[str, Problem], columns: int
) -> html.Tr:
    said = unwritten(question.fields) | dict(written)
    fields = [in_question(worded(each), said, problems.get(each.key)) for each in question.fields]
    does = _(act.sure or act.words)
    sure = html.Button(
        does,
        className=f"btn btn-sm {'btn-danger' if act.danger else 'btn-primary'}",
        type="button",
        **_press(do="act", act=act.key, row=row.key),
        **aria(label=_("%(act)s %(name)s now", act=does, name=row.name)),
    )
    keep = html.Button(_("Cancel"), className="btn btn-sm btn-quiet", type="button", **_press(do="keep"))
    words = html.P(question.words, className="mb-0")
    asked = html.Div(
        [
            words,
            html.Div(fields, className="question-fields") if fields else None,
            html.Div([question.instead or sure, keep], className="choices"),
        ],
        className="question",
        role="group",
        tabIndex=-1,
        **aria(label=f"{_(act.words)} {row.name}"),
        **data(given_of=row.key),
    )
    return html.Tr(html.Td(asked, colSpan=columns, role="cell"), role="row", className="asking")


def _pager(table: Table, seen: View, shown: int, total: int) -> html.Nav:
    last = (total - 1) // ROWS * ROWS
    first, end, of = (reader().count(number) for number in (seen.first + 1, seen.first + shown, total))
    says = _("%(first)s–%(last)s of %(total)s", first=first, last=end, total=of)
    parts: list[Component] = [html.P(says, className="muted small mb-0", role="status")]
    if shown < total:
        steps = (
            (_("First"), 0),
            (_("Previous"), max(0, seen.first - ROWS)),
            (_("Next"), min(last, seen.first + ROWS)),
            (_("Last"), last),
        )
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
    return html.Nav(parts, className="pager", **aria(label=_("Pages of the table, %(name)s", name=within(_(table.label)))))


def _press(**told: Any) -> dict[str, Any]:
    """What a button says when it is pressed."""
    return data(press=json.dumps(told, separators=(",", ":")))
