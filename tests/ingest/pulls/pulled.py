"""What the tests of pulled sources ask, and see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from config.language import told
from config.settings import Settings
from ingest.pulls import pulling
from store.records.plant import pull_sources
from store.records.plant.pull_sources import Own
from store.records.schema import PullSource, Site
from store.records.transaction.engine import session
from store.scope import SYSTEM
from store.series.connection import frame
from store.series.rollup import await_applied
from tests.conftest import PATIENT_S
from tests.held_clock import held
from tests.ingest.pulls import answers
from tests.ingest.pulls.answers import at
from tests.ingest.pulls.services import Played, Reply, Seen
from tests.ingest.world import World

NOW = at("2026-03-30T10:00")
HOUR = timedelta(hours=1)


def change(site_id: str, **values: Any) -> None:
    with session() as records:
        found = records.get(Site, site_id)
        assert found is not None
        for name, value in values.items():
            setattr(found, name, value)


def source(source_id: str) -> PullSource:
    return pull_sources.require_source(SYSTEM, source_id)


def words(source_id: str) -> str:
    return " ".join(told(each) for each in source(source_id).problem)


def between(seen: Seen) -> tuple[datetime, datetime]:
    """What ENTSO-E was asked for."""
    start, end = (datetime.strptime(seen.query[name], "%Y%m%d%H%M").replace(tzinfo=UTC) for name in ("periodStart", "periodEnd"))
    return start, end


def readings(meter: str) -> pd.DataFrame:
    assert await_applied(["telemetry"], PATIENT_S)
    return frame("SELECT ts, value, source FROM telemetry WHERE meter = %s ORDER BY ts", [meter])


class Market:
    """Hourly prices of ENTSO-E's that are out until some time, each its own: 1 EUR/MWh an hour since the start of the year."""

    def __init__(self, out_until: datetime) -> None:
        self.out_until = out_until
        self.but: set[datetime] = set()
        self.twice = False

    @staticmethod
    def price(start: datetime) -> float:
        return round((start - at("2026-01-01T00:00")) / HOUR) - 2000.0  # negative in March

    def __call__(self, seen: Seen) -> Reply:
        first, last = between(seen)
        last = min(last, self.out_until)
        starts = pd.date_range(first, last, freq="h", inclusive="left")
        if not len(starts):
            return Reply(answers.entsoe_refusal("999", "No matching data found"))
        points = [(n + 1, self.price(start)) for n, start in enumerate(starts) if start not in self.but]
        series = answers.entsoe_series(f"{first:%Y-%m-%dT%H:%M}", f"{starts[-1] + HOUR:%Y-%m-%dT%H:%M}", points, curve="A01")
        return Reply(answers.entsoe(series, *([series] if self.twice else [])))


def stored(region_id: str) -> pd.DataFrame:
    return frame("SELECT ts, value, interval_s, source FROM intervals WHERE meter = %s ORDER BY ts", [region_id])


def entsoe(region: str, played: Played) -> str:
    made = pull_sources.add_service(
        SYSTEM, region, service="entsoe", area="10Y1001A1001A82H", key="t0ken-of-ours", address=played.url
    )
    return made.id


def pull(settings: Settings, source_id: str, now: datetime) -> dict[str, int]:
    with held(now):
        return pulling.pull(SYSTEM, settings, source_id, chance=0.5)


OWN = Own("", "power_kw", value="power", time="at", items="data", unit="W", header="X-API-Key")


def own(works: World, played: Played, path: str = "/v1/power?from={from}&to={to}", **other: Any) -> str:
    described = OWN._replace(**{"meter_id": works.grid, **other})
    made = pull_sources.add_own(
        SYSTEM, works.site_id, described, name="Inverter", address=played.url + path, key="s3cret of the plant"
    )
    return made.id
