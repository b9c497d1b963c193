"""Where a meter's energy comes from is declared and put right on its page, and what is not counted says why."""

from datetime import timedelta

import numpy as np
import pytest

from config import clock
from config.settings import Settings
from store.records.plant import declarations
from store.scope import SYSTEM
from store.series import bulk, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

# "sure": there is mostly no QuestDB here that could say what is restated.
GIVEN = {"method": "counter", "every": "900", "rollover": "42.94967295", "rated": "", "since": "", "sure": "yes"}


def _declare(world: World, browser, meter: str, **given: str):
    return fill(world, browser, "declared", meter, **(GIVEN | given))


def _declared(meter: str):
    return declarations.energy_declarations(SYSTEM, [meter])[meter]


def test_a_meter_that_came_without_a_method_gets_one_and_it_is_put_right(world: World) -> None:
    meter, browser = plant(world)["meter"], world.client("admin")
    assert "Nothing is declared yet" in shown(browser, f"/admin/meters/{meter}")
    assert "Declared from the beginning on" in said(_declare(world, browser, meter))
    [made] = _declared(meter)
    assert (made.method, made.interval_s, made.rollover_kwh, made.valid_from) == (
        "counter",
        900,
        42.94967295,
        declarations.BEGINNING,
    )
    page = shown(browser, f"/admin/meters/{meter}")
    assert "42.94967295 kWh" in page
    assert "the beginning" in page
    given = GIVEN | {"method": "interval", "every": "86400", "rollover": "", "since": "2026-03-01"}
    assert "Saved" in act(browser, "declared", meter, "edit", made.id, searched=False, **given)
    [made] = _declared(meter)
    assert (made.method, made.interval_s, made.rollover_kwh) == ("interval", 86400, None)
    assert "local day" in shown(browser, f"/admin/meters/{meter}")
    assert "Declared from 2026-06-01 00:00" in said(_declare(world, browser, meter, since="2026-06-01"))
    first, second = _declared(meter)
    assert first.valid_to == second.valid_from
    assert "Withdrawn" in act(browser, "declared", meter, "withdraw", second.id, searched=False, sure="yes")
    assert [each.valid_to for each in _declared(meter)] == [None]


def test_a_declaration_that_is_moved_leaves_no_hole_behind(world: World) -> None:
    meter, browser = plant(world)["meter"], world.client("admin")
    for since in ("", "2026-03-01", "2026-06-01"):
        _declare(world, browser, meter, since=since)
    middle = _declared(meter)[1]
    act(browser, "declared", meter, "edit", middle.id, searched=False, **(GIVEN | {"since": "2026-09-01"}))
    first, second, third = _declared(meter)
    assert (first.valid_to, second.valid_to, third.valid_to) == (second.valid_from, third.valid_from, None)
    assert third.id == middle.id


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"method": "guess"}, "no method"),
        ({"every": ""}, "Fill this in"),
        ({"every": "0"}, "cannot be declared"),
        ({"method": "interval", "every": "604800", "rollover": ""}, "cannot be declared"),
        ({"method": "power"}, "only a counter"),
        ({"rollover": "0"}, "more than 0 kWh"),
        ({"rollover": "nan"}, "not a number"),
        ({"since": "yesterday"}, "not a date"),
    ],
)
def test_what_cannot_be_declared_is_said(world: World, given: dict[str, str], says: str) -> None:
    meter = plant(world)["meter"]
    assert says.casefold() in said(_declare(world, world.client("admin"), meter, **given)).casefold()
    assert _declared(meter) == []


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_nobody_else_declares_anything(world: World, who: str) -> None:
    meter = plant(world)["meter"]
    _declare(world, world.client("admin"), meter)
    browser, [made] = world.client(who), _declared(meter)
    assert _declare(world, browser, meter, since="2026-06-01").status_code == 404
    assert press(browser, "declared", meter, searched=False, do="act", act="withdraw", row=made.id, given={}).status_code == 404
    assert [each.id for each in _declared(meter)] == [made.id]


def test_the_lists_of_meters_and_devices_mark_what_is_stored_and_not_counted(world: World, questdb_tables: Settings) -> None:
    ids, browser = plant(world), world.client("admin")
    lists = [("meters", "", "Hall meter"), ("devices", world.site, "Hall box")]
    moment = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)

    def marked() -> list[bool]:
        rows = [said(press(browser, table, context)) for table, context, _ in lists]
        assert all(name in row for row, (_, _, name) in zip(rows, lists, strict=True))
        return ["Stored, but not counted, because: 1 × energy_kwh of 900 s" in row for row in rows]

    assert marked() == [False, False]
    at, texts = np.array([int(moment.timestamp() * 1e6)]), [np.array([text], object) for text in (ids["meter"], "energy_kwh")]
    with bulk.writer(questdb_tables) as sender:
        bulk.write(SYSTEM, sender, "intervals", bulk.intervals(at, *texts, np.array([1.0]), "test", interval_s=900))
    assert rollup.await_applied(["intervals"], PATIENT_S)
    assert marked() == [True, True]
    _declare(world, browser, ids["meter"], method="interval", every="3600", rollover="")
    assert marked() == [False, False]


def test_what_a_meter_is_rated_for_is_declared_and_its_page_says_by_what_it_is_judged(
    world: World, questdb_tables: Settings
) -> None:
    meter, browser = plant(world)["meter"], world.client("admin")
    assert "Nobody has said what it is rated for" in shown(browser, f"/admin/meters/{meter}")
    _declare(world, browser, meter, rated="45.5")
    assert _declared(meter)[0].rated_kw == 45.5
    page = shown(browser, f"/admin/meters/{meter}")
    assert "Rated for 45.5 kW, as declared: more than 54.6 kW is held" in page
    act(browser, "declared", meter, "edit", _declared(meter)[0].id, searched=False, **(GIVEN | {"rated": ""}))
    assert _declared(meter)[0].rated_kw is None
    assert "rated for more than 0" in said(_declare(world, browser, meter, since="2026-06-01", rated="-3"))


def test_a_declaration_says_what_it_restates_before_it_is_saved_put_right_or_withdrawn(
    world: World, questdb_tables: Settings
) -> None:
    meter, browser = plant(world)["meter"], world.client("admin")
    start = (clock.now() - timedelta(days=40)).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    moments = np.array([round((start + timedelta(hours=n)).timestamp() * 1e6) for n in range(10)])
    texts = [np.full(10, text, object) for text in (meter, "energy_kwh")]
    with bulk.writer(questdb_tables) as sender:
        bulk.write(SYSTEM, sender, "intervals", bulk.intervals(moments, *texts, np.full(10, 1.5), "test", interval_s=3600))
    assert rollup.await_applied(["intervals"], PATIENT_S)
    hourly = {"method": "interval", "every": "3600", "rollover": "", "sure": ""}
    asked = said(_declare(world, browser, meter, **hourly))
    month = f"{start:%Y-%m}"
    for words in ("Energy of Hall meter: this restates 1 month by +15 kWh.", "Tick to save it", month, '"15 kWh"', '"–"'):
        assert words in asked
    assert _declared(meter) == [], "nothing is saved before"
    assert "Declared from the beginning on" in said(_declare(world, browser, meter, **hourly | {"sure": "yes"}))
    [made] = _declared(meter)
    counter = GIVEN | {"sure": ""}
    assert "this restates 1 month by −15 kWh." in act(browser, "declared", meter, "edit", made.id, searched=False, **counter)
    assert "this restates 1 month by −15 kWh." in act(browser, "declared", meter, "withdraw", made.id, searched=False, sure="")
    assert [each.method for each in _declared(meter)] == ["interval"]
    rated = GIVEN | hourly | {"rated": "45"}
    assert "Saved" in act(browser, "declared", meter, "edit", made.id, searched=False, **rated), "no month is another"
    assert "Withdrawn" in act(browser, "declared", meter, "withdraw", made.id, searched=False, sure="yes")
