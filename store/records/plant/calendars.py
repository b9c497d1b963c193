"""The calendar of a site: whose official holidays it keeps, days and periods of its own, and when it is open."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.language import _
from models import calendars, official_holidays
from models.calendars import DAY_MIN, OWN, Hours, Period
from models.local_time import FIRST_YEAR, LAST_YEAR
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.schema import CalendarPeriod, Site, SiteCalendar
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

ALWAYS_OPEN: tuple[Hours, ...] = (((0, DAY_MIN),),) * 7
MOST_PERIODS = 2000  # of a site
MOST_HOURS = 6  # of a day


class Calendar(NamedTuple):
    """A site's calendar: country and part of it (empty: no official holidays), seven days' hours, and periods of its own."""

    country: str
    subdivision: str
    opening: Sequence[Hours]
    periods: Sequence[Period]

    def holidays(self, first: date, last: date) -> dict[date, str]:
        """The holidays from `first` to `last` (included) with their names: official ones that are kept, and the site's own."""
        official = official_holidays.official(self.country, self.subdivision, first, last)
        own, working = (calendars.own_days(self.periods, kind, first, last) for kind in (calendars.HOLIDAY, calendars.WORKING))
        found = {day: name for day, name in official.items() if day not in working} | own
        return {day: found[day] for day in sorted(found)}

    def day_kinds(self, first: date, last: date) -> list[str]:
        """What each day from `first` to `last` (included) is, one of `models.calendars.KINDS`."""
        weekend = official_holidays.weekend(self.country, last.year)
        return calendars.day_kinds(first, last, self.holidays(first, last).keys(), self.periods, weekend)


def calendar(scope: Scope, site_id: str) -> Calendar:
    """The calendar of a site; of one that has none no holidays, open at all times. Raises `NotFound` outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        kept = records.get(SiteCalendar, site_id)
        own = tuple(Period(each.kind, each.first_day, each.last_day, each.name) for each in _of(records, site_id))
    if kept is None:
        return Calendar("", "", ALWAYS_OPEN, own)
    opening = tuple(tuple((start, end) for start, end in each) for each in kept.opening) or ALWAYS_OPEN
    return Calendar(kept.country, kept.subdivision, opening, own)


def holidays(scope: Scope, site_id: str, first: date, last: date) -> dict[date, str]:
    """The holidays of a site from `first` to `last` (included), observed ones too, each with its name.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    return calendar(scope, site_id).holidays(first, last)


def keep_holidays_of(scope: Scope, site_id: str, country: str, subdivision: str = "") -> None:
    """Say whose official holidays a site keeps, by codes of ISO 3166; nobody's without a country.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or no such country or part of it is known.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    country, subdivision = country.strip().upper(), subdivision.strip()
    parts = official_holidays.countries().get(country)
    if country and parts is None:
        raise Refused(_("no holidays are known of the country %(country)s: choose another", country=repr(country)), "country")
    found = next((each for each in parts or () if each.casefold() == subdivision.casefold()), "")
    if subdivision and not found:
        raise Refused(_unknown_part(country, subdivision), "subdivision")
    with session() as records:
        kept = _kept(records, site_id)
        kept.country, kept.subdivision = country, found


def _unknown_part(country: str, subdivision: str) -> str:
    if not country:
        return _("a region is of a country: choose that first")
    named = official_holidays.part_names(country)
    if not named:
        return _("the holidays of %(country)s are the same everywhere: leave the region empty", country=country)
    known = ", ".join(code if code == name else f"{code} ({name})" for code, name in named.items())
    return _(
        "%(part)s is no region of %(country)s: choose one of %(known)s", part=repr(subdivision), country=country, known=known
    )


def set_opening_hours(scope: Scope, site_id: str, opening: Sequence[Iterable[tuple[int, int]]]) -> None:
    """Say when a site is open: seven days' hours, Monday first, in minutes since local midnight; a day without any is closed.

    Hours whose end is not after their start reach into the next day.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or hours that no clock shows, or that overlap.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    said = [sorted(each) for each in opening]
    for hours in said:
        if len(hours) > MOST_HOURS:
            raise Refused(_("a day has %(most)s openings at the most: take some together", most=MOST_HOURS), "opening")
        if any(not (0 <= start < DAY_MIN and 0 < end <= DAY_MIN) for start, end in hours):
            raise Refused(_("hours are from 00:00 to 24:00: correct them"), "opening")
        if any(end <= start or after < end for (start, end), (after, _end) in itertools.pairwise(hours)):
            raise Refused(_("hours of one day overlap: correct them"), "opening")
    with session() as records:
        _kept(records, site_id).opening = [[list(each) for each in hours] for hours in said]


def periods(scope: Scope, site_id: str) -> list[CalendarPeriod]:
    """A site's own days and periods, the earliest first; raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        return _of(records, site_id)


def add_period(scope: Scope, site_id: str, period: Period) -> CalendarPeriod:
    """Add a day of a site's own, or several.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, no name, or days that cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        required(records, Site, site_id)
        count = select(func.count()).where(CalendarPeriod.site_id == site_id)
        if (records.scalar(count) or 0) >= MOST_PERIODS:
            raise Refused(_("a site has %(most)s periods at the most: delete old ones", most=f"{MOST_PERIODS:,}"))
        found = CalendarPeriod(site_id=site_id)
        _say(found, period)
        records.add(found)
    return found


def change_period(scope: Scope, site_id: str, period_id: str, period: Period) -> CalendarPeriod:
    """Say anew what days of a site's own are. Raises as `add_period`, and `NotFound` where the site has none of that id."""
    with session() as records:
        found = _administered(records, scope, site_id, period_id)
        _say(found, period)
    return found


def delete_period(scope: Scope, site_id: str, period_id: str) -> None:
    """Delete days of a site's own. Raises as `change_period`."""
    with session() as records:
        records.delete(_administered(records, scope, site_id, period_id))


def _of(records: Session, site_id: str) -> list[CalendarPeriod]:
    query = select(CalendarPeriod).where(CalendarPeriod.site_id == site_id)
    return list(records.scalars(query.order_by(CalendarPeriod.first_day, CalendarPeriod.last_day, CalendarPeriod.id)))


def _kept(records: Session, site_id: str) -> SiteCalendar:
    required(records, Site, site_id)
    kept = records.get(SiteCalendar, site_id)
    if kept is None:
        kept = SiteCalendar(site_id=site_id, country="", subdivision="", opening=[])
        records.add(kept)
    return kept


def _administered(records: Session, scope: Scope, site_id: str, period_id: str) -> CalendarPeriod:
    require(scope, Action.ADMINISTER, site_id=site_id)
    found = required(records, CalendarPeriod, period_id)
    if found.site_id != site_id:
        raise missing(CalendarPeriod, period_id)
    return found


def _say(found: CalendarPeriod, period: Period) -> None:
    if not period.name.strip():
        raise Refused(_("days of a calendar have a name: give one"), "name")
    if period.kind not in OWN:
        raise Refused(_("no days %(kind)s: choose one of %(known)s", kind=repr(period.kind), known=", ".join(OWN)), "kind")
    if not (period.first.year >= FIRST_YEAR and period.last.year < LAST_YEAR):
        raise Refused(_("these days are not of our time: check the years"), "first_day")
    found.name, found.kind = period.name.strip(), period.kind
    found.first_day, found.last_day = period.first, period.last
