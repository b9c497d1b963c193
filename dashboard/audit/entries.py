"""A page of the audit log's entries, and the way to the newer and the older ones."""

from collections.abc import Mapping
from typing import Any

from dash import html

from config.language import N_, _
from dashboard.audit import wording
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from store.errors import Refused
from store.records.access import audit
from store.records.access.audit import Entry
from store.scope import Scope

HEADS = (N_("When"), N_("Who"), N_("Did"), N_("To what"), N_("Before and after"), N_("From"))


def page(scope: Scope, given: Mapping[str, str], way: list[int]) -> tuple[list[Any], list[int]]:
    """The entries that fit, and the way there: the last entry of each page before."""
    try:
        wanted = wording.wanted(scope, given)
    except Refused as refused:
        return [notice(sentence(refused), bad=True)], []
    found = audit.entries(scope, wanted, older_than=way[-1] if way else None, limit=audit.PAGE + 1)
    entries, more = found[: audit.PAGE], len(found) > audit.PAGE
    if not entries:
        return [html.Div(html.P(_("Nothing fits. Ask for less, or for a longer time."), role="status"), className="panel")], way
    head = html.Thead(
        html.Tr([html.Th(_(each), scope="col", role="columnheader") for each in HEADS], role="row"), role="rowgroup"
    )
    body = html.Tbody([_row(each) for each in entries], role="rowgroup")
    frame = html.Div(
        html.Table([head, body], role="table"),
        className="table-frame stacks",
        tabIndex=0,
        role="region",
        **aria(label=_("Entries, the newest first")),
    )
    buttons = [
        html.Button(
            words, className="btn btn-sm btn-quiet", type="button", disabled=not there, **data(turn=str(to), turn_of="audit-turn")
        )
        for words, there, to in ((_("Newer"), bool(way), ""), (_("Older"), more, entries[-1].sequence))
    ]
    says = _(
        "Entries %(first)s to %(last)s",
        first=reader().count(entries[-1].sequence),
        last=reader().count(entries[0].sequence),
    )
    pager = html.Nav(
        [html.P(says, className="muted small mb-0", role="status"), *buttons],
        className="pager",
        **aria(label=_("Pages of the audit log")),
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
    drawn = [html.Td(html.Div(words), role="cell", **data(label=_(head))) for head, words in zip(HEADS[1:], cells, strict=True)]
    return html.Tr([html.Th(when, scope="row", role="rowheader"), *drawn], role="row")
