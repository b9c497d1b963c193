"""Series as programs ask for them: the same numbers in every format, by hand; and what was known at a moment."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.app import create_app
from store.records.plant import declarations
from store.records.signin import tokens
from store.scope import SYSTEM, Scope
from store.series import amendments, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.metered_use import FIRST, Plant, works
from tests.store.series.conftest import sender

__all__ = ["sender", "works"]

Ask = Callable[..., Any]
DAYS = {"from": "2025-03-29T00:00:00Z", "to": "2025-03-31T00:00:00+01:00", "step": "day"}


@pytest.fixture
def ask(works: Plant) -> Ask:
    program = create_app(works.live.settings).test_client()

    def asked(who: str = "operator", **given: object) -> Any:
        token = tokens.create_token(Scope(user_id=works.live.people[who]), name=f"{who} {datetime.now(UTC)}")
        return program.get("/api/v1/series", query_string=given, headers={"Authorization": f"Bearer {token}"})

    return asked


def test_every_format_tells_the_same(ask: Ask, works: Plant) -> None:
    told = ask(meter=works.meter, **DAYS).get_json()
    assert {name: told[name] for name in ("quantity", "unit", "step", "aggregate", "time_zone", "known_at")} == {
        "quantity": "energy_kwh",
        "unit": "kWh",
        "step": "day",
        "aggregate": "sum",
        "time_zone": "Europe/London",
        "known_at": None,
    }
    rows = told["values"]
    assert [row["value"] for row in rows] == [24.0, 44.0]
    assert [row["coverage"] for row in rows] == pytest.approx([1.0, 22 / 23])
    assert [row["start"] for row in rows] == ["2025-03-29T00:00:00Z", "2025-03-30T00:00:00Z"]
    assert [row["local"] for row in rows] == ["2025-03-29T00:00:00+00:00", "2025-03-30T00:00:00+00:00"]
    assert {row["id"] for row in rows} == {works.meter}
    lines = list(csv.reader(io.StringIO(ask(meter=works.meter, format="csv", **DAYS).get_data(as_text=True).lstrip("\ufeff"))))
    assert lines[0] == ["start (UTC)", "local", "id", "energy_kwh (kWh)", "coverage", "provisional"]
    assert [float(line[3]) for line in lines[1:]] == [24.0, 44.0]
    arrow = pa.ipc.open_stream(ask(meter=works.meter, format="arrow", **DAYS).get_data()).read_all()
    parquet = pq.read_table(io.BytesIO(ask(meter=works.meter, format="parquet", **DAYS).get_data()))
    for table in (arrow, parquet):
        assert table.column("value").to_pylist() == [24.0, 44.0]
        assert table.column("start").to_pylist() == [FIRST, FIRST + timedelta(days=1)]
        assert table.schema.metadata[b"unit"] == b"kWh"


def test_a_long_series_comes_in_portions_that_are_one(ask: Ask, works: Plant) -> None:
    told = ask(meter=works.meter, **{"from": "2025-03-15T00:00:00Z", "to": "2025-05-15T00:00:00Z", "step": "quarter"})
    assert told.is_streamed
    values = told.get_json()["values"]
    assert len(values) == 61 * 96
    assert sum(row["value"] or 0 for row in values) == pytest.approx(68.0)
    starts = [row["start"] for row in values]
    assert starts == sorted(set(starts))


def test_power_and_conditions_have_means_and_extremes(ask: Ask, works: Plant) -> None:
    works.write("voltage_v", FIRST, 900, [230.0] * 48 + [240.0] * 46 + [200.0, 251.5])
    found = {}
    asked = [("power_kw", "mean"), ("power_kw", "max"), *(("voltage_v", each) for each in ("mean", "min", "max"))]
    for quantity, aggregate in asked:
        told = ask(meter=works.meter, quantity=quantity, aggregate=aggregate, **DAYS).get_json()
        found[quantity, aggregate] = [row["value"] for row in told["values"]]
    assert found["power_kw", "mean"] == [1.0, 2.0]
    assert found["power_kw", "max"] == [1.0, 2.0]
    assert found["voltage_v", "mean"] == [pytest.approx((48 * 230 + 46 * 240 + 451.5) / 96), None]
    assert found["voltage_v", "min"] == [200.0, None]
    assert found["voltage_v", "max"] == [251.5, None]


def test_totals_are_of_a_site_that_is_seen_whole(ask: Ask, works: Plant) -> None:
    told = ask(site=works.live.site, quantity="demand_kwh", **DAYS).get_json()
    assert [row["id"] for row in told["values"]] == [works.live.site] * 2
    assert ask("resident", site=works.live.site, **DAYS).status_code == 404
    assert ask("resident", meter=works.meter, **DAYS).status_code == 404
    assert ask(meter="mtr_000000000000", **DAYS).get_json() == ask("resident", meter=works.meter, **DAYS).get_json()


@pytest.mark.parametrize(
    "given",
    [
        {"site": "both"},
        {"quantity": "energy_total_kwh"},
        {"quantity": "demand_kwh"},
        {"aggregate": "max"},
        {"quantity": "power_kw", "aggregate": "sum"},
        {"format": "xlsx"},
        {"step": "week"},
        {"known_at": "2025-03-30T00:00:00Z"},
        {"known_at": "yesterday"},
    ],
)
def test_what_cannot_be_asked_is_said(ask: Ask, works: Plant, given: dict[str, str]) -> None:
    answer = ask(**({"meter": works.meter} | DAYS | given))
    assert (answer.status_code, answer.get_json()["error"]) == (422, "bad_parameter")


def test_what_was_known_at_a_moment_is_without_the_corrections_of_later(ask: Ask, works: Plant) -> None:
    then = datetime.now(UTC)
    amendments.amend(SYSTEM, works.meter, "energy_kwh", FIRST, 11.0, reason="misread", interval_s=3600)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    now = [row["value"] for row in ask(meter=works.meter, **DAYS).get_json()["values"]]
    told = ask(meter=works.meter, known_at=then.isoformat(), **DAYS).get_json()
    assert now == [34.0, 44.0]
    assert [row["value"] for row in told["values"]] == [24.0, 44.0]
    assert datetime.fromisoformat(told["known_at"]) == then
    again = [row["value"] for row in ask(meter=works.meter, **DAYS).get_json()["values"]]
    assert again == now


@pytest.mark.parametrize("change", ["readings", "declaration"])
def test_what_was_not_kept_is_refused_and_named(ask: Ask, works: Plant, change: str) -> None:
    then = datetime.now(UTC).isoformat()
    if change == "readings":
        works.write("energy_kwh", FIRST + timedelta(hours=3), 3600, [5.0])
    else:
        declarations.declare_energy(SYSTEM, works.meter, method="interval", interval_s=900, valid_from=FIRST)
    answer = ask(meter=works.meter, known_at=then, **DAYS)
    assert answer.status_code == 409
    assert (answer.get_json()["error"], answer.get_json()["meters"]) == ("not_kept", [works.meter])
