"""What of a site's energy was read, estimated, spread by us or said by people: on its page and by the API, by plain numpy."""

from datetime import timedelta

import numpy as np
import pytest

from config import clock
from dashboard.parts.reading import Reader
from dashboard.quality import shares_panel, summary
from insight.data_quality import site_quality
from insight.shared import shared
from store.records.plant import meters
from store.scope import SYSTEM
from store.series import amendments, bulk, checkpoint, rollup
from tests.conftest import PATIENT_S
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.test_every_step_by_the_api import Program
from tests.store.series.conftest import Site, every

ZONE, QUARTER_S = "Europe/Berlin", 900
HOUR = timedelta(hours=1)
COUNT = 4 * 73  # of quarters in three days, the second of which has 25 hours
Kwh = np.ndarray  # of a meter, by class: A, S, E, M


def _store(site: Site, meter: str, quantity: str, seconds: int, times: list, kwh: np.ndarray, guessed: np.ndarray) -> None:
    at = np.array([round(each.timestamp() * 1e6) for each in times], np.int64)
    texts = (np.full(len(at), text, object) for text in (meter, quantity))
    estimated_s = np.where(guessed, float(seconds), 0.0)
    site._write("intervals", bulk.intervals(at, *texts, kwh, "test", interval_s=seconds, estimated_s=estimated_s))


def _both_ways(site: Site, random: np.random.Generator, quarters: list) -> Kwh:
    """A meter of quarters in both directions, of each of which its sender estimated some."""
    meter, found = site.meter("interval", QUARTER_S), np.zeros(4)
    for quantity in ("energy_kwh", "energy_export_kwh"):
        kwh, guessed = random.uniform(0.5, 3, COUNT), random.random(COUNT) < 0.3
        _store(site, meter, quantity, QUARTER_S, quarters, kwh, guessed)
        found += [kwh[~guessed].sum(), kwh[guessed].sum(), 0, 0]
    return found


def _hours_over_quarters(site: Site, random: np.random.Generator, quarters: list) -> Kwh:
    """Hours, of some of which a quarter is told too: of what is left of each one quarter's course is known."""
    meter, kwh = site.meter("interval", QUARTER_S), random.uniform(4, 9, COUNT // 4)
    told = random.random(COUNT // 4) < 0.4
    own = random.uniform(0.2, 3, COUNT // 4) * told
    _store(site, meter, "energy_kwh", 3600, quarters[::4], kwh, np.zeros(len(kwh), bool))
    first = [quarters[4 * n] for n in np.flatnonzero(told)]
    _store(site, meter, "energy_kwh", QUARTER_S, first, own[told], np.zeros(len(first), bool))
    rest = kwh - own
    known = np.where(told, rest / 3, rest / 4).sum() + own.sum()
    return np.array([known, 0, kwh.sum() - known, 0])


def _silent_counter(site: Site, random: np.random.Generator, quarters: list) -> Kwh:
    """A register that was not read for eleven hours, in the middle of the night in which clocks are changed."""
    meter, silent = site.meter("counter", QUARTER_S), slice(4 * 44, 4 * 55)
    kwh = random.uniform(0.5, 3, COUNT)
    stood = 1000 + np.concatenate([[0], kwh.cumsum()])
    heard = np.ones(COUNT + 1, bool)
    heard[silent.start + 1 : silent.stop] = False
    times = [*quarters, quarters[-1] + timedelta(seconds=QUARTER_S)]
    site.samples(meter, "energy_total_kwh", [each for each, here in zip(times, heard, strict=True) if here], stood[heard])
    spread = kwh[silent].sum()
    return np.array([kwh.sum() - spread, 0, spread, 0])


def _put_right(site: Site, random: np.random.Generator, quarters: list) -> Kwh:
    """Hours of which a person has put some right, also some that the sender had estimated."""
    meter, kwh = site.meter("interval", 3600), random.uniform(4, 9, COUNT // 4)
    guessed, said = random.random(len(kwh)) < 0.3, random.random(len(kwh)) < 0.2
    _store(site, meter, "energy_kwh", 3600, quarters[::4], kwh, guessed)
    for place in np.flatnonzero(said):
        kwh[place] = round(float(kwh[place]) / 2, 3)
        amendments.amend(SYSTEM, meter, "energy_kwh", quarters[4 * place], kwh[place], reason="read by hand", interval_s=3600)
    return np.array([kwh[~said & ~guessed].sum(), kwh[~said & guessed].sum(), 0, kwh[said].sum()])


def test_a_sites_shares_are_those_of_what_its_meters_measured(site_in: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site, random = site_in(ZONE), np.random.default_rng(11)
    start, end = second_path.local_midnight(ZONE, 2025, 10, 25), second_path.local_midnight(ZONE, 2025, 10, 28)
    quarters = every(start, QUARTER_S, COUNT)
    assert quarters[-1] + timedelta(seconds=QUARTER_S) == end
    kwh = sum(make(site, random, quarters) for make in (_both_ways, _hours_over_quarters, _silent_counter, _put_right))
    site.meter("interval", QUARTER_S)  # tells nothing
    # A sum of meters is no energy of its own.
    measured = [each.id for each in meters.meters_of(SYSTEM, site.id)]
    meters.create_meter(SYSTEM, site.id, name="Sum", role="virtual", terms=[(each, 1) for each in measured[:2]])
    assert rollup.await_applied(["telemetry", "intervals", "amendments"], PATIENT_S)
    rollup.roll_up(SYSTEM, start, end + HOUR)
    assert rollup.await_applied(["intervals"], PATIENT_S)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - HOUR, clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    checkpoint.forget()
    shared.clear()
    expected = kwh / kwh.sum()
    assert (expected > 0.01).all()
    told = Program(site).get(f"sites/{site.id}/shares", **{"from": start, "to": end})
    assert [told[name] for name in ("actual", "sender", "estimated", "persons")] == pytest.approx(expected.tolist(), abs=6e-5)
    assert told["meters"] == len(measured)
    of_page = site_quality(SYSTEM, site.id, 3, (end - HOUR).date())
    assert [of_page.shares[name] for name in "ASEM"] == pytest.approx(expected.tolist(), abs=1e-9)
    monkeypatch.setattr(summary, "reader", Reader)  # nobody is signed in
    rows = {row.children[0].children: row.children[1].children for row in summary.facts(of_page).children}
    assert [rows[shares_panel.CLASSES[name]] for name in "ASEM"] == [f"{100 * share:.1f} %" for share in expected]
