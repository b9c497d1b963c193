"""What buildings took, for spreadsheets and scripts: by token, or as whoever is signed in. Days are of the site's clock."""

from calendar import month_name
from datetime import date, datetime, timedelta
from operator import itemgetter
from statistics import fmean, median

import pandas as pd
from flask import Blueprint, Response, request

from config.language import _
from dashboard.api import building_answers as answers
from dashboard.api.answers import said
from dashboard.api.asked import EARLIEST, LATEST, BadParameter, answer_bad_parameters, refused
from dashboard.web.access import current_scope, guard, signed_in
from dashboard.web.gate import costly
from insight import buildings
from insight.buildings import Ambiguous, Building
from models import local_time

bp = Blueprint("api_buildings", __name__)
answer_bad_parameters(bp)


@bp.errorhandler(Ambiguous)
def ambiguous(problem: Ambiguous) -> Response:
    """Several buildings are called so."""
    message = _("Several buildings are called that: add ?site= and one of the names in sites, or ask by the number.")
    return refused(409, "ambiguous", message, sites=problem.sites)


@bp.get("/get-available-data")
@guard(signed_in)
@costly
def available_data() -> Response:
    """The buildings that may be seen, and of which times there is anything: `?site=` for one site."""
    scope = current_scope()
    seen = buildings.buildings(scope, _site())
    return said(
        answers.AvailableData(
            [
                answers.BuildingData(
                    each.name,
                    each.number or None,
                    each.view.name,
                    had.first.isoformat() if had else None,
                    had.last.isoformat() if had else None,
                    {str(year): months for year, months in had.months.items()} if had else {},
                )
                for each, had in zip(seen, buildings.had(scope, seen), strict=True)
            ]
        )
    )


@bp.get("/fetch-data/<int:year>/<int:month>/<int:day>/<path:building>")
@guard(signed_in)
@costly
def fetch_data(year: int, month: int, day: int, building: str) -> Response:
    """What a building took in each hour of a local day."""
    first = _day(year, month, day)
    of = buildings.building(current_scope(), building, _site())
    hours = _taken(of, first, first, "hour")
    values = [answers.HourOfBuilding(at.isoformat(), round(kwh, 6)) for at, kwh in hours]
    total = round(sum(kwh for _, kwh in hours), 6) if hours else None
    return said(answers.DayOfBuilding(of.name, first.isoformat(), "kWh", total, values))


@bp.get("/stats/<int:year>/<int:month>/<path:building>")
@guard(signed_in)
@costly
def stats(year: int, month: int, building: str) -> Response:
    """Statistics of the daily totals of a building's month, and its highest and lowest month of that year."""
    first = _day(year, month, 1)
    of = buildings.building(current_scope(), building, _site())
    days = [kwh for _, kwh in _taken(of, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), "day")]
    months = [(kwh, at.month) for at, kwh in _taken(of, date(year, 1, 1), date(year, 12, 31), "month")]
    mean, highest, lowest, middle = (round(each(days), 2) if days else None for each in (fmean, max, min, median))
    most, least = (month_name[each(months, key=itemgetter(0))[1]] if months else None for each in (max, min))
    return said(
        answers.StatsOfBuilding(
            month_name[month], first.isoformat(), mean, highest, lowest, middle, of.name, highest_month=most, lowest_month=least
        )
    )


def _taken(of: Building, first: date, last: date, step: str) -> list[tuple[datetime, float]]:
    """What it took (kWh) from one local day to another, by steps of which something is known, at their local times."""
    start, end = local_time.days(first, last, of.view.zone)
    if start == end:  # a day that the calendar left out
        return []
    known = buildings.taken(current_scope(), of, start, end, step).dropna()
    return list(zip(pd.DatetimeIndex(known.index).tz_convert(of.view.zone).to_pydatetime(), known.tolist(), strict=True))


def _site() -> str:
    return request.args.get("site", "")


def _day(year: int, month: int, day: int) -> date:
    """A day of the address; raises `BadParameter`."""
    try:
        found = date(year, month, day)
    except (ValueError, OverflowError):
        found = None
    if found is None or not EARLIEST < found.year < LATEST:
        raise BadParameter(_("%(day)s is no day: write year, month and day as numbers", day=f"{year}-{month}-{day}"))
    return found
