"""What services say is stored once, where and when it belongs; what was missed is asked for, and no fault ends it."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from config.settings import Settings
from ingest.pulls import pulling
from store.errors import NotFound, Refused
from store.records.access import audit, policy
from store.records.jobs.kinds import OfSource
from store.records.people import organisations, users
from store.records.plant import pull_sources, pull_turns
from store.scope import NOBODY, SYSTEM, Scope
from store.series import outlooks, region_series
from store.series.connection import frame
from tests.held_clock import held
from tests.ingest.pulls import answers
from tests.ingest.pulls.answers import at
from tests.ingest.pulls.pulled import HOUR, NOW, OWN, Market, between, change, entsoe, pull, source, stored, words
from tests.ingest.pulls.services import Played, Reply, Seen
from tests.ingest.world import World
from worker import main
from worker.tasks import pull as task


def test_prices_are_caught_up_after_a_time_away_and_nothing_is_carried_forward(
    asking: Settings, region: str, played: Played
) -> None:
    played.answer = market = Market(out_until=at("2026-03-30T22:00"))
    made = entsoe(region, played)
    first = pull(asking, made, NOW)
    expected = pd.date_range(NOW - timedelta(days=31), market.out_until, freq="h", inclusive="left")
    rows = stored(region)
    assert list(rows["ts"]) == list(expected)
    assert list(rows["value"]) == [market.price(start) / 1000 for start in expected]
    assert set(rows["interval_s"]) == {3600}
    assert set(rows["source"]) == {made}
    assert first == {"written": len(expected), "same": 0, "refused": 0}
    state = source(made)
    assert (state.asked_at, state.answered_at, state.failures, state.problem) == (NOW, NOW, 0, [])
    assert (state.value_at, state.next_at) == (expected[-1], NOW + HOUR)

    # The same again writes nothing: who keeps results by when values came keeps them.
    assert pull(asking, made, NOW + HOUR)["written"] == 0

    # The service is away for a week, then answers with a hole, and the hole is filled the day after.
    played.answer = lambda _seen: Reply(status=503)
    away = NOW + timedelta(days=7)
    for n in range(3):
        pull(asking, made, away + n * HOUR)
    assert (source(made).failures, source(made).answered_at) == (3, NOW + HOUR)
    assert "error 503" in words(made)
    market.out_until, market.but = away + timedelta(days=1), {away - 5 * HOUR}
    played.answer = market
    played.seen.clear()
    pull(asking, made, away + 4 * HOUR)
    asked = between(played.seen[0])
    assert asked[0] <= expected[-1] - timedelta(days=1)
    whole = pd.date_range(NOW - timedelta(days=31), market.out_until, freq="h", inclusive="left")
    assert sorted(set(whole) - set(stored(region)["ts"])) == [away - 5 * HOUR]
    assert (source(made).failures, source(made).problem) == (0, [])
    market.but = set()
    pull(asking, made, away + 24 * HOUR)
    assert list(stored(region)["ts"]) == list(whole)


def test_a_long_time_away_is_asked_for_in_parts_and_only_so_far_back(asking: Settings, works: World, region: str) -> None:
    made = pull_sources.add_service(SYSTEM, region, service="gb_carbon")
    order = pull_turns.order(SYSTEM, made.id)
    assert order is not None
    parts = list(pulling.stretches(order._replace(value_at=NOW - timedelta(days=400)), NOW))
    assert parts[0][0] == NOW - pulling.FURTHEST
    assert all(end - start <= timedelta(days=13) for start, end in parts)
    assert [start for start, _end in parts[1:]] == [end for _start, end in parts[:-1]]
    [(start, end)] = list(pulling.stretches(order._replace(value_at=NOW + timedelta(days=30)), NOW))
    assert (start, end) == (NOW - pulling.AGAIN, NOW + timedelta(days=2))


def test_values_that_come_twice_are_stored_once_and_those_that_cannot_be_cost_no_other(
    asking: Settings, region: str, played: Played
) -> None:
    made = entsoe(region, played)
    market = Market(out_until=NOW + HOUR)
    market.twice = True
    played.answer = market
    assert pull(asking, made, NOW)["written"] == len(stored(region)) > 700
    broken = answers.entsoe_series("2026-03-29T10:00", "2026-03-29T13:00", [(1, 5.0), (2, 9e9), (3, 7.0)])
    played.answer = lambda _seen: Reply(answers.entsoe(broken))
    assert pull(asking, made, NOW + HOUR) == {"written": 2, "same": 0, "refused": 1}
    assert "1 values were left out" in words(made)
    assert source(made).failures == 0


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(b"<html><body>Maintenance</body></html>"), "no document of prices"),
        (Reply(answers.entsoe(answers.entsoe_series("2026-03-29T10:00", "2026-03-29T11:00", [(1, 1)]))[:-50]), "cut off"),
        (Reply(status=301, headers={"Location": "http://127.0.0.1:1/"}), "another address"),
        (Reply(b" " * (11 * 2**20)), "larger than 10 MB"),
        (Reply(status=401), "key is missing"),
        (Reply(status=429, headers={"Retry-After": "7200"}), "more than we may"),
    ],
)
def test_a_fault_is_told_in_words_and_waited_for(
    asking: Settings, region: str, played: Played, reply: Reply, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = entsoe(region, played)
    played.answer = lambda _seen: reply
    with caplog.at_level(logging.DEBUG):
        assert pull(asking, made, NOW) == {"written": 0, "same": 0, "refused": 0}
    state = source(made)
    assert says in words(made)
    assert state.answered_at is None
    assert state.next_at == NOW + timedelta(seconds=7200 if reply.status == 429 else 60)
    assert played.seen[-1].query["securityToken"] == "t0ken-of-ours"
    assert "t0ken" not in words(made) + caplog.text + str(audit.entries(SYSTEM)) + str(state.secret)


def test_prices_in_another_currency_than_the_sites_are_not_taken(
    asking: Settings, works: World, region: str, played: Played
) -> None:
    with pytest.raises(Refused, match="account in EUR"):
        pull_sources.add_service(SYSTEM, region, service="octopus_agile", area="E-1R-AGILE-24-10-01-C")
    made = entsoe(region, played)
    change(works.site_id, currency="GBP")
    pull(asking, made, NOW)
    assert "GBP" in words(made)
    assert not played.seen


def test_a_day_on_which_the_clocks_change_has_each_quarter_once_and_pandas_sums_it_alike(
    asking: Settings, region: str, played: Played
) -> None:
    made = pull_sources.add_service(SYSTEM, region, service="energy_charts", area="DE-LU", address=played.url).id
    day = pd.date_range("2026-03-29", "2026-03-30", freq="15min", inclusive="left", tz="Europe/Berlin")
    prices = [round(-40 + n * 0.37, 2) for n in range(len(day))]
    assert len(day) == 92
    played.answer = lambda _seen: Reply(answers.energy_charts([each.to_pydatetime() for each in day], prices))
    pull(asking, made, NOW)
    rows = stored(region)
    assert list(rows["ts"]) == list(day.tz_convert("UTC"))
    assert rows["value"].to_numpy() == pytest.approx(pd.Series(prices).to_numpy() / 1000)
    assert played.seen[0].query["bzn"] == "DE-LU"


def test_weather_is_kept_with_when_it_was_said_and_past_weather_is_what_came_later(
    asking: Settings, works: World, played: Played
) -> None:
    forecast = pull_sources.add_service(SYSTEM, works.site_id, service="open_meteo", area="52.5, 13.4", address=played.url).id
    past = pull_sources.add_service(SYSTEM, works.site_id, service="open_meteo_archive", area="52.5, 13.4", address=played.url).id
    hours = [NOW + n * HOUR for n in range(4)]

    def says(*temperatures: float) -> Callable[[Seen], Reply]:
        return lambda _seen: Reply(answers.open_meteo(hours, temperatures, radiation=[0.0, 100.0, 200.0, 300.0]))

    played.answer = says(8, 9, 10, 11)
    pull(asking, forecast, NOW)
    played.answer = says(8, 9, 12, 11)
    pull(asking, forecast, NOW + 3 * HOUR / 2)
    played.answer = says(7, 7.5, 7.8, 8.1)
    pull(asking, past, NOW + timedelta(days=6))

    def temperatures(as_of: datetime) -> list[float]:
        found = outlooks.newest(SYSTEM, works.site_id, "temperature_c", NOW, NOW + 4 * HOUR, as_of=as_of)
        return list(found["value"])

    assert temperatures(NOW) == [9, 10, 11]
    assert temperatures(NOW + 2 * HOUR) == [9, 12, 11]
    assert temperatures(NOW + timedelta(days=7)) == [7, 7.5, 7.8, 8.1]
    radiation = outlooks.newest(SYSTEM, works.site_id, "irradiance_w_m2", NOW, NOW + 4 * HOUR, as_of=NOW)
    assert list(zip(radiation["start"], radiation["value"], radiation["interval_s"], strict=True)) == [
        (NOW, 100.0, 3600),
        (NOW + HOUR, 200.0, 3600),
        (NOW + 2 * HOUR, 300.0, 3600),
    ]
    # What was said again alike is known since it was said first.
    rows = frame("SELECT issued_at FROM outlooks WHERE source = %s AND quantity = 'temperature_c' ORDER BY issued_at", [forecast])
    assert list(rows["issued_at"]) == [NOW] * 3 + [NOW + 3 * HOUR / 2]
    assert {each.query["start_date"] for each in played.seen[:2]} == {"2026-03-30"}
    with pytest.raises(NotFound):
        outlooks.newest(NOBODY, works.site_id, "temperature_c", NOW, NOW + HOUR)


def test_foreseen_carbon_is_an_outlook_and_what_it_was_a_series(asking: Settings, region: str, played: Played) -> None:
    made = pull_sources.add_service(SYSTEM, region, service="gb_carbon", address=played.url).id
    half_hours = [(NOW - HOUR, 100.0, 90.0), (NOW - HOUR / 2, 110.0, 95.0), (NOW, 120.0, None), (NOW + HOUR / 2, 130.0, None)]
    played.answer = lambda _seen: Reply(answers.gb_carbon(half_hours))
    pull(asking, made, NOW)
    assert list(stored(region)["value"]) == [90.0, 95.0]
    ahead = outlooks.newest(SYSTEM, region, "co2_g_per_kwh", NOW, NOW + HOUR, as_of=NOW)
    assert list(ahead["value"]) == [120.0, 130.0]
    assert region_series.known(SYSTEM, region)[0].interval_s == 1800


def test_one_source_gives_a_thing_and_whoever_is_no_administrator_finds_none(
    asking: Settings, works: World, region: str, played: Played
) -> None:
    made = entsoe(region, played)
    with pytest.raises(Refused, match="has a source of this"):
        pull_sources.add_service(SYSTEM, region, service="energy_charts", area="DE-LU")
    with pytest.raises(Refused, match="its region's"):
        pull_sources.add_service(SYSTEM, works.site_id, service="gb_carbon")
    with pytest.raises(Refused, match="write it like"):
        pull_sources.add_service(SYSTEM, region, service="energy_charts", area="../x")
    owner = organisations.create_organisation(SYSTEM, name="Other", kind="distributor").id
    stranger = policy.scope_of(
        users.create_user(SYSTEM, email="s@example.org", name="S", password=None, organisation_id=owner).id
    )
    for refused in (
        lambda who: pull_sources.require_source(who, made),
        lambda who: pull_sources.sources_of(who, region),
        lambda who: pull_sources.sources_of(who, works.site_id),
        lambda who: pull_sources.ask_now(who, made),
        lambda who: pull_sources.archive_source(who, made),
        lambda who: pull_sources.add_service(who, region, service="gb_carbon"),
        lambda who: pull_sources.add_own(who, works.site_id, OWN, name="x", address=played.url),
        lambda who: outlooks.newest(who, region, "co2_g_per_kwh", NOW, NOW + HOUR),
    ):
        with pytest.raises(NotFound):
            refused(stranger)
    inner: list[Callable[[Scope], Any]] = [
        lambda who: pull_turns.due(who, NOW),
        lambda who: pull_turns.order(who, made),
        lambda who: pull_turns.begin(who, made, NOW, NOW),
        lambda who: pull_sources.all_sources(who),
        lambda who: outlooks.take_pulled(who, region, made, NOW, []),
        lambda who: region_series.take_pulled(who, region, made, 3600, []),
        lambda who: pulling.pull(who, asking, made),
    ]
    for each in inner:
        with pytest.raises(Refused):
            each(stranger)


def test_the_clock_asks_for_a_source_once_until_it_has_been_asked(asking: Settings, region: str, played: Played) -> None:
    from store.records.jobs.asking import jobs
    from store.records.schema.listing import Wanted

    made = entsoe(region, played)
    played.answer = Market(out_until=NOW)
    with held(datetime.now(UTC) + timedelta(seconds=1)):
        for _turn in range(3):
            main.ask_for_pulls()
        [job] = jobs(SYSTEM, Wanted(count=10)).rows
        assert (job.kind, job.queue, job.arguments) == ("pull", "pulling", {"source_id": made})
    with held(NOW):
        assert task.TASK.run(SYSTEM, OfSource(made), lambda _share, _what: None)["written"] > 700
        assert pull_turns.due(SYSTEM, NOW) == []
        pull_sources.ask_now(SYSTEM, made)
        assert pull_turns.due(SYSTEM, NOW) == [made]


def test_a_store_that_is_away_costs_the_source_nothing(
    asking: Settings, region: str, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.errors import StoreAway

    made = entsoe(region, played)
    played.answer = Market(out_until=NOW)

    def away(*_: object, **__: object) -> None:
        raise StoreAway("gone")

    with monkeypatch.context() as broken:
        broken.setattr(region_series, "take_pulled", away)
        with pytest.raises(StoreAway):
            pull(asking, made, NOW)
    state = source(made)
    assert (state.failures, state.value_at, state.answered_at) == (0, None, None)
    assert "could not be stored" in words(made)
    assert pull(asking, made, NOW + HOUR)["written"] > 700
