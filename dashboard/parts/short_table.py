"""Short tables, of which all rows are shown: on a telephone each row is a card of its own, as those of long tables are."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from config.language import _
from dashboard.parts.aria import aria, data

NONE: Mapping[int, str] = {}


def short_table(
    label: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    looks: Mapping[int, str] = NONE,
    *,
    titled: bool = False,
    acts: bool = False,
) -> html.Div:
    """Rows that are named by their first cell.

    `looks` are the classes of columns, counted from 0: `num` for numbers, `when` for moments. `titled` shows the label above
    the rows too. With `acts` rows have one cell more than there are heads: what can be done.
    """
    named = [html.Th(words, scope="col", role="columnheader", className=looks.get(at)) for at, words in enumerate(heads)]
    if acts:
        hidden = html.Span(_("Actions"), className="visually-hidden")
        named.append(html.Th(hidden, scope="col", role="columnheader"))
    head = html.Thead(html.Tr(named, role="row"), role="rowgroup")
    body = html.Tbody([_row(row, heads, looks) for row in rows], role="rowgroup")
    title = html.Caption(label) if titled else None
    return html.Div(
        html.Table([title, head, body], role="table"),
        className="table-frame stacks",
        tabIndex=0,
        role="region",
        **aria(label=label),
    )


def _row(row: Sequence[Any], heads: Sequence[str], looks: Mapping[int, str]) -> html.Tr:
    cells: list[Any] = [html.Th(row[0], scope="row", role="rowheader", className=looks.get(0))]
    for at, cell in enumerate(row[1:], 1):
        if at == len(heads):
            cells.append(html.Td(cell, role="cell", className="acts"))
        else:
            shown = html.Div(cell) if isinstance(cell, list | tuple) else cell
            cells.append(html.Td(shown, role="cell", className=looks.get(at), **data(label=heads[at])))
    return html.Tr(cells, role="row")
