"""Reports: their numbers are those of the rows, a part is no whole, and what changes later is told and not hidden."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pandas as pd
import pytest

from config import clock
from insight.reports import current, gathering
from insight.reports.numbers import Report, change
from insight.reports.since import since
from insight.shared import shared
from models import local_time
from models.emissions import CERTIFICATE, Factor
from models.report_asked import Asked
from models.tariff_components import MONTH, Fixed
from models.tariffs import Hours
from reporting import telling
from reporting.reader import Reader
from store.errors import NotFound, Refused
from store.records.plant import buildings, emission_factors, graph, meters, reports, tariffs
from store.records.plant.buildings import Facts
from store.scope import SYSTEM, Scope, Window
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
MARCH = (date(2026, 3, 1), date(2026, 3, 31))  # the clocks are set forward on the 29th
DEAR, CHEAP = 0.40, 0.10  # from 7 to 20 local time, and else
QUARTER_S = 900
PLAIN = Reader(None, ZoneInfo(ZONE))


@pytest.fixture(autouse=True)
def _in_april(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)


class Works:
    """A grid connection and uses behind it by quarters of an hour, from the autumn before to the end of March."""

    def __init__(self, site: Site, uses: Sequence[str], *, connected: bool = True, since: datetime = LONG_AGO) -> None:
        self.site = site
        self.nodes, self.meters = {}, {}
        for name in (*(["Grid"] if connected else []), *uses):
            kind = ("source", "grid") if name == "Grid" else ("sink", "")
            node = graph.create_node(SYSTEM, site.id, name=name, kind=kind[0], technology=kind[1], valid_from=LONG_AGO).id
            ends = (node, site.bus) if name == "Grid" else (site.bus, node)
            edge = graph.create_edge(SYSTEM, site.id, from_node_id=ends[0], to_node_id=ends[1], valid_from=since)
            self.nodes[name] = node
            self.meters[name] = meters.create_meter(SYSTEM, site.id, name=f"{name} meter", edge_id=edge.id).id
            site.declare(self.meters[name], "interval", QUARTER_S, since=since)
        start, end = local_time.days(date(2025, 11, 20), MARCH[1], ZoneInfo(ZONE))
        self.moments = second_path.every(start, QUARTER_S, round((end - start).total_seconds() / QUARTER_S))
        self.local = pd.DatetimeIndex(self.moments).tz_convert(ZONE)

    def write(self, **kwh: np.ndarray) -> None:
        with self.site.at_once():
            for name, values in kwh.items():
                self.site.intervals(self.meters[name], "energy_kwh", QUARTER_S, self.moments, values)

    def asked(self, *subjects: str, kind: str = "month", days: tuple[date, date] = MARCH) -> Asked:
        return Asked(self.site.id, kind, *days, tuple(self.nodes[each] for each in subjects))

    def within(self, first: date, last: date) -> np.ndarray:
        days = self.local.date
        return np.asarray((days >= first) & (days <= last))


def used(works: Works, seed: int) -> np.ndarray:
    working = np.asarray((works.local.day_of_week < 5) & (works.local.hour >= 7) & (works.local.hour < 18))
    return np.where(working, 10.0, 2.0) * np.random.default_rng(seed).normal(1, 0.03, len(works.local))


def gather(scope: Scope, asked: Asked) -> Report:
    """A report, as it is read from where it is kept."""
    kept = json.dumps(msgspec.to_builtins(gathering.gather(scope, asked)))
    return msgspec.json.decode(kept, type=Report)


def test_a_month_with_a_day_of_23_hours_has_the_sums_peak_and_cost_of_its_rows(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall", "Lab"])
    hall, lab = used(works, 1), used(works, 2) / 2
    hall[works.within(date(2026, 3, 11), date(2026, 3, 11))] *= 1.6
    works.write(Hall=hall, Lab=lab, Grid=hall + lab)
    tariffs.create_tariff(
        SYSTEM,
        works.site.id,
        name="By day and night",
        import_price_per_kwh=CHEAP,
        export_price_per_kwh=0,
        co2_g_per_kwh=350,
        valid_from=LONG_AGO,
        hours=[Hours("every", 7 * 60, 20 * 60, DEAR, 0)],
        components=[Fixed(50.0, MONTH)],
    )
    whole, march, february = hall + lab, works.within(*MARCH), works.within(date(2026, 2, 1), date(2026, 2, 28))
    prices = np.where((works.local.hour >= 7) & (works.local.hour < 20), DEAR, CHEAP)
    told = gather(SYSTEM, works.asked())
    assert told.told.kwh == pytest.approx(whole[march].sum())
    assert told.told.daily_kwh == pytest.approx(whole[march].sum() / 31)
    assert told.told.co2_kg == pytest.approx(whole[march].sum() * 0.35)
    assert told.told.cost == pytest.approx((whole * prices)[march].sum() + 50)
    assert told.cost_parts == {"energy": pytest.approx((whole * prices)[march].sum()), "fixed": pytest.approx(50)}
    assert [(each.name, each.cost) for each in told.tariffs] == [("By day and night", pytest.approx(told.told.cost))]
    assert (told.told.coverage, told.told.whole) == (pytest.approx(1), True)
    assert told.before.kwh == pytest.approx(whole[february].sum())
    assert change(told.told.daily_kwh, told.before.daily_kwh, (told.told, told.before)) == pytest.approx(
        (whole[march].sum() / 31) / (whole[february].sum() / 28) - 1
    )
    start, end = local_time.days(*MARCH, ZoneInfo(ZONE))
    midnights = [*second_path.local_starts(start, end, "day", ZONE), end]
    days = second_path.in_stretches(second_path.rows(works.moments, QUARTER_S, whole), midnights)
    assert [each.kwh for each in told.days] == pytest.approx(days)
    assert [each.day.day for each in told.days if each.verdict] == [11]
    most = int(np.argmax(np.where(march, whole, 0)))
    assert told.peak is not None
    assert (told.peak.at, told.peak.minutes, told.peak.estimated) == (works.moments[most], 15, False)
    assert told.peak.kw == pytest.approx(whole[most] * 4)
    assert [(each.name, each.total.kwh) for each in told.parts] == [
        ("Hall", pytest.approx(hall[march].sum())),
        ("Lab", pytest.approx(lab[march].sum())),
    ]
    assert sum(each.share or 0 for each in told.parts) == pytest.approx(1)


def test_several_buildings_are_added_up_and_peak_together(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall", "Lab", "Shop"])
    hall, lab = used(works, 1), used(works, 2)[::-1]
    works.write(Hall=hall, Lab=lab, Shop=hall * 3, Grid=hall * 4 + lab)
    told = gather(SYSTEM, works.asked("Hall", "Lab"))
    march = works.within(*MARCH)
    most = int(np.argmax(np.where(march, hall + lab, 0)))
    assert told.told.kwh == pytest.approx((hall + lab)[march].sum())
    assert told.peak is not None
    assert (told.peak.at, told.peak.kw) == (works.moments[most], pytest.approx((hall + lab)[most] * 4))
    assert {each.name for each in told.parts} == {"Hall", "Lab"}


def test_a_building_behind_another_counts_once_in_all_that_is_told_of_both(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall"])
    site, kwh = works.site, used(works, 1)
    made = {}
    for name, kind, source in (("Block", "bus", site.bus), ("Flat", "sink", "Block"), ("Shop", "sink", "Block")):
        made[name] = graph.create_node(SYSTEM, site.id, name=name, kind=kind, valid_from=LONG_AGO).id
        ends = {"from_node_id": made.get(source, source), "to_node_id": made[name]}
        edge = graph.create_edge(SYSTEM, site.id, valid_from=LONG_AGO, **ends).id
        if name != "Shop":
            works.meters[name] = meters.create_meter(SYSTEM, site.id, name=f"{name} meter", edge_id=edge).id
            site.declare(works.meters[name], "interval", QUARTER_S, since=LONG_AGO)
    works.nodes |= made
    buildings.describe_building(SYSTEM, site.id, made["Block"], Facts("1"))
    works.write(Hall=kwh, Block=kwh / 2, Flat=kwh / 4, Grid=kwh * 1.5)
    tariffs.create_tariff(SYSTEM, site.id, name="T", import_price_per_kwh=0.3, export_price_per_kwh=0, valid_from=LONG_AGO)
    both, block = gather(SYSTEM, works.asked("Flat", "Block")), gather(SYSTEM, works.asked("Block"))
    assert both.told.kwh == pytest.approx(kwh[works.within(*MARCH)].sum() / 2)
    assert both.told.cost == pytest.approx(0.3 * kwh[works.within(*MARCH)].sum() / 2)
    for each in ("told", "before", "days", "months", "peak", "cost_parts", "tariffs"):
        assert getattr(both, each) == getattr(block, each)
    assert {each.name: each.share for each in both.parts} == {"Block": pytest.approx(1), "Flat": pytest.approx(0.5)}
    assert telling.ONCE in telling.notes(both, PLAIN)
    assert telling.ONCE not in telling.notes(block, PLAIN)


def _four_of_ten(site: Site, *, of_site: bool) -> tuple[Report, Works]:
    """Four meters of ten kWh in March a year before; in this March one of them is silent."""
    works = Works(site, ["A", "B", "C", "D"], connected=False)
    for year, names in ((2025, "ABCD"), (2026, "ABC")):
        start, end = local_time.days(date(year, 3, 1), date(year, 3, 31), ZoneInfo(ZONE))
        moments = second_path.every(start, QUARTER_S, round((end - start).total_seconds() / QUARTER_S))
        with site.at_once():
            for name in names:
                site.intervals(works.meters[name], "energy_kwh", QUARTER_S, moments, np.full(len(moments), 10 / len(moments)))
    return gather(SYSTEM, works.asked(*("" if of_site else "ABCD"))), works


@pytest.mark.parametrize("of_site", [True, False])
def test_a_total_without_one_of_four_meters_is_of_three_and_not_compared(site_in: MakeSite, of_site: bool) -> None:
    told, _works = _four_of_ten(site_in(ZONE), of_site=of_site)
    assert told.told.kwh == pytest.approx(30)
    assert (told.told.telling, told.told.meters, told.told.whole) == (3, 4, False)
    assert (told.year_before.kwh, told.year_before.whole) == (pytest.approx(40), True)
    assert change(told.told.kwh, told.year_before.kwh, (told.told, told.year_before)) is None
    assert told.silent == ["D meter"]
    said = " ".join(telling.answer(told, PLAIN)).replace("\u00a0", " ")
    assert said.startswith("30.0 kWh of 3 of 4 meters was used")
    assert "not compared with March 2025" in said


def test_a_silent_use_behind_a_grid_connection_that_tells_leaves_the_sum_of_the_site_whole(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall", "Lab"])
    hall = used(works, 1)
    works.write(Hall=hall, Grid=hall * 2)
    told = gather(SYSTEM, works.asked())
    assert told.told.kwh == pytest.approx((hall * 2)[works.within(*MARCH)].sum())
    assert told.told.whole
    assert told.silent == ["Lab meter"]
    assert told.peak is not None
    assert told.peak.kw == pytest.approx((hall * 8)[works.within(*MARCH)].max())
    [lab] = [each for each in told.parts if each.name == "Lab"]
    assert (lab.total.kwh, lab.total.whole) == (None, False)


def test_before_a_site_had_meters_nothing_is_known_of_it_not_zero(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall"], since=datetime(2026, 1, 1, tzinfo=UTC))
    hall = used(works, 1)
    works.write(Hall=hall, Grid=hall)
    told = gather(SYSTEM, works.asked())
    assert told.before.kwh is not None
    assert (told.year_before.kwh, told.year_before.daily_kwh, told.year_before.coverage) == (None, None, None)


def test_of_a_period_that_is_not_over_only_whole_days_are_told_and_as_many_before(
    site_in: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = Works(site_in(ZONE), ["Hall"])
    hall = used(works, 1)
    works.write(Hall=hall, Grid=hall)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 10, 12, tzinfo=UTC))
    told = gather(SYSTEM, works.asked())
    assert (told.told.last, told.before.last) == (date(2026, 3, 9), date(2026, 2, 9))
    assert told.told.kwh == pytest.approx(hall[works.within(date(2026, 3, 1), date(2026, 3, 9))].sum())
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    with pytest.raises(Refused, match="no day of this period"):
        gather(SYSTEM, works.asked())


def test_what_changes_after_a_report_was_made_is_told_and_the_report_stays(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall"])
    hall = used(works, 1)
    works.write(Hall=hall, Grid=hall)
    made = tariffs.create_tariff(
        SYSTEM, works.site.id, name="Flat", import_price_per_kwh=0.3, export_price_per_kwh=0, valid_from=LONG_AGO
    )
    told = gather(SYSTEM, works.asked())
    assert since(SYSTEM, told) is None
    works.write(Grid=hall)  # the same again changes no number
    shared.clear()
    assert since(SYSTEM, told) is None
    tariffs.change_tariff(SYSTEM, made.id, tariffs.Terms("Flat", 0.4, 0))
    shared.clear()
    dearer = since(SYSTEM, told)
    assert dearer is not None
    assert (dearer.then.cost, dearer.now.cost) == (told.told.cost, pytest.approx(told.told.cost / 0.3 * 0.4))
    works.write(Hall=hall * 2, Grid=hall * 2)
    shared.clear()
    more = since(SYSTEM, told)
    assert more is not None
    assert (more.then.kwh, more.now.kwh) == (told.told.kwh, pytest.approx(2 * told.told.kwh))


def test_certificates_are_told_beside_the_grid_and_those_stated_later_are_a_change_of_the_report(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall"])
    hall = used(works, 1)
    works.write(Hall=hall, Grid=hall)
    tariffs.create_tariff(
        SYSTEM, works.site.id, name="Flat", import_price_per_kwh=0.3, export_price_per_kwh=0, co2_g_per_kwh=400,
        valid_from=LONG_AGO,
    )  # fmt: skip
    before = gather(SYSTEM, works.asked())
    assert before.told.market_co2_kg is None
    later = Factor(CERTIFICATE, "Wind", date(2026, 4, 1), None, 0.0, share=1.0)
    emission_factors.add_factor(SYSTEM, works.site.id, later)
    shared.clear()
    assert since(SYSTEM, before) is None  # of days after it
    emission_factors.add_factor(SYSTEM, works.site.id, Factor(CERTIFICATE, "Wind", date(2026, 3, 11), MARCH[1], 10.0, share=0.5))
    shared.clear()
    changed = since(SYSTEM, before)
    assert changed is not None
    assert changed.now.market_co2_kg is not None
    told, days = gather(SYSTEM, works.asked()), works.within(date(2026, 3, 11), MARCH[1])
    march = works.within(*MARCH)
    assert told.told.co2_kg == pytest.approx(hall[march].sum() * 0.4)
    assert told.told.market_co2_kg == pytest.approx(hall[march & ~days].sum() * 0.4 + hall[days].sum() * (0.5 * 0.01 + 0.5 * 0.4))
    assert sum(each.market_co2_kg or 0.0 for each in told.days) == pytest.approx(told.told.market_co2_kg)
    assert since(SYSTEM, told) is None


def test_a_report_of_one_meter_is_of_what_its_holder_sees_and_opens_to_whoever_sees_as_much(site_in: MakeSite) -> None:
    works = Works(site_in(ZONE), ["Hall", "Lab"])
    hall, lab = used(works, 1), used(works, 2)
    works.write(Hall=hall, Lab=lab, Grid=hall + lab)
    moved_in = local_time.days(date(2026, 3, 11), date(2026, 3, 11), ZoneInfo(ZONE))[0]
    held = {works.meters["Hall"]: (Window(moved_in, datetime.max.replace(tzinfo=UTC)),)}
    site = frozenset({works.site.id})
    resident = Scope("usr_r", part_site_ids=site, meter_ids=frozenset({works.meters["Hall"]}), held=held)
    told = gather(resident, works.asked("Hall"))
    assert told.told.kwh == pytest.approx(hall[works.within(date(2026, 3, 11), MARCH[1])].sum())
    assert told.seen.meters == [works.meters["Hall"]]
    assert told.seen.held == {works.meters["Hall"]: [(moved_in, told.seen.until)]}
    assert not told.seen.whole_site
    with pytest.raises(NotFound):
        gather(resident, works.asked("Lab"))
    whole = gather(SYSTEM, works.asked("Hall"))  # of one building, whoever makes it, it needs no other meter
    assert (whole.seen.meters, whole.seen.held, whole.seen.whole_site) == ([works.meters["Hall"]], {}, False)
    assert gather(SYSTEM, works.asked()).seen.whole_site
    assert since(SYSTEM, told) is None  # who sees more has other sums, and no news of these
    assert reports.seen_by(resident, works.site.id, told.seen.meters, told.seen.since, told.seen.until) == told.seen


def test_what_it_would_say_now_is_gathered_once_for_who_see_the_same_and_anew_after_late_readings(
    site_in: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = Works(site_in(ZONE), ["Hall"], connected=False)
    hall = used(works, 5)
    works.write(Hall=hall)
    march = works.within(*MARCH)
    made, later = list[Asked](), iter(range(1, 9))

    def write_late() -> None:
        at = NOW + timedelta(minutes=next(later))
        monkeypatch.setattr(clock, "now", lambda: at)
        works.write(Hall=hall)

    def counted(scope: Scope, asked: Asked) -> Report:
        made.append(asked)
        return gathering.gather(scope, asked)

    monkeypatch.setattr(current, "gather", counted)
    first, second = (current.current(SYSTEM, works.asked()) for _ in range(2))
    assert first is second
    assert first.told == gather(SYSTEM, works.asked()).told
    assert len(made) == 1
    hall[np.flatnonzero(march)[40]] += 100
    write_late()
    assert current.current(SYSTEM, works.asked()).told.kwh == pytest.approx(hall[march].sum())
    february = works.within(date(2026, 2, 1), date(2026, 2, 28))
    hall[np.flatnonzero(february)[7]] += 50  # of what it is compared with
    write_late()
    assert current.current(SYSTEM, works.asked()).before.kwh == pytest.approx(hall[february].sum())
    assert len(made) == 3
    with pytest.raises(Refused, match="no day of this period is over yet"):
        current.current(SYSTEM, works.asked(days=(date(2026, 4, 2), date(2026, 4, 30)), kind="custom"))
