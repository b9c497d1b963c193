"""What a person may see, as JSON: sites, meters, latest values, and energies. Times are RFC 3339 in UTC."""

import math
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify
from flask_login import current_user

from config.language import _
from config.quantities import QUANTITIES
from dashboard.api.asked import YEAR, BadParameter, answer_bad_parameters, asked_range, iso, moment, one_of
from dashboard.web.access import current_scope, guard, signed_in, site_in
from dashboard.web.addresses import API
from models import local_time
from store.records.plant import meters, sites
from store.series import energy, finality, latest, peaks
from store.series.differences import COLUMNS, FORWARD, REGISTERS, differences
from store.series.peaks import Peak

LONGEST_READINGS = timedelta(days=7)

bp = Blueprint("api_readings", __name__, url_prefix=API.rstrip("/"))
answer_bad_parameters(bp)


@bp.get("/me")
@guard(signed_in)
def me() -> Response:
    """Whose token it is."""
    return jsonify(
        id=current_scope().user_id,
        email=current_user.email,
        name=current_user.name,
        organisation=current_user.organisation,
        role=current_user.role,
        platform_admin=current_user.platform_admin,
    )


@bp.get("/sites")
@guard(signed_in)
def all_sites() -> Response:
    """The sites that may be seen, whole or in part."""
    seen = sites.visible_sites(current_scope())
    return jsonify(
        sites=[
            {
                "id": site.id,
                "name": site.name,
                "kind": site.kind,
                "time_zone": site.time_zone,
                "currency": site.currency,
                "latitude": site.latitude,
                "longitude": site.longitude,
            }
            for site in seen
        ]
    )


@bp.get("/sites/<site_id>/meters")
@guard(site_in())
def meters_of_site(site_id: str) -> Response:
    """The meters of a site that may be seen."""
    scope = current_scope()
    seen = meters.meters_of(scope, sites.site(scope, site_id).id)
    return jsonify(
        meters=[{"id": meter.id, "name": meter.name, "role": meter.role, "simulated": meter.simulated} for meter in seen]
    )


@bp.get("/meters/<meter_id>/latest")
@guard(signed_in)
def latest_of(meter_id: str) -> Response:
    """The newest value of each quantity of a meter."""
    found = latest.latest(current_scope(), [meter_id])
    return jsonify(
        meter=meter_id,
        latest={
            quantity: {"value": newest.value, "unit": QUANTITIES[quantity].label, "ts": iso(newest.ts)}
            for (_, quantity), newest in sorted(found.items())
        },
    )


@bp.get("/meters/<meter_id>/energy")
@guard(signed_in)
def energy_of(meter_id: str) -> Response:
    """Energy of a meter by local `quarter`, `half_hour`, `hour`, `day` or `month` of its site: `?from=…&to=…&step=day`."""
    scope = current_scope()
    start, end, step = asked_range()
    zone = sites.site(scope, meters.require_meters(scope, [meter_id])[meter_id].site_id).time_zone
    found = energy.energy_by(scope, [meter_id], start, end, step, zone)
    rows = [
        {
            "start": iso(ts),
            "energy_kwh": forward,
            "energy_export_kwh": export,
            "coverage": round(coverage, 4),
            "provisional": provisional,
        }
        for (_, ts), forward, export, coverage, provisional in zip(
            found.index, *(found[name].tolist() for name in ("forward_kwh", "export_kwh", "coverage", "provisional")), strict=True
        )
    ]
    return jsonify(meter=meter_id, step=step, time_zone=zone, energy=rows)


@bp.get("/meters/<meter_id>/counter")
@guard(signed_in)
def counter_of(meter_id: str) -> Response:
    """The readings of a meter's counter, each with what was counted since the one before."""
    register = one_of("register", REGISTERS, FORWARD)
    start, end = moment("from"), moment("to")
    if not timedelta(0) < end - start <= LONGEST_READINGS:
        raise BadParameter(_("from is to lie before to, and at most %(days)s days apart", days=LONGEST_READINGS.days))
    found = differences(current_scope(), meter_id, start, end, register)
    columns = (found[name] for name in COLUMNS)
    rows = [
        {
            "ts": iso(ts),
            "reading_kwh": float(reading_kwh),
            "energy_kwh": None if math.isnan(energy_kwh) else float(energy_kwh),
            "event": event or None,
        }
        for ts, reading_kwh, energy_kwh, event in zip(*columns, strict=True)
    ]
    return jsonify(meter=meter_id, register=register, readings=rows)


@bp.get("/meters/<meter_id>/peaks")
@guard(signed_in)
def peaks_of(meter_id: str) -> Response:
    """The greatest mean power over a quarter or half an hour, by local period: `?from=…&to=…&step=month&over=half_hour`."""
    scope = current_scope()
    start, end, step = asked_range(peaks.PERIODS, YEAR)
    over = one_of("over", peaks.STEPS, peaks.STEPS[0])
    zone = sites.site(scope, meters.require_meters(scope, [meter_id])[meter_id].site_id).time_zone
    edges = local_time.edges(start, end, step, ZoneInfo(zone))
    may_change = finality.provisional(scope, [meter_id], edges)[meter_id]  # before the energies are read
    found = peaks.peaks_by(scope, meter_id, start, end, over, zone, step)
    rows = [
        {"start": iso(ts), "peak": _peak(told.forward), "peak_export": _peak(told.export), "provisional": provisional}
        for (ts, told), provisional in zip(found, may_change, strict=True)
    ]
    return jsonify(meter=meter_id, step=step, over=over, time_zone=zone, peaks=rows)


def _peak(found: Peak | None) -> dict[str, Any] | None:
    return None if found is None else {"start": iso(found.ts), "power_kw": found.kw}
