"""What meters, nodes, groups of them and sites took over periods, each step of one beside the like steps of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import building_facts, outdoors
from insight.building_facts import AREA, PEOPLE
from insight.courses import Course, courses
from insight.energy_days import LEAST_COVERAGE, LOOKED_BACK, comparable, conditions
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subjects import Subject, outermost, subject, subjects
from models import comparison, local_time, usual_day
from models.comparison import DATE, HOURS, Places
from store.records.plant import sites
from store.scope import Scope

Floats = NDArray[np.float64]

STEP_MIN = {"quarter": 15, "hour": 60, "day": 1440, "month": 1440}  # a month has one place, as a day has
DEGREE_DAYS = "degree_days"
DIVISORS = (AREA, DEGREE_DAYS, PEOPLE)
LASTS_S, STALE_S = 30.0, 300.0
DAY_MIN, DAY_S = 1440, 86_400


@dataclass(frozen=True, slots=True)
class Dataset:
    """Local days from `first` to `last` of nodes and meters of a site together, of the site itself, or of another (its id).

    `usual`: what is usual for these days instead of what was.
    """

    ids: tuple[str, ...]
    first: date
    last: date
    usual: bool = False


class Ahead(NamedTuple):
    """Days after those of the dataset at a place, which the axis has too."""

    of: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared, and how: one of `comparison.ALIGNMENTS`, a step of `STEP_MIN`, one of `DIVISORS` or nothing.

    A step of a month is for datasets of whole months; with days `ahead` the step is a day.
    """

    datasets: tuple[Dataset, ...]
    alignment: str = DATE
    step: str = "day"
    per: str = ""
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A dataset by the places of the axis. Energies in kWh, NaN where nothing is known.

    `seconds` is how long what is known on a place lasts, `judged` the energy of places of which enough is known to be compared.
    `kwh_whole` and `days` (of 24 hours) are of all that is known, `coverage` (0..1) is the share of its readings that are there.
    `divisor` is what it is normalised by, of the whole or by place: m², people, or K·d; NaN where that is not known. `is_part`:
    all of it is a part of another dataset of the same days, and of a total.
    """

    dataset: Dataset
    names: Sequence[str]
    kwh: Floats
    seconds: Floats
    judged: Floats
    kwh_whole: float
    days: float
    coverage: float
    provisional: bool
    divisor: Floats
    is_part: bool

    @property
    def per_day(self) -> float:
        """The energy of a mean day (kWh), or for one of what it is normalised by."""
        whole = comparison.intensity(self.kwh, self.divisor)
        return whole if self.divisor.ndim else whole / self.days if self.days else float("nan")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Datasets on one axis, the first of them first. `dates` are the local days of its days, by the first dataset that has each.

    A day has `per_day` places. Without dates places are steps since the start. `ahead` are the places of the days ahead;
    `outdoors` names what tells the temperatures. `overlapping`: some of it is a part of something else, and counts once in a sum.
    """

    wanted: Wanted
    places: int
    dates: Sequence[date]
    per_day: int
    told: Sequence[Told]
    ahead: Places
    outdoors: str
    overlapping: bool


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of a dataset between successive edges, and the clock that its days are of."""

    dataset: Dataset
    view: SiteView
    members: Sequence[Subject]
    edges: Sequence[datetime]

    @property
    def counted(self) -> list[Subject]:
        """Those of its members whose energies add up."""
        return outermost(self.view, self.members)

    def is_part(self, other: "_Steps") -> bool:
        """Whether all of it is a part of another dataset, of the same days."""
        if self.view.id != other.view.id or replace(self.dataset, ids=other.dataset.ids) != other.dataset:
            return False
        together = outermost(self.view, [*self.counted, *other.counted])
        return all(each not in together for each in self.counted)

    def local(self) -> pd.DatetimeIndex:
        """The local times at which the steps begin."""
        return pd.DatetimeIndex(list(self.edges[:-1]), tz="UTC").tz_convert(self.view.zone).tz_localize(None)

    def days(self) -> NDArray[np.datetime64]:
        """The local days that the steps are of."""
        return self.local().to_numpy().astype("datetime64[D]")

    def minutes(self) -> Places:
        """What the clock shows as they begin, in minutes since midnight."""
        local = self.local()
        return np.asarray(local.hour * 60 + local.minute, np.int64)

    def began_s(self) -> Places:
        """How long after the first step (s) each begins."""
        began = np.array([each.timestamp() for each in self.edges[:-1]])
        return (began - began[:1]).astype(np.int64) if len(began) else np.zeros(0, np.int64)

    def seconds(self) -> Floats:
        """How long each step lasts."""
        return np.diff([each.timestamp() for each in self.edges])


def compare(scope: Scope, site_id: str, wanted: Wanted) -> Comparison:
    """Each dataset up to the last step of it that is over.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("comparison", scope.key, site_id, sites.version(scope, site_id), wanted)
    return shared.get(key, LASTS_S, lambda: _compare(scope, site_view(scope, site_id), wanted), STALE_S)


def members(scope: Scope, view: SiteView, ids: Sequence[str]) -> tuple[SiteView, list[Subject]]:
    """What ids of a dataset are of: the site and its subjects; raises `NotFound`."""
    own = {each.id for each in subjects(view)}
    if len(ids) == 1 and ids[0] not in own:
        view = site_view(scope, ids[0])
    return view, [subject(view, each) for each in ids or ("",)]


def together(scope: Scope, view: SiteView, of: Sequence[Subject], edges: Sequence[datetime]) -> Course:
    """What subjects `used` together between edges, NaN where that of one of them is not known. Raises as `courses`."""
    of = outermost(view, of)
    return _sum(courses(scope, view, [each.id for each in of], edges), of)


def _sum(told: Mapping[str, Course], of: Sequence[Subject]) -> Course:
    return Course(
        {"used": comparison.total([told[each.id].kwh[each.used] for each in of])},
        comparison.average([told[each.id].coverage for each in of]),
        np.logical_or.reduce([told[each.id].provisional for each in of]),
    )


def _compare(scope: Scope, view: SiteView, wanted: Wanted) -> Comparison:
    # A day of the clock may have 23 hours, one since a start has 24: that is gathered of hours.
    step = "hour" if wanted.alignment == HOURS and wanted.step == "day" else wanted.step
    steps = [_steps(scope, view, each, wanted.step, step) for each in wanted.datasets]
    axis = _since_starts(steps, wanted) if wanted.alignment == HOURS else _by_days(steps, wanted)
    told, tellers = [], []
    for each, course, at in zip(steps, _read(scope, steps, step), axis.places, strict=True):
        divisor, teller = _divisor(scope, each, at, axis.length, wanted)
        is_part = any(each.is_part(other) for other in steps)
        told.append(_told(each, course, at, axis.length, divisor, is_part, wanted))
        tellers.append(teller)
    overlapping = any(each.is_part for each in told) or any(len(each.counted) < len(each.members) for each in steps)
    outdoors = next((each for each in tellers if each), "")
    return Comparison(wanted, axis.length, axis.dates, axis.per_day, told, axis.ahead, outdoors, overlapping)


def _steps(scope: Scope, view: SiteView, dataset: Dataset, over: str, step: str) -> _Steps:
    """Those of a dataset up to the last local period `over`."""
    view, of = members(scope, view, dataset.ids)
    start, end = local_time.days(dataset.first, dataset.last, view.zone)
    end = min(end, local_time.begin(clock.now(), over, view.zone))
    return _Steps(dataset, view, of, local_time.edges(start, end, step, view.zone) if start < end else [])


def _read(scope: Scope, steps: Sequence[_Steps], step: str) -> list[Course]:
    """What each dataset took; what is asked of one site between the same edges is read at once."""
    asked: dict[tuple[str, date, date], dict[str, Course]] = {}
    measured = [each for each in steps if each.edges and not each.dataset.usual]
    for each in measured:
        key = each.view.id, each.dataset.first, each.dataset.last
        if key not in asked:
            alike = [other for other in measured if (other.view.id, other.dataset.first, other.dataset.last) == key]
            ids = [of.id for other in alike for of in other.counted]
            asked[key] = courses(scope, each.view, ids, each.edges)
    told = []
    for each in steps:
        if each.dataset.usual and each.edges:
            kwh = _usual(scope, each.view, each.members, each.edges, step)
            told.append(Course({"used": kwh}, np.where(np.isfinite(kwh), 1.0, 0.0), np.zeros(len(kwh), bool)))
        elif each.edges:
            told.append(_sum(asked[each.view.id, each.dataset.first, each.dataset.last], each.counted))
        else:
            told.append(Course({"used": np.zeros(0)}, np.zeros(0), np.zeros(0, bool)))
    return told


class _Axis(NamedTuple):
    """How many places there are, of which days, and where the steps of each dataset and the days ahead lie."""

    length: int
    dates: Sequence[date]
    per_day: int
    places: Sequence[Places]
    ahead: Places


def _by_days(read: Sequence[_Steps], wanted: Wanted) -> _Axis:
    per_day = DAY_MIN // STEP_MIN[wanted.step]
    by = comparison.rule(wanted.alignment, [each.dataset.first for each in read], wanted.step)
    days = [each.days() for each in read]
    firsts = [each.dataset.first for each in read]
    if wanted.ahead:
        first, last = np.datetime64(wanted.ahead.first, "D"), np.datetime64(wanted.ahead.last, "D")
        days.append(np.arange(first, last + 1))
        firsts.append(firsts[wanted.ahead.of])
    numbers = [comparison.numbered(each, first, by) for each, first in zip(days, firsts, strict=True)]
    axis = np.unique(np.concatenate([np.zeros(0, np.int64), *numbers]))
    dates = _dates(read, wanted, by)
    starts = [np.searchsorted(axis, own) * per_day for own in numbers]
    places = [
        start + each.minutes() // STEP_MIN[wanted.step] if per_day > 1 else start
        for start, each in zip(starts, read, strict=False)
    ]
    nothing = np.zeros(0, np.int64)
    named = [dates[number] for number in axis.tolist()]
    return _Axis(len(named) * per_day, named, per_day, places, starts[-1] if wanted.ahead else nothing)


def _dates(read: Sequence[_Steps], wanted: Wanted, by: str) -> dict[int, date]:
    """The day of each number of whole datasets: of the first, else of the days ahead, else of another that has it."""
    periods = [(each.dataset.first, each.dataset.first, each.dataset.last) for each in read]
    if wanted.ahead:
        periods.insert(1, (periods[wanted.ahead.of][0], wanted.ahead.first, wanted.ahead.last))
    dates: dict[int, date] = {}
    for begin, first, last in reversed(periods):
        days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)[::-1]  # of a month its first day names it
        dates |= dict(zip(comparison.numbered(days, begin, by).tolist(), days.tolist(), strict=True))
    return dates


def _since_starts(read: Sequence[_Steps], wanted: Wanted) -> _Axis:
    step_min = STEP_MIN[wanted.step]
    places = [each.began_s() // (60 * step_min) for each in read]
    ahead = np.zeros(0, np.int64)
    if wanted.ahead:
        since = read[wanted.ahead.of].dataset.first
        ahead = np.arange((wanted.ahead.first - since).days, (wanted.ahead.last - since).days + 1)
    return _Axis(
        max((int(each[-1]) + 1 for each in (*places, ahead) if len(each)), default=0), [], DAY_MIN // step_min, places, ahead
    )


def _told(each: _Steps, told: Course, at: Places, count: int, divisor: Floats, is_part: bool, wanted: Wanted) -> Told:
    lasting, used = each.seconds(), told.kwh["used"]
    kwh, seconds = comparison.gathered(at, used, lasting, count)
    enough = np.nan_to_num(told.coverage) >= LEAST_COVERAGE
    judged, told_s = comparison.gathered(at, np.where(enough, used, np.nan), lasting, count)
    whole_s = np.bincount(at, lasting, count)
    # By hours the last place of days of which one had 23 is no whole one.
    least_s = 60 * STEP_MIN[wanted.step] if wanted.alignment == HOURS else 0
    judged = np.where((told_s < LEAST_COVERAGE * whole_s) | (whole_s < least_s), np.nan, judged)
    due = np.isfinite(told.coverage)
    known = np.isfinite(used)
    return Told(
        each.dataset,
        [of.name for of in each.members],
        kwh,
        seconds,
        judged,
        float(used[known].sum()) if known.any() else float("nan"),
        float(lasting[known].sum()) / DAY_S,
        float(np.average(told.coverage[due], weights=lasting[due])) if due.any() else float("nan"),
        bool(told.provisional[known].any()),
        divisor,
        is_part,
    )


def _usual(scope: Scope, view: SiteView, of: Sequence[Subject], edges: Sequence[datetime], step: str) -> Floats:
    """What is usual for each step (kWh): the median of the same of the days that its day is compared with, for its warmth."""
    days = local_time.edges(edges[0] - LOOKED_BACK, edges[-1], "day", view.zone)
    told = together(scope, view, of, days)
    dates = [each.astimezone(view.zone).date() for each in days[:-1]]
    values = comparable(told.kwh["used"], told, np.array([each > clock.now() for each in days[1:]]))
    like = conditions(scope, view, days)
    if step in ("day", "month"):
        first = np.searchsorted([each.timestamp() for each in days], [each.timestamp() for each in edges[:-1]])
        middle = like.usual(values, int(first[0])).middle
        return np.add.reduceat(middle, first)  # a day that nothing is known of leaves its month unknown
    finer = local_time.edges(days[0], edges[-1], step, view.zone)
    whole = _Steps(Dataset((), dates[0], dates[-1]), view, of, finer)
    kwh = together(scope, view, of, finer).kwh["used"]
    per_day, walls = DAY_MIN // STEP_MIN[step], whole.minutes() // STEP_MIN[step]
    own = comparison.numbered(whole.days(), dates[0], comparison.FROM_START)
    sums, seconds = comparison.gathered(own * per_day + walls, kwh, whole.seconds(), (int(own[-1]) + 1) * per_day)
    power = np.divide(sums, seconds, out=np.full(len(sums), np.nan), where=seconds > 0).reshape(-1, per_day)
    rows = comparison.numbered(dates, dates[0], comparison.FROM_START)
    asked = len(finer) - len(edges)
    found = np.full(len(edges) - 1, np.nan)
    those = np.unique(own[asked:]).tolist()
    warmth = like.warmth(values, int(np.searchsorted(rows, those[0])))
    for day in those:
        at = int(np.searchsorted(rows, day))
        compared = usual_day.compared_with(values, like.kinds, at)
        if len(compared) < usual_day.LEAST:
            continue
        middle = _medians(power[rows[compared]]) * warmth[at]
        here = own[asked:] == day
        found[here] = middle[walls[asked:][here]]
    return found * whole.seconds()[asked:]


def _medians(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    found = np.full(values.shape[1], np.nan)
    found[known] = np.nanmedian(values[:, known], axis=0)
    return found


def _divisor(scope: Scope, each: _Steps, at: Places, count: int, wanted: Wanted) -> tuple[Floats, str]:
    """What a dataset is normalised by, of the whole or by place; for degree days the name of what tells the temperatures."""
    if wanted.per in (AREA, PEOPLE):
        return np.array(sum(building_facts.amounts(scope, each.view, each.counted, wanted.per))), ""
    if wanted.per != DEGREE_DAYS:
        return np.array(1.0), ""
    temperature = outdoors.temperature(scope, each.view, each.edges[0], each.edges[-1]) if each.edges else None
    if temperature is None:
        return np.full(count, np.nan), ""
    known = pd.Series(comparison.heating_degree_days(temperature.means_c), np.array(temperature.days, "datetime64[D]"))
    days = each.days()
    if wanted.step == "month":
        of_month = known.groupby(known.index.to_numpy().astype("datetime64[M]"))
        months = of_month.sum().where(of_month.count() == of_month.size())  # without one of its days it is not known
        by_step = months.reindex(days.astype("datetime64[M]")).to_numpy(float)
    else:
        days, first = np.unique(days, return_index=True)
        at = comparison.numbered(days, each.dataset.first, comparison.FROM_START) if wanted.alignment == HOURS else at[first]
        days, at = days[at < count], at[at < count]
        by_step = known.reindex(days).to_numpy(float)
    return comparison.gathered(at, by_step, np.ones(len(at)), count)[0], temperature.source
