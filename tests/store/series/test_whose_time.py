"""A meter that was somebody else's before: of their time nothing is seen, whatever is asked."""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import store.series
from store.errors import Refused
from store.records.access import grants, policy
from store.records.people import users
from store.records.plant import last_values, meters
from store.records.plant.metering import metering
from store.scope import SYSTEM, Scope, Window
from store.series import (
    amendments,
    arrivals,
    as_known,
    beside,
    corrections,
    cost,
    differences,
    energy,
    flags,
    foretold,
    heard,
    latest,
    levels,
    oldest,
    peaks,
    power,
    readings,
    shares,
    supply,
    suspects,
)
from tests.conftest import eventually
from tests.store.series.conftest import Site, every

HOUR = timedelta(hours=1)
MOVE = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 12 * HOUR
BEFORE, AFTER = MOVE - 6 * HOUR, MOVE + 6 * HOUR


def _person(name: str) -> str:
    return str(
        users.create_user(SYSTEM, email=f"{name}@example.org", name=name, password=None, organisation_id=None, role=None).id
    )


def _home(site: Site, former: float) -> dict[str, str]:
    """Meters of each method, and a thermometer, in which the former resident's readings are `former` times the next one's."""
    found = {method: site.meter(method, 3600 if method == "interval" else 60) for method in ("interval", "power", "counter")}
    hours = every(BEFORE, 3600, 12)
    site.intervals(found["interval"], "energy_kwh", 3600, hours, [former] * 6 + [1.0] * 6)
    minutes = every(BEFORE, 60, 12 * 60)
    site.samples(found["power"], "power_kw", minutes, [former] * 360 + [1.0] * 360)
    site.samples(found["power"], "temperature_c", minutes, [former] * 360 + [1.0] * 360)
    # Whoever leaves and whoever comes read the register together.
    counts = [8192 - former * (360 - n) / 60 for n in range(360)] + [8192 + n / 60 for n in range(360)]
    site.samples(found["counter"], "energy_total_kwh", minutes, counts)
    return found


def _move(found: dict[str, str], home: str = "") -> tuple[str, str]:
    left, came = _person(f"former{home}"), _person(f"next{home}")
    for meter in found.values():
        grants.create_grant(SYSTEM, user_id=left, meter_id=meter, valid_from=BEFORE - 9 * HOUR, valid_to=MOVE)
        grants.create_grant(SYSTEM, user_id=came, meter_id=meter, valid_from=MOVE)
    return left, came


def _answers(scope: Scope, found: dict[str, str]) -> dict[str, Any]:
    """All that the store tells of the meters' time, by function; whatever of it may hold a reading."""
    ids, start = list(found.values()), BEFORE - HOUR
    edges = [start, MOVE - HOUR, MOVE + HOUR, AFTER]
    flows, whole = energy.flows(scope, ids, edges), foretold.Reach(start, AFTER, Window(start, AFTER), start)
    amended = amendments.history(scope, found["power"], "power_kw", start, AFTER)
    told = {
        "store.series.energy.energy": energy.energy(scope, ids, start, AFTER),
        "store.series.energy.energy_by": energy.energy_by(scope, ids, start, AFTER, "hour", "Europe/London"),
        "store.series.energy.flows": pd.DataFrame({meter: [part.tolist() for part in flow] for meter, flow in flows.items()}),
        "store.series.foretold.flow": [
            [part.tolist() for part in foretold.flow(scope, each, edges, whole, metering(scope, [each]))] for each in ids
        ],
        "store.series.cost.cost_by": pd.concat([cost.cost_by(scope, meter, start, AFTER, "hour") for meter in ids]),
        "store.series.cost.billed": pd.concat([cost.billed(scope, meter, start, AFTER, "hour").table() for meter in ids]),
        "store.series.cost.cost": cost.cost(scope, ids, start, AFTER).loc[ids],
        "store.series.peaks.peaks": [peaks.peaks(scope, ids, start, AFTER, step, "UTC") for step in peaks.STEPS],
        "store.series.peaks.peaks_by": [peaks.peaks_by(scope, each, start, AFTER, "quarter", "UTC", "hour") for each in ids],
        "store.series.power.mean_power": power.mean_power(scope, ids, start, AFTER, 900),
        "store.series.power.live_power": [power.live_power(scope, ids, moment) for moment in every(BEFORE, 1800, 20)],
        "store.series.levels.levels": levels.levels(scope, ids, "temperature_c", start, AFTER, 900),
        "store.series.supply.means": [supply.means(scope, each, ["temperature_c"], start, AFTER) for each in ids],
        "store.series.supply.frequencies_within": [
            supply.frequencies_within(scope, each, start, AFTER, [(None, None)]) for each in ids
        ],
        "store.series.supply.told_as_means": [supply.told_as_means(scope, each, "power_kw", start, AFTER) for each in ids],
        "store.series.differences.differences": differences.differences(scope, found["counter"], start, AFTER),
        "store.series.latest.kept": _sorted(latest.kept(scope, ids).values, found),
        "store.series.latest.latest": _sorted(latest.latest(scope, ids, timedelta(days=2)), found),
        "store.series.suspects.suspects": suspects.suspects(scope, ids, start, AFTER).drop(columns="recorded_at"),
        "store.series.suspects.held_by_meter": suspects.held_by_meter(scope, ids, start, AFTER),
        "store.series.heard.heard": [part.tolist() for part in heard.heard(scope, ids, [start, MOVE - HOUR, MOVE + HOUR, AFTER])],
        "store.series.arrivals.arrived": _sorted(arrivals.arrived(scope, ids, start, AFTER), found),
        "store.series.beside.counting": [beside.counting(scope, each, "power_kw", start, AFTER) for each in ids],
        "store.series.beside.beside": [beside.beside(scope, each, "power_kw", MOVE) for each in ids],
        "store.series.flags.flagged": flags.flagged(scope, ids, start, AFTER),
        "store.series.oldest.oldest": oldest.oldest(scope, ids),
        "store.series.as_known.came_later": as_known.came_later(scope, ids, start, AFTER, start),
        "store.series.readings.readings": [
            [each._replace(received_at=start) for each in readings.readings(scope, meter, start, AFTER)[0]] for meter in ids
        ],
        "store.series.corrections.corrections": [
            each._replace(recorded_at=start) for each in corrections.corrections(scope, found["power"], start, AFTER)
        ],
        "store.series.shares.shares": shares.shares(scope, ids, start, AFTER).loc[ids],
        "store.series.shares.together": shares.together(scope, ids, start, AFTER),
        "store.series.amendments.history": amended.drop(columns="recorded_at"),
        "store.records.plant.last_values.last_values": _sorted(last_values.last_values(scope, ids), found),
    }
    return {name: _plain(each.to_csv() if isinstance(each, pd.DataFrame) else repr(each), found) for name, each in told.items()}


def _sorted(told: Mapping[Any, Any], found: dict[str, str]) -> list[str]:
    return sorted(_plain(repr(each), found) for each in told.items())


def _plain(text: str, found: dict[str, str]) -> str:
    for method, meter in found.items():
        text = text.replace(meter, method)
    return text


def _amended(found: dict[str, str], former: float) -> None:
    for moment in (MOVE - HOUR, MOVE + HOUR):
        amendments.amend(SYSTEM, found["power"], "power_kw", moment, former if moment < MOVE else 2.0, reason="read by hand")
    eventually(
        lambda: len(amendments.history(SYSTEM, found["power"], "power_kw", BEFORE, AFTER)) == 2
    )  # QuestDB has applied them


def test_what_the_next_resident_sees_is_the_same_whatever_the_former_one_used(site: Site) -> None:
    homes = {former: _home(site, former) for former in (1.0, 700.0)}
    site.roll_up(MOVE + 3 * HOUR)
    told = []
    for former, found in homes.items():
        _amended(found, former)
        told.append(_answers(policy.scope_of(_move(found, f"{former:.0f}")[1]), found))
    assert told[0].keys() == told[1].keys()
    for name, answer in told[0].items():
        assert told[1][name] == answer, name


def test_the_former_resident_sees_nothing_of_what_came_after_nor_anything_once_their_time_is_over(site: Site) -> None:
    found = _home(site, 3.0)
    site.roll_up(MOVE + 3 * HOUR)
    left, came = _move(found)
    theirs = energy.energy(policy.scope_of(left, MOVE - HOUR), list(found.values()), BEFORE, AFTER)
    assert theirs["forward_kwh"].tolist() == pytest.approx([18.0, 18.0, 18.0])
    assert policy.scope_of(left).meter_ids == frozenset()
    after = energy.energy(policy.scope_of(came), list(found.values()), BEFORE, AFTER)
    whole = energy.energy(SYSTEM, list(found.values()), BEFORE, AFTER)
    assert (theirs + after)["forward_kwh"].tolist() == pytest.approx(whole["forward_kwh"].tolist())


def test_whoever_came_within_a_quarter_sees_at_once_what_is_measured(site: Site) -> None:
    meter, person = site.meter("power", 5), _person("newcomer")
    came = datetime.now(UTC) - timedelta(seconds=20)
    site.samples(meter, "power_kw", [came - timedelta(seconds=30), came + timedelta(seconds=10)], [9.0, 1.5])
    grants.create_grant(SYSTEM, user_id=person, meter_id=meter, valid_from=came)
    scope, now = policy.scope_of(person), datetime.now(UTC)
    assert power.live_power(scope, [meter], now)[meter].forward_kw == 1.5
    assert latest.latest(scope, [meter])[meter, "power_kw"].value == 1.5
    assert power.live_power(scope, [meter], came + timedelta(seconds=5)) == {}


def test_whoever_comes_back_sees_both_of_their_times_and_not_the_one_between(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 5, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 72), [1.0] * 24 + [100.0] * 24 + [10.0] * 24)
    person, day = _person("returner"), timedelta(days=1)
    grants.create_grant(SYSTEM, user_id=person, meter_id=meter, valid_from=start, valid_to=start + day)
    grants.create_grant(SYSTEM, user_id=person, meter_id=meter, valid_from=start + 2 * day)
    seen = energy.energy_by(policy.scope_of(person), [meter], start, start + 3 * day, "day", "UTC")
    assert seen["forward_kwh"].tolist() == [24.0, 0.0, 240.0]


def test_whoever_has_the_whole_site_for_a_time_sees_that_time_of_every_meter(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 5, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 48), [1.0] * 24 + [10.0] * 24)
    person = _person("tenant")
    grants.create_grant(SYSTEM, user_id=person, site_id=site.id, valid_from=start + timedelta(days=1))
    seen = energy.energy(policy.scope_of(person), [meter], start, start + timedelta(days=2))
    assert seen.loc[meter, "forward_kwh"] == 240.0


def test_an_operator_corrects_nothing_of_a_time_that_is_not_theirs(site: Site) -> None:
    found = _home(site, 2.0)
    person = _person("operator")
    grants.create_grant(SYSTEM, user_id=person, meter_id=found["power"], role="operator", valid_from=MOVE)
    scope = policy.scope_of(person)
    with pytest.raises(Refused, match="was not yours at that time"):
        amendments.amend(scope, found["power"], "power_kw", MOVE - HOUR, 0.0, reason="mistake")
    assert amendments.void_range(scope, found["power"], "power_kw", BEFORE, MOVE, reason="mistake") == 0
    amendments.amend(scope, found["power"], "power_kw", MOVE + HOUR, 0.0, reason="mistake")


def test_the_dates_are_in_the_key_that_caches_use(site: Site) -> None:
    meter, keys = site.meter("power"), set()
    for name, start in (("one", BEFORE), ("two", MOVE)):
        person = _person(name)
        grants.create_grant(SYSTEM, user_id=person, site_id=site.id, valid_from=start)
        keys.add(policy.scope_of(person).key)
    assert len(keys) == 2
    assert meters.require_series(SYSTEM, [meter]) == {}


# What tells nothing that was measured, and why.
TELLS_NO_READINGS = {
    "store.series.amendments.amend": "writes",
    "store.series.amendments.void": "writes",
    "store.series.amendments.void_range": "writes",
    "store.series.amendments.restore": "writes",
    "store.series.amendments.void_all": "writes",
    "store.series.flags.told_twice": "for Loadstar itself, which judges days",
    "store.series.suspects.beyond": "the same",
    "store.series.flags.first_heard": "the same",
    "store.series.flags.standing_conditions": "the same",
    "store.series.contradictions.contradicting": "the same",
    "store.series.amendments.amend_all": "writes",
    "store.series.amendments.restore_all": "writes",
    "store.series.amendments.say_all": "writes",
    "store.series.corrections.scale": "writes",
    "store.series.corrections.undo": "writes",
    "store.series.suspects.accept": "writes",
    "store.series.judging.judge_again": "writes",
    "store.series.suspects.decide_alike": "writes",
    "store.series.beside.makes_kwh": "of readings that were asked for",
    "store.series.suspects.void": "writes",
    "store.series.suspects.undo": "writes",
    "store.series.versions.changed_since": "when something came, not what it tells",
    "store.series.declared.spans": "what meters declare; asked by the functions that are asked here",
    "store.series.declared.spans_of": "the same",
    "store.series.declared.rhythms": "how often meters tell",
    "store.series.declared.cells": "the intervals that meters declare",
    "store.series.pieces.pieces": "rows in, columns out",
    "store.series.finality.provisional": "whether it may still change",
    "store.series.capacities.capacities": "for Loadstar itself, which judges readings",
    "store.series.capacities.in_force": "by what readings are judged, for administrators of the whole site",
    "store.series.foretold.of_declarations": "of what time, for administrators of the whole site",
    "store.series.estimated.samples": "for the rollup",
    "store.series.estimated.of_samples": "the same",
    "store.series.estimated.told": "a part of the shares that are asked here",
    "store.series.uncounted.lately": "how many, for administrators of the whole site",
    "store.series.uncounted.uncounted": "how many, for administrators of the whole site",
    "store.series.versions.version": "when something changed, for caches",
    "store.series.versions.of_blocks": "when something changed, for caches",
}


def test_every_function_that_reads_meters_is_asked(site: Site) -> None:
    found = _home(site, 1.0)
    asked = _answers(SYSTEM, found).keys() | TELLS_NO_READINGS.keys()
    missing = [name for name, function in _reading_functions() if name not in asked]
    assert missing == [], "ask it above as the next resident, or say why it tells no readings"


def _reading_functions() -> list[tuple[str, Callable[..., object]]]:
    import importlib
    import pkgutil

    modules = [
        importlib.import_module(each.name) for each in pkgutil.iter_modules(store.series.__path__, f"{store.series.__name__}.")
    ]
    return [
        (f"{module.__name__}.{name}", function)
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and {"meter_id", "meter_ids", "series_ids"} & set(list(inspect.signature(function).parameters)[1:2])
    ]
