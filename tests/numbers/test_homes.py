"""What a resident's page says of their home is what pandas finds on the raw rows: today, their usual, two weeks, own use."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from insight import own_home
from insight.shared import shared
from store.records.access import grants, policy
from store.records.people import users
from store.records.plant import graph, meters
from store.scope import SYSTEM
from tests.held_clock import held
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

QUARTER = pd.Timedelta(minutes=15)
DAYS = 40


class Street:
    """A home with a meter at its door and one of its roof, of which every quarter of forty days is stored."""

    def __init__(self, site: Site, now: pd.Timestamp, seed: int) -> None:
        self.zone = site.zone
        board = graph.create_node(SYSTEM, site.id, name="Home", kind="sink", valid_from=LONG_AGO).id
        roof = graph.create_node(SYSTEM, site.id, name="Roof", kind="source", technology="pv", valid_from=LONG_AGO).id
        self.meters = {}
        for name, source, target, two_way in (("door", site.bus, board, True), ("roof", roof, board, False)):
            edge = graph.create_edge(
                SYSTEM, site.id, from_node_id=source, to_node_id=target, two_way=two_way, valid_from=LONG_AGO
            )
            self.meters[name] = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(self.meters[name], "interval", 900, since=LONG_AGO)
        random = np.random.default_rng(seed)
        last = now.floor("15min")
        times = pd.date_range(last - pd.Timedelta(days=DAYS), last, freq="15min", inclusive="left")
        draw = {"taken": (0, 1), "fed": (0, 0.3), "made": (0.3, 1)}  # kWh
        self.rows = pd.DataFrame({name: random.uniform(*each, len(times)) for name, each in draw.items()}, index=times)
        moments = [each.to_pydatetime() for each in times]
        with site.at_once():
            for meter, quantity, column in (
                ("door", "energy_kwh", "taken"), ("door", "energy_export_kwh", "fed"), ("roof", "energy_kwh", "made")
            ):  # fmt: skip
                site.intervals(self.meters[meter], quantity, 900, moments, self.rows[column])

    def resident(self, since: pd.Timestamp) -> str:
        person = users.create_user(SYSTEM, email="ada@example.org", name="Ada", password=None).id
        for meter in self.meters.values():
            grants.create_grant(SYSTEM, user_id=person, meter_id=meter, valid_from=since.to_pydatetime())
        return person

    def used(self) -> pd.Series:
        return self.rows["taken"] - self.rows["fed"] + self.rows["made"]


@pytest.mark.parametrize(
    ("zone", "now", "moved_in", "days"),
    [
        ("America/Los_Angeles", "2026-11-05 14:20", "2026-10-10 10:00", 3),  # the clocks were set back on 1 November
        ("Europe/Berlin", "2026-04-02 03:40", "2026-01-01 00:00", 4),  # and forward on 29 March
        ("Asia/Kathmandu", "2026-06-11 23:50", "2026-05-21 12:00", 2),  # the day of moving in is not whole
    ],
)
def test_a_home_is_told_its_today_its_usual_and_its_two_weeks(
    site_in: MakeSite, zone: str, now: str, moved_in: str, days: int
) -> None:
    moment = pd.Timestamp(now, tz=zone).tz_convert("UTC")
    street = Street(site_in(zone), moment, seed=days)
    person = street.resident(pd.Timestamp(moved_in, tz=zone).tz_convert("UTC"))
    shared.clear()
    with held(moment.to_pydatetime()):
        [home] = own_home.homes(policy.scope_of(person))

    local = street.rows.index.tz_convert(zone)
    used, today = street.used(), pd.Timestamp(now).date()
    of_today = street.rows[local.date == today].sum()
    assert home.today.used == pytest.approx(of_today["taken"] - of_today["fed"] + of_today["made"])
    assert (home.today.bought, home.today.fed_in, home.today.made) == pytest.approx(tuple(of_today))
    assert home.today.kept == pytest.approx(1 - of_today["fed"] / of_today["made"])

    until = pd.Timestamp(now).floor("15min")
    earlier = (local.hour * 60 + local.minute) < until.hour * 60 + until.minute
    same_days = [today - timedelta(days=7 * week) for week in range(1, days + 1)]
    assert home.usual is not None
    assert home.usual.days == days
    assert home.usual.kwh == pytest.approx(np.mean([used[(local.date == day) & earlier].sum() for day in same_days]))
    assert home.usual.today_kwh == pytest.approx(used[(local.date == today) & earlier].sum())

    by_day = used.groupby(local.date).sum()
    assert home.trend.used == pytest.approx(by_day.iloc[-15:].to_numpy())
    sums = by_day.iloc[-15:-1].to_numpy().reshape(2, 7).sum(axis=1)
    assert home.trend.change == pytest.approx(sums[1] / sums[0] - 1)


def test_without_two_days_of_their_own_nobody_has_a_usual_and_the_time_before_is_not_theirs(site_in: MakeSite) -> None:
    now = pd.Timestamp("2026-06-11 18:00", tz="UTC")
    street = Street(site_in("UTC"), now, seed=9)
    person = street.resident(pd.Timestamp("2026-06-02 12:00", tz="UTC"))
    shared.clear()
    with held(now.to_pydatetime()):
        [home] = own_home.homes(policy.scope_of(person))
    assert home.usual is None, "only one Thursday was theirs"
    assert home.trend.change is None
    before = [day for day, edge in enumerate(home.trend.edges[:-1]) if edge < pd.Timestamp("2026-06-02", tz="UTC")]
    assert before
    assert np.isnan(home.trend.used[before]).all()
