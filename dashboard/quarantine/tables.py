"""Refused readings by what is alike in them, and one by one: corrected, tried, stored, discarded."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from dash import html

from config import clock
from config.language import N_, _, ngettext
from config.settings import settings
from dashboard.frame.faults import sentence
from dashboard.parts import table_address
from dashboard.parts.fields import Choice
from dashboard.parts.moments import ago
from dashboard.parts.notices import Still, Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.quarantine import correction
from dashboard.web.access import operates_site
from ingest.replaying import replay
from models.refused_reading import Said
from store.errors import NotFound
from store.records.people.signatures import signatures
from store.records.plant import devices, imports, meters, received, refused
from store.records.plant.refused import Kind
from store.records.schema import RefusedReading
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

ROADS = {
    "hardware": N_("hardware"),
    "readings": N_("readings"),
    "lines": N_("line protocol"),
    "mqtt": N_("MQTT"),
    "file": N_("file"),
}
ALIKE = (
    Column("what", N_("What"), sortable=False),
    Column("source_id", N_("From")),
    Column("code", N_("Why"), prose=True),
    Column("number", N_("Readings"), number=True),
    Column("last", N_("Last refused"), moment=True),
)
ONE = (
    Column("meter", N_("What")),
    Column("ts", N_("Time"), moment=True),
    Column("value", N_("Value"), number=True),
    Column("code", N_("Why"), prose=True),
    Column("at", N_("Refused"), moment=True),
    Column("became", N_("Became"), sortable=False),
)
STATES = (("", N_("Kept")), ("stored", N_("Stored")), ("discarded", N_("Discarded")))
DISCARDED = N_("They are not stored, and shown as discarded until they are 30 days old. This cannot be taken back.")


class Line(NamedTuple):
    """What a row is of, with the names of its source and meter, and who decided about it."""

    of: Kind | RefusedReading
    example: RefusedReading
    source: str
    meter: str
    by: str = ""


def _kinds(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Line]:
    found = refused.kinds_page(scope, site_id, wanted)
    names, sources = _meters(scope, site_id), sources_of(scope, site_id)
    rows = [
        Line(each, each.example, sources.get(each.source_id, each.source_id), names.get(each.meter, each.meter))
        for each in found.rows
    ]
    return Page(rows, found.total)


def _readings(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], site_id: str) -> Page[Line]:
    found = refused.readings_page(scope, site_id, wanted, state=chosen.get("state") or "kept")
    names, sources = _meters(scope, site_id), sources_of(scope, site_id)
    people = signatures(scope, site_id, {each.decided_by for each in found.rows if each.decided_by})
    rows = [
        Line(
            each,
            each,
            sources.get(each.source_id, each.source_id),
            names.get(each.meter, each.meter),
            people.get(each.decided_by, _("somebody")) if each.decided_by else "",
        )
        for each in found.rows
    ]
    return Page(rows, found.total)


def _meters(scope: Scope, site_id: str) -> dict[str, str]:
    return {each.id: each.name for each in meters.outlines(scope, site_id)}


def sources_of(scope: Scope, site_id: str) -> dict[str, str]:
    """What the devices, keys, brokers and imports of a site are called, by their ids."""
    found = {each.id: each.name for each in devices.outlines(scope, site_id)}
    found |= {each.id: each.name or each.id for each in received.senders(scope, site_id)}
    return found | imports.names(scope, site_id)


def _kind_row(scope: Scope, line: Line) -> Row:
    kind, example = line.of, line.example
    assert isinstance(kind, Kind)  # noqa: S101  # so it was loaded
    alone = f"/site/{example.site_id}/quarantine?{table_address.named('refused', {'search': kind.kind})}"
    cells: list[Words] = [
        html.Span([line.source, " ", html.Span(_(ROADS[kind.road]), className="muted small")], className="long"),
        _why(example),
        reader().count(kind.number),
        ago(kind.last, clock.now()),
    ]
    acts = [_discard()]
    if _is_reading(example) or kind.number == 1:
        acts.insert(0, _correct(scope, line, kind.number))
    return Row(kind.kind, _name(line), cells, acts, href=alone)


def _reading_row(scope: Scope, line: Line) -> Row:
    record = line.example
    value = html.Code(record.value or record.body[:80], title=record.body or None) if record.value or record.body else "–"
    cells: list[Words] = [
        record.ts or "–",
        value,
        [*_why(record), html.Div(line.source, className="muted small")],
        ago(record.at, clock.now()),
        _became(line),
    ]
    acts = [_correct(scope, line, 1), _discard()] if record.state == "kept" else []
    return Row(record.id, _name(line), cells, acts)


def _is_reading(record: RefusedReading) -> bool:
    return bool(record.value)


def _name(line: Line) -> str:
    record = line.example
    if not _is_reading(record):
        return _("what is no reading")
    what = record.quantity or record.name or "?"
    words = _("%(quantity)s of %(meter)s", quantity=what, meter=line.meter) if line.meter else what
    return f"{words} ({record.unit})" if record.unit else words


def _why(record: RefusedReading) -> list[Any]:
    return [html.Code(record.code), " ", html.Span(sentence(record.message))]


def _became(line: Line) -> Any:
    record = line.example
    if record.state == "kept":
        return "–"
    if record.state == "discarded":
        return _("discarded by %(who)s", who=line.by)
    said = Said(**json.loads(record.became))
    words = " ".join(filter(None, (said.value, said.unit, said.quantity, said.ts)))
    return [html.Code(words), " ", _("by %(who)s", who=line.by)]


def _correct(scope: Scope, line: Line, number: int) -> Act:
    def ask() -> Question:
        record = line.example
        alone = number == 1
        words = ngettext(
            "The reading is judged anew by what you say here, and what is stored keeps its source.",
            "All %(num)s readings are judged anew by what you say here, and what is stored keeps its source.",
            number,
        )
        about: list[Any] = [words, *([" ", html.Code(record.body)] if record.body else [])]
        return Question(about, correction.fields(scope, record.site_id, record.code, record.said, alone=alone))

    return Act("correct", N_("Correct"), ask, sure=N_("Go on"))


def _discard() -> Act:
    return Act("discard", N_("Discard"), lambda: Question(_(DISCARDED)), danger=True, sure=N_("Discard"))


def _do(scope: Scope, asked: Asked) -> Words | Still:
    site_id, which = asked.context, asked.key
    if asked.act == "discard":
        number = refused.discard(scope, site_id, which)
        return ngettext("%(num)s reading is discarded.", "%(num)s readings are discarded.", number)
    if asked.act != "correct":
        raise NotFound(f"no act {asked.act}")
    found = refused.kept(scope, site_id, which)
    said = found[0].said
    given = asked.read(correction.fields(scope, site_id, found[0].code, said, alone=len(found) == 1))
    edit = correction.edit_of(given, said)
    if given.text("then") == correction.STORE:
        refused.ask(scope, site_id, which, edit)
        return _("It is being stored; what came of it is said above.")
    return correction.would(replay(scope, settings(), site_id, which, edit, dry_run=True).told())


KINDS = Table(
    "kinds",
    N_("Refused readings that are alike"),
    operates_site("context"),
    ALIKE,
    load=_kinds,
    row=_kind_row,
    do=_do,
    search=N_("meter, quantity, code"),
    empty=N_("Nothing is kept: no reading of this site was refused within the last 30 days, or somebody has decided about each."),
    sort="last",
    descending=True,
)
READINGS = Table(
    "refused",
    N_("Refused readings one by one"),
    operates_site("context"),
    ONE,
    load=_readings,
    row=_reading_row,
    do=_do,
    filters=(Choice("state", N_("Show"), STATES),),
    search=N_("meter, value, time, code"),
    empty=N_("Nothing here."),
    sort="at",
    descending=True,
)
