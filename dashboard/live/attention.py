"""What wants attention, as people read it."""

from dataclasses import dataclass

from config.limits import Limit
from config.quantities import QUANTITIES
from dashboard.figures import wording
from insight.attention import Outside, Silent, findings
from insight.now import Now
from store.scope import Scope

WORDS = {
    "voltage_v": "Voltage",
    "frequency_hz": "Frequency",
    "power_factor": "Power factor",
    "price_per_kwh": "Import price",
    "export_price_per_kwh": "Export price",
    "co2_g_per_kwh": "CO₂",
}
SHOWN = 12
DIGITS = 4  # of a value that left its limits, and of these


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing: `what` is the device or the meter's quantity that a click opens, `since` when it began, as people read it."""

    severity: str
    title: str
    detail: str
    since: str
    source: str
    what: str


def words_of(quantity: str) -> str:
    """What people call a quantity, without its unit: what its name ends with."""
    return WORDS.get(quantity) or quantity.rpartition("_")[0].replace("_", " ").capitalize()


def attention(scope: Scope, now: Now) -> tuple[list[Attention], int]:
    """What wants attention most, the worst first, and how many more there are."""
    found, more = findings(scope, now, SHOWN)
    return [_silent(now, each) if isinstance(each, Silent) else _outside(now, each) for each in found], more


def _silent(now: Now, found: Silent) -> Attention:
    device, what = found.device, f"device:{found.device.id}"
    if device.last_seen is None:
        return Attention(
            found.severity, f"{device.name} has not reported yet", "Create a key for it and start posting.", "", "", what
        )
    every = wording.age(device.interval_s)
    since = f"since {wording.clock(device.last_seen, now.view.zone, now.at)}"
    return Attention(found.severity, f"{device.name} is {device.state}", f"It should report every {every}.", since, "", what)


def _outside(now: Now, found: Outside) -> Attention:
    meter, unit = found.meter, QUANTITIES[found.limit.quantity].label
    value = f"{wording.exact(found.value, DIGITS)} {unit}".strip()
    return Attention(
        found.severity,
        f"{words_of(found.limit.quantity)} {value} at {meter.name}",
        f"Allowed: {allowed(found.limit, unit)}, indicative.",
        f"since {wording.clock(found.since, now.view.zone, now.at)}" if found.since else "for a day or longer",
        found.limit.source,
        f"meter:{meter.id}:{found.limit.quantity}",
    )


def allowed(limit: Limit, unit: str) -> str:
    """Between which values a quantity should stay."""
    low, high = (None if bound is None else wording.exact(bound, DIGITS) for bound in (limit.low, limit.high))
    if low and high:
        return f"{low} to {high} {unit}".strip()
    return f"{'at least ' + low if low else 'at most ' + str(high)} {unit}".strip()


def packed(found: list[Attention]) -> list[list[str]]:
    """The same as a tick carries it."""
    return [[each.severity, each.title, each.detail, each.since, each.source, each.what] for each in found]
