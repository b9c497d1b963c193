"""Agents that write to InfluxDB write to Loadstar: by their own key and line protocol, and are answered as they expect."""

import base64
import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest

from config.settings import Settings
from store.ids import channel_id
from store.records.plant import channels, meters
from store.records.plant.channels import Source
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.world import Api, Stored, World, use_records

POWER = "meter,phase=l1 power"
VOLTAGE = "meter,phase=l1 voltage"


@pytest.fixture(scope="module")
def panel(api: Api, world: World, device_settings: Settings) -> str:
    """A meter of the device whose power (W) and voltage come by line protocol; temperatures are not wanted."""
    use_records(device_settings)
    source = Source(world.site_id, world.device)
    names = [POWER, VOLTAGE, "meter,phase=l1 temperature"]
    assert channels.known(SYSTEM, source, "lines", names) == set(names)
    meter = meters.create_meter(SYSTEM, world.site_id, name="lines", role="condition").id
    for name, quantity, unit in ((POWER, "power_kw", "W"), (VOLTAGE, "voltage_v", None)):
        channels.map_channel(SYSTEM, channel_id(source.id, "lines", name), meter_id=meter, quantity=quantity, unit=unit)
    channels.ignore(SYSTEM, channel_id(source.id, "lines", names[2]))
    keyed = {"Authorization": f"Token {world.device_key}"}
    # Each connection is one of the processes', and each of them has to have taken it over.
    eventually(
        lambda: all(
            httpx.post(f"{api.url}/write", headers=keyed, content="meter,phase=l1 voltage=-1", timeout=30).status_code == 400
            for _ in range(20)
        )
    )
    return meter


def ns(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


@pytest.fixture
def agent(api: Api, world: World, panel: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, headers={"Authorization": f"Token {world.device_key}"}, timeout=30) as client:
        yield client


def test_a_mapped_value_is_stored_in_the_quantitys_unit(
    agent: httpx.Client, stored: Stored, panel: str, moment: datetime
) -> None:
    said = agent.post("/write", content=f"meter,phase=l1 power=1500i,voltage=230.5,temperature=20 {ns(moment)}\n")
    assert (said.status_code, said.content) == (204, b"")
    assert stored.value(panel, "power_kw", moment) == 1.5
    assert stored.value(panel, "voltage_v", moment) == 230.5


@pytest.mark.parametrize("unit", ["ns", "u", "ms", "s"])
def test_a_time_is_in_the_declared_unit(agent: httpx.Client, stored: Stored, panel: str, moment: datetime, unit: str) -> None:
    factor = {"ns": 1, "u": 10**3, "ms": 10**6, "s": 10**9}[unit]
    said = agent.post(f"/write?precision={unit}", content=f"meter,phase=l1 voltage=231 {ns(moment) // factor}")
    assert said.status_code == 204
    assert stored.value(panel, "voltage_v", moment) == 231


def test_a_declared_unit_that_is_empty_is_the_usual_one_as_the_description_says(
    agent: httpx.Client, stored: Stored, panel: str, moment: datetime
) -> None:
    paths = agent.get("/openapi.json").json()["paths"]
    for n, path in enumerate(("/write", "/api/v2/write")):
        assert "" in paths[path]["post"]["parameters"][0]["schema"]["enum"]
        at = moment + timedelta(seconds=n)
        assert agent.post(f"{path}?precision=", content=f"meter,phase=l1 voltage=232 {ns(at)}").status_code == 204
        assert stored.value(panel, "voltage_v", at) == 232


def test_good_lines_beside_bad_ones_are_stored_and_the_bad_ones_are_named(
    agent: httpx.Client, stored: Stored, panel: str, moment: datetime
) -> None:
    at = ns(moment)
    body = f'meter,phase=l1 voltage=229 {at}\nmeter,phase=l1 voltage=NaN {at + 10**9}\nnothing\nmeter,phase=l1 s="open {at}\n'
    body += f"meter,phase=l1 voltage=9e9 {at + 2 * 10**9}\nmeter,phase=l1 voltage=228 {at + 3 * 10**9}"
    for path, status in (("/write", 400), ("/api/v2/write", 422)):
        said = agent.post(path, content=body)
        assert said.status_code == status, said.text
        words = said.json()["error" if status == 400 else "message"]
        assert words.startswith("partial write: unable to parse 'meter,phase=l1 voltage=NaN")
        assert words.endswith("dropped=4 [malformed_line]")
        assert "voltage_v cannot be 9,000,000,000 V" in words
    assert stored.value(panel, "voltage_v", moment) == 229
    assert stored.value(panel, "voltage_v", moment + timedelta(seconds=3)) == 228
    assert stored.value(panel, "voltage_v", moment + timedelta(seconds=1)) is None


def test_a_text_or_a_boolean_is_never_a_zero(agent: httpx.Client, stored: Stored, panel: str, moment: datetime) -> None:
    said = agent.post(
        "/write", content=f'meter,phase=l1 voltage="off",power=f {ns(moment)}\nmeter,phase=l1 voltage=true {ns(moment)}'
    )
    assert said.status_code == 204
    assert stored.value(panel, "voltage_v", moment) is None
    assert stored.value(panel, "power_kw", moment) is None


def test_what_is_not_mapped_waits_at_its_own_time(agent: httpx.Client, stored: Stored, world: World, moment: datetime) -> None:
    said = agent.post("/write", content=f'cpu\\ load,host=b,cpu=a usage=12.5,name="x" {ns(moment)}')
    assert said.status_code == 204
    which = channel_id(world.device, "lines", "cpu\\ load,cpu=a,host=b usage")
    rows = stored("SELECT ts, value, source FROM waiting WHERE channel = %s", which)
    assert rows == [(moment.replace(tzinfo=None), 12.5, world.device)]
    found = channels.require_channel(SYSTEM, which)
    assert (found.full_name, found.device_id, found.meter_id) == ("cpu\\ load,cpu=a,host=b usage", world.device, None)


@pytest.mark.parametrize(
    "keyed",
    [
        lambda key: {"headers": {"Authorization": f"Token {key}"}},
        lambda key: {"headers": {"Authorization": f"Token telegraf:{key}"}},
        lambda key: {"headers": {"Authorization": f"Bearer {key}"}},
        lambda key: {"headers": {"Authorization": f"Basic {base64.b64encode(f'telegraf:{key}'.encode()).decode()}"}},
        lambda key: {"headers": {"X-API-Key": key}},
        lambda key: {"params": {"u": "telegraf", "p": key}},
    ],
    ids=["token", "user:token", "bearer", "basic", "header", "query"],
)
def test_a_key_comes_in_whatever_an_agent_has_for_one(
    api: Api, world: World, panel: str, keyed: Callable[[str], dict[str, Any]], moment: datetime
) -> None:
    line = f"meter,phase=l1 voltage=230 {ns(moment)}"
    assert httpx.post(f"{api.url}/write", content=line, timeout=30, **keyed(world.device_key)).status_code == 204
    assert httpx.post(f"{api.url}/write", content=line, timeout=30, **keyed(world.device_key + "x")).status_code == 401
    wrong = httpx.post(f"{api.url}/api/v2/write", content=line, timeout=30, **keyed(world.device_key + "x"))
    assert wrong.json()["code"] == "unauthorized"


def test_the_first_interface_never_says_what_makes_telegraf_drop_or_repeat(api: Api, world: World, agent: httpx.Client) -> None:
    read_only = {"Authorization": f"Token {world.reading_key}"}
    assert agent.post("/write", headers=read_only, content="a b=1").status_code == 401
    assert agent.post("/api/v2/write", headers=read_only, content="a b=1").status_code == 403
    assert agent.post("/write", headers={"Content-Encoding": "br"}, content="a b=1").status_code == 400
    assert agent.post("/write?precision=y", content="a b=1").status_code == 400
    too_big = agent.post("/write", content=b"#" * (8 * 2**20 + 1))
    assert (too_big.status_code, "at most 8,388,608 bytes" in too_big.json()["error"]) == (413, True)
    keyless = httpx.post(f"{api.url}/write", content="a b=1", timeout=30)
    assert (keyless.status_code, "as the password, beside any user name, or as the token" in keyless.json()["error"]) == (
        401,
        True,
    )
    assert agent.post("/write", content=b"").status_code == 204
    assert agent.post("/api/v2/write", content=b"").status_code == 204


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_a_body_may_be_compressed(agent: httpx.Client, stored: Stored, panel: str, moment: datetime, encoding: str) -> None:
    body = gzip.compress(f"meter,phase=l1 voltage=233 {ns(moment)}".encode())
    assert agent.post("/write", headers={"Content-Encoding": encoding}, content=body).status_code == 204
    assert stored.value(panel, "voltage_v", moment) == 233


def test_what_agents_ask_before_they_write_is_answered_without_a_key(api: Api) -> None:
    with httpx.Client(base_url=api.url, timeout=30) as client:
        for path in ("/ping", "/api/v2/ping"):
            assert (client.get(path).status_code, client.head(path).status_code) == (204, 204)
            assert client.get(path).headers["x-influxdb-version"]
        assert client.get("/ping?verbose=true").json() == {"version": "1.8.10"}
        assert client.get("/health").json()["status"] == "pass"
        assert client.get("/ready").json()["status"] == "ready"
        made = client.post("/query", data={"q": 'CREATE DATABASE "telegraf"'})
        assert (made.status_code, made.json()) == (200, {"results": [{"statement_id": 0}]})
        assert client.get("/query", params={"q": "SHOW DATABASES"}).json()["results"][0]["series"][0]["name"] == "databases"
        assert client.get("/query", params={"q": "SELECT * FROM cpu"}).status_code == 400
        assert client.post("/query").status_code == 400


def test_telegrafs_first_output_delivers_unchanged(api: Api, world: World, stored: Stored, panel: str, moment: datetime) -> None:
    headers = {
        "User-Agent": "Telegraf/1.32.0 Go/1.23.0",
        "Authorization": f"Basic {base64.b64encode(f'loadstar:{world.device_key}'.encode()).decode()}",
    }
    with httpx.Client(base_url=api.url, headers=headers, timeout=30) as telegraf:
        made = telegraf.post("/query", data={"q": 'CREATE DATABASE "telegraf"'})
        assert made.status_code == 200
        lines = "".join(f"meter,phase=l1 power={n}i,voltage={230 + n / 100} {ns(moment) + n * 1_000_000}\n" for n in range(1000))
        kind = {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"}
        said = telegraf.post("/write?db=telegraf", headers=kind, content=gzip.compress(lines.encode()))
    assert (said.status_code, said.content) == (204, b"")
    found = stored(
        "SELECT quantity, count(), sum(value) FROM telemetry WHERE meter = %s AND ts >= %s AND ts < %s ORDER BY quantity",
        panel,
        moment.replace(tzinfo=None),
        (moment + timedelta(seconds=1)).replace(tzinfo=None),
    )
    assert [(quantity, count) for quantity, count, _sum in found] == [("power_kw", 1000), ("voltage_v", 1000)]
    assert [total for *_, total in found] == pytest.approx([999 * 500 / 1000, 230_000 + 999 * 5])


def test_whoever_takes_lines_has_no_need_of_pandas(api: Api, world: World, panel: str, moment: datetime) -> None:
    """It takes a third of a second to load, and tens of megabytes of each process."""
    body = "".join(f"meter,phase=l1 voltage=231,power=5i {ns(moment) + n * 1_000_000}\n" for n in range(1000))
    keyed = {"Authorization": f"Token {world.device_key}"}
    for _each_process in range(12):
        assert httpx.post(f"{api.url}/api/v2/write", headers=keyed, content=body, timeout=30).status_code == 204
    assert api.process is not None
    loaded = {each.path for worker in psutil.Process(api.process.pid).children() for each in worker.memory_maps()}
    assert any("numpy" in path for path in loaded)
    assert not [path for path in loaded if "pandas" in path]


def test_telegrafs_second_output_delivers_unchanged_and_is_told_what_it_drops(
    api: Api, world: World, stored: Stored, panel: str, moment: datetime
) -> None:
    """As `outputs.influxdb_v2` writes: gzip, no precision (nanoseconds), bucket and organisation in the address."""
    headers = {
        "User-Agent": "Telegraf/1.32.0 Go/1.23.0",
        "Authorization": f"Token {world.device_key}",
        "Content-Encoding": "gzip",
        "Content-Type": "text/plain; charset=utf-8",
    }
    with httpx.Client(base_url=api.url, headers=headers, timeout=30) as telegraf:

        def write(*lines: str) -> httpx.Response:
            body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
            return telegraf.post("/api/v2/write?bucket=telegraf&org=loadstar", content=body)

        good = [f"meter,phase=l1 voltage={230 + n},power={n}i {ns(moment) + n * 1_000_000}" for n in range(100)]
        # What a host's plugins send beside: texts with blanks and quotes, booleans, unsigned numbers, and an escaped tag.
        others = [f'win_services,host=a\\ b display="a \\"b\\", c",ok=true,state=4u {ns(moment)}', "uptime,host=a value=5i"]
        said = write(*good, *others)
        assert (said.status_code, said.content) == (204, b"")
        # Sent again, as after an answer that was lost; and with one line that cannot be, which costs no other.
        assert write(*good).status_code == 204
        partly = write(f"meter,phase=l1 voltage=231.5 {ns(moment) + 10**9}", f"meter,phase=l1 voltage=nan {ns(moment)}")
        assert (partly.status_code, partly.json()["code"]) == (422, "unprocessable entity")
        assert "voltage=nan" in partly.json()["message"]
    found = stored(
        "SELECT quantity, count(), sum(value) FROM telemetry WHERE meter = %s AND ts >= %s AND ts <= %s ORDER BY quantity",
        panel,
        moment.replace(tzinfo=None),
        (moment + timedelta(seconds=1)).replace(tzinfo=None),
    )
    assert [(quantity, count) for quantity, count, _sum in found] == [("power_kw", 100), ("voltage_v", 101)]
    assert [total for *_, total in found] == pytest.approx([99 * 50 / 1000, 23_000 + 99 * 50 + 231.5])


WRONG = (
    "meter",
    "meter,phase=l1",
    "meter,phase=l1 ",
    "meter,phase=l1 voltage",
    "meter,phase=l1 voltage=",
    "meter,phase=l1 =5",
    "meter,phase=l1 voltage=nan",
    "meter,phase=l1 voltage=-nan",
    "meter,phase=l1 voltage=NaN",
    "meter,phase=l1 voltage=inf",
    "meter,phase=l1 voltage=1e400",
    "meter,phase=l1 voltage=+1",
    "meter,phase=l1 voltage=0x10",
    "meter,phase=l1 voltage=1,5",
    "meter,phase=l1 voltage=1i2",
    "meter,phase=l1 voltage=1.5i",
    "meter,phase=l1 voltage=99999999999999999999i",
    "meter,phase=l1 voltage=-1u",
    "meter,phase=l1 voltage=231 V",
    "meter,phase=l1 voltage=231 12:00",
    "meter,phase=l1 voltage=231 1.5",
    "meter,phase=l1 voltage=231 1e18",
    "meter,phase=l1 voltage=231 99999999999999999999",
    "meter,phase=l1 voltage=231 1772359200",  # seconds
    "meter,phase=l1 voltage=231 4102444800000000000",  # the year 2100
    "meter,phase=l1 voltage=231 0",
    "meter,phase= voltage=231",
    "meter,=l1 voltage=231",
    "meter,phase voltage=231",
    "meter,phase=l1,phase=l2 voltage=231",
    ",phase=l1 voltage=231",
    "meter,phase=l1 voltage=-1",  # there is no such voltage
    "meter,phase=l1 power=1e300",
    "\u202emeter,phase=l1 volts=231",
    '{"meter": "phase", "voltage": 231}',
    "<html>",
)


@pytest.mark.parametrize(("path", "status"), [("/write", 400), ("/api/v2/write", 422)])
def test_a_line_that_cannot_be_is_refused_by_name_and_costs_no_other(
    agent: httpx.Client, stored: Stored, panel: str, moment: datetime, path: str, status: int
) -> None:
    for at, line in enumerate(WRONG):
        before, after = (ns(moment) + (2 * at + step) * 1_000_000 for step in (0, 1))
        said = agent.post(
            path, content=f"meter,phase=l1 voltage=220 {before}\n{line}\nmeter,phase=l1 voltage=221 {after}\n".encode()
        )
        told = said.text
        assert (said.status_code, "dropped=1 [" in told) == (status, True), f"{line}: {said.status_code} {told}"
    kept = stored(
        "SELECT count(), sum(value) FROM telemetry WHERE meter = %s AND quantity = 'voltage_v' AND ts >= %s AND ts < %s",
        panel,
        moment.replace(tzinfo=None),
        (moment + timedelta(seconds=1)).replace(tzinfo=None),
    )
    assert kept == [(2 * len(WRONG), 441.0 * len(WRONG))], "the neighbours of all of them, and nothing else"


def test_the_official_client_delivers_unchanged(api: Api, world: World, stored: Stored, panel: str, moment: datetime) -> None:
    from influxdb_client import InfluxDBClient, Point, WritePrecision
    from influxdb_client.client.write_api import SYNCHRONOUS

    with InfluxDBClient(url=api.url, token=world.device_key, org="loadstar") as client:
        assert client.ping()
        with client.write_api(write_options=SYNCHRONOUS) as api_of:
            for n in range(10):
                at = ns(moment) // 10**6 + n
                point = Point("meter").tag("phase", "l1").field("voltage", 220.0 + n).time(at, WritePrecision.MS)
                api_of.write(bucket="telegraf/autogen", record=point)
    rows = stored(
        "SELECT value FROM telemetry WHERE meter = %s AND quantity = 'voltage_v' AND ts >= %s AND ts < %s",
        panel,
        moment.replace(tzinfo=None),
        (moment + timedelta(seconds=1)).replace(tzinfo=None),
    )
    assert [value for (value,) in rows] == [220.0 + n for n in range(10)]
