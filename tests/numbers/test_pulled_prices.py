"""What energy costs by prices that were pulled: quarter by quarter, computed a second time from what was answered and stored."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from questdb import Sender
from sqlalchemy import update

from config.settings import Settings
from ingest.pulls import pulling
from store.records.plant import declarations, pull_sources, regions, tariffs
from store.records.schema import Node, Site
from store.records.transaction.engine import session
from store.scope import SYSTEM
from store.series import bulk, rollup
from store.series.cost import cost_by
from tests.conftest import PATIENT_S
from tests.held_clock import held
from tests.ingest.pulls import answers
from tests.ingest.pulls.services import Played, Reply, playing
from tests.ingest.world import build_world, use_records
from tests.store.series.conftest import LONG_AGO

ZONE = "Europe/Berlin"


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as server:
        yield server


@pytest.mark.parametrize(("date", "quarters"), [("2026-03-29", 92), ("2026-10-25", 100)])
def test_each_quarter_costs_what_its_price_was_also_below_zero_and_what_has_none_is_told_apart(
    questdb_tables: Settings, sender: Sender, played: Played, date: str, quarters: int
) -> None:
    use_records(made := played.allowed_by(questdb_tables))
    works = build_world(made)
    with session() as records:
        site = records.get(Site, works.site_id)
        assert site is not None
        site.region_id = region = regions.create_region(SYSTEM, name="Market").id
        records.execute(update(Node).where(Node.site_id == works.site_id, Node.name == "grid").values(technology="grid"))
    day = pd.date_range(date, pd.Timestamp(date) + pd.Timedelta(days=1), freq="15min", inclusive="left", tz=ZONE)
    assert len(day) == quarters
    random = np.random.default_rng(quarters)
    answered = [None if 30 <= n < 34 else round(float(mwh), 2) for n, mwh in enumerate(random.uniform(-80, 240, quarters))]
    played.answer = lambda _seen: Reply(answers.energy_charts([each.to_pydatetime() for each in day], answered))
    asked = pull_sources.add_service(SYSTEM, region, service="energy_charts", area="DE-LU", address=played.url).id
    now = (day[-1] + timedelta(hours=10)).to_pydatetime()
    with held(now):
        assert pulling.pull(SYSTEM, made, asked, chance=0.5)["written"] == quarters - 4

    bought, sold = random.uniform(0, 3, quarters), random.uniform(0, 1, quarters)
    declarations.declare_energy(SYSTEM, works.grid, method="interval", interval_s=900, valid_from=LONG_AGO)
    moments = day.tz_convert("UTC").as_unit("us").asi8
    for quantity, kwh in (("energy_kwh", bought), ("energy_export_kwh", sold)):
        texts = (np.full(quarters, text, object) for text in (works.grid, quantity))
        bulk.write(SYSTEM, sender, "intervals", bulk.intervals(moments, *texts, kwh, "test", interval_s=900))
    assert rollup.await_applied(["intervals"], PATIENT_S)

    prices = pd.Series(answered, day, dtype=float) / 1000
    paid = prices * bought
    start, end = day[0].to_pydatetime(), (day[-1] + pd.Timedelta(minutes=15)).to_pydatetime()
    by_hour = cost_by(SYSTEM, works.grid, start, end, "hour")
    assert len(by_hour) == quarters // 4
    assert by_hour["cost"].to_numpy() == pytest.approx(
        paid.groupby(np.arange(quarters) // 4).sum(min_count=1).to_numpy(), abs=1e-9, nan_ok=True
    )
    [whole] = cost_by(SYSTEM, works.grid, start, end, "day").to_dict("records")
    assert whole["cost"] == pytest.approx(paid.sum())
    assert whole["priced"] == pytest.approx(bought[prices.notna()].sum() / (bought.sum() + sold.sum()))

    tariffs.create_tariff(
        SYSTEM, works.site_id, name="Behind", import_price_per_kwh=0.3, export_price_per_kwh=0.07, valid_from=LONG_AGO
    )
    [whole] = cost_by(SYSTEM, works.grid, start, end, "day").to_dict("records")
    assert whole["cost"] == pytest.approx((prices.fillna(0.3) * bought).sum() - 0.07 * sold.sum())
    assert whole["priced"] == 1
