"""The readings of a meter, one by one: what the device said, what counts, and each one voided or set right."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config import clock
from config.language import N_, _
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.parts.fields import Choice, Text
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import restating
from dashboard.quality.shown import then_shown
from dashboard.quality.suspects_table import REASON, WHY, moment
from dashboard.web.access import operates_meter
from models import local_time
from store.errors import NotFound, Refused
from store.records.people.signatures import signatures
from store.records.plant import meters, sites
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import amendments, readings
from store.series.readings import Told

NEWEST = timedelta(days=2)
AHEAD = timedelta(hours=1)
COLUMNS = (
    Column("ts", N_("Time"), sortable=False, moment=True),
    Column("quantity", N_("Quantity"), sortable=False),
    Column("value", N_("The device said"), sortable=False, number=True),
    Column("counts", N_("Counts as"), sortable=False, number=True),
    Column("state", N_("State"), sortable=False),
    Column("received", N_("Received"), sortable=False, moment=True),
)
VALUE = Text("value", N_("It was"), longest=30, required=True, keys="decimal", help=N_("In the unit of its quantity."))
QUANTITY = Choice("quantity", N_("Quantity"), (("", N_("Every quantity")), *((name, name) for name in QUANTITIES)))
SAID = (REASON, restating.SURE)
SET = (VALUE, *SAID)
EMPTY = N_("No reading in that time. Search for a day, like 2026-01-31, or an hour of it, like 2026-01-31 14.")
FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H", "%Y-%m-%d %H:%M")


class Shown(NamedTuple):
    """A reading as its row needs it."""

    told: Told
    zone: ZoneInfo
    who: str


def zone_of(scope: Scope, meter_id: str) -> ZoneInfo:
    """The zone of the meter's site."""
    return ZoneInfo(sites.site(scope, meters.require_meters(scope, [meter_id])[meter_id].site_id).time_zone)


def searched(text: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The day, hour or minute by the site's clocks that was searched for; the newest two days for nothing, none for no time."""
    text = text.strip()
    if not text:
        now = clock.now()
        return now - NEWEST, now + AHEAD
    for form in FORMATS:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - by the site's clocks, below
        except ValueError:
            continue
        if not local_time.FIRST_YEAR <= found.year < local_time.LAST_YEAR:
            return None
        if form == FORMATS[0]:
            return local_time.days(found.date(), found.date(), zone)
        lasting = timedelta(hours=1) if form == FORMATS[1] else timedelta(minutes=1)
        # An hour that the clocks show twice is both of them, and one that they leave out the next.
        first, last = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return min(first, last), max(first, last) + lasting
    return None


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], meter_id: str) -> Page[Shown]:
    zone = zone_of(scope, meter_id)
    period = searched(wanted.search, zone)
    if period is None:
        return Page([], 0)
    quantity = chosen.get("quantity")
    told, total = readings.readings(
        scope, meter_id, *period, quantity if quantity in QUANTITIES else None, wanted.first, wanted.count
    )
    site_id = meters.require_meters(scope, [meter_id])[meter_id].site_id
    people = signatures(scope, site_id, {each.by for each in told if each.by})
    return Page([Shown(each, zone, people.get(each.by, "")) for each in told], total)


def _row(_scope: Scope, each: Shown) -> Row:
    told, unit = each.told, QUANTITIES[each.told.quantity].label
    counts = None if told.void else told.value if told.said is None else told.said
    cells = (
        told.quantity,
        written(told.value, unit),
        "–" if counts is None else written(counts, unit),
        _state(each),
        moment(told.received_at, each.zone),
    )
    acts = [
        Act("set", _("Set"), asks=lambda: Question(_("What it really was. What the device said is kept."), SET)),
        Act("void", _("Void"), asks=lambda: Question(_("It is in no sum any more. It is kept."), SAID), danger=True),
    ]
    if told.void or told.said is not None:
        words = _("What the device said counts again, whatever was said of it.")
        acts = [Act("restore", _("Restore"), asks=lambda: Question(words, SAID)), *acts[:1]]
    when = moment(told.ts, each.zone)
    if told.interval_s:
        when = _("%(when)s, of %(length)s s", when=when, length=told.interval_s)
    return Row(f"{told.quantity}|{told.interval_s}|{round(told.ts.timestamp() * 1e6)}", when, cells, acts)


def _state(each: Shown) -> str:
    told, who = each.told, each.who or _("somebody")
    if told.reason in WHY:
        return _("held: %(why)s", why=_(WHY[told.reason]))
    if told.void:
        return _("voided by %(who)s: %(why)s", who=who, why=told.reason)
    if told.said is not None:
        return _("set by %(who)s: %(why)s", who=who, why=told.reason)
    return _("as it came")


def written(value: float, unit: str) -> str:
    """A value with its unit."""
    return f"{reader().number(wording.exact(value, 9))} {unit}".rstrip()


def _do(scope: Scope, asked: Asked) -> Words:
    quantity, interval_s, ts = _of(asked.key)
    given = asked.read(SET if asked.act == "set" else SAID)
    value = given.needed("value") if asked.act == "set" else 0.0
    reason = given.text("reason")
    given.check()
    of = scope, asked.context, quantity, ts
    if asked.act == "set":
        restating.correct(scope, given, lambda: amendments.amend(*of, value, reason=reason, interval_s=interval_s))
        return _("Set. Sums follow within a minute.")
    if asked.act == "void":
        restating.correct(scope, given, lambda: amendments.void(*of, reason=reason, interval_s=interval_s))
        return _("Voided. Sums follow within a minute.")
    if asked.act == "restore":
        restating.correct(scope, given, lambda: amendments.restore(*of, reason=reason, interval_s=interval_s))
        return _("Restored. Sums follow within a minute.")
    raise NotFound(f"no act {asked.act}")


def _of(key: str) -> tuple[str, int, datetime]:
    """The quantity, length and time that a row's key names."""
    parts = key.split("|")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()) or parts[0] not in QUANTITIES:
        raise Refused(_("this is no reading of the page: load it again"))
    return parts[0], int(parts[1][:7]), datetime.fromtimestamp(int(parts[2][:16]) / 1e6, UTC)


TABLE = Table(
    "readings",
    N_("Readings"),
    operates_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=then_shown(_do),
    filters=(QUANTITY,),
    search=N_("a day or an hour, like 2026-01-31 14"),
    empty=EMPTY,
)
