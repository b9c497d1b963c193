"""What is odd about the days of a site's meters, what was found and what was expected. Nothing is altered by a flag."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config import clock
from config.language import N_, _
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.live.attention import WORDS
from dashboard.parts.fields import Choice, filled
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant.device_clocks import behind
from dashboard.quality import range_forms
from dashboard.quality.heat_map import readings_of
from dashboard.quality.shown import then_shown
from dashboard.web.access import operates_site
from insight import quality_flags
from models import quality
from store.errors import NotFound
from store.records.plant import meters, sites
from store.records.plant.metering import metering
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import flags
from store.series.flags import Flagged

WITHIN = quality_flags.FARTHEST
ABOUT = N_(
    "Made for each day once it has ended, and again when late readings or corrections change it. A flag alters nothing: "
    "look at the readings, and correct them if they are wrong."
)
COLUMNS = (
    Column("meter", N_("Meter"), sortable=False),
    Column("since", N_("From"), sortable=False, moment=True),
    Column("until", N_("Until"), sortable=False, moment=True),
    Column("rule", N_("What"), sortable=False, prose=True),
    Column("value", N_("Found"), sortable=False),
    Column("expected", N_("Expected"), sortable=False),
)
RULES = {
    quality.SPIKE: N_("spike: far above the third highest of its day"),
    quality.STUCK: N_("stuck: the same for hours"),
    quality.ZERO: N_("zero for a day or longer, which it hardly ever is"),
    quality.DIP: N_("dip: far below what was before and after"),
    quality.SUM: N_("its intervals and its register tell different energies"),
    quality.LENGTHS: N_("its intervals of several lengths tell different energies: what it declares is counted"),
    quality.HIGH: N_("far more than like days"),
    quality.LOW: N_("far less than like days"),
    quality.UNIT: N_("a thousand times like days: W taken for kW, or Wh for kWh?"),
    quality.UNIT_RATED: N_("far from what it is rated for: W taken for kW, or Wh for kWh?"),
    quality.UNIT_BALANCED: N_(
        "its node would add up with a thousand times of it, or a thousandth: W taken for kW, or Wh for kWh?"
    ),
    quality.REVERSE: N_("flows back on a one-way edge"),
    quality.CLOCK: N_("the clock of its device is off"),
    quality.GAP: N_("gap"),
}
SHORT = {
    quality.SPIKE: N_("spike"),
    quality.STUCK: N_("stuck"),
    quality.ZERO: N_("zero"),
    quality.DIP: N_("dip"),
    quality.SUM: N_("sum against register"),
    quality.LENGTHS: N_("lengths against each other"),
    quality.HIGH: N_("high day"),
    quality.LOW: N_("low day"),
    quality.UNIT: N_("unit"),
    quality.UNIT_RATED: N_("unit against rating"),
    quality.UNIT_BALANCED: N_("unit against node"),
    quality.REVERSE: N_("reverse"),
    quality.CLOCK: N_("clock"),
    quality.GAP: N_("gap"),
}
QUANTITY_OF = {"power": "power_kw", "counter": "energy_total_kwh", "interval": "energy_kwh"}
OF_A_DAY = (quality.HIGH, quality.LOW, quality.UNIT, quality.UNIT_BALANCED, quality.SUM, quality.LENGTHS)


class Shown(NamedTuple):
    """A flag as its row needs it."""

    flag: Flagged
    meter: str
    site_id: str
    zone: ZoneInfo


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], site_id: str) -> Page[Shown]:
    names = {each.id: each.name for each in meters.outlines(scope, site_id)}
    now = clock.now()
    found = flags.flagged(scope, list(names), now - WITHIN, now, chosen.get("rule"))
    zone = ZoneInfo(sites.site(scope, site_id).time_zone)
    shown = found[wanted.first : wanted.first + wanted.count]
    return Page([Shown(each, names[each.meter], site_id, zone) for each in shown], len(found))


def _row(scope: Scope, shown: Shown) -> Row:
    flag, zone = shown.flag, shown.zone
    say = _unit(flag.rule, flag.quantity)
    since, until = (f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in (flag.start, flag.end))
    rule = RULES.get(flag.rule, "–")  # none of another version
    said = f"{_(WORDS[flag.quantity])}: {_(rule)}" if flag.quantity in WORDS else _(rule)
    cells = (since, until, said, _told(flag.value, say), _told(flag.expected, say) if flag.expected else "–")
    acts = [Act("scale", _("Scale"), asks=lambda: _offer(scope, shown), sure=_("Scale"))] if flag.rule in quality.UNITS else []
    return Row(
        f"{flag.meter}|{flag.rule}|{flag.quantity}|{flag.start.isoformat()}",
        shown.meter,
        cells,
        acts,
        href=readings_of(shown.site_id, flag.meter, since[:10]),
    )


def _offer(scope: Scope, shown: Shown) -> Question:
    """To scale the values from the first of the days on that follow each other and are flagged so."""
    flag, zone, now = shown.flag, shown.zone, clock.now()
    since = flag.start
    for each in flags.flagged(scope, [flag.meter], now - WITHIN, flag.start, flag.rule):
        if each.end == since:
            since = each.start
    factor = "1000" if abs(flag.value) < abs(flag.expected) else "0.001"
    quantity = QUANTITY_OF.get(_method(scope, flag.meter), "")
    begun = {"since": f"{since.astimezone(zone):%Y-%m-%d %H:%M}", "until": f"{now.astimezone(zone):%Y-%m-%d %H:%M}"}
    about = _(
        "If that is so, all values of that time are multiplied by the factor, also those that are held. What the device said is "
        "kept, and it can be undone. What comes later comes as before: have the device, or its channel's unit, set right first."
    )
    return Question(about, filled(range_forms.SCALED, {"quantity": quantity, "factor": factor, **begun}))


def _method(scope: Scope, meter_id: str) -> str:
    """How the meter tells its energy now."""
    declared = metering(scope, [meter_id]).declared[meter_id]
    return declared[-1].method if declared else ""


def _do(scope: Scope, asked: Asked) -> Words:
    meter_id = asked.key.split("|")[0]
    if asked.act != "scale" or meters.require_meters(scope, [meter_id])[meter_id].site_id != asked.context:
        raise NotFound("no such flag on this site")
    return range_forms.scale(scope, asked.read(range_forms.SCALED), meter_id)


def _unit(rule: str, quantity: str) -> Callable[[float], str]:
    """How a value of the rule is written."""
    if rule == quality.CLOCK:
        return behind
    if quantity in QUANTITIES:
        return lambda value: f"{reader().number(wording.exact(value, 4))} {QUANTITIES[quantity].label}"
    unit = "h" if rule == quality.GAP else "kWh" if rule in OF_A_DAY else "kW"
    return lambda value: f"{reader().number(wording.exact(value, 4))} {unit}"


def _told(value: float, say: Callable[[float], str]) -> str:
    return "–" if math.isnan(value) else say(value)


TABLE = Table(
    "flags",
    N_("Flags"),
    operates_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=then_shown(_do),
    filters=(Choice("rule", N_("Show"), (("", N_("Every rule")), *SHORT.items())),),
    empty=N_("Nothing odd was found in the last 92 days."),
)
