"""The gaps of a meter in the last three months, and what is offered for each: nothing is filled that nobody accepts."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from config.language import N_, _, ngettext
from dashboard.figures import wording
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import restating
from dashboard.quality.readings_table import zone_of
from dashboard.quality.shown import then_shown
from dashboard.quality.suspects_table import REASON, moment
from dashboard.web.access import operates_meter
from insight import gap_filling
from insight.gap_filling import Gap
from models import gaps
from store.errors import NotFound
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("since", N_("From"), sortable=False, moment=True),
    Column("until", N_("Until"), sortable=False, moment=True),
    Column("hours", N_("Hours"), sortable=False, number=True),
    Column("kwh", N_("Energy"), sortable=False, number=True),
    Column("how", N_("Told by"), sortable=False),
)
KNOWN = N_("its register: the sum is counted already, spread evenly")
HOW = {
    gaps.LINE: N_("a straight line from what was before to what came after"),
    gaps.LIKE_DAYS: N_("the mean of like days of the four weeks before"),
    gaps.EVENLY: N_("its register alone, spread evenly"),
}
NOTHING = N_("nothing: there is not enough history for an estimate")


class Shown(NamedTuple):
    """A gap as its row needs it."""

    gap: Gap
    zone: ZoneInfo


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], meter_id: str) -> Page[Shown]:
    zone = zone_of(scope, meter_id)
    found = gap_filling.gaps_of(scope, meter_id, zone)
    return Page([Shown(each, zone) for each in found[wanted.first : wanted.first + wanted.count]], len(found))


def _row(_scope: Scope, shown: Shown) -> Row:
    gap, zone = shown
    how = KNOWN if gap.readings else HOW[gap.offer.how] if gap.offer else NOTHING
    cells = (
        moment(gap.end, zone),
        reader().number(wording.exact((gap.end - gap.start).total_seconds() / 3600, 4)),
        "–" if math.isnan(gap.kwh) else f"{_kwh(gap.kwh)} kWh",
        _(how),
    )
    fills = Act("fill", _("Fill"), asks=lambda: Question(_offered(gap), (REASON, restating.SURE)))
    return Row(gap.start.isoformat(), moment(gap.start, zone), cells, [fills] if gap.offer else [])


def _kwh(kwh: float) -> str:
    return reader().number(wording.exact(kwh, 6))


def _offered(gap: Gap) -> str:
    """What would be said of the gap."""
    assert gap.offer is not None  # noqa: S101  # only then there is the act
    hours = np.diff([each.timestamp() for each in gap.edges]) / 3600
    power = gap.offer.kwh / hours
    said = _(
        "Estimated (E): %(kwh)s kWh, between %(least)s and %(greatest)s kW, by %(how)s.",
        kwh=_kwh(gap.kwh),
        least=_kwh(float(power.min())),
        greatest=_kwh(float(power.max())),
        how=_(HOW[gap.offer.how]),
    )
    if gap.offer.days:
        said += " " + ngettext("Of %(num)s day at least.", "Of %(num)s days at least.", gap.offer.days)
    if gap.readings:
        said += " " + _("The sum is what its register counted; only its course changes.")
    return said + " " + _("Accepted, it counts as a person's word (M), and can be undone.")


def _do(scope: Scope, asked: Asked) -> Words:
    given = asked.read((REASON, restating.SURE))
    reason = given.text("reason")
    given.check()
    try:
        start = datetime.fromisoformat(asked.key)
    except ValueError:
        raise NotFound("no such gap") from None
    if asked.act != "fill" or start.tzinfo is None:
        raise NotFound("no such gap")
    of = asked.context, zone_of(scope, asked.context), start
    number = restating.correct(scope, given, lambda: gap_filling.fill(scope, *of, reason=reason))
    return ngettext(
        "Filled with %(num)s value. Sums follow within a minute.",
        "Filled with %(num)s values. Sums follow within a minute.",
        number,
    )


TABLE = Table(
    "gaps",
    N_("Gaps"),
    operates_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=then_shown(_do),
    empty=N_("No gap that has ended in the last 92 days."),
)
