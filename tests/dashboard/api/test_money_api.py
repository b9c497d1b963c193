"""Programs ask for costs and write prices, as far as their person and their token may."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from config.settings import Settings
from models.bills import PARTS
from models.emissions import CERTIFICATE, Factor
from models.tariff_components import Fixed
from store.records.access import grants, policy
from store.records.plant import emission_factors, tariffs
from store.records.signin import tokens
from store.scope import SYSTEM
from store.series import region_series
from tests.dashboard.plant.asking import plant
from tests.dashboard.world import World

GIVEN = {"quantity": "price_per_kwh", "interval_s": 1800, "values": [{"start": "2026-05-01T12:30:00+02:00", "value": 0.25}]}


def token(world: World, who: str, *, can_write: bool = True) -> dict[str, str]:
    made = tokens.create_token(policy.scope_of(world.people[who]), name="script", can_write=can_write)
    return {"Authorization": f"Bearer {made}"}


def post(world: World, region: str, headers: dict[str, str], **given: Any):
    program: FlaskClient = world.server.test_client()
    return program.post(f"/api/v1/regions/{region}/series", json=GIVEN | given, headers=headers)


def test_a_program_writes_prices_and_asks_for_the_cost(world: World, region: str) -> None:
    headers = token(world, "admin")
    answer = post(world, region, headers)
    assert (answer.status_code, answer.get_json()["new"]) == (200, 1)
    assert post(world, region, headers).get_json()["same"] == 1
    [known] = region_series.known(SYSTEM, region)
    assert (known.quantity, known.interval_s, known.values) == ("price_per_kwh", 1800, 1)
    program = world.server.test_client()
    assert program.get("/api/v1/regions", headers=headers).get_json()["regions"] == [
        {"id": region, "name": "Market", "writable": True}
    ]
    meter = plant(world)["meter"]
    asked = f"/api/v1/meters/{meter}/cost?from=2026-05-01T00:00:00Z&to=2026-05-03T00:00:00Z"
    told = program.get(asked, headers=headers).get_json()
    assert [row["cost"] for row in told["cost"]] == [0.0, None, None]  # no energy; a price on one of the local days only
    assert program.get(f"{asked}&step=week", headers=headers).status_code == 422
    assert program.get(asked, headers=token(world, "chief")).status_code == 404


def test_a_program_reads_the_parts_of_a_cost(world: World, region: str) -> None:
    meter, charges = plant(world)["meter"], [Fixed(31.0, "month"), Fixed(0.5, "day")]
    tariffs.create_tariff(
        SYSTEM, world.site, name="Fixed", import_price_per_kwh=0.3, export_price_per_kwh=0.1, region_first=False,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC), components=charges,
    )  # fmt: skip
    period = "from=2026-05-01T00:00:00%2B01:00&to=2026-05-03T00:00:00%2B01:00"
    for of in (f"meters/{meter}", f"sites/{world.site}"):
        told = world.server.test_client().get(f"/api/v1/{of}/cost?{period}", headers=token(world, "admin")).get_json()
        for row in told["cost"]:
            assert row["cost"] == pytest.approx(1.5)
            assert told["tariffs"] == [{"tariff": "Fixed", "valid_from": "2026-01-01T00:00:00Z", "cost": pytest.approx(3.0)}]
            assert told["demand"] == []
            assert row["parts"] == pytest.approx(dict.fromkeys(PARTS, 0.0) | {"fixed": 1.5})


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"values": []}, 400, "Send"),
        ({"interval_s": True}, 400, "Send"),
        ({"interval_s": 1700}, 422, "choose one of"),
        ({"quantity": "voltage_v"}, 422, "no 'voltage_v'"),
        ({"values": [{"start": "2026-05-01T00:00:00", "value": 0.2}]}, 422, "offset"),
        ({"values": [*GIVEN["values"], {"start": "2026-05-01T00:00:00Z", "value": "0.2"}]}, 422, "no number"),
        ({"values": [*GIVEN["values"], *GIVEN["values"]]}, 422, "overlaps"),
        ({"values": [{"start": "2026-05-01T00:00:00Z", "value": 10**400}]}, 422, "larger than"),
        ({"values": [7]}, 422, "no object"),
    ],
)
def test_what_is_wrong_is_said_by_its_place_and_nothing_is_written(
    world: World, region: str, given: dict[str, Any], status: int, says: str
) -> None:
    answer = post(world, region, token(world, "admin"), **given)
    assert answer.status_code == status
    assert says in answer.get_data(as_text=True)
    assert region_series.known(SYSTEM, region) == []


def test_who_may_not_write_writes_nothing(world: World, region: str) -> None:
    reading = post(world, region, token(world, "admin", can_write=False))
    assert (reading.status_code, reading.get_json()["error"]) == (403, "read_only")
    for who in ("operator", "chief", "resident"):
        assert post(world, region, token(world, who)).status_code == 404, who
    assert region_series.known(SYSTEM, region) == []
    assert tariffs.tariffs(SYSTEM, world.site) == []


def test_a_program_asks_what_a_whole_site_paid_and_for_a_meters_peaks(world: World, questdb_tables: Settings) -> None:
    program, meter = world.server.test_client(), plant(world)["meter"]
    period = "from=2026-05-01T00:00:00%2B01:00&to=2026-05-03T00:00:00%2B01:00"
    headers = token(world, "operator", can_write=False)
    told = program.get(f"/api/v1/sites/{world.site}/cost?{period}", headers=headers).get_json()
    assert (told["site"], told["currency"], told["time_zone"]) == (world.site, "GBP", "Europe/London")
    nothing = {"bought_kwh": 0.0, "sold_kwh": 0.0, "cost": None, "priced": 1.0, "peaked": 1.0, "provisional": False}
    nothing |= {"parts": dict.fromkeys(PARTS, 0.0)}
    starts = ["2026-04-30T23:00:00Z", "2026-05-01T23:00:00Z"]
    assert [row | {"provisional": False} for row in told["cost"]] == [{"start": start} | nothing for start in starts]
    told = program.get(f"/api/v1/meters/{meter}/peaks?{period}&over=half_hour", headers=headers).get_json()
    assert (told["step"], told["over"]) == ("day", "half_hour")
    assert [(row["start"], row["peak"], row["peak_export"]) for row in told["peaks"]] == [(start, None, None) for start in starts]
    long = "from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&step=month"
    for path in (
        f"sites/{world.site}/cost?{long}",
        f"meters/{meter}/peaks?{long}",
        f"meters/{meter}/peaks?{period}&step=quarter",
    ):
        answer = program.get(f"/api/v1/{path}", headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (422, "bad_parameter"), path
    assert program.get(f"/api/v1/meters/{meter}/peaks?{period}&over=hour", headers=headers).status_code == 422


def test_a_program_asks_what_a_whole_site_emitted(world: World, questdb_tables: Settings) -> None:
    plant(world)
    tariffs.create_tariff(
        SYSTEM, world.site, name="Grid", import_price_per_kwh=0.3, export_price_per_kwh=0.1, co2_g_per_kwh=300,
        region_first=False, valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    program, headers = world.server.test_client(), token(world, "operator", can_write=False)
    period = "from=2026-05-01T00:00:00%2B01:00&to=2026-05-03T00:00:00%2B01:00"
    asked = f"/api/v1/sites/{world.site}/emissions?{period}"
    told = program.get(asked, headers=headers).get_json()
    assert (told["site"], told["step"], told["time_zone"]) == (world.site, "day", "Europe/London")
    nothing = dict.fromkeys(("bought_kwh", "location_co2_kg", "made_kwh", "made_co2_kg", "sold_kwh", "avoided_co2_kg"), 0.0)
    nothing |= {"market_co2_kg": None, "made_told": 1.0, "coverage": None, "provisional": False}
    starts = ["2026-04-30T23:00:00Z", "2026-05-01T23:00:00Z"]
    assert [row | {"provisional": False} for row in told["emissions"]] == [{"start": start} | nothing for start in starts]
    wind = Factor(CERTIFICATE, "Wind", date(2026, 1, 1), None, 0.0, share=1.0)
    emission_factors.add_factor(SYSTEM, world.site, wind)
    told = program.get(asked, headers=headers).get_json()
    assert [row["market_co2_kg"] for row in told["emissions"]] == [0.0, 0.0]
    long = "from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&step=month"
    assert program.get(f"/api/v1/sites/{world.site}/emissions?{long}", headers=headers).status_code == 422


def test_who_sees_a_part_of_a_site_is_not_told_what_it_paid(world: World, questdb_tables: Settings) -> None:
    grants.create_grant(SYSTEM, user_id=world.people["resident"], meter_id=plant(world)["meter"])
    period = "from=2026-05-01T00:00:00Z&to=2026-05-02T00:00:00Z"
    program = world.server.test_client()
    for who, status in (("resident", 404), ("chief", 404), ("operator", 200)):
        for what in ("cost", "emissions"):
            asked = f"/api/v1/sites/{world.site}/{what}?{period}"
            assert program.get(asked, headers=token(world, who)).status_code == status, (who, what)
    assert program.get(f"/api/v1/sites/{world.site}/meters", headers=token(world, "resident")).status_code == 200
