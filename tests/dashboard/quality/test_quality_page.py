"""Operators see how good a site's readings are, decide what is held, and correct what is wrong; nobody else does."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from questdb import Sender

from config import clock
from config.settings import Settings
from dashboard.quality import days
from insight.shared import shared
from store.records.plant import declarations
from store.scope import SYSTEM
from store.series import amendments, checkpoint, energy, rollup, suspects
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World
from tests.store.series.conftest import LONG_AGO, Site, every, sender

__all__ = ["sender"]
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Measured:
    """The world's site with a counter that is read every minute, of which a spike is held and some hours are missing."""

    def __init__(self, world: World, settings: Settings, sender: Sender) -> None:
        self.world = world
        self.site = object.__new__(Site)
        self.site.settings, self.site.zone, self.site._sender, self.site._gathered = settings, "Europe/London", sender, None
        self.meter = plant(world)["meter"]
        declarations.declare_energy(SYSTEM, self.meter, method="counter", interval_s=60, valid_from=LONG_AGO)
        self.day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
        self.spike = self.day + 6 * HOUR
        minutes = [at for at in every(self.day, 60, 1440) if not 12 <= at.hour < 18]
        values = [100.0 + (at - self.day) / HOUR for at in minutes]
        values[minutes.index(self.spike)] = 90_000.0
        self.site.late(self.meter, "energy_total_kwh", minutes)
        self.site.samples(self.meter, "energy_total_kwh", minutes, values)
        self.settle()

    def settle(self) -> None:
        """What was posted and said is in every sum."""
        for _ in range(2):
            rollup.await_applied(["telemetry", "late", "amendments"], 30)
            self.site.roll_up(clock.now() - timedelta(seconds=75))
        shared.clear()

    @property
    def kwh(self) -> float:
        """Of the day."""
        return float(energy.energy(SYSTEM, [self.meter], self.day, self.day + DAY).loc[self.meter, "forward_kwh"])

    @property
    def key(self) -> str:
        """Of the held reading's row."""
        return f"{self.meter}|energy_total_kwh|0|{round(self.spike.timestamp() * 1e6)}"


@pytest.fixture
def measured(world: World, questdb_server, questdb_tables: Settings, sender: Sender) -> Iterator[Measured]:
    """QuestDB beside the world of the dashboard."""
    ours = world.settings.model_copy(
        update={name: getattr(questdb_server.settings, name) for name in Settings.model_fields if name.startswith("questdb")}
    )
    from config import settings as configuration

    configuration.use(ours)
    checkpoint.forget()
    yield Measured(world, ours, sender)
    checkpoint.forget()


def test_the_page_tells_what_is_there_what_is_missing_and_what_is_held(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality")
    assert f"Hall meter, {measured.day:%Y-%m-%d}: 74 % of its readings" in page
    assert f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d}" in page
    assert "its register rose by more than the meter can do" in page
    assert "90\u202f000 kWh" in page
    assert "105.98333" in page, "what counts before it"
    assert "106.01666" in page, "and after it"
    assert "/quality" in browser.get("/account").get_data(as_text=True)
    for who in ("stranger", "resident"):
        assert world.client(who).get(f"/site/{world.site}/quality").status_code == 404
        assert world.client(who).get(f"/site/{world.site}/quality/{measured.meter}").status_code == 404
    assert world.client("chief").get(f"/site/{world.foreign_site}/quality/{measured.meter}").status_code == 404


def test_a_held_reading_is_accepted_voided_and_given_back_and_totals_follow(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    asked = said(press(browser, "suspects", world.site, searched=False, do="ask", act="accept", row=measured.key))
    assert "changes by" in asked
    assert "Fill this in" in act(browser, "suspects", world.site, "accept", measured.key, searched=False, reason="")
    assert "Accepted" in act(browser, "suspects", world.site, "accept", measured.key, searched=False, reason="it was so")
    measured.settle()
    # Up to the spike, then from zero again: the register is taken for one that was exchanged.
    assert measured.kwh > 89_000
    [found] = suspects.suspects(SYSTEM, [measured.meter], measured.day, measured.day + DAY).to_dict("records")
    assert (found["held"], found["by"]) == (False, world.people["operator"])
    every_one = said(press(browser, "suspects", world.site, view={"filters": {"state": "all"}}, searched=False, do="keep"))
    assert "accepted by Operator" in every_one
    assert "Undone" in act(browser, "suspects", world.site, "undo", measured.key, searched=False)
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    both = {"what": "wrong", "reason": "a torn word"}
    assert "1 reading decided" in act(browser, "suspects", world.site, "alike", measured.key, searched=False, **both)
    other = measured.key.replace(measured.meter, "mtr_000000000000")
    assert "no longer exists" in act(browser, "suspects", world.site, "void", other, searched=False, reason="x")
    for nonsense in ("", "a|b|c|d", f"{measured.meter}|energy_kwh|0|99999999999999999999"):
        assert "error" not in act(browser, "suspects", world.site, "void", nonsense, searched=False, reason="x")


def test_readings_are_found_by_day_corrected_listed_and_undone(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d} 07")
    assert "1–50 of 60" in page
    key = f"energy_total_kwh|0|{round((measured.day + 7 * HOUR).timestamp() * 1e6)}"
    given = {"value": "107.5", "reason": "read by hand"}
    assert "Set." in act(browser, "readings", measured.meter, "set", key, **given)
    assert "Not saved yet" in act(browser, "readings", measured.meter, "set", key, value="much", reason="x")
    rollup.await_applied(["amendments"], 20)
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d} 07:00")
    assert "set by Operator: read by hand" in page
    period = {"since": f"{measured.day:%Y-%m-%d}", "until": f"{measured.day:%Y-%m-%d}"}
    wrong = fill(world, browser, "void", measured.meter, quantity="energy_total_kwh", **period, reason="")
    assert "Fill this in" in said(wrong)
    nothing = fill(world, browser, "scale", measured.meter, quantity="power_kw", **period, factor="2", reason="x")
    assert "nothing of power_kw counts" in said(nothing).lower()
    voided = fill(world, browser, "void", measured.meter, quantity="energy_total_kwh", **period, reason="a test rig")
    assert "values voided" in said(voided)
    measured.settle()
    assert measured.kwh == 0
    rows = said(press(browser, "corrections", measured.meter, searched=False, do="keep"))
    assert "a test rig" in rows
    assert "Operator" in rows
    made = amendments.history(SYSTEM, measured.meter, "energy_total_kwh", measured.day, measured.day + DAY)
    recorded = made.loc[made["reason"] == "a test rig", "recorded_at"].iloc[0]
    key = f"energy_total_kwh|{recorded.isoformat()}"
    assert "Undone" in act(browser, "corrections", measured.meter, "undo", key, searched=False)
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    assert "no longer exists" in act(browser, "corrections", measured.meter, "undo", key, searched=False)


def test_a_gap_is_filled_by_what_is_offered_once_somebody_accepts_it(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}")
    assert "its register: the sum is counted already, spread evenly" in page
    last = (measured.day + 12 * HOUR - MINUTE).isoformat()
    asked = said(press(browser, "gaps", measured.meter, searched=False, do="ask", act="fill", row=last))
    assert "Estimated (E): 6.01667 kWh" in asked
    assert "Fill this in" in act(browser, "gaps", measured.meter, "fill", last, searched=False, reason="")
    assert "Filled with 360 values" in act(browser, "gaps", measured.meter, "fill", last, searched=False, reason="modem off")
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    assert "No gap" in said(press(browser, "gaps", measured.meter, searched=False, do="keep"))
    for nonsense in ("", "yesterday", "2026-01-01", last):
        assert "no longer exists" in act(browser, "gaps", measured.meter, "fill", nonsense, searched=False, reason="x")
    assert world.client("stranger").get(f"/site/{world.site}/quality/{measured.meter}").status_code == 404


def test_without_readings_or_without_a_store_the_page_says_so(world: World) -> None:
    page = shown(world.client("operator"), f"/site/{world.site}/quality")
    assert "cannot be asked for now" in page


@pytest.mark.parametrize(
    ("asked", "means"),
    [
        (("", ""), (31, "2026-11-27")),
        (("7", "2026-10-01"), (7, "2026-10-01")),
        (("8", "2026-02-31"), (31, "2026-11-27")),
        (("92", "2099-01-01"), (92, "2026-11-27")),
        (("-7", "0001-01-01"), (31, "1970-02-01")),
    ],
)
def test_whatever_stands_in_the_address_some_days_are_meant(asked: tuple[str, str], means: tuple[int, str]) -> None:
    found = days.of_address(*asked, datetime(2026, 11, 27).date())  # noqa: DTZ001 - a day
    assert (found.count, f"{found.last}") == means
