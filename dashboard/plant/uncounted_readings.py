"""Which of a meter's readings are stored but not counted as energy, and why: on its page, and as a mark in lists."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config import clock
from config.language import N_, _
from config.quantities import DAY_S
from dashboard.parts import moments
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from store.errors import StoreAway
from store.records.schema import Meter
from store.scope import Scope
from store.series import uncounted
from store.series.uncounted import Uncounted

SOURCES = {"counter": N_("its counter"), "interval": N_("its intervals"), "power": N_("its power")}
METHODS = {
    "counter": N_("its counter (energy_total_kwh)"),
    "interval": N_("its intervals (energy_kwh)"),
    "power": N_("its power (power_kw)"),
}
NOT_COUNTED = N_("Stored, but not counted, because:")


def every(interval_s: int) -> str:
    """How often a reading comes, in words."""
    return _("local day") if interval_s == DAY_S else f"{reader().count(interval_s)} s"


def not_counted(scope: Scope, meter: Meter, zone: ZoneInfo) -> Any:
    """What the meter posted in the last month that is no energy, with the reason; nothing where all of it is."""
    try:
        found = uncounted.uncounted(scope, meter.id, clock.now())
    except StoreAway as away:
        return html.P(_("Whether all of its readings are counted cannot be said now: %(away)s.", away=away), className="muted")
    if not found:
        return None
    lines = [html.Li(reason(each, zone)) for each in found]
    return html.Div(
        html.Div(
            [
                html.P(
                    _("In the last 31 days: stored, but not counted, because:"),
                    className="mb-1",
                ),
                html.Ul(lines, className="mb-0 ps-3"),
            ]
        ),
        className="notice",
        role="note",
        **aria(label=_("Readings that are not counted")),
    )


def marks(scope: Scope, meter_ids: Collection[str], zones: Mapping[str, ZoneInfo]) -> dict[str, list[str]]:
    """Of each meter that posted such a thing in the last day the reasons, for lists; none where that cannot be said now."""
    try:
        found = uncounted.lately(scope, meter_ids, clock.now())
    except StoreAway:
        return {}
    return {meter: [reason(each, zones[meter]) for each in those] for meter, those in found.items()}


def mark(reasons: Sequence[str]) -> Any:
    """One compact mark beside a meter's or a device's state, with the reasons; nothing where there is none."""
    if not reasons:
        return None
    words = f"{NOT_COUNTED} " + " ".join(reasons)
    return html.Span(_("not counted"), className="state ms-2", title=words, role="img", **data(state="late"), **aria(label=words))


def reason(each: Uncounted, zone: ZoneInfo) -> str:
    """How many readings of what are not counted, and what would count them."""
    when = _("%(first)s to %(last)s", first=moments.clock(each.first, zone), last=moments.clock(each.last, zone))
    told = {"count": reader().count(each.number), "quantity": each.quantity, "when": when}
    if each.interval_s:
        what = _("%(count)s × %(quantity)s of %(every)s, %(when)s:", every=every(each.interval_s), **told) + " "
    else:
        what = _("%(count)s × %(quantity)s, %(when)s:", **told) + " "
    declared = each.declared
    if declared is None:
        if each.why == uncounted.NO_METHOD:
            return what + _("nothing declares where its energy comes from. Declare it.")
        return what + _("no declaration holds then. Let one begin earlier.")
    if each.why == uncounted.OTHER_QUANTITY:
        return what + _("its energy comes from %(source)s; two sources are never added.", source=_(METHODS[declared.method]))
    if each.why == uncounted.CONTRADICTS:
        return what + _(
            "other readings of the same time are counted, and these do not fit them: together they hold more, or less, than"
            " that time can. Void those that are wrong."
        )
    return what + _(
        "they begin or end in the midst of other readings that are counted, so how much of them is new cannot be said. Let the"
        " device post intervals of %(every)s that begin on the clock, or void one of the two.",
        every=every(declared.interval_s),
    )
