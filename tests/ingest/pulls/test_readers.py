"""What services answer is read for what it says: at its start, in its own interval and unit, and nothing that it does not say."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.pull_services import SERVICES
from ingest.pulls import electricity_maps, energy_charts, entsoe, gb_carbon, octopus_agile, open_meteo
from ingest.pulls.pulled import Asked, Said, Unreadable, Value, once
from ingest.pulls.readers import READERS
from tests.ingest.pulls import answers
from tests.ingest.pulls.answers import at

NOW = at("2025-10-25T12:00")


def asked(service: str = "entsoe", area: str = "", key: str | None = None, now: datetime = NOW) -> Asked:
    return Asked(service, area, at("2025-10-24T00:00"), at("2025-10-26T00:00"), now, key)


def told(said: Said) -> list[tuple[str, int, float]]:
    return [(f"{each.start:%d %H:%M}", each.interval_s, round(each.value, 9)) for each in said.values]


def steps(start: datetime, minutes: int, count: int) -> list[datetime]:
    return [start + timedelta(minutes=minutes * n) for n in range(count)]


def test_every_service_has_a_reader_an_example_that_it_takes_and_a_question_that_shows_no_key_in_its_path() -> None:
    for service in SERVICES.values():
        assert service.knows(service.like), service.name
        assert service.origin.startswith("https://")
        question = READERS[service.reader].question(asked(service.name, service.like, "secret"))
        assert question.path.startswith("/")
        assert "secret" not in question.path


def test_an_entsoe_price_that_is_not_repeated_holds_on_until_the_next_one_or_the_end_of_its_period() -> None:
    series = answers.entsoe_series(
        "2025-10-24T22:00", "2025-10-25T00:00", [(1, 88.33), (3, -5.0), (4, -5.01)], resolution="PT15M"
    )
    said = entsoe.read(answers.entsoe(series), asked())
    assert told(said) == [
        ("24 22:00", 900, 0.08833),
        ("24 22:15", 900, 0.08833),
        ("24 22:30", 900, -0.005),
        *[(f"24 {22 + n // 4}:{n % 4 * 15:02}", 900, -0.00501) for n in range(3, 8)],
    ]


def test_an_entsoe_point_that_is_missing_from_fixed_blocks_or_at_the_start_is_no_price() -> None:
    fixed = answers.entsoe_series("2025-10-24T22:00", "2025-10-25T01:00", [(1, 10), (3, 30)], curve="A01")
    late = answers.entsoe_series("2025-10-25T01:00", "2025-10-25T04:00", [(2, 50)])
    said = entsoe.read(answers.entsoe(fixed, late), asked())
    assert told(said) == [("24 22:00", 3600, 0.01), ("25 00:00", 3600, 0.03), ("25 02:00", 3600, 0.05), ("25 03:00", 3600, 0.05)]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [("2025-10-25T22:00", "2025-10-26T23:00", 25), ("2025-03-29T23:00", "2025-03-30T22:00", 23)],
)
def test_a_day_on_which_the_clocks_change_has_each_of_its_hours_once(start: str, end: str, hours: int) -> None:
    points = [(n + 1, float(n)) for n in range(hours)]
    said = entsoe.read(answers.entsoe(answers.entsoe_series(start, end, points)), asked())
    assert [each.start for each in said.values] == steps(at(start), 60, hours)
    charts = energy_charts.read(answers.energy_charts(steps(at(start), 60, hours), [float(n) for n in range(hours)]), asked())
    assert [(each.start, each.value) for each in charts.values] == [(each.start, each.value) for each in said.values]


def test_of_entsoe_only_the_coupled_day_ahead_auction_is_a_price() -> None:
    def one(price: float, **kind: object) -> str:
        return answers.entsoe_series("2025-10-24T22:00", "2025-10-24T23:00", [(1, price)], **kind)  # type: ignore[arg-type]

    exaa = one(99, sequence=2, resolution="PT15M")
    intraday = one(77, contract="A07")
    said = entsoe.read(answers.entsoe(exaa, one(10, sequence=1), intraday), asked())
    assert told(said) == [("24 22:00", 3600, 0.01)]


def test_a_day_of_zeros_that_is_to_come_is_not_out_and_one_that_has_been_is_free() -> None:
    zeros = [(n, 0.0) for n in range(1, 25)]
    ahead = answers.entsoe_series("2025-10-25T22:00", "2025-10-26T22:00", zeros)
    assert not entsoe.read(answers.entsoe(ahead), asked()).values
    past = answers.entsoe_series("2025-10-23T22:00", "2025-10-24T22:00", zeros)
    assert len(entsoe.read(answers.entsoe(past), asked()).values) == 24


def test_no_matching_data_is_no_value_and_every_other_refusal_is_told() -> None:
    none = answers.entsoe_refusal("999", "No matching data found for Data item Day-ahead Prices [12.1.D]")
    assert entsoe.read(none, asked()) == Said(())
    with pytest.raises(Unreadable, match="Unauthorized"):
        entsoe.read(answers.entsoe_refusal("999", "Unauthorized. Missing or invalid security token."), asked())


ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Publication_MarketDocument>&b;</Publication_MarketDocument>'
GOOD = answers.entsoe_series("2025-10-24T22:00", "2025-10-24T23:00", [(1, 1)])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><body>Sign in</body></html>", "no document of prices"),
        (b"<html><p>Maintenance", "no XML"),
        (answers.entsoe(GOOD)[:-40], "cut off"),
        (ENTITY, "document type"),
        (answers.entsoe(GOOD.replace("EUR", "CZK")), "CZK/MWH"),
        (answers.entsoe(GOOD.replace("PT60M", "P1D")), "P1D"),
        (answers.entsoe(GOOD.replace("<position>1<", "<position>9<")), "more points"),
        (answers.entsoe(GOOD.replace("<position>1<", "<position>one<")), "without a number"),
        (answers.entsoe(GOOD.replace("<end>2025-10-24T23:00Z", "<end>2095-10-24T23:00Z")), "cannot be read"),
    ],
)
def test_what_is_no_document_of_prices_says_so(body: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        entsoe.read(body, asked())


def test_energy_charts_prices_are_of_their_days_own_length_and_a_hole_lengthens_none() -> None:
    hours = [each for each in steps(at("2025-09-29T22:00"), 60, 24) if each != at("2025-09-30T05:00")]
    quarters = steps(at("2025-09-30T22:00"), 15, 96)
    lone = [at("2025-10-02T10:00")]
    starts = [*hours, *quarters, *lone]
    prices: list[float | None] = [50.0, None, -20.5, *[60.0] * (len(starts) - 3)]
    said = energy_charts.read(answers.energy_charts(starts, prices), asked())
    assert [(each.start, each.interval_s) for each in said.values] == [
        *[(each, 3600) for each in hours if each != hours[1]],
        *[(each, 900) for each in quarters],
    ]
    assert [each.value for each in said.values[:3]] == [0.05, -0.0205, 0.06]
    assert [str(each) for each in said.left_out] == [
        "how long the prices of 2025-10-02 hold cannot be told from their times: left out"
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (answers.energy_charts([NOW], [1.0], "CHF / MWh"), "CHF / MWh"),
        (answers.energy_charts([NOW], [1.0, 2.0]), "as many prices"),
        (b'{"unix_seconds":[1],"price":["a"],"unit":"EUR / MWh"}', "another shape"),
        (b'{"unix_seconds":[1],"price":[NaN],"unit":"EUR / MWh"}', "no JSON"),
        (b'{"unix_seconds":[99999999999999999],"price":[1],"unit":"EUR / MWh"}', "no time"),
        (b'{"unix_seconds":[1],"pri', "cut off"),
        (b"  <!doctype html><title>502</title>", "web page"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_answer_of_prices_says_so(body: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        energy_charts.read(body, asked())


def test_octopus_prices_are_half_hours_in_pounds_with_or_without_vat() -> None:
    first = at("2025-10-25T22:30")
    body = answers.octopus([(first, 18.04), (first + timedelta(minutes=30), -3.2)])
    with_vat = octopus_agile.read(body, asked("octopus_agile"))
    assert sorted(told(with_vat)) == [("25 22:30", 1800, 0.18942), ("25 23:00", 1800, -0.0336)]
    assert sorted(told(octopus_agile.read(body, asked("octopus_agile_net")))) == [
        ("25 22:30", 1800, 0.1804),
        ("25 23:00", 1800, -0.032),
    ]
    path = octopus_agile.question(asked("octopus_agile", "E-1R-AGILE-24-10-01-C")).path
    assert path == "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/standard-unit-rates/"


def test_no_page_that_an_answer_names_is_followed_and_a_price_without_an_end_is_none() -> None:
    with pytest.raises(Unreadable, match="another page"):
        octopus_agile.read(answers.octopus([(NOW, 1.0)], following="http://169.254.169.254/"), asked())
    open_ended = answers.octopus([(NOW, 1.0)]).replace(b'"2025-10-25T12:30Z"', b"null")
    said = octopus_agile.read(open_ended, asked())
    assert not said.values
    assert len(said.left_out) == 1


def test_british_carbon_keeps_what_was_foreseen_apart_from_what_it_was() -> None:
    body = answers.gb_carbon(
        [
            (at("2017-08-25T12:30"), 266, 263),
            (NOW - timedelta(hours=1), 200, None),  # over, and not known: nobody foresees it any more
            (NOW, 180, None),
            (NOW + timedelta(minutes=30), None, None),
        ]
    )
    values = gb_carbon.read(body, asked()).values
    assert [(each.start, each.interval_s, each.value, each.foreseen) for each in values] == [
        (at("2017-08-25T12:30"), 1800, 263, False),
        (NOW, 1800, 180, True),
    ]


def test_electricity_maps_values_are_of_the_emissions_that_were_asked_for() -> None:
    hours = [(NOW - timedelta(hours=2), 425.0), (NOW - timedelta(hours=1), None)]
    said = electricity_maps.read(answers.electricity_maps(hours), asked("electricity_maps", "DE"))
    assert told(said) == [("25 10:00", 3600, 425.0)]
    other = electricity_maps.read(answers.electricity_maps(hours), asked("electricity_maps_direct", "DE"))
    assert (other.values, len(other.left_out)) == ([], 1)
    with pytest.raises(Unreadable, match="zone FR"):
        electricity_maps.read(answers.electricity_maps(hours, zone="FR"), asked("electricity_maps", "DE"))
    question = electricity_maps.question(asked("electricity_maps", "DE", "k3y"))
    assert question.headers == {"auth-token": "k3y"}
    assert "k3y" not in str(question.query)


def test_radiation_is_of_the_hour_before_its_stamp_and_a_forecast_is_of_what_is_to_come() -> None:
    body = answers.open_meteo(steps(NOW, 60, 3), [8.0, 7.5, None], [80, 81, None], [0.0, 120.0, 240.0])
    forecast = open_meteo.read(body, asked("open_meteo")).values
    assert sorted(forecast) == [
        Value("humidity_pct", NOW + timedelta(hours=1), 0, 81.0, foreseen=True),
        Value("irradiance_w_m2", NOW, 3600, 120.0, foreseen=True),
        Value("irradiance_w_m2", NOW + timedelta(hours=1), 3600, 240.0, foreseen=True),
        Value("temperature_c", NOW + timedelta(hours=1), 0, 7.5, foreseen=True),
    ]
    past = open_meteo.read(body, asked("open_meteo_archive")).values
    assert {(each.quantity, each.start) for each in past} == {
        ("temperature_c", NOW),
        ("humidity_pct", NOW),
        ("irradiance_w_m2", NOW - timedelta(hours=1)),
    }


@pytest.mark.parametrize(
    "other",
    [
        {"utc_offset_seconds": 7200},
        {"hourly_units": {"time": "iso8601"}},
        {
            "hourly_units": {
                "time": "unixtime",
                "temperature_2m": "°F",
                "relative_humidity_2m": "%",
                "shortwave_radiation": "W/m²",
            }
        },
        {"hourly": {"time": [1]}},
        {"hourly": None},
    ],
)
def test_weather_in_local_times_or_other_units_is_not_taken(other: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        open_meteo.read(answers.open_meteo([NOW], [8.0], **other), asked("open_meteo"))


def test_what_an_answer_gives_twice_is_kept_once_and_what_it_gives_in_two_ways_not_at_all() -> None:
    first, second = Value("price_per_kwh", NOW, 3600, 0.1), Value("price_per_kwh", NOW + timedelta(hours=1), 3600, 0.2)
    said = once([second, first, first, second._replace(value=0.3)])
    assert said.values == [first]
    assert "1 times" in str(said.left_out[0])
    assert "2025-10-25T13:00Z" in str(said.left_out[0])


def test_days_of_energy_charts_are_those_of_central_europe() -> None:
    start = datetime(2025, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    query = energy_charts.question(asked("energy_charts", "DE-LU")._replace(start=start, end=start + timedelta(days=1))).query
    assert query == {"bzn": "DE-LU", "start": "2025-03-30", "end": "2025-03-30"}
