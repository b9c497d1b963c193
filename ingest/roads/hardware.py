"""Road 1, `/api/hardware/…`: one flat object a post, whose fields the device's map turns into readings."""

from dataclasses import dataclass
from typing import Any

import msgspec

from config import clock
from config.quantities import QUANTITIES, Kind
from ingest import bodies, keys
from ingest.answers import Answer, answer, judged
from ingest.directory import Caller, Target
from ingest.door import Door, Routes, arrival_us, counts_replaced, precision
from ingest.problem import Problem, Refusal, echo, json_type
from ingest.request import Request
from ingest.rows import Rows
from ingest.times import SECOND, closed_us, floor, iso
from ingest.validate import number, possible
from models.presence import presence
from store.series.write import Row

BODY_LIMIT = 65_536  # bytes of one object of a dozen fields

REQUIRED = ("energy_produced", "energy_consumed", "current_load")
OPTIONAL = ("voltage", "current", "current1", "current2", "current3", "frequency", "power_factor")
MEASURED = REQUIRED + OPTIONAL
_KNOWN = frozenset((*MEASURED, "facility_id", "timestamp"))
_ALLOWED = ", ".join((*MEASURED, "facility_id", "timestamp"))

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class _Time:
    at_us: int
    closed_us: int  # what lies before it is late
    stamped: bool  # whether the device said when


async def post(request: Request, door: Door) -> Answer:
    """Store what a device posts about itself."""
    caller = await keys.require(request.headers, door, write=True)
    if caller.device is None:
        raise Refusal(
            403, Problem("device_key_needed", "this address takes a device's own key; a site's key posts to /api/v1/readings")
        )
    unit_of_time, counting = precision(request.query), counts_replaced(request.query)
    door.committer.admit(0, caller.key_id)
    body = await bodies.read(request, min(BODY_LIMIT, door.settings.body_limit_bytes))
    try:
        content = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        content = bodies.parse(body)
    if not isinstance(content, dict):
        raise Refusal(
            400, Problem("wrong_shape", f"the body is {json_type(content)}, not an object", None, echo(content), _ALLOWED)
        )
    rows, rejected, whole = _check(content, caller, unit_of_time, door)
    rows.counts_replaced = counting
    replaced, accepted = 0 if counting else None, 0
    notes: list[Problem] = []
    if whole and rows.rows:
        outcome = await door.commit(rows, caller.key_id)
        replaced, accepted = outcome.replaced if counting else None, len(rows) - len(outcome.refused)
        for position, why in outcome.refused.items():
            quantity = rows.rows[position][0].quantity
            rejected.append(Problem("refused_by_store", f"the store refuses the reading: {why[:200]}", quantity))
        notes = [_told_before(rows.rows[position], before, caller) for position, before in outcome.before.items()]
    door.activity.note(caller.device.id, accepted, len(rejected))
    door.metrics.judged(accepted, replaced, rejected)
    return judged(accepted, replaced, rejected, notes)


def _check(content: dict[str, Any], caller: Caller, unit_of_time: str | None, door: Door) -> tuple[Rows, list[Problem], bool]:
    """The rows to store, what is wrong with the other fields, and whether the rest may be stored without them."""
    rows = Rows()
    problems: list[Problem] = []
    device = caller.device
    assert device is not None  # noqa: S101  # checked by the only caller
    now = clock.now_us()
    if (facility := _facility(content, caller)) is not None:
        return rows, [facility], False
    if "timestamp" in content:
        moment = door.window.moment(content["timestamp"], unit_of_time, now, "timestamp")
        if isinstance(moment, Problem):
            return rows, [moment], False
    else:
        moment = floor(arrival_us(), device.reporting_interval_s)
    time = _Time(moment, closed_us(now), stamped="timestamp" in content)
    whole = True
    for name in REQUIRED:
        if name not in content:
            problems.append(Problem("missing_field", f"{name} is missing", name, None, ", ".join(REQUIRED)))
            whole = False
        elif (problem := _field(name, content[name], caller, time, rows)) is not None:
            problems.append(problem)
            whole = whole and problem.code == "unmapped_field"
    for name, value in content.items():
        if name in OPTIONAL:
            if (problem := _field(name, value, caller, time, rows)) is not None:
                problems.append(problem)
        elif name not in _KNOWN:
            problems.append(Problem("unknown_field", "no such field", echo(name), echo(value), _ALLOWED))
    return rows, problems, whole


def _field(name: str, given: Any, caller: Caller, time: _Time, rows: Rows) -> Problem | None:
    """Add the row of one field, or say why there is none."""
    value = number(given, name)
    if isinstance(value, Problem):
        return value
    target = _target(name, caller)
    if isinstance(target, Problem):
        # A device without a PV array posts 0 for it: there is nothing to store, and nothing is lost.
        return target if value != 0 else None
    checked = possible(value, target, name)
    if isinstance(checked, Problem):
        return checked
    at = time.at_us - target.duration_us
    if target.duration_us and not time.stamped:
        rows.told_once.add(len(rows))  # two energies of one interval may both be true: none goes without a word
    rows.rows.append((target.series, at, checked))
    if (at if target.sample else time.at_us) < time.closed_us:
        rows.late = True
    return None


def _told_before(row: Row, before: float, caller: Caller) -> Problem:
    """That an energy took the place of another of the same interval: a retry that measured again, or a post too many."""
    of, at, value = row
    device = caller.device
    assert device is not None  # noqa: S101  # a site's key is refused before
    ends = iso(at + device.reporting_interval_s * SECOND)
    return Problem(
        "told_before",
        f"of the interval up to {ends} {before:g} kWh was told before, and {value:g} kWh stands in its place now: post once "
        f"every {device.reporting_interval_s} s, or send a timestamp",
        of.quantity,
        value,
    )


def _target(name: str, caller: Caller) -> Target | Problem:
    """Where a field of this device goes, by its map."""
    found = caller.fields.get(name)
    if found is not None:
        return found
    device = caller.device
    assert device is not None  # noqa: S101  # a site's key is refused before
    mapped = device.fields.get(name)
    if mapped is None:
        why = device.unmapped.get(name, f"the device's map says nothing of {name}")
        return Problem("unmapped_field", f"{why}, so it is not stored", name, None, ", ".join(device.fields))
    meter, quantity = mapped
    of_interval = quantity in QUANTITIES and QUANTITIES[quantity].kind is Kind.ENERGY
    target = caller.target(meter, quantity, device.reporting_interval_s if of_interval else None)
    if isinstance(target, Target):
        caller.fields[name] = target
    return target


def _facility(content: dict[str, Any], caller: Caller) -> Problem | None:
    if "facility_id" not in content:
        return None
    given = content["facility_id"]
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 20:
        given = int(given)
    if type(given) is int and given == caller.site_number:
        return None
    return Problem(
        "wrong_facility",
        "facility_id is not the site of this key; nothing is stored",
        "facility_id",
        echo(content["facility_id"]),
        str(caller.site_number),
    )


async def status(request: Request, door: Door) -> Answer:
    """How the device is doing, as Loadstar sees it."""
    caller = await keys.require(request.headers, door, write=False)
    device = _device(caller)
    seen = await door.activity.of(device.id)
    state = presence(seen.last_seen, device.reporting_interval_s, clock.now())
    return answer(
        200,
        {
            "device": device.id,
            "state": "online" if state == "live" else state,
            "last_seen": seen.last_seen,
            "reporting_interval_s": device.reporting_interval_s,
            "accepted_24h": seen.accepted,
            "rejected_24h": seen.rejected,
        },
    )


async def config(request: Request, door: Door) -> Answer:
    """What Loadstar knows of the device: how often it reports, what its fields mean, what is out of limits."""
    caller = await keys.require(request.headers, door, write=False)
    device = _device(caller)
    measured = {quantity for _, quantity in device.fields.values()}
    thresholds = {
        name: {key: round(value, 6) for key, value in (("low", limit.low), ("high", limit.high)) if value is not None}
        | {"source": limit.source}
        for name, limit in device.limits.items()
        if name in measured
    }
    return answer(
        200,
        {
            "device": device.id,
            "facility_id": caller.site_number,
            "reporting_interval_s": device.reporting_interval_s,
            "energy_mode": device.energy_mode,
            "fields": {name: {"meter": meter, "quantity": quantity} for name, (meter, quantity) in device.fields.items()},
            "thresholds": thresholds,
            "server_time": iso(clock.now_us()),
        },
    )


def _device(caller: Caller) -> Any:
    if caller.device is None:
        raise Refusal(403, Problem("device_key_needed", "this address takes a device's own key"))
    return caller.device


ROUTES: Routes = {
    ("POST", "/api/hardware/data"): post,
    ("GET", "/api/hardware/status"): status,
    ("GET", "/api/hardware/config"): config,
}
