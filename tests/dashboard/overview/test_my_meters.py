"""My meters: what is mine is live, has a history and can be claimed and released; what is not mine does not exist."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from dashboard.my_meters import history
from dashboard.parts.reading import Reader
from insight import meter_history, own_meters, periods
from store.errors import NotFound
from store.records.access import claims, grants, policy
from store.records.people import inbox, organisations, users
from store.records.plant import declarations, meters
from store.scope import SYSTEM
from tests.dashboard.live_world import EVERY_S, LONG_AGO, PASSWORD, LiveWorld
from tests.dashboard.overview.conftest import Served
from tests.dashboard.pages import call, shown
from tests.dashboard.world import csrf, sign_in


@pytest.fixture
def resident(world: Served) -> FlaskClient:
    browser = world.server.test_client()
    assert sign_in(browser, "resident@example.org").status_code == 302
    browser.get("/household")
    return browser


def test_a_meter_shows_its_live_value_its_age_and_todays_energy(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    moment = datetime.now(UTC)
    site.post_hours(2, moment)
    site.post_everything()
    page = shown(resident, "/my-meters")
    assert "Library" in page
    for foreign in ("Labs", "Halls", "Battery"):
        assert foreign not in page
    scope = policy.scope_of(site.people["resident"])
    mine = own_meters.mine(scope, "", 0)
    value = own_meters.values(scope, mine.rows)[site.meters["library"]]
    assert value.kilowatts == pytest.approx(30.0)
    assert value.state == "live"
    assert value.forward_kwh is not None
    assert value.forward_kwh > 0
    assert '"30.0"' in page
    assert "s ago" in page
    assert value.cost == pytest.approx(value.forward_kwh * 0.2)
    assert "Cost today" in page


def test_a_resident_begins_with_their_home_and_people_of_organisations_do_not(
    site: LiveWorld, world: Served, resident: FlaskClient
) -> None:
    site.post_hours(2, datetime.now(UTC))
    site.post_everything()
    page = shown(resident, "/my-meters")
    for words in ("Your home", "Using now", "Used today", "Cost today", "two of your own weeks"):
        assert words in page
    assert "Producing now" not in page
    grants.create_grant(SYSTEM, user_id=site.people["resident"], meter_id=site.meters["pv"])
    told = call(world, resident, "my-home-facts.children", {})
    assert "Using now" in told
    assert '"30.0 kW"' in told, "a roof elsewhere that has told nothing in their time does not hide what the home uses"
    shop = organisations.create_organisation(SYSTEM, name="Shop", kind="customer").id
    users.create_user(SYSTEM, email="shop@example.org", name="Shop", password=PASSWORD, organisation_id=shop, role="admin")
    grants.create_grant(SYSTEM, organisation_id=shop, meter_id=site.meters["halls"])
    browser = world.server.test_client()
    assert sign_in(browser, "shop@example.org").status_code == 302
    told = shown(browser, "/my-meters")
    assert "Halls" in told
    assert "Your home" not in told


def test_what_a_period_cost_stands_under_its_bars(site: LiveWorld) -> None:
    site.post_hours(2, datetime.now(UTC))
    resident = policy.scope_of(site.people["resident"])
    assert "Cost: " in json.loads(history.history(resident, site.meters["library"], "energy", "24h"))["note"]
    assert "Cost: " not in json.loads(history.history(resident, site.meters["library"], "power", "24h"))["note"]


def test_a_meter_of_which_nothing_says_where_its_energy_comes_from_says_so(site: LiveWorld, resident: FlaskClient) -> None:
    assert "energy is not counted yet" not in shown(resident, "/my-meters")
    [declared] = declarations.energy_declarations(SYSTEM, [site.meters["library"]])[site.meters["library"]]
    declarations.withdraw_declaration(SYSTEM, declared.id)
    assert "energy is not counted yet" in shown(resident, "/my-meters")


def test_what_was_posted_is_in_the_next_tick(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    meter = {"type": "my-meter-now", "meter": site.meters["library"]}
    shown(resident, "/my-meters")
    site.post({("library", "power_kw"): 44.4})
    given = {"my-meters-interval": 1, "my-meters-shown": {"first": 0}, "my-meter-now": [(meter, meter)]}
    assert '"44.4"' in tick(world, resident, [meter], given)


def tick(world: Served, browser: FlaskClient, ids: list[dict[str, str]], given: dict[str, object]) -> str:
    """A callback whose outputs are of a pattern says which it has."""
    app = world.server.extensions["loadstar-dash"]
    declared = next(each for each in app._callback_list if "my-meter-now" in each["output"])
    body = {
        "output": declared["output"],
        "outputs": [{"id": each, "property": "children"} for each in ids],
        "inputs": [{"id": "my-meters-interval", "property": "n_intervals", "value": 1}],
        "state": [
            [{"id": each, "property": "id", "value": each} for each in ids],
            {"id": "my-meters-search", "property": "value", "value": None},
            {"id": "my-meters-shown", "property": "data", "value": given["my-meters-shown"]},
        ],
        "changedPropIds": ["my-meters-interval.n_intervals"],
    }
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser)).get_data(as_text=True)


def test_a_foreign_meter_in_the_tick_tells_nothing(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    site.post({("labs", "power_kw"): 55.5})
    foreign = {"type": "my-meter-now", "meter": site.meters["labs"]}
    assert "55.5" not in tick(world, resident, [foreign], {"my-meters-shown": {"first": 0}})


def test_the_history_is_power_or_energy_of_the_chosen_period(site: LiveWorld) -> None:
    end = datetime.now(UTC)
    site.post_hours(3, end)
    scope = policy.scope_of(site.people["resident"])
    meter = site.meters["library"]
    drawn = json.loads(history.history(scope, meter, "power", "24h"))
    known = [kw for kw in drawn["figure"]["data"][0]["y"] if kw is not None]
    assert known == pytest.approx([30.0] * len(known))
    assert 12 <= len(known) <= 14
    assert "30.0 kW" in drawn["says"]
    energy = json.loads(history.history(scope, meter, "energy", "24h"))
    told = sum(kwh or 0 for kwh in energy["figure"]["data"][0]["y"])
    # A sample a minute of one every 5 s holds for two intervals and a half: what is beyond is not guessed.
    assert told == pytest.approx(30 * 3 * 2.5 * EVERY_S / 60, abs=0.5)
    assert "Energy by hour" in energy["note"]
    assert json.loads(history.history(scope, meter, "energy", "year"))["note"].startswith("Energy by month")
    assert json.loads(history.history(scope, meter, "power", "custom"))["problem"]
    assert "JST" in json.loads(history.history(scope, meter, "power", "24h", told_by=Reader(None, "Asia/Tokyo")))["note"]


@pytest.mark.parametrize(
    ("name", "step", "count"),
    [("1h", "quarter", 4), ("24h", "hour", 24), ("48h", "hour", 48), ("7d", "day", 7), ("30d", "day", 30), ("year", "month", 12)],
)
def test_a_period_has_as_many_bars_as_its_name_says(site: LiveWorld, name: str, step: str, count: int) -> None:
    drawn = json.loads(history.history(policy.scope_of(site.people["resident"]), site.meters["library"], "energy", name))
    assert drawn["figure"]["layout"]["meta"]["step"] == step
    assert len(drawn["figure"]["data"][0]["y"]) == count


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"])
@pytest.mark.parametrize("hour", range(0, 24 * 400, 797))
def test_it_has_them_at_any_hour_of_any_season(zone: str, hour: int) -> None:
    at = datetime(2026, 1, 1, 0, 20, tzinfo=UTC) + timedelta(hours=hour)
    for name, (step, count) in meter_history.BARS.items():
        chosen = periods.period(name, ZoneInfo(zone), at)
        assert meter_history.bars(name, chosen, ZoneInfo(zone))[0] == step
        edges = meter_history.bars(name, chosen, ZoneInfo(zone))[1]
        assert len(edges) == count + 1
        assert edges[-2] <= at <= edges[-1]


def test_energy_is_called_what_it_is(site: LiveWorld) -> None:
    called = {
        name: own_meters.direction_of(SYSTEM, each)
        for name, meter in site.meters.items()
        for each in [meters.require_meters(SYSTEM, [meter])[meter]]
    }
    assert called == {
        "grid": "taken",
        "pv": "made",
        "battery": "charged",
        "library": "taken",
        "labs": "taken",
        "halls": "taken",
    }


def test_the_very_first_value_is_seen_though_nothing_is_beside_it(site: LiveWorld) -> None:
    site.post({("library", "power_kw"): 12.0})
    drawn = json.loads(history.history(policy.scope_of(site.people["resident"]), site.meters["library"], "power", "24h"))
    trace = drawn["figure"]["data"][0]
    assert [kw for kw in trace["y"] if kw is not None] == [12.0]  # the browser draws it as a dot


def test_a_period_without_readings_says_so(site: LiveWorld) -> None:
    drawn = json.loads(history.history(policy.scope_of(site.people["resident"]), site.meters["library"], "power", "1h"))
    assert drawn["empty"]
    assert drawn["says"] == "No values in this period."


def test_the_history_of_a_foreign_meter_does_not_exist(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    with pytest.raises(NotFound):
        history.history(policy.scope_of(site.people["resident"]), site.meters["labs"], "power", "24h")
    given = {"my-meters-meter": site.meters["labs"], "my-meters-what": "power", "my-meters-range": "24h"}
    assert "not_found" in call(world, resident, "my-meters-figure.data", given)


def test_a_meter_is_claimed_by_its_code_and_is_there_once_it_is_granted(
    site: LiveWorld, world: Served, resident: FlaskClient
) -> None:
    code = claims.claim_code(SYSTEM, site.meters["halls"])
    said = call(world, resident, "my-meters-claim-notice.children", {"my-meters-code": code, "my-meters-note": "12 High Street"})
    assert "as soon as your distributor agrees" in said
    assert "waits for a decision" in said
    assert "Halls" not in shown(resident, "/my-meters"), "a claim tells nothing of the meter"
    asked = claims.my_requests(policy.scope_of(site.people["resident"]))[0]
    inbox.decide(SYSTEM, asked.id, approve=True)
    page = shown(resident, "/my-meters")
    assert "Halls" in page
    assert '"approved"' in page


def test_wrong_codes_tell_nothing_and_guessing_is_slowed_down(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    answers = [
        call(world, resident, "my-meters-claim-notice.children", {"my-meters-code": f"WRONG-{n}", "my-meters-note": ""})
        for n in range(8)
    ]
    assert "No meter can be claimed with this code" in answers[0]
    assert "Too many tries" in answers[-1]


def test_a_claim_is_taken_back_after_a_question(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    scope = policy.scope_of(site.people["resident"])
    asked = claims.claim_meter(scope, claims.claim_code(SYSTEM, site.meters["halls"]))
    button = {"type": "my-request-act", "of": asked.id}
    output = next(each for each in _outputs(world) if each.startswith("my-meters-requests.children@"))
    assert "will not be decided on" in call(world, resident, output, {}, {**button, "act": "ask"})
    assert claims.my_requests(scope)
    call(world, resident, output, {}, {**button, "act": "do"})
    assert claims.my_requests(scope) == []


def test_a_meter_is_released_after_a_question(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    meter = site.meters["library"]
    button = {"type": "my-meter-act", "of": meter}
    given = {"my-meters-shown": {"first": 0}}
    call(world, resident, "my-meters-meter.data", given, {**button, "act": "ask"})
    assert meter in policy.scope_of(site.people["resident"]).meter_ids
    assert "Released" in call(world, resident, "my-meters-meter.data", given, {**button, "act": "do"})
    assert meter not in policy.scope_of(site.people["resident"]).meter_ids
    assert "No meter yet" in shown(resident, "/my-meters")


def test_many_meters_come_in_pages_and_are_searched(site: LiveWorld) -> None:
    from store.records.access import grants

    for number in range(own_meters.COUNT + 3):
        made = meters.create_meter(SYSTEM, site.site, name=f"Flat number{number:02}", role="condition")
        grants.create_grant(SYSTEM, user_id=site.people["resident"], meter_id=made.id, valid_from=LONG_AGO + timedelta(days=1))
    scope = policy.scope_of(site.people["resident"])
    first, second = own_meters.mine(scope, "", 0), own_meters.mine(scope, "", own_meters.COUNT)
    assert (len(first.rows), len(second.rows), first.total) == (own_meters.COUNT, 4, own_meters.COUNT + 4)
    assert [each.meter.name for each in own_meters.mine(scope, "flat number07", 0).rows] == ["Flat number07"]


def test_a_distributors_people_have_no_meters_of_their_own(world: Served) -> None:
    browser = world.server.test_client()
    sign_in(browser, "operator@example.org")
    assert browser.get("/my-meters").status_code == 404


def _outputs(world: Served) -> list[str]:
    return [each["output"] for each in world.server.extensions["loadstar-dash"]._callback_list]
