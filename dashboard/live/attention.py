"""What wants attention, as people read it."""

from dataclasses import dataclass

from config.language import N_, _
from config.limits import Limit
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.live import budgets, supply
from dashboard.parts.reading import Reader
from insight.attention import Finding, Outside, Over, Silent, findings
from insight.now import Now
from models.budgets import EXCEEDED
from store.scope import Scope

WORDS = {
    "power_kw": N_("Power"),
    "reactive_power_kvar": N_("Reactive power"),
    "voltage_v": N_("Voltage"),
    "voltage_l1_v": N_("Voltage in L1"),
    "voltage_l2_v": N_("Voltage in L2"),
    "voltage_l3_v": N_("Voltage in L3"),
    "voltage_l12_v": N_("Voltage L1 to L2"),
    "voltage_l23_v": N_("Voltage L2 to L3"),
    "voltage_l31_v": N_("Voltage L3 to L1"),
    "unbalance_pct": N_("Unbalance"),
    "current_a": N_("Current"),
    "current_l1_a": N_("Current in L1"),
    "current_l2_a": N_("Current in L2"),
    "current_l3_a": N_("Current in L3"),
    "frequency_hz": N_("Frequency"),
    "power_factor": N_("Power factor"),
    "load_pct": N_("Load"),
    "soc_pct": N_("State of charge"),
    "temperature_c": N_("Temperature"),
    "humidity_pct": N_("Humidity"),
    "irradiance_w_m2": N_("Irradiance"),
    "price_per_kwh": N_("Import price"),
    "export_price_per_kwh": N_("Export price"),
    "co2_g_per_kwh": N_("CO₂"),
}
OVER = {
    "energy": N_("%(name)s is over its energy budget"),
    "cost": N_("%(name)s is over its cost budget"),
    "co2": N_("%(name)s is over its CO₂ budget"),
}
LIKELY_OVER = {
    "energy": N_("%(name)s is likely to exceed its energy budget"),
    "cost": N_("%(name)s is likely to exceed its cost budget"),
    "co2": N_("%(name)s is likely to exceed its CO₂ budget"),
}
SHOWN = 12
DIGITS = 4  # of a value that left its limits, and of these


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing: `what` is the device or the meter's quantity that a click opens, or the address of a page.

    `since` is when it began, as people read it; `href` leads to that time on the page of the power quality, where it is one of
    the supply.
    """

    severity: str
    title: str
    detail: str
    since: str
    source: str
    what: str
    href: str = ""


def words_of(quantity: str) -> str:
    """What people call a quantity, without its unit."""
    return _(WORDS[quantity])


def attention(scope: Scope, now: Now) -> tuple[list[Attention], int]:
    """What wants attention most, the worst first, and how many more there are."""
    found, more = findings(scope, now, SHOWN)
    return [_told(now, each) for each in found], more


def _told(now: Now, found: Finding) -> Attention:
    if isinstance(found, Over):
        return _over(now, found)
    return _silent(now, found) if isinstance(found, Silent) else _outside(now, found)


def _over(now: Now, found: Over) -> Attention:
    each = found.budget
    said = OVER if each.state == EXCEEDED else LIKELY_OVER
    return Attention(
        found.severity,
        _(said[each.measure], name=each.name),
        budgets.says(each, Reader()),
        "",
        "",
        budgets.href(now.view.id, each),
    )


def _silent(now: Now, found: Silent) -> Attention:
    device, what = found.device, f"device:{found.device.id}"
    if device.last_seen is None:
        return Attention(
            found.severity,
            _("%(device)s has not reported yet", device=device.name),
            _("Create a key for it and start posting."),
            "",
            "",
            what,
        )
    every = wording.age(device.interval_s)
    since = _("since %(time)s", time=wording.clock(device.last_seen, now.view.zone, now.at))
    return Attention(
        found.severity,
        _("%(device)s is late", device=device.name) if device.state == "late" else _("%(device)s is offline", device=device.name),
        _("It should report every %(every)s.", every=every),
        since,
        "",
        what,
    )


def _outside(now: Now, found: Outside) -> Attention:
    meter, unit = found.meter, QUANTITIES[found.limit.quantity].label
    value = f"{wording.exact(found.value, DIGITS)} {unit}".strip()
    return Attention(
        found.severity,
        _("%(quantity)s %(value)s at %(meter)s", quantity=words_of(found.limit.quantity), value=value, meter=meter.name),
        _("Allowed: %(allowed)s, indicative.", allowed=allowed(found.limit, unit)),
        _("since %(time)s", time=wording.clock(found.since, now.view.zone, now.at)) if found.since else _("for a day or longer"),
        _(found.limit.source),
        f"meter:{meter.id}:{found.limit.quantity}",
        supply.address(now, meter.id, found.limit.quantity, found.since or now.at),
    )


def allowed(limit: Limit, unit: str) -> str:
    """Between which values a quantity should stay."""
    low, high = (None if bound is None else wording.exact(bound, DIGITS) for bound in (limit.low, limit.high))
    if low and high:
        return _("%(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit).strip()
    if low:
        return _("at least %(low)s %(unit)s", low=low, unit=unit).strip()
    return _("at most %(high)s %(unit)s", high=high, unit=unit).strip()


def packed(found: list[Attention]) -> list[list[str]]:
    """The same as a tick carries it."""
    return [[each.severity, each.title, each.detail, each.since, each.source, each.what, each.href] for each in found]
