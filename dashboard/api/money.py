"""Costs and CO2 for people's programs, and what they write for a region: `/api/v1/…/cost`, `…/emissions`, `/regions/…`."""

import math
from datetime import datetime
from typing import Any

import pandas as pd
from flask import Blueprint, Response, request
from flask_login import current_user

from config.language import N_, _
from dashboard.api import answers
from dashboard.api.answers import said
from dashboard.api.asked import YEAR, answer_bad_parameters, asked_range, iso, refused
from dashboard.api.emission_answers import EmissionsOfPeriod, SiteEmissions
from dashboard.frame.faults import sentence
from dashboard.web.access import current_scope, guard, prices_region, signed_in, whole_site_in
from dashboard.web.addresses import API
from dashboard.web.gate import costly
from insight.emissions import site_emissions
from insight.site_cost import site_billed
from models.bills import PARTS, Billed
from store.errors import Refused
from store.records.plant import meters, regions, sites
from store.series import region_series
from store.series.cost import billed
from store.series.region_series import Value

READ_ONLY = N_("This token only reads: make one on the account page that may write.")
SHAPE = N_(
    'Send {"quantity": "price_per_kwh", "interval_s": 3600, "values": [{"start": "2026-01-31T00:00:00Z", "value": 0.31}]}.'
)

bp = Blueprint("api_money", __name__, url_prefix=API.rstrip("/"))
answer_bad_parameters(bp)


@bp.get("/meters/<meter_id>/cost")
@guard(signed_in)
def cost_of(meter_id: str) -> Response:
    """What the energy of a meter cost by local period of its site: `?from=…&to=…&step=day`."""
    scope = current_scope()
    start, end, step = asked_range()
    site = sites.site(scope, meters.require_meters(scope, [meter_id])[meter_id].site_id)
    found = billed(scope, meter_id, start, end, step)
    return said(answers.MeterCosts(step, site.time_zone, site.currency, *_costs(found), meter_id))


@bp.get("/sites/<site_id>/cost")
@guard(whole_site_in())
@costly
def cost_of_site(site_id: str) -> Response:
    """What a whole site paid for what it drew from the grid, by its local periods: `?from=…&to=…&step=day`."""
    scope = current_scope()
    start, end, step = asked_range(most=YEAR)
    site = sites.site(scope, site_id)
    found = site_billed(scope, site_id, start, end, step)
    return said(answers.SiteCosts(step, site.time_zone, site.currency, *_costs(found), site_id))


@bp.get("/sites/<site_id>/emissions")
@guard(whole_site_in())
@costly
def emissions_of_site(site_id: str) -> Response:
    """What a whole site emitted, by its local periods: `?from=…&to=…&step=day`."""
    scope = current_scope()
    start, end, step = asked_range(most=YEAR)
    zone = sites.site(scope, site_id).time_zone
    found = site_emissions(scope, site_id, start, end, step)
    columns = (
        found.bought_kwh,
        found.location_kg,
        found.market_kg,
        found.made_kwh,
        found.made_kg,
        found.made_told,
        found.sold_kwh,
        found.avoided_kg,
        found.coverage,
    )
    numbers = ([None if math.isnan(value) else value for value in column.tolist()] for column in columns)
    rows = zip(map(iso, found.edges[:-1]), *numbers, found.provisional.tolist(), strict=True)
    return said(SiteEmissions(site_id, step, zone, [EmissionsOfPeriod(*row) for row in rows]))


def _costs(found: Billed) -> tuple[list[answers.CostOfPeriod], list[answers.CostOfTariff], list[answers.DemandOfMonth]]:
    """The periods, what each tariff costs in all of them, and the demand charges of their months."""
    by_tariff = [
        answers.CostOfTariff(version.name if version else None, iso(version.valid_from) if version else None, paid)
        for version, paid in found.by_tariff()
    ]
    demands = [
        answers.DemandOfMonth(
            each.tariff,
            iso(each.start),
            each.price_per_kw,
            each.kw,
            each.amount,
            [answers.ChargedPeak(iso(start), kw, guessed) for start, kw, guessed in each.peaks],
        )
        for each in found.demands()
    ]
    return _rows(found.table()), by_tariff, demands


def _rows(found: pd.DataFrame) -> list[answers.CostOfPeriod]:
    return [
        answers.CostOfPeriod(
            iso(ts),
            row["bought_kwh"],
            row["sold_kwh"],
            None if math.isnan(row["cost"]) else row["cost"],
            round(row["priced"], 4),
            round(row["peaked"], 4),
            answers.CostParts(**{name: row[name] for name in PARTS}),
            row["provisional"],
        )
        for ts, row in zip(found.index, found.to_dict("records"), strict=True)
    ]


@bp.get("/regions")
@guard(signed_in)
def all_regions() -> Response:
    """The regions of the sites that may be seen, and whether their series may be written."""
    scope = current_scope()
    seen = [answers.Region(each.id, each.name, regions.may_price(scope, each.id)) for each in regions.regions(scope)]
    return said(answers.Regions(seen))


@bp.post("/regions/<region_id>/series")
@guard(prices_region())
def write_series(region_id: str) -> Response:
    """Write values of a region, all of them or none: `{"quantity", "interval_s", "values": [{"start", "value"}]}`."""
    if not current_user.can_write:
        return refused(403, "read_only", _(READ_ONLY))
    body = request.get_json(silent=True)
    given = body if isinstance(body, dict) else {}
    quantity, interval_s, values = (given.get(name) for name in ("quantity", "interval_s", "values"))
    if not isinstance(quantity, str) or type(interval_s) is not int or not isinstance(values, list) or not values:
        return refused(400, "malformed", _(SHAPE))
    read = [_value(number, quantity, each) for number, each in enumerate(values)]
    wrong: list[dict[str, Any]] = [
        {"index": number, "message": each} for number, each in enumerate(read) if isinstance(each, str)
    ]
    try:
        done = (
            []
            if wrong
            else region_series.write_values(
                current_scope(), region_id, interval_s, [each for each in read if isinstance(each, Value)]
            )
        )
    except Refused as problem:
        return refused(422, "refused", sentence(problem))
    wrong = wrong or [{"index": line.number, "message": sentence(Refused(line.problem))} for line in done if line.problem]
    if wrong:
        return refused(422, "bad_values", _("Nothing was written: correct what is named in rejected."), rejected=wrong)
    counts = {does: sum(line.does == does for line in done) for does in ("new", "changed", "same")}
    return said(answers.Written(region_id, quantity, interval_s, **counts))


def _value(number: int, quantity: str, given: object) -> Value | str:
    """One value of the body, or what is wrong with it."""
    if not isinstance(given, dict):
        return _("It is no object with start and value.")
    start, value = given.get("start"), given.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _("value is no number.")
    try:
        moment = datetime.fromisoformat(start) if isinstance(start, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return _("start is not a date and time with its offset from UTC: write it like 2026-05-01T00:00:00Z.")
    try:
        return Value(number, quantity, moment, float(value))
    except OverflowError:
        return _("value is larger than any number that can be kept.")
