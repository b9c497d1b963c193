"""What spreadsheets and scripts are told of buildings, beside numbers that were computed by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from config.settings import Settings
from dashboard.app import create_app
from insight.shared import shared
from store.records.plant import buildings as described
from store.records.plant import declarations, graph, meters, sites
from store.records.schema.buildings import Building
from store.records.signin import tokens
from store.records.transaction import engine
from store.scope import SYSTEM, Scope
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.live_world import PASSWORD, LiveWorld
from tests.dashboard.world import sign_in
from tests.store.series.conftest import sender

__all__ = ["sender"]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Ask = Callable[..., Any]


class Campus:
    """Three buildings on two sites; Building 110 has readings by hand, another of its name stands elsewhere."""

    def __init__(self, live: LiveWorld, sender: Any) -> None:
        self.live, self.sender = live, sender
        owner = sites.site(SYSTEM, live.site).organisation_id
        self.site = self._site("West Campus", owner)
        self.meter = self._building(self.site, "Building 110", "110")
        self.twin = self._building(self._site("East Campus", owner), "Twin", "7")
        self._building(self.site, "Twin", "9/b")
        shared.clear()

    def _site(self, name: str, owner: str) -> str:
        place: dict[str, Any] = {"time_zone": "Europe/Berlin", "currency": "EUR", "latitude": 50, "longitude": 10}
        return str(sites.create_site(SYSTEM, name=name, kind="campus", organisation_id=owner, **place).id)

    def _building(self, site: str, name: str, number: str) -> str:
        bus = graph.create_node(SYSTEM, site, name=f"Bus of {name}", kind="bus", valid_from=LONG_AGO).id
        node = graph.create_node(SYSTEM, site, name=name, kind="sink", valid_from=LONG_AGO).id
        edge = graph.create_edge(SYSTEM, site, from_node_id=bus, to_node_id=node, valid_from=LONG_AGO)
        meter = meters.create_meter(SYSTEM, site, name=f"Meter of {name}", edge_id=edge.id).id
        declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=3600, valid_from=LONG_AGO)
        with engine.session() as records:
            records.add(Building(node_id=node, site_id=site, number=number))
        return str(meter)

    def hours(self, meter: str, first: datetime, values: list[float]) -> None:
        """Energies of successive hours."""
        at = int(first.timestamp()) * 1_000_000 + 3_600_000_000 * np.arange(len(values))
        whose, quantity = (np.full(len(at), name, dtype=object) for name in (meter, "energy_kwh"))
        rows = bulk.intervals(at, whose, quantity, np.array(values), "test", interval_s=3600)
        bulk.write(SYSTEM, self.sender, "intervals", rows)
        assert rollup.await_applied(["intervals"], PATIENT_S)


@pytest.fixture
def campus(questdb_tables: Settings, sender: Any) -> Campus:
    made = Campus(LiveWorld(questdb_tables), sender)
    rollup.catch_up(SYSTEM, datetime(2025, 12, 20, tzinfo=UTC), late_s=120)
    checkpoint.forget()
    # Of Building 110: the 30th of March with 23 hours of 1 kWh, the 31st with 24 of 2; a single hour of 7.5 in July.
    made.hours(made.meter, datetime(2025, 3, 29, 23, tzinfo=UTC), [1.0] * 23 + [2.0] * 24)
    made.hours(made.meter, datetime(2025, 7, 9, 10, tzinfo=UTC), [7.5])
    made.hours(made.twin, datetime(2025, 3, 1, 8, tzinfo=UTC), [3.0])
    return made


@pytest.fixture
def ask(campus: Campus) -> Ask:
    program = create_app(campus.live.settings).test_client()

    def asked(path: str, who: str = "operator", **given: str) -> Any:
        token = tokens.create_token(Scope(user_id=campus.live.people[who]), name=f"{who} {datetime.now(UTC)}")
        return program.get(path, query_string=given, headers={"Authorization": f"Bearer {token}"})

    return asked


def test_what_there_is_is_told_of_each_building(ask: Ask, campus: Campus) -> None:
    told = {(each["site"], each["name"]): each for each in ask("/get-available-data").get_json()["buildings"]}
    assert told["West Campus", "Building 110"] == {
        "name": "Building 110",
        "number": "110",
        "site": "West Campus",
        "from": "2025-03-30",
        "to": "2025-07-09",
        "years": {"2025": [3, 7]},
    }
    assert told["West Campus", "Twin"]["years"] == {}
    assert told["East Campus", "Twin"]["from"] == "2025-03-01"
    assert {site for site, _ in told} == {"North Campus", "West Campus", "East Campus"}
    of_one = ask("/get-available-data", site="East Campus").get_json()["buildings"]
    assert [each["name"] for each in of_one] == ["Twin"]
    assert ask("/get-available-data", site="No Campus").status_code == 404
    seen = ask("/get-available-data", "resident").get_json()["buildings"]
    assert [each["name"] for each in seen] == ["Library"]


def test_a_building_that_hands_on_what_it_takes_is_one_of_them(ask: Ask, campus: Campus) -> None:
    block = graph.create_node(SYSTEM, campus.site, name="Block", kind="bus", valid_from=LONG_AGO).id
    feeder = graph.create_node(SYSTEM, campus.site, name="Feeder", kind="bus", valid_from=LONG_AGO).id
    graph.create_edge(SYSTEM, campus.site, from_node_id=feeder, to_node_id=block, valid_from=LONG_AGO)
    shared.clear()
    assert "Block" not in {each["name"] for each in ask("/get-available-data").get_json()["buildings"]}
    described.describe_building(SYSTEM, campus.site, block, described.Facts(number="B"))
    assert "Block" in {each["name"] for each in ask("/get-available-data").get_json()["buildings"]}
    assert ask("/fetch-data/2025/3/30/B").get_json()["building"] == "Block"


def test_a_day_has_the_hours_that_it_had(ask: Ask) -> None:
    told = ask(f"/fetch-data/2025/3/30/{quote('Building 110')}").get_json()
    assert (told["building"], told["date"], told["unit"], told["total"]) == ("Building 110", "2025-03-30", "kWh", 23.0)
    assert [each["value"] for each in told["values"]] == [1.0] * 23
    assert [each["time"] for each in told["values"]][1:3] == ["2025-03-30T01:00:00+01:00", "2025-03-30T03:00:00+02:00"]
    assert ask("/fetch-data/2025/03/31/110").get_json()["total"] == 48.0
    nothing = ask("/fetch-data/2025/4/1/110").get_json()
    assert (nothing["values"], nothing["total"]) == ([], None)


def test_the_statistics_of_a_month_are_those_of_its_days(ask: Ask) -> None:
    assert ask(f"/stats/2025/3/{quote('Building 110')}").get_json() == {
        "month": "March",
        "date": "2025-03-01",
        "mean": 35.5,
        "highest": 48.0,
        "lowest": 23.0,
        "median": 35.5,
        "building": "Building 110",
        "highestMonth": "March",
        "lowestMonth": "July",
    }
    nothing = ask("/stats/2024/2/110").get_json()
    assert (nothing["month"], nothing["mean"], nothing["highestMonth"]) == ("February", None, None)


def test_a_building_is_known_by_name_or_number_and_by_its_site_where_names_repeat(ask: Ask) -> None:
    several = ask("/stats/2025/3/Twin")
    assert several.status_code == 409
    assert several.get_json()["error"] == "ambiguous"
    assert several.get_json()["sites"] == ["East Campus", "West Campus"]
    assert ask("/fetch-data/2025/3/1/Twin", site="East Campus").get_json()["total"] == 3.0
    assert ask("/fetch-data/2025/3/1/7").get_json()["total"] == 3.0
    assert ask(f"/fetch-data/2025/3/1/{quote('9/b', safe='')}").get_json()["values"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fetch-data/2025/3/1/Nowhere", 404),
        ("/stats/2025/3/Nowhere", 404),
        ("/fetch-data/2025/2/29/110", 422),
        ("/stats/2025/13/110", 422),
        ("/stats/1969/1/110", 422),
        (f"/fetch-data/{10**30}/3/1/110", 422),
        (f"/stats/2025/{10**30}/110", 422),
    ],
)
def test_what_there_is_not_is_said(ask: Ask, path: str, status: int) -> None:
    answer = ask(path)
    assert answer.status_code == status
    assert set(answer.get_json()) >= {"error", "message"}


def test_what_is_not_somebodys_does_not_exist_for_them(ask: Ask, campus: Campus) -> None:
    foreign, unknown = ask("/stats/2025/3/110", "resident"), ask("/stats/2025/3/Nowhere", "resident")
    assert (foreign.status_code, foreign.get_json()) == (404, unknown.get_json())


def test_whoever_is_signed_in_may_ask_and_nobody_else(campus: Campus) -> None:
    browser = create_app(campus.live.settings).test_client()
    for path in ("/get-available-data", "/fetch-data/2025/3/30/110", "/stats/2025/3/110"):
        answer = browser.get(path)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "no_token")
    sign_in(browser, "operator@example.org", PASSWORD)
    assert browser.get("/fetch-data/2025/3/30/110").get_json()["total"] == 23.0
