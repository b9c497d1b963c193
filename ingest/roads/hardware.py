"""Road 1, `/api/hardware/…`: one flat object a post, whose fields the device's map turns into readings."""

from typing import Any

import msgspec

from config import clock
from config.language import _
from config.quantities import QUANTITIES, Kind
from ingest import bodies, keys, uncounted
from ingest.answers import Answer, answer, judged
from ingest.directory import Caller
from ingest.door import Asked, Door, Routes, arrival_us, asked
from ingest.judge import ESTIMATED, Judge, Reading, number
from ingest.judge import quality as known_quality
from ingest.problem import Problem, Refusal, echo, json_type
from ingest.request import Request
from ingest.rows import Rows
from ingest.times import SECOND, floor, iso
from ingest.told import Told
from models.presence import presence
from store.series.write import Row

BODY_LIMIT = 65_536  # bytes of one object of a dozen fields

REQUIRED = ("energy_produced", "energy_consumed", "current_load")
OPTIONAL = ("voltage", "current", "current1", "current2", "current3", "frequency", "power_factor")
MEASURED = REQUIRED + OPTIONAL
ABOUT = ("facility_id", "timestamp", "quality")  # fields of a post that are no readings
_FIRST = frozenset((*REQUIRED, *ABOUT))  # looked at before the others
_ALLOWED = ", ".join((*MEASURED, *ABOUT))

_decode = msgspec.json.Decoder().decode


async def post(request: Request, door: Door) -> Answer:
    """Store what a device posts about itself."""
    caller = await keys.require(request, door, write=True)
    if caller.device is None:
        raise Refusal(
            403,
            Problem(
                "device_key_needed",
                _("this is a site's key, and this address takes a device's: post to /api/v1/readings, or take that"),
            ),
        )
    wanted = asked(request.query)
    door.committer.admit(0, caller.key_id)
    body = await bodies.read(request, min(BODY_LIMIT, door.settings.body_limit_bytes))
    try:
        content = _decode(body)
        if isinstance(content, dict) and body.count(b'"') != 2 * (
            len(content) + sum(type(each) is str for each in content.values())
        ):
            content = bodies.parse(body)  # a name stands there twice, or escaped
    except (msgspec.MsgspecError, ValueError, RecursionError):
        content = bodies.parse(body)
    if not isinstance(content, dict):
        raise Refusal(
            400,
            Problem(
                "wrong_shape",
                _("the body is %(kind)s, not an object: send one with a field for each value", kind=json_type(content)),
                None,
                echo(content),
                _ALLOWED,
            ),
        )
    whole, judge = _judged(content, caller, door, wanted)
    if judge.problems and await door.directory.learned(caller, judge.problems):
        caller = await keys.require(request, door, write=True)
        whole, judge = _judged(content, caller, door, wanted)
    rows, rejected = judge.rows, judge.problems
    replaced, accepted = 0 if wanted.counts_replaced else None, 0
    notes: list[Problem] = []
    if whole and rows.rows:
        outcome = await door.commit(rows, caller.key_id)
        replaced, accepted = outcome.replaced if wanted.counts_replaced else None, len(rows) - len(outcome.refused)
        for position, why in outcome.refused.items():
            quantity = rows.rows[position][0].quantity
            rejected.append(Problem("refused_by_store", _("the store refuses the reading: %(why)s", why=why[:200]), quantity))
        notes = [_told_before(rows.rows[position], before, caller, wanted.dry_run) for position, before in outcome.before.items()]
        notes += uncounted.notes(caller, rows)
    if not wanted.dry_run:
        door.activity.note(caller.source, accepted, len(rejected), judge.now_us)
        door.metrics.judged(accepted, replaced, rejected, len(rows.held))
    held = rows.held if accepted else ()
    request.told = Told(accepted, rejected, held, notes, dry_run=wanted.dry_run)
    return judged(accepted, replaced, rejected, notes, wanted.dry_run, held)


def _judged(content: dict[str, Any], caller: Caller, door: Door, wanted: Asked) -> tuple[bool, Judge]:
    """Whether the good fields may be stored without the others, and what was found of each."""
    judge = Judge(caller, door.window, Rows(counts_replaced=wanted.counts_replaced, dry_run=wanted.dry_run))
    return _check(content, caller, judge, wanted), judge


def _check(content: dict[str, Any], caller: Caller, judge: Judge, wanted: Asked) -> bool:
    """Judge the fields; whether those that are good may be stored without the others."""
    device = caller.device
    assert device is not None  # noqa: S101  # checked by the only caller
    if (facility := _facility(content, caller)) is not None:
        judge.problems.append(facility)
        return False
    quality = known_quality(content["quality"]) if "quality" in content else None
    if isinstance(quality, Problem):
        judge.problems.append(quality)
        return False
    stamped = "timestamp" in content
    if stamped:
        moment = judge.moment(content["timestamp"], wanted.precision, "timestamp")
        if isinstance(moment, Problem):
            judge.problems.append(moment)
            return False
    else:
        moment = floor(arrival_us(), device.reporting_interval_s)
    said = _said(content, caller, moment)
    if quality == ESTIMATED:
        for each in said.values():
            if isinstance(each, Reading):
                each.quality = quality
    judge.judge(said.values(), "us", named=list(said))
    if not stamped:  # two energies of one interval may both be true: none goes without a word
        judge.rows.told_once = {
            place for place, (of, _at, _value) in enumerate(judge.rows.rows) if QUANTITIES[of.quantity].kind is Kind.ENERGY
        }
    return not any(problem.field in REQUIRED and problem.code != "unmapped_field" for problem in judge.problems)


def _said(content: dict[str, Any], caller: Caller, moment: int) -> dict[str, Reading | Problem]:
    """What each field says of the moment (µs since 1970), or what is wrong with it; the required ones first."""
    found: dict[str, Reading | Problem] = {}
    for name in REQUIRED:
        if name not in content:
            found[name] = Problem(
                "missing_field",
                _("%(field)s is missing: send it with every post, as 0 where there is nothing of it", field=name),
                name,
                None,
                ", ".join(REQUIRED),
            )
        elif (said := _field(name, content[name], caller, moment)) is not None:
            found[name] = said
    for name, given in content.items():
        if name in _FIRST:
            continue
        if name not in OPTIONAL:
            found[name] = Problem(
                "unknown_field",
                _("there is no field %(field)s: leave it out, or use one of those that are allowed", field=repr(echo(name))),
                echo(name),
                echo(given),
                _ALLOWED,
            )
        elif (said := _field(name, given, caller, moment)) is not None:
            found[name] = said
    return found


def _field(name: str, given: Any, caller: Caller, moment: int) -> Reading | Problem | None:
    """What a field says, or what is wrong with it; nothing for a 0 that belongs to nothing."""
    value = given if type(given) is float else number(given, name)
    if type(value) is Problem:
        return value
    target = caller.fields.get(name) or _target(name, caller)
    if type(target) is Problem:
        # A device without a PV array posts 0 for it: there is nothing to store, and nothing is lost.
        return target if value != 0 else None
    return Reading(target[0], target[1], moment, value, None, target[2])


def _told_before(row: Row, before: float, caller: Caller, dry_run: bool) -> Problem:
    """That an energy took the place of another of the same interval: a retry that measured again, or a post too many."""
    of, at, value = row
    device = caller.device
    assert device is not None  # noqa: S101  # a site's key is refused before
    known = {"ends": iso(at + device.reporting_interval_s * SECOND), "before": f"{before:g}", "value": f"{value:g}"}
    words = (
        _(
            "of the interval up to %(ends)s %(before)s kWh was told before, and %(value)s kWh would take its place: post once "
            "every %(every)s s, or send a timestamp",
            **known,
            every=device.reporting_interval_s,
        )
        if dry_run
        else _(
            "of the interval up to %(ends)s %(before)s kWh was told before, and %(value)s kWh stands in its place now: post once "
            "every %(every)s s, or send a timestamp",
            **known,
            every=device.reporting_interval_s,
        )
    )
    return Problem("told_before", words, of.quantity, value)


def _target(name: str, caller: Caller) -> tuple[str, str, int | None] | Problem:
    """The meter, the quantity and the interval of a field of this device, by its map."""
    device = caller.device
    assert device is not None  # noqa: S101  # a site's key is refused before
    mapped = device.fields.get(name)
    if mapped is None:
        why = device.unmapped.get(name, _("the device's map says nothing of %(field)s", field=name))
        return Problem(
            "unmapped_field",
            _("%(why)s, so it is not stored: an administrator maps it on the page of devices", why=why),
            name,
            None,
            ", ".join(device.fields),
        )
    meter, quantity = mapped
    of_interval = quantity in QUANTITIES and QUANTITIES[quantity].kind is Kind.ENERGY
    caller.fields[name] = meter, quantity, device.reporting_interval_s if of_interval else None
    return caller.fields[name]


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
        _(
            "facility_id is %(given)s, and the site of this key is %(own)s; nothing is stored: send that, or leave it out",
            given=echo(content["facility_id"]),
            own=caller.site_number,
        ),
        "facility_id",
        echo(content["facility_id"]),
        str(caller.site_number),
    )


async def status(request: Request, door: Door) -> Answer:
    """How the device is doing, as Loadstar sees it."""
    caller = await keys.require(request, door, write=False)
    device = _device(caller)
    seen = await door.activity.of(device.id)
    state = presence(seen.last_seen, device.reporting_interval_s, clock.now(), seen.gone)
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
    caller = await keys.require(request, door, write=False)
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
        raise Refusal(
            403, Problem("device_key_needed", _("this address takes a device's own key: a site's has no device to tell of"))
        )
    return caller.device


ROUTES: Routes = {
    ("POST", "/api/hardware/data"): post,
    ("GET", "/api/hardware/status"): status,
    ("GET", "/api/hardware/config"): config,
}
