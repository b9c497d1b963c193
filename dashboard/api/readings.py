"""What a person may see, as JSON: sites, meters, latest values, and energies. Times are RFC 3339 in UTC."""

import math
from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from flask_login import current_user

from config.language import _
from config.quantities import QUANTITIES
from dashboard.api import answers
from dashboard.api.answers import said
from dashboard.api.asked import YEAR, BadParameter, answer_bad_parameters, asked_range, iso, moment, one_of
from dashboard.web.access import current_scope, guard, signed_in, site_in
from dashboard.web.addresses import API
from dashboard.web.gate import costly
from insight import closed_energy
from models import local_time
from store.records.plant import meters, sites
from store.series import energy, finality, latest, peaks, shares
from store.series.differences import COLUMNS, FORWARD, REGISTERS, differences
from store.series.peaks import Peak

LONGEST_READINGS = timedelta(days=7)

bp = Blueprint("api_readings", __name__, url_prefix=API.rstrip("/"))
answer_bad_parameters(bp)


@bp.get("/me")
@guard(signed_in)
def me() -> Response:
    """Whose token it is."""
    return said(
        answers.Person(
            id=current_user.id,
            email=current_user.email,
            name=current_user.name,
            organisation=current_user.organisation,
            role=current_user.role,
            platform_admin=current_user.platform_admin,
        )
    )


@bp.get("/sites")
@guard(signed_in)
def all_sites() -> Response:
    """The sites that may be seen, whole or in part."""
    seen = sites.visible_sites(current_scope())
    return said(
        answers.Sites(
            [
                answers.Site(
                    site.id, site.name, site.kind, site.time_zone, site.currency, latitude=site.latitude, longitude=site.longitude
                )
                for site in seen
            ]
        )
    )


@bp.get("/sites/<site_id>/meters")
@guard(site_in())
def meters_of_site(site_id: str) -> Response:
    """The meters of a site that may be seen."""
    scope = current_scope()
    seen = meters.meters_of(scope, sites.site(scope, site_id).id)
    return said(answers.Meters([answers.Meter(meter.id, meter.name, meter.role, meter.simulated) for meter in seen]))


@bp.get("/meters/<meter_id>/latest")
@guard(signed_in)
def latest_of(meter_id: str) -> Response:
    """The newest value of each quantity of a meter."""
    found = latest.latest(current_scope(), [meter_id])
    newest = {
        quantity: answers.Newest(value.value, QUANTITIES[quantity].label, iso(value.ts))
        for (_meter, quantity), value in sorted(found.items())
    }
    return said(answers.Latest(meter_id, newest))


@bp.get("/meters/<meter_id>/energy")
@guard(signed_in)
def energy_of(meter_id: str) -> Response:
    """Energy of a meter by local `quarter`, `half_hour`, `hour`, `day` or `month` of its site: `?from=…&to=…&step=day`."""
    scope = current_scope()
    start, end, step = asked_range()
    zone = sites.site(scope, meters.require_meters(scope, [meter_id])[meter_id].site_id).time_zone
    found = closed_energy.energy_by(scope, [meter_id], start, end, step, zone)
    rows = [
        answers.EnergyOfPeriod(iso(ts), forward, export, round(coverage, 4), provisional)
        for (_, ts), forward, export, coverage, provisional in zip(
            found.index, *(found[name].tolist() for name in ("forward_kwh", "export_kwh", "coverage", "provisional")), strict=True
        )
    ]
    return said(answers.Energy(meter_id, step, zone, rows))


@bp.get("/meters/<meter_id>/shares")
@guard(signed_in)
def shares_of(meter_id: str) -> Response:
    """What part of a meter's energy was read, estimated by its sender or by us, or said by people: `?from=…&to=…`."""
    scope = current_scope()
    start, end, _step = asked_range(most=YEAR)
    told = energy.energy(scope, [meter_id], start, end)
    of = shares.shares(scope, [meter_id], start, end)
    forward, export, coverage = (told[name].item() for name in ("forward_kwh", "export_kwh", "coverage"))
    may_change = bool(told["provisional"].item())
    return said(
        answers.Shares(
            meter_id,
            iso(start),
            iso(end),
            forward,
            export,
            round(coverage, 4),
            may_change,
            *_classes({name: of[name].item() for name in shares.CLASSES}),
        )
    )


@bp.get("/sites/<site_id>/shares")
@guard(site_in())
@costly
def shares_of_site(site_id: str) -> Response:
    """The same of the energy of a site's meters together, those that may be seen: `?from=…&to=…`."""
    scope = current_scope()
    start, end, _step = asked_range(most=YEAR)
    place = sites.site(scope, site_id)
    own = [each.id for each in meters.meters_of(scope, place.id) if each.role not in ("condition", "virtual")]
    may_change = any(each for (each,) in finality.provisional(scope, own, [start, end]).values())
    of = _classes(shares.together(scope, own, start, end))
    return said(answers.SiteShares(site_id, iso(start), iso(end), len(own), may_change, *of))


def _classes(of: Mapping[str, float]) -> list[float | None]:
    return [None if math.isnan(of[name]) else round(of[name], 4) for name in shares.CLASSES]


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
        answers.CounterReading(iso(ts), float(reading_kwh), None if math.isnan(energy_kwh) else float(energy_kwh), event or None)
        for ts, reading_kwh, energy_kwh, event in zip(*columns, strict=True)
    ]
    return said(answers.Counter(meter_id, register, rows))


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
        answers.PeaksOfPeriod(iso(ts), _peak(told.forward), _peak(told.export), provisional)
        for (ts, told), provisional in zip(found, may_change, strict=True)
    ]
    return said(answers.Peaks(meter_id, step, over, zone, rows))


def _peak(found: Peak | None) -> answers.Peak | None:
    return None if found is None else answers.Peak(iso(found.ts), found.kw)
