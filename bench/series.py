"""Reads as a callback makes them: the latest values of 500 meters over ten million rows, and a meter's year by the hour."""

import gzip
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.figures import Figure, percentile
from bench.run import Run
from config.settings import Settings

if TYPE_CHECKING:
    from insight.periods import Period

METERS = 500
SILENT = 20
SPAN = timedelta(days=6)
SLICE_ROWS = 200_000


def timed(repeats: int, ask: Callable[[], object]) -> list[float]:
    """Milliseconds of each call, after one that does not count."""
    ask()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def latest(run: Run) -> list[Figure]:
    """Of a Loadstar of its own: among what other sections have just posted, looking would take longer."""
    with run.fresh() as product:
        return latest_of_many(run, product.settings())


def latest_of_many(run: Run, settings: Settings) -> list[Figure]:
    """Fill `telemetry` with 500 meters, of which 20 have been silent for a year; then ask for the newest of each."""
    from store.scope import SYSTEM
    from store.series import latest as series

    run.say(f"making {METERS} meters")
    meters = _meters()
    rows = _fill(run, settings, meters)
    until = time.monotonic() + run.sizes.fill_s
    while (heard := len(series.latest(SYSTEM, meters))) < METERS:  # what was written before may still be applied
        if time.monotonic() > until:
            raise RuntimeError(f"only {heard} of {METERS} meters have a latest value")
        time.sleep(0.1)
    taken = timed(run.sizes.repeats, lambda: series.latest(SYSTEM, meters))
    return [
        Figure("rows of `telemetry` behind the latest values", rows, "rows"),
        Figure("latest value of 500 meters, 20 silent for a year", percentile(taken, 0.5), "ms", at_most=15),
        Figure("latest value of 500 meters, p95", percentile(taken, 0.95), "ms"),
    ]


def _meters() -> list[str]:
    from store.records.people import organisations
    from store.records.plant import meters, sites
    from store.records.transaction import engine
    from store.scope import SYSTEM

    with engine.session():  # one transaction for all of them
        owner = organisations.create_organisation(SYSTEM, name=f"Many meters {time.time():.0f}", kind="distributor")
        place: dict[str, Any] = {"time_zone": "UTC", "currency": "EUR", "latitude": 0, "longitude": 0}
        name = f"Many meters {time.time():.0f}"
        site = sites.create_site(SYSTEM, name=name, kind="plant", organisation_id=owner.id, **place)
        return [meters.create_meter(SYSTEM, site.id, name=f"meter {n}", role="condition").id for n in range(METERS)]


def _fill(run: Run, settings: Settings, meters: list[str]) -> int:
    """Rows of a week, oldest first, until there are enough or the time is up; the number written."""
    from store.records.plant import last_values
    from store.scope import SYSTEM
    from store.series import bulk, rollup

    now = datetime.now(UTC)
    long_ago = now - timedelta(days=365)
    speaking = np.array(meters[SILENT:], dtype=object)
    last_values.keep(SYSTEM, [last_values.Last(meter, "power_kw", long_ago, 1.0) for meter in meters[:SILENT]])
    silent = np.array(meters[:SILENT], dtype=object)
    began = time.monotonic()
    written = 0
    end_us, span_us = int(now.timestamp() * 1e6), int(SPAN.total_seconds() * 1e6)
    with bulk.writer(settings) as sender:
        old = np.full(SILENT, int(long_ago.timestamp() * 1e6), dtype=np.int64)
        power = np.full(SILENT, "power_kw", dtype=object)
        bulk.write(SYSTEM, sender, "intervals", bulk.intervals(old, silent, power, np.ones(SILENT), "bench", interval_s=900))
        while written < run.sizes.rows and time.monotonic() - began < run.sizes.fill_s:
            count = min(SLICE_ROWS, run.sizes.rows - written)
            at = np.arange(written, written + count, dtype=np.int64)
            ts = end_us - span_us + at * span_us // run.sizes.rows
            frame = bulk.telemetry(
                ts, speaking[at % len(speaking)], np.full(count, "power_kw", dtype=object), at % 997 / 10.0, "bench"
            )
            written += bulk.write(SYSTEM, sender, "telemetry", frame)
            run.say(f"writing rows: {written / 1e6:.1f} of {run.sizes.rows / 1e6:.1f} million")
    run.say("waiting for QuestDB to apply them")
    with bulk.writer(settings) as sender:  # what the meters post at this moment, which the worker has not kept apart yet
        moment = np.full(len(speaking), int(time.time() * 1e6), dtype=np.int64)
        quantity = np.full(len(speaking), "power_kw", dtype=object)
        frame = bulk.telemetry(moment, speaking, quantity, np.full(len(speaking), 2.5), "bench")
        written += bulk.write(SYSTEM, sender, "telemetry", frame)
    if not rollup.await_applied(["telemetry", "intervals"], run.sizes.fill_s):
        raise RuntimeError("QuestDB has not applied the rows in time")
    if written < run.sizes.rows:
        run.say(f"the time for writing was up after {written:,} rows")
    return written


def year(run: Run) -> list[Figure]:
    """One meter's year by the hour, as the chart's callback makes it: read, aggregated, drawn, serialised."""
    from insight.periods import Period
    from store.records.plant import dated_graph
    from store.scope import SYSTEM

    product = run.started()
    browser, site = product.signed_in()
    browser.close()
    sinks = {node.id for node in dated_graph.site_graph(SYSTEM, site).nodes if node.kind == "sink"}
    meter = next(edge.meter_id for edge in dated_graph.site_graph(SYSTEM, site).edges if edge.target in sinks and edge.meter_id)
    now = datetime.now(UTC)
    period = Period(now - timedelta(days=365), now, live=True)

    def ask(seen: str = "nobody") -> bytes:
        return hourly_chart(site, meter, period, seen)

    run.say("a year of one meter by the hour")
    size = len(gzip.compress(ask(), 6))
    strangers = itertools.count()
    first = timed(run.sizes.repeats, lambda: ask(f"stranger {next(strangers)}"))
    again = timed(run.sizes.repeats, ask)
    return [
        Figure("one meter, one year, hourly, at the callback", percentile(first, 0.5), "ms", at_most=100),
        Figure("one meter, one year, hourly, asked again", percentile(again, 0.5), "ms"),
        Figure("one meter, one year, hourly: the figure, gzipped", size / 1000, "kB", at_most=60),
    ]


def hourly_chart(site: str, meter: str, period: "Period", seen: str) -> bytes:
    """The chart of a meter's period by the hour, for whoever sees the meter, and something else of that name.

    Whoever sees something else, if only by name, finds nothing that was kept for another.
    """
    import orjson

    from dashboard.figures import production_demand
    from insight.course import course_of
    from insight.shared import shared
    from insight.site_view import site_view
    from store.scope import Scope

    scope = Scope(user_id="usr_bench", part_site_ids=frozenset({site}), meter_ids=frozenset({meter, seen}))
    shared.clear()
    view = site_view(scope, site)
    course = course_of(scope, site, period, 3600)
    return orjson.dumps(production_demand.figure(course, period.end, view.zone))
