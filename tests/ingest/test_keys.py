"""Who may come in: nobody without a key, and nobody with a revoked one, in whichever process."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cli.ports import free_ports
from config.settings import Settings
from ingest import directory
from store.records.plant import devices, keys, meters, sites
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.world import HARDWARE, Api, Device, Stored, World

Hold = Callable[[str | None], Device]


@pytest.mark.parametrize("path", ["/api/hardware/data", "/api/v1/readings"])
def test_without_a_key_nothing_is_taken(path: str, as_holder: Hold) -> None:
    answer = as_holder(None).raw(path, b"not even looked at")
    assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/api/hardware/status", "/api/hardware/config"])
def test_without_a_key_nothing_is_told(path: str, as_holder: Hold) -> None:
    assert as_holder(None).client.get(path).status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key + "x",
        lambda key: key[:-1],
        lambda key: key.partition(".")[0],
        lambda key: key.partition(".")[0] + ".",
        lambda key: "." + key.partition(".")[2],
        lambda key: "key_000000000000." + key.partition(".")[2],
        lambda key: "x" * 5000,
    ],
)
def test_a_wrong_key_is_refused_and_not_told_why(spoil: Callable[[str], str], api: Api, world: World) -> None:
    headers = [(b"x-api-key", spoil(world.device_key).encode())]
    answer = httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")


@pytest.mark.parametrize("key", [b"\xff\xfe.\x80", "ü.ü".encode(), b"."])
def test_a_key_of_strange_bytes_is_refused(key: bytes, api: Api) -> None:
    assert httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers=[(b"x-api-key", key)], timeout=30).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_agents_may_send_the_key_as_authorization(scheme: str, as_holder: Hold, world: World) -> None:
    client = as_holder(None).client
    answer = client.post("/api/hardware/data", json=HARDWARE, headers={"Authorization": f"{scheme} {world.device_key}"})
    assert answer.status_code == 200


def test_a_key_without_the_right_to_write_is_refused(as_holder: Hold, world: World) -> None:
    answer = as_holder(world.reading_key).readings()
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only_key")


def test_a_new_key_works_at_once(as_holder: Hold, world: World) -> None:
    for _ in range(5):
        key = keys.create_key(SYSTEM, device_id=world.device)
        for _ in range(5):  # connections meet both processes
            assert as_holder(key).hardware().status_code == 200


def test_a_revoked_key_is_refused_by_every_process_within_ten_seconds(api: Api, world: World) -> None:
    key = keys.create_key(SYSTEM, device_id=world.device)

    def statuses() -> set[int]:
        return {
            httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers={"X-API-Key": key}, timeout=30).status_code
            for _ in range(12)
        }

    assert statuses() == {200}
    keys.revoke_key(SYSTEM, key.partition(".")[0])
    assert directory.POLL_S < 10
    eventually(lambda: statuses() == {401})


def test_the_keys_of_an_archived_site_are_refused_with_a_clear_answer_until_it_is_restored(api: Api, world: World) -> None:
    of_device, of_site = keys.create_key(SYSTEM, device_id=world.device), keys.create_key(SYSTEM, site_id=world.site_id)
    sites.archive_site(SYSTEM, world.site_id)
    try:
        eventually(lambda: _statuses(api, of_device) == {403})
        for key, method, path in (
            (of_device, "POST", "/api/hardware/data"),
            (of_device, "GET", "/api/hardware/status"),
            (of_site, "POST", "/api/v1/readings"),
        ):
            answer = httpx.request(method, f"{api.url}{path}", json=HARDWARE, headers={"X-API-Key": key}, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (403, "site_archived")
            assert "restored" in answer.json()["message"]
        wrong = httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers={"X-API-Key": of_device + "x"}, timeout=30)
        assert wrong.json()["code"] == "unknown_key", "whoever has no key is told nothing of the site"
    finally:
        sites.restore_site(SYSTEM, world.site_id)
    eventually(lambda: _statuses(api, of_device) == {200})


def _statuses(api: Api, key: str, times: int = 12) -> set[int]:
    """Of several posts: connections meet every process."""
    return {
        httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers={"X-API-Key": key}, timeout=30).status_code
        for _ in range(times)
    }


def test_a_key_ends_at_its_moment_in_every_process_without_a_restart(api: Api, world: World) -> None:
    end = now() + timedelta(seconds=4)
    key = keys.create_key(SYSTEM, device_id=world.device, expires_at=end)
    while now() < end:
        assert _statuses(api, key) == {200} or now() >= end
    eventually(lambda: _statuses(api, key) == {401})


def test_a_key_is_rotated_without_a_refused_post(api: Api, world: World) -> None:
    old = keys.create_key(SYSTEM, device_id=world.device, name="gateway")
    assert _statuses(api, old) == {200}
    end = now() + timedelta(seconds=4)
    new = keys.rotate_key(SYSTEM, old.partition(".")[0], timedelta(seconds=4))
    while now() < end:
        assert _statuses(api, new, 4) == {200}
        assert _statuses(api, old, 4) == {200} or now() >= end
    eventually(lambda: _statuses(api, old) == {401})
    assert _statuses(api, new) == {200}


def test_when_a_key_was_used_last_is_known_within_seconds(as_holder: Hold, world: World) -> None:
    began = now()
    key = keys.create_key(SYSTEM, device_id=world.device)
    assert as_holder(key).hardware().status_code == 200

    def used() -> bool:
        [row] = [row for row in keys.keys(SYSTEM, world.site_id) if row.id == key.partition(".")[0]]
        return row.last_used_at is not None and row.last_used_at >= began

    eventually(used)


def test_a_retired_devices_key_is_refused(as_holder: Hold, world: World) -> None:
    old = devices.create_device(SYSTEM, world.site_id, name="old").id
    holder = as_holder(keys.create_key(SYSTEM, device_id=old))
    assert holder.client.get("/api/hardware/config").status_code == 200
    devices.retire_device(SYSTEM, old)
    eventually(lambda: holder.client.get("/api/hardware/config").status_code == 401)


def test_a_changed_map_is_followed(as_holder: Hold, world: World, stored: Stored, moment: datetime) -> None:
    own = meters.create_meter(SYSTEM, world.site_id, name="remapped", role="condition").id
    device = devices.create_device(SYSTEM, world.site_id, name="remapped", fields={"current_load": (own, "load_pct")}).id
    holder = as_holder(keys.create_key(SYSTEM, device_id=device))
    sent = {"energy_produced": 0, "energy_consumed": 0, "current_load": 5, "frequency": 49.9, "timestamp": moment.isoformat()}
    assert holder.hardware(sent).json()["rejected"][0]["code"] == "unmapped_field"
    devices.map_fields(SYSTEM, device, {"current_load": (own, "load_pct"), "frequency": (own, "frequency_hz")})
    eventually(lambda: holder.hardware(sent).status_code == 200)
    assert stored.value(own, "frequency_hz", moment) == 49.9


def test_both_keys_of_a_rotation_survive_a_restart_and_the_old_one_ends_as_announced(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    old = keys.create_key(SYSTEM, device_id=world.device, name="gateway")
    new = keys.rotate_key(SYSTEM, old.partition(".")[0], timedelta(hours=1))
    with free_ports(1) as (port,):
        own = Api(device_settings.model_copy(update={"device_port": port, "home": tmp_path}))
    for _ in range(2):
        own.start()
        assert _statuses(own, old, 4) == _statuses(own, new, 4) == {200}
        own.stop()
    own.start()
    keys.revoke_key(SYSTEM, old.partition(".")[0])
    eventually(lambda: _statuses(own, old) == {401})
    answer = httpx.post(f"{own.url}/api/hardware/data", json=HARDWARE, headers={"X-API-Key": old}, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert _statuses(own, new) == {200}
    own.stop()
