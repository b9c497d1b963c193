"""What comes before its channel is mapped is stored once it is: at its own time, once, and nothing of it is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cli.ports import free_ports
from config.settings import Settings
from store.ids import channel_id
from store.records.jobs import asking
from store.records.plant import channels, devices, keys, meters
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from store.series import waiting
from tests.ingest.test_lines_road import ns
from tests.ingest.world import Api, Stored, World
from worker.tasks import waiting_values


def settle() -> dict[str, int]:
    return waiting_values.settle(SYSTEM, waiting_values.TASK.kind.arguments(), lambda _share, _what: None)


def asked_for() -> int:
    return sum(each.kind == "waiting_values" for each in asking.jobs(SYSTEM, Wanted(count=500), state="queued").rows)


@pytest.fixture
def post(api: Api, world: World) -> Callable[..., httpx.Response]:
    def send(*lines: str, key: str = world.device_key) -> httpx.Response:
        return httpx.post(
            f"{api.url}/api/v2/write", headers={"Authorization": f"Token {key}"}, content="\n".join(lines), timeout=30
        )

    return send


def states(stored: Stored, which: str) -> list[tuple[str | None, int]]:
    return [tuple(row) for row in stored("SELECT state, count() FROM waiting WHERE channel = %s ORDER BY state", which)]  # type: ignore[misc]


def test_what_waits_is_stored_when_its_channel_is_mapped_and_what_cannot_be_goes_on_waiting(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime
) -> None:
    at = [moment + timedelta(seconds=n) for n in range(3)]
    lines = [f"hall,row=1 voltage={value} {ns(when)}" for value, when in zip((230, 231, 9e9), at, strict=True)]
    assert post(*lines).status_code == 204
    which = channel_id(world.device, "lines", "hall,row=1 voltage")
    stored.settle()
    settle()
    assert states(stored, which) == [(None, 3)]
    assert which not in {each.id for each in waiting_values.unsettled(SYSTEM)}, "nobody has said what it means"
    meter = meters.create_meter(SYSTEM, world.site_id, name="hall", role="condition").id
    channels.map_channel(SYSTEM, which, meter_id=meter, quantity="voltage_v")
    assert asked_for() == 1, "by whoever mapped it, and not again while that is to be done"
    assert waiting_values.TASK.only_if is not None and waiting_values.TASK.only_if(SYSTEM)
    done = settle()
    assert (done["stored"], done["refused"]) == (2, 1)
    assert [stored.value(meter, "voltage_v", when) for when in at] == [230, 231, None]
    assert states(stored, which) == [("out_of_range", 1), ("stored", 2)]
    assert settle() == {"stored": 0, "refused": 0, "dropped": 0}  # it is judged once
    assert not waiting_values.TASK.only_if(SYSTEM), "and by the clock it is not asked for again"
    channels.map_channel(SYSTEM, which, meter_id=meter, quantity="power_kw", unit="mW")
    assert settle() == {"stored": 1, "refused": 0, "dropped": 0}
    assert stored.value(meter, "power_kw", at[2]) == 9000.0


def test_it_may_be_killed_between_storing_and_marking(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"hall,row=2 voltage={200 + n} {ns(moment + timedelta(seconds=n))}" for n in range(5)]
    assert post(*lines).status_code == 204
    which = channel_id(world.device, "lines", "hall,row=2 voltage")
    meter = meters.create_meter(SYSTEM, world.site_id, name="hall 2", role="condition").id
    channels.map_channel(SYSTEM, which, meter_id=meter, quantity="voltage_v")
    stored.settle()
    monkeypatch.setattr(waiting_values, "PART", 2)
    with monkeypatch.context() as killed:

        def die(*_: object) -> None:
            raise SystemExit

        killed.setattr(waiting_values, "_mark", die)
        with pytest.raises(SystemExit):
            settle()
    stored.settle()
    assert states(stored, which) == [(None, 5)]
    assert settle()["stored"] == 5
    rows = stored("SELECT value FROM telemetry WHERE meter = %s ORDER BY ts", meter)
    assert [value for (value,) in rows] == [200.0, 201.0, 202.0, 203.0, 204.0]


def test_what_was_stored_since_is_newer_than_what_waited(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime
) -> None:
    assert post(f"hall,row=3 voltage=210 {ns(moment)}").status_code == 204
    which = channel_id(world.device, "lines", "hall,row=3 voltage")
    meter = meters.create_meter(SYSTEM, world.site_id, name="hall 3", role="condition").id
    channels.map_channel(SYSTEM, which, meter_id=meter, quantity="voltage_v")
    stored.connection.execute(
        "INSERT INTO telemetry (ts, meter, quantity, value, source, received_at) VALUES (%s, %s, 'voltage_v', 211, 'x', now())",
        [moment.replace(tzinfo=None), meter],
    )
    stored.settle()
    assert settle()["stored"] == 1
    assert stored.value(meter, "voltage_v", moment) == 211


def test_what_is_not_wanted_is_dropped(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime
) -> None:
    assert post(f"hall,row=4 voltage=210 {ns(moment)}").status_code == 204
    which = channel_id(world.device, "lines", "hall,row=4 voltage")
    channels.ignore(SYSTEM, which)
    stored.settle()
    assert settle()["dropped"] == 1
    assert states(stored, which) == [("dropped", 1)]
    assert waiting.channels(SYSTEM).get(which) is None


def test_a_sites_key_has_channels_of_the_site(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime
) -> None:
    assert post(f"hall,row=5 voltage=220 {ns(moment)}", key=world.site_key).status_code == 204
    which = channel_id(world.site_id, "lines", "hall,row=5 voltage")
    channels.map_channel(SYSTEM, which, meter_id=world.panel, quantity="temperature_c", unit="degC")
    another = keys.create_key(SYSTEM, site_id=world.site_id)
    stored.settle()
    assert settle()["stored"] == 1
    assert stored.value(world.panel, "temperature_c", moment) == 220
    later = moment + timedelta(seconds=1)
    assert post(f"hall,row=5 voltage=221 {ns(later)}", key=another).status_code == 204
    stored.settle()
    settle()
    assert stored.value(world.panel, "temperature_c", later) == 221


def test_beyond_the_quota_a_line_is_refused_by_name_and_what_waits_stays(
    device_settings: Settings, stored: Stored, world: World, moment: datetime, tmp_path: Path
) -> None:
    with free_ports(1) as (port,):
        own = {"home": tmp_path, "device_port": port, "waiting_values": 3, "device_workers": 1}
    device = devices.create_device(SYSTEM, world.site_id, name="talkative").id
    key = keys.create_key(SYSTEM, device_id=device)
    small = Api(device_settings.model_copy(update=own)).start()
    try:
        lines = [f"t,n={n} v={n} {ns(moment)}" for n in range(5)]
        said = httpx.post(f"{small.url}/write", headers={"Authorization": f"Token {key}"}, content="\n".join(lines), timeout=30)
        assert said.status_code == 400
        assert said.json()["error"].endswith("dropped=2 [waiting_full]")
        assert "unable to parse 't,n=3 v=3" in said.json()["error"]
        assert stored("SELECT count() FROM waiting WHERE source = %s", device) == [(3,)]
        again = httpx.post(f"{small.url}/api/v2/write", headers={"Authorization": f"Token {key}"}, content=lines[4], timeout=30)
        assert again.json()["code"] == "unprocessable entity"
    finally:
        small.stop()  # writes what it has counted
    refused = {each.full_name: each.turned_away for each in channels.of_site(SYSTEM, world.site_id) if each.device_id == device}
    assert refused == {"t,n=0 v": 0, "t,n=1 v": 0, "t,n=2 v": 0, "t,n=3 v": 1, "t,n=4 v": 2}


@pytest.mark.parametrize("name", ["x" * 2000, "bell\x07", "right\u202eleft"])
def test_a_name_that_cannot_be_kept_costs_its_own_line_only(
    post: Callable[..., httpx.Response], stored: Stored, world: World, moment: datetime, name: str
) -> None:
    said = post(f"{name} v=1 {ns(moment)}", f"hall,row=6 kept=1 {ns(moment)}")
    assert (said.status_code, said.json()["message"].endswith("dropped=1 [bad_channel]")) == (422, True)
    which = channel_id(world.device, "lines", "hall,row=6 kept")
    assert stored("SELECT count() FROM waiting WHERE channel = %s AND ts = %s", which, moment.replace(tzinfo=None)) == [(1,)]
