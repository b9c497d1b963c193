"""The demo's sites obey the balance of every node, and what their meters show agrees with itself."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from demo import electrics, plant, recordings, replay
from demo.campus import IDLE_KW, LOSS_SHARE, campus
from demo.homes import BATTERY, homes
from demo.plant import Plant
from demo.replay import Floats
from models.graph import Edge, Graph, Node

NOW = int(datetime(2026, 11, 21, 9, 2, 5, tzinfo=UTC).timestamp())
SUMMER = int(datetime(2026, 7, 11, 10, tzinfo=UTC).timestamp())

each_plant = pytest.mark.parametrize("site", [campus(), homes()], ids=["campus", "homes"])


def flows_into(site: Plant, node: str, net: dict[str, Floats]) -> Floats:
    """Metered energy into a node less that out of it."""
    total = np.zeros(1)
    for edge in site.edges:
        if edge.meter and node in (edge.source, edge.target):
            total = total + (net[edge.meter.key] if edge.target == node else -net[edge.meter.key])
    return total


@each_plant
@pytest.mark.parametrize("step_s", [5, 900, 3600])
@pytest.mark.parametrize("start", [NOW, SUMMER])
def test_every_node_is_balanced_but_for_the_transformers_stated_losses(site: Plant, step_s: int, start: int) -> None:
    edges = start // 3600 * 3600 + step_s * np.arange(100)
    energy = plant.intervals(site, edges)
    zero = np.zeros(len(edges) - 1)
    net = {
        meter.key: energy[meter.key, "energy_kwh"] - energy.get((meter.key, "energy_export_kwh"), zero) for meter in site.meters
    }
    if site.key == "campus":
        net["transformer_1_out"] = -flows_into(site, "lv1", net)
    for node in site.nodes:
        if node.kind == "bus" and node.key != "lv1":
            np.testing.assert_allclose(flows_into(site, node.key, net), 0, atol=1e-6, err_msg=node.name)
    for number in (1, 2) if site.key == "campus" else ():
        loss = net[f"transformer_{number}_in"] - net[f"transformer_{number}_out"]
        np.testing.assert_allclose(loss, IDLE_KW * step_s / 3600 + LOSS_SHARE * net[f"transformer_{number}_out"], atol=1e-6)
        assert 0.01 < loss.sum() / net[f"transformer_{number}_in"].sum() < 0.02


def test_the_buildings_hours_are_the_recordings() -> None:
    site = campus()
    numbers, hourly = recordings.campus_buildings()
    edges = site.first + 3600 * np.arange(replay.YEAR_H + 1)
    shown = plant.intervals(site, edges)
    for column, number in enumerate(numbers):
        np.testing.assert_allclose(shown[f"building_{number}", "energy_kwh"], hourly[:, column], rtol=1e-9)


def test_now_is_a_saturday_in_november_as_recorded() -> None:
    for site, month_hours in ((campus(), (304 - 1) * 24), (homes(), 92 * 24)):
        hour = replay.place(site.first, NOW).hour[0]
        assert month_hours < hour < month_hours + 31 * 24
        recorded = datetime.fromtimestamp(site.first + 3600 * int(hour), UTC)
        assert recorded.weekday() == datetime.fromtimestamp(NOW, UTC).weekday()


@each_plant
def test_at_least_a_dozen_real_consumers_and_every_meter_says_what_it_is(site: Plant) -> None:
    real = [meter for meter in site.meters if not meter.simulated]
    assert len(real) >= 14
    assert all(meter.note for meter in site.meters)
    assert all(
        "imulated" in meter.note or "balance" in meter.note or "sum" in meter.note for meter in site.meters if meter.simulated
    )


def test_a_year_of_both_has_enough_readings() -> None:
    series = sum(len(plant.samples(site, [NOW - 5, NOW])) for site in (campus(), homes()))
    assert series * 8760 >= 900_000


@each_plant
def test_samples_of_any_method_add_up_to_the_intervals(site: Plant) -> None:
    edges = NOW // 900 * 900 + 5 * np.arange(181)
    samples = plant.samples(site, edges)
    before = plant.samples(site, [edges[0] - 5, edges[0]])
    whole = plant.intervals(site, edges[[0, -1]])
    for meter, two_way in zip(site.meters, site.two_way, strict=True):
        own, reverse = plant.REGISTERS[meter.method]
        wanted = whole[meter.key, "energy_kwh"][0]
        if meter.method == "interval":
            assert samples[meter.key, own].sum() == pytest.approx(wanted, abs=1e-9)
            if two_way:
                assert samples[meter.key, reverse].sum() == pytest.approx(whole[meter.key, "energy_export_kwh"][0], abs=1e-9)
        elif meter.method == "counter":
            assert samples[meter.key, own][-1] - before[meter.key, own][0] == pytest.approx(wanted, abs=1e-6)
        else:
            assert (samples[meter.key, own] * 5 / 3600).sum() == pytest.approx(wanted, abs=1e-9)
    assert {meter.method for meter in homes().meters} == {"interval", "counter", "power"}


def test_batteries_obey_their_limits_all_year() -> None:
    for site in (campus(), homes()):
        limits = site.batteries.limits
        moments = replay.place(site.first, site.first + 600 * np.arange(replay.YEAR_H * 6))
        power = replay.power(site.registers.of[site.batteries.columns], moments)
        assert np.abs(power).max() <= limits.kw
        soc = replay.charge(limits, site.registers.of[site.batteries.columns], site.batteries.stored, moments)
        assert soc.min() >= limits.reserve - 1e-9
        assert soc.max() <= 1
        assert (soc.max(axis=0) > 0.4).mean() > 0.9, "batteries are used"
        kwh = np.abs(site.registers.of.energy[:, site.batteries.columns])
        assert kwh.max() <= limits.kw / replay.PEAK_OVER_MEAN + 1e-9
    assert BATTERY.kwh == 6.4


def test_pv_never_gives_at_night_and_never_more_than_is_installed() -> None:
    for site in (campus(), homes()):
        for column, meter in enumerate(site.meters):
            if "pv" in meter.key:
                moments = replay.place(site.first, site.first + 1800 * np.arange(replay.YEAR_H * 2))
                power = replay.power(site.registers.of[[column]], moments)
                assert power.min() >= -1e-9
                assert power.max() <= 1.15 * meter.rating_kw, "a bright hour between dull ones peaks above its mean"
                assert (power < 1e-9).mean() > 0.3


@each_plant
def test_conditions_can_be_true(site: Plant) -> None:
    from config.quantities import QUANTITIES

    moments = SUMMER + 300 * np.arange(288 * 3)
    for (meter, quantity), values in plant.levels(site, moments).items():
        known = QUANTITIES[quantity]
        assert values.min() >= known.least, (meter, quantity)
        assert values.max() <= known.greatest, (meter, quantity)
    for quantity, values in plant.conditions(site, moments).items():
        known = QUANTITIES[quantity]
        assert np.isfinite(values).all()
        assert (values.min(), values.max()) == (max(values.min(), known.least), min(values.max(), known.greatest))


def test_one_voltage_sags_and_one_device_is_silent_for_minutes_each_day() -> None:
    site = campus()
    day = NOW // 86_400 * 86_400 + 5 * np.arange(17_280)
    low = {
        meter: (values < 0.9 * 230).sum() * 5 / 60
        for (meter, quantity), values in plant.levels(site, day).items()
        if quantity == "voltage_v"
    }
    assert low.pop(site.dip) == pytest.approx(electrics.DIP.length_s / 60, abs=1)
    assert not any(low.values())
    silent = {device.key: plant.silent(site, device.key, day).sum() * 5 for device in site.devices}
    assert silent.pop(site.outage) == electrics.OUTAGE.length_s
    assert not any(silent.values())
    assert next(meter for meter in site.meters if meter.device == site.outage).method == "counter", "no energy is lost meanwhile"


@each_plant
def test_the_graph_solves_to_flows_whose_residuals_are_the_losses(site: Plant) -> None:
    from models import flows

    graph = Graph(
        tuple(Node(node.key, node.name, node.kind, node.technology) for node in site.nodes),
        tuple(
            Edge(
                f"{edge.source}-{edge.target}",
                edge.source,
                edge.target,
                "electricity",
                edge.two_way,
                edge.meter.key if edge.meter else None,
            )
            for edge in site.edges
        ),
    )
    energy = plant.intervals(site, [SUMMER, SUMMER + 900])
    solved = flows.solve(
        graph,
        {
            meter.key: (energy[meter.key, "energy_kwh"], energy.get((meter.key, "energy_export_kwh"), np.zeros(1)))
            for meter in site.meters
        },
    )
    for key, residual in solved.residuals.items():
        if key in ("t1", "t2"):
            assert residual.value[0] > 1
        else:
            assert residual.value[0] == pytest.approx(0, abs=1e-6)


@each_plant
def test_every_device_and_node_has_its_place_on_the_plan(site: Plant) -> None:
    for device in site.devices:
        assert device.x is not None
        assert 0 < device.x < 1
        assert device.y is not None
        assert 0 < device.y < 1
    spots = [(device.x, device.y) for device in site.devices]
    assert len(set(spots)) == len(spots)


@each_plant
def test_fields_of_posts_name_the_devices_own_meters(site: Plant) -> None:
    of = {meter.key: meter for meter in site.meters}
    posting = [device for device in site.devices if device.fields]
    assert posting
    for device in posting:
        assert {of[meter].device for meter, _ in device.fields.values()} == {device.key}
        assert "current_load" in device.fields
    assert {meter.device for meter in site.meters} == {device.key for device in site.devices}


def test_tables_kept_in_a_folder_say_the_same(tmp_path: Path) -> None:
    for make in (campus, homes):
        fresh, kept, again = make(), make(tmp_path), make(tmp_path)
        edges = NOW + 5 * np.arange(4)
        for key, values in plant.samples(fresh, edges).items():
            np.testing.assert_array_equal(values, plant.samples(kept, edges)[key])
            np.testing.assert_array_equal(values, plant.samples(again, edges)[key])
    assert sorted(place.name.split("-")[0] for place in tmp_path.iterdir()) == ["campus", "homes"]


def test_the_data_carried_are_small_and_named() -> None:
    folder = recordings.DATA
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3e6
    named = (folder / "SOURCES.md").read_text(encoding="utf-8")
    assert all(file.name in named for file in folder.glob("*.gz"))


def test_the_second_phase_of_the_grid_sags_on_some_days_of_each_week_for_longer_than_ten_minutes() -> None:
    site, week = campus(), NOW // 604_800 * 604_800 + 300 * np.arange(2016)
    shown = plant.levels(site, week)
    low = {phase: shown["grid", f"voltage_l{phase}_v"] < 0.9 * 230 for phase in (1, 2, 3)}
    assert not low[1].any()
    assert not low[3].any()
    begins = np.flatnonzero(np.diff(low[2].astype(int)) == 1)
    assert 2 <= len(begins) <= 4
    assert low[2].sum() * 300 == pytest.approx(len(begins) * electrics.PHASE_SAG.length_s, abs=900)
    assert (shown["grid", "voltage_l2_v"] < 0.85 * 230).any(), "once a week below the least that may be"
