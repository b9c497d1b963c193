"""Files of a table: chosen, shown line by line before anything is written, and imported; ids begin with the table's name."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import aria, icon
from dashboard.parts.reading import reader
from store.errors import Refused
from store.records.transaction.bulk import Line

LARGEST = 1_000_000  # bytes of a file
MOST_SHOWN = 200  # lines of a file's report
DOES = {"new": "new", "changed": "changed", "same": "unchanged"}


def panel(prefix: str, address: str | None, steps: str, columns: Sequence[Any], *first: Any) -> html.Section:
    """Export (where it has an address) and import, what the columns are, and where a file's report appears; `first` is above."""
    upload = dcc.Upload(
        html.Span([icon("arrow-up"), "Import a file"], className="btn btn-quiet"),
        id=f"{prefix}-upload",
        accept=".csv,text/csv",
        max_size=LARGEST,
        className="upload",
    )
    ways: list[Any] = [html.Label(upload)]
    if address:
        ways.insert(
            0, html.A([icon("arrow-down"), "Export as CSV"], id=f"{prefix}-export", href=address, className="btn btn-quiet")
        )
    explained = html.Details([html.Summary("The columns"), html.P(columns, className="muted small mb-0 mt-2")])
    return html.Section(
        [
            html.H2("Files"),
            html.P(steps, className="muted"),
            *first,
            html.Div(ways, className="choices mb-2"),
            explained,
            html.Div(id=f"{prefix}-report", role="status", className="mt-3", **aria(live="polite")),
        ],
        className="panel mb-3",
    )


def text_of(contents: str) -> str:
    """The text of a file as a browser hands it over.

    Raises:
        Refused: it is too large, or no text in UTF-8.
    """
    try:
        raw = base64.b64decode(contents.partition(",")[2], validate=True)
        if len(raw) > LARGEST:
            raise Refused("the file is too large: make several of it")
        return raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("this is not a text in UTF-8: save the file as CSV, UTF-8") from None


def counted(lines: Sequence[Line]) -> str:
    """How many lines, or values of lines, do what."""
    counts = {words: sum(line.does == does for line in lines) for does, words in DOES.items()}
    return ", ".join(f"{reader().count(count)} {words}" for words, count in counts.items() if count)


def report(prefix: str, name: str, lines: Sequence[Line], of: str = "line") -> html.Div:
    """What a file would do, and the buttons that do it or discard it; `of`: what each of `lines` is, a line or a value in one."""
    bad = [line for line in lines if line.problem]
    number, wrong = (len({line.number for line in each}) for each in (lines, bad))
    if not lines:
        return tables.notice(f"{name} has no lines below its head.", bad=True)
    if bad:
        head = tables.notice(
            f"{name}: {wrong:,} of {number:,} lines cannot be imported. Correct them and choose the file again.", bad=True
        )
        buttons = []
    else:
        head = tables.notice(f"{name} can be imported: {counted(lines)}. Nothing is written yet.")
        words = f"Import {len(lines):,} {of}{'s' if len(lines) > 1 else ''}"
        imports = html.Button(words, id=f"{prefix}-import", className="btn btn-primary", type="button")
        buttons = [imports] if any(line.does != "same" for line in lines) else []
    drop = html.Button("Discard file", id=f"{prefix}-drop", className="btn btn-quiet", type="button")
    if not buttons:
        buttons = [html.Button(id=f"{prefix}-import", hidden=True, type="button")]
    shown = (bad or [line for line in lines if line.does != "same"])[:MOST_SHOWN]
    rows = [
        html.Tr(
            [
                html.Td(str(line.number), className="num"),
                html.Th(line.name or "–", scope="row"),
                html.Td(sentence(Refused(line.problem)) if line.problem else f"{DOES[line.does]}: {line.words}"),
            ]
        )
        for line in shown
    ]
    heads = html.Thead(html.Tr([html.Th(words, scope="col") for words in ("Line", "Name", "Problem" if bad else "Change")]))
    table = html.Div(
        html.Table([heads, html.Tbody(rows)], **aria(label="What the file does")),
        className="table-frame my-3",
        tabIndex=0,
        role="region",
        **aria(label="What the file does, scrolls sideways"),
    )
    more = len(bad or lines) - len(shown) if bad else sum(line.does != "same" for line in lines) - len(shown)
    rest = html.P(f"And {more:,} more.", className="muted small") if more > 0 else None
    return html.Div([head, table if shown else None, rest, html.Div([*buttons, drop], className="choices")])
