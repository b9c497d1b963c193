"""What a tick asks the databases: as much of a large site as of a small one, and nothing that is known already."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event

from config import clock
from dashboard.live import attention, tick
from insight.now import now_of
from insight.shared import shared
from insight.site_view import site_view
from store.errors import NotFound
from store.records.access import policy
from store.records.plant import declarations, graph, meters, restatements
from store.records.plant.metering import metering
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM
from store.series import checkpoint, connection, cost, declared, energy, finality, grid, latest, levels, power, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.live_world import LiveWorld


class Asked(NamedTuple):
    """Questions to the records and to QuestDB."""

    records: int
    series: int


EVERYTHING = Asked(23, 22)  # at most, when nobody has looked for a while
NEXT = Asked(2, 3)  # the newest of samples and of intervals, and what was said of them since


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], object]], Asked]]:
    records, series = list[str](), list[str]()
    ask = connection._ask

    def of_series(sql: str, params: Any) -> Any:
        series.append(sql)
        return ask(sql, params)

    def of_records(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            records.append(statement)

    def count(act: Callable[[], object]) -> Asked:
        records.clear()
        series.clear()
        act()
        return Asked(len(records), len(series))

    monkeypatch.setattr(connection, "_ask", of_series)
    # However long a busy machine takes, it is one tick.
    monkeypatch.setattr(checkpoint, "LASTS_S", 3600.0)
    monkeypatch.setattr("insight.shared.time", SimpleNamespace(monotonic=lambda: 0.0))
    event.listen(engine.engine(), "before_cursor_execute", of_records)
    yield count
    event.remove(engine.engine(), "before_cursor_execute", of_records)


def first(site: LiveWorld) -> None:
    shared.clear()
    checkpoint.forget()
    tick.tick_of(SYSTEM, site.site)


def following(site: LiveWorld) -> None:
    shared.clear("now", "tick", "seen")
    tick.tick_of(SYSTEM, site.site)


def test_a_tick_asks_a_large_site_no_more_than_a_small_one(
    site: LiveWorld, asked: Callable[[Callable[[], object]], Asked]
) -> None:
    closed = grid.floor(
        datetime.now(UTC) - timedelta(hours=1), 900
    )  # what is before it is read from intervals, the rest from samples
    checkpoint.write(checkpoint.Checkpoint(closed, closed))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    site.post_everything()
    small = asked(lambda: first(site)), asked(lambda: following(site))
    homes = site.crowd(40)
    site.post_everything()
    site.post({(home, "power_kw"): 1.5 for home in homes})
    large = asked(lambda: first(site)), asked(lambda: following(site))
    assert small == large
    cold, warm = large
    assert cold.records <= EVERYTHING.records
    assert cold.series <= EVERYTHING.series
    assert warm == NEXT


def test_sums_of_meters_and_what_they_cost_are_asked_for_together(
    site: LiveWorld, asked: Callable[[Callable[[], object]], Asked]
) -> None:
    names = site.crowd(24)
    site.post({(home, "power_kw"): 1.5 for home in names})
    homes, now = [site.meters[name] for name in names], datetime.now(UTC)
    sums = [
        meters.create_meter(SYSTEM, site.site, name=f"Both {n}", role="virtual", terms=[(homes[n], 1), (homes[n + 1], 1)]).id
        for n in range(20)
    ]
    for ask in (
        lambda ids: energy.flows(SYSTEM, ids, [now - timedelta(hours=2), now]),
        lambda ids: cost.cost(SYSTEM, ids, now - timedelta(hours=2), now),
    ):
        ask(sums)  # how far the rollup has come is known from now on
        one, every = asked(lambda ask=ask: ask(sums[:1])), asked(lambda ask=ask: ask(sums))
        assert one == every
    assert asked(lambda: cost.cost(SYSTEM, homes[:1], now - timedelta(hours=2), now)) == asked(
        lambda: cost.cost(SYSTEM, homes, now - timedelta(hours=2), now)
    )


def test_a_view_is_read_again_when_its_records_change_and_only_then(
    site: LiveWorld, asked: Callable[[Callable[[], object]], Asked]
) -> None:
    shared.clear()
    before = site_view(SYSTEM, site.site)
    assert asked(lambda: site_view(SYSTEM, site.site)) == Asked(1, 0)
    meter = site.meters["library"]
    declarations.declare_energy(SYSTEM, meter, method="power", interval_s=60, valid_from=datetime.now(UTC) + timedelta(hours=1))
    after = site_view(SYSTEM, site.site)
    assert [each.interval_s for each in after.metering.declared[meter]] == [
        *(each.interval_s for each in before.metering.declared[meter]), 60
    ]  # fmt: skip
    graph.describe_node(
        SYSTEM, site.nodes["library"], name="Old library", kind="sink", technology="load", capacity_kw=None, capacity_kwh=None,
        plan_x=None, plan_y=None,
    )  # fmt: skip
    assert site_view(SYSTEM, site.site).graph.node(site.nodes["library"]).name == "Old library"


def test_a_view_shows_what_begins_when_its_time_has_come(site: LiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    annexe = graph.create_node(SYSTEM, site.site, name="Annexe", kind="sink", valid_from=soon).id
    assert annexe not in {node.id for node in site_view(SYSTEM, site.site).graph.nodes}
    monkeypatch.setattr(clock, "now", lambda: soon + timedelta(seconds=1))
    assert annexe in {node.id for node in site_view(SYSTEM, site.site).graph.nodes}


def test_since_when_values_are_outside_their_limits_is_one_question_a_quantity(
    site: LiveWorld, asked: Callable[[Callable[[], object]], Asked]
) -> None:
    site.post_everything()
    homes = site.crowd(30)
    site.post({(homes[0], "voltage_v"): 190.0})
    one = asked(lambda: attention.attention(SYSTEM, now_of(SYSTEM, site.site)))
    site.post({(home, "voltage_v"): 190.0 for home in homes})
    many = asked(lambda: attention.attention(SYSTEM, now_of(SYSTEM, site.site)))
    assert many == one
    found, more = attention.attention(SYSTEM, now_of(SYSTEM, site.site))
    assert len(found) == attention.SHOWN
    assert len(found) + more == len(homes) + 1  # and the voltage at Labs


def test_what_was_read_for_one_opens_nothing_for_another(site: LiveWorld) -> None:
    site.post_everything()
    every, mine = list(site.meters.values()), site.meters["library"]
    resident, now = policy.scope_of(site.people["resident"]), datetime.now(UTC)
    foreign, hour = metering(SYSTEM, every), [now - timedelta(hours=1), now]
    kept, told = latest.kept(SYSTEM, every), latest.latest(SYSTEM, every)
    asks: list[Callable[[Any], object]] = [
        lambda scope: power.live_power(scope, every, now, foreign, told),
        lambda scope: power.mean_power(scope, every, *hour, 900, known=foreign),
        lambda scope: energy.flows(scope, every, hour, foreign),
        lambda scope: declared.cells(scope, every, *hour, foreign),
        lambda scope: declared.spans(scope, every, *hour, foreign),
        lambda scope: finality.provisional(scope, every, hour, foreign),
        lambda scope: latest.latest(scope, every, known=foreign, before=kept),
        lambda scope: levels.levels(scope, every, "voltage_v", *hour, 900, known=foreign),
        lambda scope: restatements.waiting(scope, every, foreign),
    ]
    for ask in asks:
        for scope in (NOBODY, resident):
            with pytest.raises(NotFound):
                ask(scope)
    assert power.live_power(resident, [mine], now, foreign)[mine].forward_kw == 30.0
    assert {meter for meter, _ in latest.latest(resident, [mine], known=foreign, before=kept)} == {mine}
    own = metering(resident, [mine])
    with pytest.raises(NotFound):
        power.live_power(resident, every, now, own)
