"""What senders estimated is told of every total, by plain numpy on their rows: files, replacements, undoing, samples."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config import clock
from ingest.files import importing, undoing
from store.records.plant import imports, meters
from store.scope import SYSTEM
from store.series import amendments, bulk, connection, rollup, shares
from tests.conftest import PATIENT_S
from tests.ingest.files.reading import proposed
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2011, 3, 26, tzinfo=UTC)


@pytest.fixture
def site(site_in: MakeSite, tmp_path: Path) -> Site:
    made = site_in("UTC")
    made.settings = made.settings.model_copy(update={"home": tmp_path / "home"})
    (tmp_path / "home").mkdir()
    return made


def _import(site: Site, path: Path, said: dict[str, pd.DataFrame]) -> str:
    """A file of hourly energies by meter id: columns kwh and mark, by start."""
    lines = [
        f"{meter},{start:%Y-%m-%dT%H:%M:%SZ},{start + HOUR:%Y-%m-%dT%H:%M:%SZ},{row.kwh!r},{row.mark}"
        for meter, rows in said.items()
        for start, row in zip(rows.index, rows.itertuples(), strict=True)
    ]
    path.write_text("meter,start,end,kWh,quality\n" + "\n".join(lines) + "\n")
    record = importing.start(SYSTEM, site.settings, site.id, path, path.name, proposed(path, "UTC").profile)
    assert importing.store(SYSTEM, site.settings, record.id) is not None, imports.seen(SYSTEM, record.id).why
    assert rollup.await_applied(["telemetry", "intervals", "amendments", "late"], PATIENT_S)
    return record.id


def _hours(seed: int, marks: Sequence[str], since: datetime = START, count: int = 72) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {"kwh": np.round(random.uniform(0.5, 9, count), 3), "mark": random.choice(marks, count)},
        pd.date_range(since, periods=count, freq="h"),
    )


def _share(rows: pd.DataFrame, first: datetime, last: datetime) -> float:
    """What part of the energy from first to last is marked as an estimate; an hour that an end cuts is divided by time."""
    starts = (rows.index - first).total_seconds().to_numpy()
    within = np.clip(np.minimum(starts + 3600, (last - first).total_seconds()) - np.maximum(starts, 0), 0, None) / 3600
    kwh = rows["kwh"].to_numpy() * within
    return float(kwh[(rows["mark"] != "actual").to_numpy()].sum() / kwh.sum())


def _told(meter: str, first: datetime = START, last: datetime = START + 3 * DAY) -> dict[str, float]:
    return {str(name): float(share) for name, share in shares.shares(SYSTEM, [meter], first, last).loc[meter].items()}


def test_a_files_estimates_are_shares_until_actual_values_replace_them_and_again_once_those_are_undone(
    site: Site, tmp_path: Path
) -> None:
    one, other = site.meter("interval", 3600), site.meter("interval", 3600)
    said = {one: _hours(1, ["actual", "estimated"]), other: _hours(2, ["actual", "actual", "Substituted"])}
    _import(site, tmp_path / "first.csv", said)
    for first, last in ((START, START + 3 * DAY), (START + 90 * timedelta(minutes=1), START + 40 * HOUR)):
        for meter, rows in said.items():
            share = _share(rows, first, last)
            assert 0.1 < share < 0.9
            assert _told(meter, first, last) == pytest.approx({"A": 1 - share, "S": share, "E": 0.0, "M": 0.0})
    # Both together, and as a sum that takes one from the other: of what it is made of.
    kwh = {meter: rows["kwh"].sum() for meter, rows in said.items()}
    both = sum(kwh[meter] * _share(rows, START, START + 3 * DAY) for meter, rows in said.items()) / sum(kwh.values())
    assert shares.together(SYSTEM, list(said), START, START + 3 * DAY)["S"] == pytest.approx(both)
    edge = meters.require_meters(SYSTEM, [site.meter(None)])
    [spare] = edge.values()
    difference = meters.create_meter(SYSTEM, site.id, name="Difference", role="virtual", terms=[(one, 1), (other, -1)])
    assert spare.id and _told(difference.id)["S"] == pytest.approx(both)
    # Actual values come for a day and a half; undone, what stood before is an estimate again.
    came = _hours(3, ["actual"], START + 30 * HOUR, 36)
    second = _import(site, tmp_path / "second.csv", {one: came})
    now = came.combine_first(said[one])
    now.loc[came.index] = came
    assert _told(one)["S"] == pytest.approx(_share(now, START, START + 3 * DAY))
    imports.undo(SYSTEM, second)
    undoing.undo(SYSTEM, site.settings, second)
    assert rollup.await_applied(["intervals", "amendments"], PATIENT_S)
    assert _told(one)["S"] == pytest.approx(_share(said[one], START, START + 3 * DAY))
    # What a person says of an estimate is a person's word.
    place = said[one].index[(said[one]["mark"] != "actual").to_numpy()][0]
    amendments.amend(SYSTEM, one, "energy_kwh", place.to_pydatetime(), 4.0, reason="read by hand", interval_s=3600)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    rest = said[one].drop(place)
    total = rest["kwh"].sum() + 4.0
    expected = {"S": rest.loc[rest["mark"] != "actual", "kwh"].sum() / total, "M": 4.0 / total}
    assert {name: _told(one)[name] for name in ("S", "M")} == pytest.approx(expected)


def test_estimated_samples_are_told_of_the_quarters_that_they_make_also_once_they_are_gone(site: Site) -> None:
    start = clock.now().replace(minute=0, second=0, microsecond=0) - 6 * HOUR
    register, short, power = site.meter("counter", 900), site.meter("interval", 300), site.meter("power", 300)
    stood = np.cumsum([100.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    guessed = np.array([False, False, True, False, True, False])  # 2 and 4 kWh of 15 were counted up to an estimate
    _samples(site, register, "energy_total_kwh", start, 900, stood, guessed)
    _samples(site, short, "energy_kwh", start, 300, np.full(12, 0.5), np.arange(12) < 3)
    _samples(site, power, "power_kw", start, 300, np.full(12, 6.0), np.arange(12) >= 8)
    for _ in range(2):
        site.roll_up(start + 3 * HOUR)
        assert rollup.await_applied(["telemetry", "late", "intervals"], PATIENT_S)
    # The last sample of power holds for 2.5 intervals: 11 and 2.5 of them in all, 3 and 2.5 of which are estimates.
    expected = {register: 6 / 15, short: 3 / 12, power: 5.5 / 13.5}
    end = start + 3 * HOUR

    def told() -> dict[str, float]:
        return {meter: float(share) for meter, share in shares.shares(SYSTEM, list(expected), start, end)["S"].items()}

    assert told() == pytest.approx(expected)
    # Read again, and this time it was no estimate.
    _samples(site, register, "energy_total_kwh", start + timedelta(minutes=30), 900, stood[2:3], np.array([False]))
    site.roll_up(start + 3 * HOUR)
    assert told() == pytest.approx(expected | {register: 4 / 15})
    kept = connection.query("SELECT count() FROM intervals WHERE estimated_s > 0 AND meter = %s", [register])
    assert kept[0][0] == 1, "the quarters say so themselves"


def _samples(
    site: Site, meter: str, quantity: str, start: datetime, seconds: int, values: np.ndarray, estimated: np.ndarray
) -> None:
    times = [start + timedelta(seconds=seconds * n) for n in range(len(values))]
    site.late(meter, quantity, times)
    at = np.array([int(each.timestamp() * 1e6) for each in times], np.int64)
    texts = (np.full(len(at), text, object) for text in (meter, quantity))
    site._write("telemetry", bulk.telemetry(at, *texts, values.astype(float), "test", estimated=estimated))
