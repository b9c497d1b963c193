"""The readings of a site that are held because they cannot be true: each beside its neighbours, accepted or voided."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from config import clock
from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.parts.fields import Choice, Text
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import restating
from dashboard.quality.heat_map import readings_of
from dashboard.quality.shown import then_shown
from dashboard.web.access import operates_site
from store.errors import NotFound, Refused
from store.records.people.signatures import signatures
from store.records.plant import meters, sites
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import beside, suspects
from store.series.beside import Beside, Reading

WITHIN = timedelta(days=92)
AHEAD = timedelta(hours=1)
ABOUT = N_(
    "Stored, but in no sum until the readings that follow confirm them, or somebody says that they are true. "
    "Held and voided readings are never deleted."
)
COLUMNS = (
    Column("meter", N_("Meter"), sortable=False),
    Column("ts", N_("Read at"), sortable=False, moment=True),
    Column("before", N_("Before"), sortable=False, number=True),
    Column("value", N_("Held"), sortable=False, number=True),
    Column("after", N_("After"), sortable=False, number=True),
    Column("why", N_("Why"), sortable=False, prose=True),
    Column("state", N_("State"), sortable=False),
)
WHY = {
    "fall": N_("its register fell, which it cannot"),
    "jump": N_("its register rose by more than the meter can do"),
    "beyond_capacity": N_("more than the meter can do"),
    "no_number": N_("what devices send when they have no value"),
}
REASON = Text("reason", N_("Why"), longest=300, required=True, help=N_("Kept with the correction, beside your name."))
BOTH = Choice("what", N_("They are"), (("wrong", N_("wrong: void them")), ("true", N_("true: let them count"))), required=True)
UNDO = (restating.SURE,)
SAID = (REASON, *UNDO)


class Held(NamedTuple):
    """A reading as its row needs it."""

    key: str
    meter: str
    meter_id: str
    quantity: str
    interval_s: int
    reading: Reading
    code: str
    held: bool
    by: str  # the name of whoever decided; empty: Loadstar
    near: Beside
    zone: ZoneInfo


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], site_id: str) -> Page[Held]:
    names = {each.id: each.name for each in meters.outlines(scope, site_id)}
    zone, now = ZoneInfo(sites.site(scope, site_id).time_zone), clock.now()
    found = suspects.suspects(scope, list(names), now - WITHIN, now + AHEAD)
    if not chosen.get("state"):
        found = found[found["held"].astype(bool) & (found["by"] == suspects.BY)]
    shown = found.iloc[wanted.first : wanted.first + wanted.count]
    people = signatures(scope, site_id, {by for by in shown["by"] if by != suspects.BY})
    return Page([_held(scope, each, names, people, zone) for each in shown.to_dict("records")], len(found))


def _held(scope: Scope, each: Mapping[Any, Any], names: Mapping[str, str], people: Mapping[str, str], zone: ZoneInfo) -> Held:
    ts, interval_s = each["ts"].to_pydatetime(), int(each["interval_s"])
    key = "|".join((each["meter"], each["quantity"], str(interval_s), str(round(ts.timestamp() * 1e6))))
    by = "" if each["by"] == suspects.BY else people.get(each["by"], _("somebody"))
    near = beside.beside(scope, each["meter"], each["quantity"], ts, interval_s)
    reading = Reading(ts, float(each["value"]))
    meter, quantity, code = each["meter"], each["quantity"], each["code"]
    return Held(key, names[meter], meter, quantity, interval_s, reading, code, bool(each["held"]), by, near, zone)


def _row(scope: Scope, each: Held) -> Row:
    unit = QUANTITIES[each.quantity].label
    if each.by:
        state = _("voided by %(who)s", who=each.by) if each.held else _("accepted by %(who)s", who=each.by)
    else:
        state = _("held") if each.held else _("confirmed by what followed")
    cells = (
        moment(each.reading.ts, each.zone),
        _value(each.near.before, unit),
        _value(each.reading, unit),
        _value(each.near.after, unit),
        _(WHY[each.code]),
        state,
    )
    acts: list[Act] = []
    if each.by:
        words = _("Loadstar judges it again, as if nobody had said anything.")
        acts = [Act("undo", _("Undo"), asks=lambda: Question(words, UNDO))]
    elif each.held:
        acts = [
            Act("accept", _("Accept"), asks=lambda: Question(_effect(scope, each, counts=True), SAID)),
            Act("void", _("Void"), asks=lambda: Question(_effect(scope, each, counts=False), SAID), danger=True),
            Act("alike", _("All like it"), asks=lambda: Question(_alike(each), (BOTH, *SAID)), sure=_("Decide")),
        ]
    day = f"{each.reading.ts.astimezone(each.zone):%Y-%m-%d}"
    return Row(each.key, each.meter, cells, acts, href=readings_of(_site_of(scope, each.meter_id), each.meter_id, day))


def _site_of(scope: Scope, meter_id: str) -> str:
    return meters.require_meters(scope, [meter_id])[meter_id].site_id


def moment(ts: datetime, zone: ZoneInfo) -> str:
    """A reading's time by the site's clocks, to the second."""
    return f"{ts.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _value(reading: Reading | None, unit: str) -> str:
    if reading is None or not np.isfinite(reading.value):
        return "–"
    return f"{reader().number(wording.exact(reading.value, 9))} {unit}".rstrip()


def _effect(scope: Scope, each: Held, *, counts: bool) -> str:
    """What becomes of the meter's energy."""
    kwh = beside.makes_kwh(scope, each.meter_id, each.quantity, each.reading, each.near, each.interval_s)
    if kwh is None:
        return _("It is no part of the meter's energy; charts and limits change with it.")
    amount = reader().number(wording.exact(kwh, 6))
    if counts:
        return _(
            "Its energy then changes by %(amount)s kWh, and with it every sum, cost and peak of that time, within a minute.",
            amount=amount,
        )
    return _(
        "It stays out of every sum, whatever follows: with it, the energy would be another by %(amount)s kWh.", amount=amount
    )


def _alike(each: Held) -> str:
    return _(
        "All readings of %(meter)s (%(quantity)s) that are held now because: %(why)s. Sums follow within a minute.",
        meter=each.meter,
        quantity=each.quantity,
        why=_(WHY[each.code]),
    )


def _do(scope: Scope, asked: Asked) -> Words:
    meter_id, quantity, interval_s, ts = _of(asked.key)
    if meters.require_meters(scope, [meter_id])[meter_id].site_id != asked.context:
        raise NotFound("no such meter on this site")
    of = scope, meter_id, quantity, ts
    if asked.act == "undo":
        restating.correct(scope, asked.read(UNDO), lambda: suspects.undo(*of, interval_s=interval_s))
        return _("Undone: Loadstar judges it again.")
    given = asked.read((BOTH, *SAID) if asked.act == "alike" else SAID)
    reason = given.text("reason")
    what = given.text("what") if asked.act == "alike" else ""
    given.check()
    if asked.act == "alike":
        now = clock.now()
        [code] = suspects.suspects(scope, [meter_id], ts, ts + timedelta(microseconds=1))["code"].tolist()[:1] or [""]
        alike = scope, meter_id, quantity, interval_s, code, now - WITHIN, now + AHEAD
        number = restating.correct(scope, given, lambda: suspects.decide_alike(*alike, true=what == "true", reason=reason))
        return ngettext("%(num)s reading decided.", "%(num)s readings decided.", number)
    if asked.act == "accept":
        restating.correct(scope, given, lambda: suspects.accept(*of, reason=reason, interval_s=interval_s))
        return _("Accepted: it counts. Sums follow within a minute.")
    if asked.act == "void":
        restating.correct(scope, given, lambda: suspects.void(*of, reason=reason, interval_s=interval_s))
        return _("Voided: it stays out of every sum.")
    raise NotFound(f"no act {asked.act}")


def _of(key: str) -> tuple[str, str, int, datetime]:
    """The meter, quantity, length and time that a row's key names."""
    parts = key.split("|")
    if len(parts) != 4 or not (parts[2].isdecimal() and parts[3].isdecimal()) or parts[1] not in QUANTITIES:
        raise Refused(_("this is no reading of the page: load it again"))
    return parts[0], parts[1], int(parts[2][:7]), datetime.fromtimestamp(int(parts[3][:16]) / 1e6, UTC)


TABLE = Table(
    "suspects",
    N_("Held readings"),
    operates_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=then_shown(_do),
    filters=(Choice("state", N_("Show"), (("", N_("Held now")), ("all", N_("Also those that were decided")))),),
    empty=N_("Nothing is held: no reading of the last 92 days is one that its meter cannot have made."),
)
