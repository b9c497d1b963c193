"""What people said of a meter's values, the newest first: who, when, why, of how many, and each undone as one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config import clock
from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import restating
from dashboard.quality.readings_table import zone_of
from dashboard.quality.shown import then_shown
from dashboard.quality.suspects_table import moment
from dashboard.web.access import operates_meter
from store.errors import NotFound, Refused
from store.records.people.signatures import signatures
from store.records.plant import meters
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import corrections
from store.series.corrections import Correction

SINCE = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
COLUMNS = (
    Column("recorded_at", N_("When"), sortable=False, moment=True),
    Column("who", N_("Who"), sortable=False),
    Column("what", N_("What"), sortable=False),
    Column("of", N_("Of"), sortable=False),
    Column("why", N_("Why"), sortable=False, prose=True),
    Column("state", N_("State"), sortable=False),
)
KINDS = {"void": N_("voided"), "value": N_("set"), "restored": N_("restored")}


class Shown(NamedTuple):
    """A correction as its row needs it."""

    each: Correction
    zone: ZoneInfo
    who: str


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], meter_id: str) -> Page[Shown]:
    found = corrections.corrections(scope, meter_id, SINCE, clock.now() + AHEAD)
    shown = found[wanted.first : wanted.first + wanted.count]
    site_id = meters.require_meters(scope, [meter_id])[meter_id].site_id
    people, zone = signatures(scope, site_id, {each.by for each in shown}), zone_of(scope, meter_id)
    return Page([Shown(each, zone, people.get(each.by, _("somebody"))) for each in shown], len(found))


def _row(_scope: Scope, shown: Shown) -> Row:
    each = shown.each
    first, last = moment(each.first, shown.zone), moment(each.last, shown.zone)
    when = first if each.number == 1 else _("%(first)s to %(last)s", first=first, last=last)
    numbered = ngettext("%(num)s value of %(quantity)s", "%(num)s values of %(quantity)s", each.number, quantity=each.quantity)
    state = _("in force") if each.in_force == each.number else _("taken back")
    if 0 < each.in_force < each.number:
        state = _("%(count)s still in force", count=reader().count(each.in_force))
    cells = (shown.who, f"{_(KINDS[each.kind])}: {numbered}", when, each.reason, state)
    words = _("What held before it holds again. Sums follow within a minute.")
    undo = Act("undo", _("Undo"), asks=lambda: Question(words, (restating.SURE,)))
    key = f"{each.quantity}|{each.recorded_at.isoformat()}"
    return Row(key, moment(each.recorded_at, shown.zone), cells, [undo] if each.in_force else [])


def _do(scope: Scope, asked: Asked) -> Words:
    quantity, _bar, recorded = asked.key.partition("|")
    try:
        recorded_at = datetime.fromisoformat(recorded)
    except ValueError:
        recorded_at = None
    if asked.act != "undo" or quantity not in QUANTITIES or recorded_at is None or recorded_at.tzinfo is None:
        raise NotFound("no such correction")
    of = asked.context, quantity, recorded_at, SINCE, clock.now() + AHEAD
    number = restating.correct(scope, asked.read((restating.SURE,)), lambda: corrections.undo(scope, *of))
    if not number:
        raise Refused(_("nothing of that correction is in force any more: there is nothing to undo"))
    return ngettext("Undone: %(num)s value.", "Undone: %(num)s values.", number)


TABLE = Table(
    "corrections",
    N_("Corrections"),
    operates_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=then_shown(_do),
    empty=N_("Nobody has corrected anything of this meter."),
)
