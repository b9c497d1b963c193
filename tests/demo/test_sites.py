"""The loaded demo is whole, labelled, and shows each only what is theirs."""

import stat

import pytest

from demo import plant, state
from demo.campus import campus
from demo.homes import homes
from demo.sites import ADMINISTRATOR, OPERATOR, resident
from store.errors import NotFound
from store.records.plant import dated_graph, declarations, devices, meters, sites
from store.scope import SYSTEM
from store.series import connection
from tests.demo.conftest import DAYS, Demo

PLANTS = (campus(), homes())


def test_what_it_keeps_is_for_its_owner_alone(demo: Demo) -> None:
    folder = state.folder(demo.settings)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("state.json", "posted.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    kept = (folder / "state.json").read_text()
    assert not any(account.password in kept for account in demo.accounts)


def test_every_series_has_every_hour_until_the_switch_and_samples_after_it(demo: Demo) -> None:
    counts = connection.query("SELECT meter, quantity, count() FROM intervals WHERE interval_s = 3600")
    expected = {
        (demo.known.series[site.key][key], quantity)
        for site in PLANTS
        for key, quantity in (
            *plant.intervals(site, [0, 3600]),
            *plant.levels(site, [0]),
            *(("region", name) for name in site.region_quantities),
        )
    }
    assert {(meter, quantity) for meter, quantity, _ in counts} == expected
    assert {count for *_, count in counts} == {DAYS * 24}
    live = connection.query("SELECT meter, quantity, count() FROM telemetry")
    assert {(meter, quantity) for meter, quantity, _ in live} == {
        (demo.known.series[site.key][key], quantity)
        for site in PLANTS
        for key, quantity in (*plant.samples(site, [0, 5]), *(("region", name) for name in site.region_quantities))
    }


def test_declarations_switch_where_the_samples_begin(demo: Demo) -> None:
    for site in PLANTS:
        ids = demo.known.series[site.key]
        declared = declarations.energy_declarations(SYSTEM, [ids[meter.key] for meter in site.meters])
        for meter in site.meters:
            history, live = declared[ids[meter.key]]
            assert (history.method, history.interval_s, live.method, live.interval_s) == ("interval", 3600, meter.method, 5)
            assert history.valid_to == live.valid_from
            assert live.valid_from.timestamp() == demo.known.switch


def test_a_neighbour_sees_nothing_of_a_neighbour(demo: Demo) -> None:
    ids = demo.known.series["homes"]
    site_id = demo.known.sites["homes"]
    for home in (1, 2, 17):
        scope = demo.scope(resident(home))
        own = {ids[f"home_{home}_{part}"] for part in ("grid", "pv", "battery", "load")}
        assert scope.meter_ids == own
        assert {meter.id for meter in meters.meters_of(scope, site_id)} == own
        assert [site.id for site in sites.visible_sites(scope)] == [site_id]
        assert [device.name for device in devices.devices_of(scope, site_id)] == [f"Home {home} gateway"]
        seen = dated_graph.site_graph(scope, site_id)
        assert {edge.meter_id for edge in seen.edges} == own
        assert {node.name for node in seen.nodes} == {"Feeder"} | {
            f"Home {home}{part}" for part in ("", " PV", " battery", " load")
        }
        for other in (ids["home_3_grid"], ids["feeder"], demo.known.series["campus"]["grid"]):
            with pytest.raises(NotFound):
                meters.require_meters(scope, [other])
        with pytest.raises(NotFound):
            sites.site(scope, demo.known.sites["campus"])


def test_operators_see_both_sites_whole_and_the_administrator_everything(demo: Demo) -> None:
    operator = demo.scope(OPERATOR)
    assert {site.name for site in sites.visible_sites(operator)} == {"North Campus", "Fontana Homes"}
    assert all(operator.sees_whole_site(site_id) for site_id in demo.known.sites.values())
    assert not operator.everything
    assert demo.scope(ADMINISTRATOR).everything


def test_replayed_sites_say_so_and_simulated_parts_are_labelled(demo: Demo) -> None:
    for site in sites.visible_sites(SYSTEM):
        assert site.replay
        assert "Simulated" in site.source_note
        assert "icence" in site.source_note
        labels = {meter.name: meter.simulated for meter in meters.meters_of(SYSTEM, site.id)}
        assert not labels.get("Building 35", False)
        assert all(simulated for name, simulated in labels.items() if "attery" in name)
