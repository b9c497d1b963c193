"""The energy of a site of 100 meters over three years of quarters of an hour, as its pages, programs and reports ask for it.

A line is one of `LINES`, asked of what `Stored` tells of the site. The same questions are asked when one, three and ten years
are stored: ten of a tenth of the meters.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bench import plant, seen_pages, seen_parts, seen_places
from bench.figures import Figure, percentile
from bench.run import Run
from bench.series import hourly_chart, timed
from config.settings import Settings

ZONE = "Europe/Berlin"
QUARTER_S, FLUSH_ROWS = 900, 400_000
YEARS = (1, 3, 10)  # stored, one after the other; the last of a tenth of the meters
SHOWN = 3  # years that a page shows at the most
GROWS = 1.2  # at the most, from the first year stored to the last


@dataclass(frozen=True, slots=True)
class Stored:
    """The site, its meters with the use that each is of, and the beginning of the year after the last one stored, in its zone."""

    settings: Settings
    site: str
    meters: list[str]
    uses: list[str]
    end: datetime

    def begin(self, years: int) -> datetime:
        """So many years before the end."""
        return self.end.replace(year=self.end.year - years)


Line = Callable[[Run, Stored], Iterator[Figure]]


def see(run: Run) -> list[Figure]:
    """Fill a Loadstar of its own, and ask."""
    from insight import closed_energy
    from store.series import rollup

    closed_energy.ON_THE_WAY = timedelta(0)  # else what was just written is looked at again for minutes
    with run.fresh() as product:
        stored = _site(run, product.settings())
        long_ago, rows = stored.end, 0
        figures: list[Figure] = []
        asked: dict[int, dict[str, float]] = {}
        for years in YEARS:
            meters = stored.meters if years <= SHOWN else stored.meters[: max(1, len(stored.meters) // 10)]
            rows += _fill(run, stored, meters, stored.begin(years), long_ago)
            long_ago = stored.begin(years)
            if not rollup.await_applied(["intervals"], run.sizes.fill_s):
                raise RuntimeError("QuestDB has not applied the rows in time")
            run.say(f"asking of {years} years")
            if years == SHOWN:
                figures.append(Figure(f"see: intervals of {len(meters)} meters in {years} years", rows, "rows"))
                figures += [figure for line in (*LINES, prediction, places) for figure in line(run, stored)]
            asked[years] = {name: _median(run, partial(ask, stored)) for name, ask in OF_A_YEAR.items()}
        first, last = asked[YEARS[0]], asked[YEARS[-1]]
        figures += [
            Figure(f"see: {name}: {YEARS[-1]} years stored, beside {YEARS[0]}", last[name] / first[name], "×", at_most=GROWS)
            for name in OF_A_YEAR
        ]
        return figures


def hours_of_a_year(run: Run, stored: Stored) -> Iterator[Figure]:
    """A year of one meter by the hour: beside QuestDB's own sums, and as a chart's callback."""
    from insight.periods import Period

    meter, strangers = stored.meters[0], itertools.count()
    start, end = stored.begin(1), stored.end
    period = Period(start, end, live=False)
    bare = _median(run, lambda: _bare(meter, start, end))
    yield Figure("see: one meter, one year, hourly: asked for the first time", _first(lambda: hours(stored)), "ms")
    ours = _median(run, lambda: hours(stored))
    yield Figure("see: one meter, one year, hourly: QuestDB alone", bare, "ms")
    yield Figure("see: one meter, one year, hourly: in the store", ours, "ms")
    yield Figure("see: one meter, one year, hourly: the store beside QuestDB", ours / bare, "×", at_most=1.5)
    cold = _median(run, lambda: hourly_chart(stored.site, meter, period, f"stranger {next(strangers)}"))
    yield Figure("see: one meter, one year, hourly: at the callback, cold", cold, "ms", at_most=70)


def months_of_all(run: Run, stored: Stored) -> Iterator[Figure]:
    """Monthly totals of every meter over three years."""
    yield Figure(
        f"see: months of {len(stored.meters)} meters: asked for the first time", _first(lambda: totals(stored, SHOWN)), "ms"
    )
    taken = _median(run, lambda: totals(stored, SHOWN))
    yield Figure(f"see: months of {len(stored.meters)} meters over {SHOWN} years", taken, "ms", at_most=300)


def kept_at_night(_run: Run, _stored: Stored) -> Iterator[Figure]:
    """The energies of the months that are over, as the worker keeps them at night: the pages are asked in the morning."""
    from store.records.jobs.kinds import Nothing
    from store.scope import SYSTEM
    from worker.tasks import closed_months

    taken = _first(lambda: closed_months.keep(SYSTEM, Nothing(), lambda *_: None))
    yield Figure("see: months that are over, kept at night by a job", taken, "ms")


def report_of_a_month(_run: Run, stored: Stored) -> Iterator[Figure]:
    """A report of the last month, of the site with each of its uses: its numbers, and the PDF of these."""
    from insight.reports.gathering import gather
    from models.report_asked import Asked
    from models.report_periods import MONTH, ended
    from reporting.compose import document
    from reporting.pdf import pdf
    from reporting.reader import Reader
    from store.scope import SYSTEM

    reader, asked = Reader(None, ZoneInfo(ZONE)), Asked(stored.site, MONTH, *ended(MONTH, stored.end.date()))
    began = time.perf_counter()
    told = gather(SYSTEM, asked)
    yield Figure("see: report of a month: its numbers, by a job", (time.perf_counter() - began) * 1000, "ms")
    for which in ("the first of a process", "another"):
        taken = _first(lambda: pdf(document(told, reader), reader))
        yield Figure(f"see: report of a month: PDF, {which}", taken, "ms", at_most=2000)


def pages(run: Run, stored: Stored) -> Iterator[Figure]:
    """The pages on which a person sees all of that."""
    run.say("asking for pages")
    last = stored.end.date() - timedelta(days=1)
    person = seen_pages.person_who_sees(stored.settings.dashboard_port, "see@bench.example")
    yield from seen_pages.pages(person, stored.site, stored.uses, last, run.sizes.repeats)
    yield from seen_parts.parts(person, stored.site, last, run.sizes.repeats)
    person.close()


def prediction(run: Run, stored: Stored) -> Iterator[Figure]:
    """How the last month of a use goes on, through the month after it: what a job does when *Predict* is pressed."""
    from insight import prediction as predicting
    from store.scope import SYSTEM

    run.say("predicting")
    first = stored.end.date()
    ahead = first, predicting.days_ahead(first - timedelta(days=1), first)[1]
    for which, use in zip(("the first of a process", "another"), stored.uses, strict=False):
        taken = _first(partial(predicting.prediction, SYSTEM, stored.site, [use], *ahead))
        yield Figure(f"see: predict, a month by days: by a job, {which}", taken, "ms")


def places(run: Run, stored: Stored) -> Iterator[Figure]:
    """What is seen of homes, of a supply and of several sites, and on dashboards."""
    yield from seen_places.places(run, stored.settings, stored.site)


def cost_of_a_year(_run: Run, stored: Stored) -> Iterator[Figure]:
    """A year of every meter by a tariff of hours, tiers and peaks; asked last, for no page above has such prices."""
    from insight import closed_energy
    from models.tariff_components import MONTH, Demand, Fixed, Tiers
    from models.tariffs import Hours
    from store.records.plant import tariffs
    from store.scope import SYSTEM
    from store.series import cost

    hours = [Hours("weekday", 7 * 60, 22 * 60, 0.30, 0.05)]
    components = (Tiers(MONTH, (100.0, 300.0), (0.0, 0.02, 0.05)), Demand(8.0), Fixed(10.0, MONTH))
    place: dict[str, Any] = {"import_price_per_kwh": 0.20, "export_price_per_kwh": 0.05, "valid_from": stored.begin(SHOWN)}
    tariffs.create_tariff(SYSTEM, stored.site, name="Peaks", hours=hours, components=components, **place)

    def ask() -> object:
        return cost.cost(SYSTEM, stored.meters, stored.begin(1), stored.end, closed_energy.flows)

    name = f"see: cost of a year of {len(stored.meters)} meters, with hours, tiers and peaks"
    yield Figure(f"{name}: asked for the first time", _first(ask), "ms")
    yield Figure(name, _first(ask), "ms", at_most=1500)


LINES: tuple[Line, ...] = (hours_of_a_year, months_of_all, kept_at_night, report_of_a_month, pages, cost_of_a_year)


def hours(stored: Stored) -> object:
    """A year of one meter by the hour."""
    from insight import closed_energy
    from store.scope import SYSTEM

    return closed_energy.energy_by(SYSTEM, stored.meters[:1], stored.begin(1), stored.end, "hour", ZONE)


def totals(stored: Stored, years: int) -> object:
    """The months of all meters."""
    from insight import closed_energy
    from store.scope import SYSTEM

    return closed_energy.energy_by(SYSTEM, stored.meters, stored.begin(years), stored.end, "month", ZONE)


OF_A_YEAR: dict[str, Callable[[Stored], object]] = {
    "one meter, one year, hourly": hours,
    "months of all meters, one year": lambda stored: totals(stored, 1),
}


def _first(ask: Callable[[], object]) -> float:
    """Milliseconds, when nothing of it is kept yet."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _median(run: Run, ask: Callable[[], object]) -> float:
    return percentile(timed(run.sizes.repeats, ask), 0.5)


def _bare(meter: str, start: datetime, end: datetime) -> object:
    from store.series.connection import query

    return query(
        "SELECT ts, sum(value) FROM intervals WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = 'energy_kwh' SAMPLE BY 1h",
        [start, end, meter],
    )


def _site(run: Run, settings: Settings) -> Stored:
    """Meters of uses on one bus, each of which sends the energy of every quarter of an hour."""
    from store.records.plant import declarations, graph, meters
    from store.records.transaction import engine
    from store.scope import SYSTEM

    run.say(f"making a site of {run.sizes.seen_meters} meters")
    place, found, uses = plant.site("See", ZONE), list[str](), list[str]()
    end = datetime(datetime.now(UTC).year, 1, 1, tzinfo=ZoneInfo(ZONE))
    began = end.replace(year=end.year - YEARS[-1])
    with engine.session():  # one transaction for all of them
        bus = graph.create_node(SYSTEM, place, name="bus", kind="bus", valid_from=began).id
        for number in range(run.sizes.seen_meters):
            use = graph.create_node(SYSTEM, place, name=f"Use {number}", kind="sink", valid_from=began).id
            edge = graph.create_edge(SYSTEM, place, from_node_id=bus, to_node_id=use, valid_from=began).id
            meter = meters.create_meter(SYSTEM, place, name=f"Use {number}", edge_id=edge).id
            declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=QUARTER_S, valid_from=began)
            found.append(meter)
            uses.append(use)
    return Stored(settings, place, found, uses, end)


def _fill(run: Run, stored: Stored, meters: list[str], start: datetime, end: datetime) -> int:
    """A value a quarter of an hour and meter in [start, end), the earliest first; the number of all so far."""
    from store.scope import SYSTEM
    from store.series import bulk

    count = (end - start) // timedelta(seconds=QUARTER_S)
    starts = int(start.timestamp()) + QUARTER_S * np.arange(count, dtype=np.int64)
    written = 0
    with bulk.writer(stored.settings) as sender:
        for part in np.array_split(starts, max(1, count * len(meters) // FLUSH_ROWS)):
            whose = np.tile(np.arange(len(meters)), len(part))
            at = np.repeat(part, len(meters))
            kwh = 0.2 + 0.1 * np.sin(at / 13_750.0 + whose) + at % 7 / 100
            quantity = bulk.symbols(np.zeros(len(at), np.int8), ["energy_kwh"])
            frame = bulk.intervals(at * 1_000_000, bulk.symbols(whose, meters), quantity, kwh, "bench", interval_s=QUARTER_S)
            frame["received_at"] = frame["ts"] + timedelta(seconds=QUARTER_S)  # when it was over, not now
            written += bulk.write(SYSTEM, sender, "intervals", frame)
            run.say(f"writing intervals: {written / 1e6:.1f} of {count * len(meters) / 1e6:.1f} million")
    return written
