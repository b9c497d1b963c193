"""What services and sources say is stored once, where and when it belongs; what was missed is asked for, and no fault ends it."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from config.language import told
from config.settings import Settings
from ingest.pulls import pulling
from store.errors import NotFound, Refused
from store.records.access import audit, policy
from store.records.jobs.kinds import OfSource
from store.records.people import organisations, users
from store.records.plant import pull_sources, regions, sites
from store.records.plant.pull_sources import Own
from store.records.schema import PullSource, Site
from store.records.transaction.engine import session
from store.scope import NOBODY, SYSTEM, Scope
from store.series import outlooks, region_series
from store.series.connection import frame
from store.series.rollup import await_applied
from tests.conftest import PATIENT_S
from tests.held_clock import held
from tests.ingest.pulls import answers
from tests.ingest.pulls.answers import at
from tests.ingest.pulls.services import Played, Reply, Seen, playing
from tests.ingest.world import World, build_world, use_records
from worker import main
from worker.tasks import pull as task

NOW = at("2026-03-30T10:00")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with playing() as server:
        yield server


@pytest.fixture
def asking(played: Played, questdb_tables: Settings) -> Iterator[Settings]:
    """Empty tables, and records of this test's own, in which the played service may be asked."""
    made = played.allowed_by(questdb_tables)
    use_records(made)
    played.seen.clear()
    yield made


@pytest.fixture
def works(asking: Settings) -> World:
    return build_world(asking)


@pytest.fixture
def region(works: World) -> str:
    made = regions.create_region(SYSTEM, name="Market").id
    _change(works.site_id, region_id=made)
    return made


def _change(site_id: str, **values: Any) -> None:
    with session() as records:
        found = records.get(Site, site_id)
        assert found is not None
        for name, value in values.items():
            setattr(found, name, value)


def source(source_id: str) -> PullSource:
    return pull_sources.require_source(SYSTEM, source_id)


def words(source_id: str) -> str:
    return " ".join(told(each) for each in source(source_id).problem)


def between(seen: Seen) -> tuple[datetime, datetime]:
    """What ENTSO-E was asked for."""
    return tuple(datetime.strptime(seen.query[name], "%Y%m%d%H%M").replace(tzinfo=UTC) for name in ("periodStart", "periodEnd"))  # type: ignore[return-value]


def readings(meter: str) -> pd.DataFrame:
    assert await_applied(["telemetry"], PATIENT_S)
    return frame("SELECT ts, value, source FROM telemetry WHERE meter = %s ORDER BY ts", [meter])


class Market:
    """Hourly prices of ENTSO-E's that are out until some time, each its own: 1 EUR/MWh an hour since the start of the year."""

    def __init__(self, out_until: datetime) -> None:
        self.out_until = out_until
        self.but: set[datetime] = set()
        self.twice = False

    @staticmethod
    def price(start: datetime) -> float:
        return round((start - at("2026-01-01T00:00")) / HOUR) - 2000.0  # negative in March

    def __call__(self, seen: Seen) -> Reply:
        first, last = between(seen)
        last = min(last, self.out_until)
        starts = pd.date_range(first, last, freq="h", inclusive="left")
        if not len(starts):
            return Reply(answers.entsoe_refusal("999", "No matching data found"))
        points = [(n + 1, self.price(start)) for n, start in enumerate(starts) if start not in self.but]
        series = answers.entsoe_series(f"{first:%Y-%m-%dT%H:%M}", f"{starts[-1] + HOUR:%Y-%m-%dT%H:%M}", points, curve="A01")
        return Reply(answers.entsoe(series, *([series] if self.twice else [])))


def stored(region_id: str) -> pd.DataFrame:
    return frame("SELECT ts, value, interval_s, source FROM intervals WHERE meter = %s ORDER BY ts", [region_id])


def entsoe(region: str, played: Played) -> str:
    made = pull_sources.add_service(
        SYSTEM, region, service="entsoe", area="10Y1001A1001A82H", key="t0ken-of-ours", address=played.url
    )
    return made.id


def pull(settings: Settings, source_id: str, now: datetime) -> dict[str, int]:
    with held(now):
        return pulling.pull(SYSTEM, settings, source_id, chance=0.5)


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


def test_what_has_not_changed_is_not_sent_again_and_what_was_not_stored_is(
    asking: Settings, works: World, played: Played
) -> None:
    made = own(works, played, "/v1/power")
    now = datetime.now(UTC).replace(microsecond=0)
    rows = [{"at": now.isoformat(), "power": 1500}, {"at": now.isoformat(), "power": "none"}]
    marks = {"ETag": 'W/"41"', "Last-Modified": "Mon, 30 Mar 2026 10:00:00 GMT"}

    def answer(seen: Seen) -> Reply:
        same = (seen.headers.get("if-none-match"), seen.headers.get("if-modified-since")) == tuple(marks.values())
        return Reply(status=304) if same else Reply(json.dumps({"data": rows}).encode(), headers=marks)

    played.answer = answer
    # Of an answer of which something was refused the whole is asked for again.
    for _ in range(2):
        assert pull(asking, made, now)["refused"] == 1
        assert "if-none-match" not in played.seen[-1].headers
    assert len(readings(works.grid)) == 1
    del rows[1]
    assert pull(asking, made, now) == {"written": 0, "same": 1, "refused": 0}
    assert pull(asking, made, now + HOUR) == {"written": 0, "same": 0, "refused": 0}
    assert played.seen[-1].headers["if-none-match"] == marks["ETag"]
    assert (source(made).failures, source(made).answered_at, source(made).problem) == (0, now + HOUR, [])
    # What changed has another mark, and what is described anew is asked for as if for the first time.
    marks["ETag"] = '"42"'
    rows[0]["power"] = 1501
    assert pull(asking, made, now + 2 * HOUR)["written"] == 1
    assert list(readings(works.grid)["value"]) == [1.501]
    pull_sources.change_own(SYSTEM, made, OWN._replace(meter_id=works.grid), name="Inverter", address=f"{played.url}/v1/power")
    assert pull(asking, made, now + 3 * HOUR)["same"] == 1
    assert "if-none-match" not in played.seen[-1].headers


def test_a_long_time_away_is_asked_for_in_parts_and_only_so_far_back(asking: Settings, works: World, region: str) -> None:
    made = pull_sources.add_service(SYSTEM, region, service="gb_carbon")
    order = pull_sources.order(SYSTEM, made.id)
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
    _change(works.site_id, currency="GBP")
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


OWN = Own("", "power_kw", value="power", time="at", items="data", unit="W", header="X-API-Key")


def own(works: World, played: Played, path: str = "/v1/power?from={from}&to={to}", **other: Any) -> str:
    described = OWN._replace(**{"meter_id": works.grid, **other})
    made = pull_sources.add_own(
        SYSTEM, works.site_id, described, name="Inverter", address=played.url + path, key="s3cret of the plant"
    )
    return made.id


def test_values_of_an_own_source_pass_the_judge_of_devices_and_are_stored_once(
    asking: Settings, works: World, played: Played
) -> None:
    made = own(works, played)
    now = datetime.now(UTC).replace(microsecond=0)
    moments = [now - n * timedelta(minutes=5) for n in range(5)]
    rows: list[dict[str, Any]] = [{"at": each.isoformat(), "power": 1500 + n} for n, each in enumerate(moments)]
    rows += [
        {"at": "2019-01-01T00:00:00Z", "power": 1},
        {"at": f"{now:%Y-%m-%dT%H:%M:%S}", "power": 1},
        {"at": now.isoformat(), "power": "1"},
        {"at": now.isoformat(), "power": None},
        {"at": (now - HOUR).isoformat(), "power": 1e14},
        {"at": 5, "power": 1},
    ]
    played.answer = lambda _seen: Reply(json.dumps({"data": rows}).encode())
    assert pull(asking, made, now) == {"written": 5, "same": 0, "refused": 5}
    seen = played.seen[-1]
    assert seen.headers["x-api-key"] == "s3cret of the plant"
    assert datetime.fromisoformat(seen.query["to"]) - datetime.fromisoformat(seen.query["from"]) > timedelta(days=30)
    kept = readings(works.grid)
    assert list(kept["ts"]) == moments[::-1]
    assert kept["value"].to_numpy() == pytest.approx([1.504, 1.503, 1.502, 1.501, 1.5])
    assert set(kept["source"]) == {made}
    assert "5 values were left out" in words(made)
    assert pull(asking, made, now)["written"] == 0
    assert source(made).value_at == now


def test_an_own_source_may_answer_in_columns_or_with_one_value_of_the_moment(
    asking: Settings, works: World, played: Played
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    seconds = [int((now - HOUR).timestamp()), now.timestamp() - 0.5]
    played.answer = lambda seen: Reply(
        json.dumps({"time": seconds, "v": [1.5, 2.5]} if seen.path == "/columns" else {"em:0": {"total": 3.25}}).encode()
    )
    columns = own(works, played, "/columns?key={key}", items="", time="time", value="v", precision="s", unit="", header="")
    pull(asking, columns, now)
    rows = readings(works.grid)
    assert list(rows["value"]) == [1.5, 2.5]
    assert played.seen[-1].query == {"key": "s3cret of the plant"}
    alone = own(works, played, "/now", meter_id=works.load, items="", time="", value='"em:0".total', precision="asked", unit="kW")
    pull(asking, alone, now)
    rows = readings(works.load)
    assert list(zip(rows["ts"], rows["value"], strict=True)) == [(now, 3.25)]
    played.answer = lambda _seen: Reply(b'{"em:0": {"watt": 1}}')
    pull(asking, alone, now)
    assert "no 'total'" in words(alone)


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"address": "https://elsewhere.example/x"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"quantity": "joy"}, "quantity"),
        ({"quantity": "energy_kwh"}, "interval_s"),
        ({"quantity": "energy_total_kwh", "interval_s": 900}, "interval_s"),
        ({"meter_id": "mtr_000000000000"}, "meter_id"),
        ({"value": ""}, "value"),
        ({"value": "a[["}, "value"),
        ({"time": ""}, "time"),
        ({"precision": "asked"}, "time"),
        ({"precision": "guess"}, "precision"),
        ({"header": "Host"}, "header"),
        ({"header": "X: y\r\n"}, "header"),
        ({"every_s": 5}, "every_s"),
        ({"name": " "}, "name"),
        ({"key": "naïve"}, "key"),
    ],
)
def test_what_cannot_be_asked_is_refused_beside_its_field(
    asking: Settings, works: World, played: Played, change: dict[str, Any], about: str
) -> None:
    told = {"name": "x", "address": played.url, "key": None}
    described = OWN._replace(**{"meter_id": works.grid} | {name: what for name, what in change.items() if name not in told})
    with pytest.raises(Refused) as refused:
        pull_sources.add_own(
            SYSTEM, works.site_id, described, **told | {name: what for name, what in change.items() if name in told}
        )
    assert refused.value.about == about


def test_a_key_goes_to_no_other_address_and_is_forgotten_with_its_source(asking: Settings, works: World, played: Played) -> None:
    made = own(works, played)
    described = OWN._replace(meter_id=works.grid)
    pull_sources.change_own(SYSTEM, made, described, name="Renamed", address=f"{played.url}/v2")
    order = pull_sources.order(SYSTEM, made)
    assert order is not None
    assert order.key == "s3cret of the plant"
    use_records(asking.model_copy(update={"pull_addresses": f"{played.url},https://other.example"}))
    for address, header in (("https://other.example/x", "X-API-Key"), (played.url, "Other")):
        with pytest.raises(Refused, match="type it again"):
            pull_sources.change_own(SYSTEM, made, described._replace(header=header), name="Renamed", address=address)
    pull_sources.archive_source(SYSTEM, made)
    assert source(made).secret is None
    assert pull_sources.order(SYSTEM, made) is None
    with pytest.raises(Refused, match="archived"):
        pull_sources.ask_now(SYSTEM, made)
    assert pull(asking, made, NOW) == {}
    assert [each.id for each in pull_sources.sources_of(SYSTEM, works.site_id)] == []


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
        lambda who: pull_sources.due(who, NOW),
        lambda who: pull_sources.order(who, made),
        lambda who: pull_sources.begin(who, made, NOW, NOW),
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
        assert pull_sources.due(SYSTEM, NOW) == []
        pull_sources.ask_now(SYSTEM, made)
        assert pull_sources.due(SYSTEM, NOW) == [made]


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


def test_a_meter_of_a_site_that_is_out_of_use_is_not_asked_for(asking: Settings, works: World, played: Played) -> None:
    made = own(works, played)
    later = datetime.now(UTC) + HOUR
    assert pull_sources.due(SYSTEM, later) == [made]
    sites.archive_site(SYSTEM, works.site_id)
    assert pull_sources.due(SYSTEM, later) == []
