"""What each family of publishers sends, as their documentation and public threads have it, and what is made of it."""

from datetime import UTC, datetime

import pytest

from ingest.mqtt import families
from ingest.mqtt.families import FAMILIES, victron
from ingest.mqtt.heard import Presence, Proposal, Unreadable, Value
from tests.ingest.mqtt.hearing import hear


def us(text: str) -> int:
    """Microseconds since 1970, by the standard library alone."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


def values(family, topic, payload, **more):
    found = hear(family, topic, payload, **more)
    assert all(isinstance(each, Value) for each in found), found
    return {each.channel.partition("#")[2] or each.channel: (each.value, each.unit) for each in found}


SENSOR = "tele/plug/SENSOR"
ENERGY = {
    "TotalStartTime": "2023-01-01T00:00:00",
    "Total": 514.153,
    "Yesterday": 1.495,
    "Today": 0.537,
    "Period": 0,
    "Power": 56,
    "ApparentPower": 92,
    "ReactivePower": 73,
    "Factor": 0.61,
    "Voltage": 234,
    "Current": 0.392,
}
SHELLY = {
    "src": "shellypro3em-1",
    "dst": "shellypro3em-1/events",
    "method": "NotifyStatus",
    "params": {
        "ts": 1736603810.49,
        "em:0": {"id": 0, "a_act_power": 120.5, "total_act_power": 310.25, "a_voltage": 229.9, "n_current": None},
        "emdata:0": {"id": 0, "total_act": 31043.2, "total_act_ret": 2.5},
        "switch:0": {
            "id": 0,
            "apower": 8.9,
            "output": True,
            "aenergy": {"total": 17.2, "by_minute": [1, 2, 3], "minute_ts": 1736603760},
        },
        "sys": {"uptime": 4711},
    },
}
TTN = {
    "end_device_ids": {"device_id": "meter"},
    "received_at": "2026-11-24T12:00:03.123456789Z",
    "uplink_message": {
        "f_port": 1,
        "decoded_payload": {"energy_wh": 1200, "ok": True, "note": "x"},
        "received_at": "2026-11-24T12:00:02.987654321Z",
    },
}
P1 = """/ISk5\\2MT382-1000

0-0:1.0.0(211216104026W)
1-0:1.8.1(004.426*kWh)
1-0:1.8.2(002.399*kWh)
1-0:2.8.1(002.444*kWh)
1-0:1.7.0(00.254*kW)
0-1:24.2.1(632525252525S)(00000.000)
!522B
"""

TELLS = [
    (
        "tasmota",
        SENSOR,
        {"Time": "2023-05-19T20:52:56", "ENERGY": ENERGY},
        {
            "ENERGY.Total": (514.153, "kWh"),
            "ENERGY.Period": (0.0, "Wh"),
            "ENERGY.Power": (56.0, "W"),
            "ENERGY.Voltage": (234.0, "V"),
        },
    ),
    (
        "tasmota",  # three phases: evcc 5732
        SENSOR,
        '{"Time":"2024-05-05T13:27:21","ENERGY":{"Total":31.043,"Yesterday":7.154,"Today":3.322,"ExportActive":[0,0,0],"Power":[11,0,0],"Voltage":[231,0,0]}}',
        {
            "ENERGY.Total": (31.043, "kWh"),
            "ENERGY.Power.0": (11.0, "W"),
            "ENERGY.Power.2": (0.0, "W"),
            "ENERGY.Voltage.0": (231.0, "V"),
        },
    ),
    (
        "tasmota",  # the sum and two tariffs are three registers, and not added up
        SENSOR,
        {"Time": "2024-05-05T13:27:21", "ENERGY": {"Total": [681.772, 113.992, 567.783]}},
        {"ENERGY.Total.0": (681.772, "kWh"), "ENERGY.Total.1": (113.992, "kWh"), "ENERGY.Total.2": (567.783, "kWh")},
    ),
    (
        "tasmota",
        "stat/plug/STATUS8",
        {"StatusSNS": {"Time": "2023-05-19T20:52:56", "ENERGY": {"Total": [2.813, 0.254], "Power": [52, 5], "Voltage": 235}}},
        {"ENERGY.Total.1": (0.254, "kWh"), "ENERGY.Power.0": (52.0, "W"), "ENERGY.Voltage": (235.0, "V")},
    ),
    (
        "tasmota",
        "plug/tele/SENSOR",
        {"Time": "x", "DS18B20": {"Id": "a", "Temperature": 20.5}},
        {"DS18B20.Temperature": (20.5, None)},
    ),
    ("shelly1", "shellies/em/emeter/0/power", "623.4", {"shellies/em/emeter/0/power": (623.4, "W")}),
    ("shelly1", "shellies/em/emeter/0/total", "31043.2", {"shellies/em/emeter/0/total": (31043.2, "Wh")}),
    ("shelly1", "shellies/em/emeter/0/energy", "60000", {"shellies/em/emeter/0/energy": (60000.0, "W*min")}),
    ("shelly1", "shellies/plug/relay/0/energy", "120", {"shellies/plug/relay/0/energy": (120.0, "W*min")}),
    ("shelly1", "shellies/plug/relay/0", "on", {}),
    (
        "shelly2",
        "garage/events/rpc",
        SHELLY,
        {
            "em:0": None,
            "a_act_power": (120.5, "W"),
            "total_act_power": (310.25, "W"),
            "a_voltage": (229.9, "V"),
            "total_act": (31043.2, "Wh"),
            "total_act_ret": (2.5, "Wh"),
            "apower": (8.9, "W"),
            "aenergy.total": (17.2, "Wh"),
        },
    ),
    (
        "shelly2",
        "garage/status/em:0",
        {"id": 0, "a_act_power": 1.5, "a_pf": 0.9},
        {"a_act_power": (1.5, "W"), "a_pf": (0.9, "1")},
    ),
    ("shelly2", "garage/events/rpc", {"method": "NotifyEvent", "params": {"ts": 1.0, "events": []}}, {}),
    ("thingsboard", "v1/devices/me/telemetry", {"k": 1}, {"k": (1.0, None)}),
    ("thingsboard", "v1/devices/me/telemetry", [{"k1": 1}, {"k2": True, "k3": "12"}], {"k1": (1.0, None)}),
    ("thingsboard", "v1/gateway/telemetry", {"Dev A": [{"ts": 1451649600512, "values": {"k": 2}}]}, {"k": (2.0, None)}),
    (
        "zigbee2mqtt",
        "zigbee2mqtt/Küche/Steck dose 1",
        {"power": 12.3, "energy": 45.67, "voltage": 230, "current": 0.05, "linkquality": 120, "state": "ON"},
        {"power": (12.3, "W"), "energy": (45.67, "kWh"), "voltage": (230.0, "V"), "current": (0.05, "A")},
    ),
    ("zigbee2mqtt", "zigbee2mqtt/bridge/info", "not read", {}),
    ("zigbee2mqtt", "zigbee2mqtt/plug/set", {"power": 1}, {}),
    ("esphome", "node/sensor/voltage/state", "230.1", {"node/sensor/voltage/state": (230.1, None)}),
    ("esphome", "node/sensor/voltage/state", "nan", {}),
    ("esphome", "node/switch/relay/state", "ON", {}),
    ("victron", "N/c0ffee/pvinverter/20/Ac/Power", '{"value": 936}', {"N/c0ffee/pvinverter/20/Ac/Power": (936.0, "W")}),
    ("victron", "N/c0ffee/grid/30/Ac/Energy/Forward", '{"value": 12.5}', {"N/c0ffee/grid/30/Ac/Energy/Forward": (12.5, "kWh")}),
    ("victron", "N/c0ffee/grid/30/Ac/Power", '{"value": null}', {}),
    ("victron", "N/c0ffee/grid/30/ProductName", '{"value": "EM24"}', {}),
    ("opendtu", "solar/116180000001/0/power", "412.3", {"solar/116180000001/0/power": (412.3, "W")}),
    ("opendtu", "solar/116180000001/0/yieldday", "1234", {"solar/116180000001/0/yieldday": (1234.0, "Wh")}),
    ("opendtu", "solar/116180000001/0/yieldtotal", "465.294", {"solar/116180000001/0/yieldtotal": (465.294, "kWh")}),
    ("opendtu", "solar/116180000001/0/powerfactor", "99.8", {"solar/116180000001/0/powerfactor": (99.8, "%")}),
    ("opendtu", "solar/ac/yieldtotal", "0", {}),  # of those that can be reached: 0 at night
    ("ahoydtu", "inverter/roof/ch0/P_AC", "71.000", {"inverter/roof/ch0/P_AC": (71.0, "W")}),
    ("ahoydtu", "inverter/roof/ch0/YieldTotal", "465.294", {"inverter/roof/ch0/YieldTotal": (465.294, "kWh")}),
    ("ahoydtu", "inverter/roof/ch1/YieldDay", "800", {"inverter/roof/ch1/YieldDay": (800.0, "Wh")}),
    ("ahoydtu", "inverter/total/YieldTotal", "0", {}),
    ("emon", "emon/emontx1/power1", "623", {"emon/emontx1/power1": (623.0, "W")}),
    ("emon", "emon/emontx1/vrms", "232.6", {"emon/emontx1/vrms": (232.6, "V")}),
    ("emon", "emon/emontx1/pulsecount", "17", {"emon/emontx1/pulsecount": (17.0, None)}),
    ("dsmr", "dsmr/reading/electricity_delivered_1", "1050.39", {"dsmr/reading/electricity_delivered_1": (1050.39, "kWh")}),
    (
        "dsmr",
        "dsmr/reading/electricity_currently_delivered",
        "00.254",
        {"dsmr/reading/electricity_currently_delivered": (0.254, "kW")},
    ),
    ("dsmr", "dsmr/reading/phase_power_current_l1", "", {}),
    (
        "dsmr",
        "p1",
        P1,
        {"1-0:1.8.1": (4.426, "kWh"), "1-0:1.8.2": (2.399, "kWh"), "1-0:2.8.1": (2.444, "kWh"), "1-0:1.7.0": (0.254, "kW")},
    ),
    ("things_stack", "v3/app@ttn/devices/meter/up", TTN, {"energy_wh": (1200.0, None)}),
    ("things_stack", "v3/app@ttn/devices/meter/up", {"uplink_message": {"f_port": 2}}, {}),
    ("things_stack", "v3/app@ttn/devices/meter/join", {"join_accept": {}}, {}),
    ("homeassistant_statestream", "ha/sensor/grid_power/state", "1234.5", {"ha/sensor/grid_power/state": (1234.5, None)}),
    ("homeassistant_statestream", "ha/sensor/grid_power/state", "unavailable", {}),
    ("homeassistant_statestream", "ha/sensor/grid_power/state", "unknown", {}),
    ("homeassistant_statestream", "ha/light/kitchen/state", "on", {}),
    ("plain", "a/b", "12.5", {"a/b": (12.5, None)}),
    ("plain", "a/b", " -1e3 ", {"a/b": (-1000.0, None)}),
    ("plain", "a/b", "null", {}),
    ("plain", "a/b", {"x": {"y": 1, "ok": True}, "z": [2, "3", None]}, {"x.y": (1.0, None), "z.0": (2.0, None)}),
    ("plain", "a/b", '{"x": nan, "y": 2}', {"y": (2.0, None)}),
]


@pytest.mark.parametrize(
    ("family", "topic", "payload", "expected"), TELLS, ids=[f"{n}-{each[0]}" for n, each in enumerate(TELLS)]
)
def test_what_a_message_tells(family, topic, payload, expected):
    found = values(family, topic, payload)
    wanted = {name: value for name, value in expected.items() if value is not None}
    assert {name: found.get(name) for name in wanted} == wanted
    if not wanted:
        assert found == {}


def test_no_more_is_made_of_a_telegram_than_it_says():
    assert set(values("shelly2", "garage/events/rpc", SHELLY)) == {
        "a_act_power", "total_act_power", "a_voltage", "total_act", "total_act_ret", "apower", "aenergy.total",
    }  # fmt: skip
    assert set(values("zigbee2mqtt", "zigbee2mqtt/a", {"power": 1, "linkquality": 9})) == {"power"}
    assert len(values("dsmr", "p1", P1)) == 4


PRESENT = [
    ("tasmota", "tele/plug/LWT", "Online", "tele/plug", True),
    ("tasmota", "tele/plug/LWT", "Offline", "tele/plug", False),
    ("shelly1", "shellies/em/online", "false", "shellies/em", False),
    ("shelly2", "garage/online", "true", "garage", True),
    ("zigbee2mqtt", "zigbee2mqtt/bridge/state", '{"state":"offline"}', "zigbee2mqtt", False),
    ("zigbee2mqtt", "zigbee2mqtt/a/b/availability", "online", "zigbee2mqtt/a/b", True),
    ("esphome", "node/status", "offline", "node", False),
    ("victron", "N/c0ffee/grid/30/Ac/Power", "", "N/c0ffee/grid/30", False),
    ("opendtu", "solar/116180000001/status/reachable", "0", "solar/116180000001", False),
    ("ahoydtu", "inverter/roof/available", "2", "inverter/roof", True),
    ("ahoydtu", "inverter/roof/available", "0", "inverter/roof", False),
    ("thingsboard", "v1/gateway/disconnect", '{"device":"Dev A"}', "v1/gateway/telemetry/Dev A", False),
]


@pytest.mark.parametrize(("family", "topic", "payload", "source", "online"), PRESENT)
@pytest.mark.parametrize("retained", [False, True])
def test_a_will_or_a_birth_tells_of_presence_and_never_of_power(family, topic, payload, source, online, retained):
    assert hear(family, topic, payload, retained=retained) == [Presence(source, online)]


REFUSED = [
    ("tasmota", SENSOR, '{"Time":"2024-05-05T13:27:21","ENERGY":{"Total":31.0', "malformed_json"),  # cut by the next topic
    ("tasmota", SENSOR, "[1]", "unreadable_payload"),
    ("tasmota", "tele/plug/LWT", "maybe", "unreadable_payload"),
    ("plain", "a", "12,5", "unreadable_payload"),
    ("plain", "a", "0x10", "unreadable_payload"),
    ("plain", "a", "1_000", "unreadable_payload"),
    ("plain", "a", "inf", "unreadable_payload"),
    ("plain", "a", "1e400", "unreadable_payload"),
    ("plain", "a", b"\xff\xfe", "unreadable_payload"),
    ("plain", "a", "9" * 80, "unreadable_payload"),
    ("emon", "emon/tx/power1", "on", "unreadable_payload"),
    ("victron", "N/c0ffee/grid/30/Ac/Power", "936", "unreadable_payload"),
    ("thingsboard", "v1/devices/me/telemetry", {"ts": "soon", "values": {"k": 1}}, "bad_time"),
    ("thingsboard", "v1/devices/me/telemetry", "7", "unreadable_payload"),
    ("zigbee2mqtt", "zigbee2mqtt/plug", "[" * 5000, "malformed_json"),
]


@pytest.mark.parametrize(("family", "topic", "payload", "code"), REFUSED)
def test_a_payload_that_cannot_be_read_is_refused_with_its_reason(family, topic, payload, code):
    with pytest.raises(Unreadable) as refused:
        hear(family, topic, payload)
    assert refused.value.problem.code == code
    assert refused.value.problem.message


@pytest.mark.parametrize(("family", "topic", "payload", "_expected"), TELLS)
def test_what_a_broker_kept_is_no_reading_unless_it_says_of_when_it_is(family, topic, payload, _expected):
    for each in hear(family, topic, payload, retained=True):
        assert isinstance(each, Value)
        assert each.at_us is not None


def test_a_power_of_hours_ago_is_not_taken_for_now():
    assert hear("plain", "grid/power", '{"power":-3200}', retained=True) == []
    assert hear("plain", "grid/power", '{"power":-3200}') == [Value("grid/power#power", -3200.0)]
    told = {"power": -3200, "at": "2026-11-24T09:00:00Z"}
    kept = hear("plain", "grid/power", told, retained=True, template="?time=at")
    assert kept == [Value("grid/power#power", -3200.0, None, us("2026-11-24T09:00:00+00:00"))]


def test_times_of_their_own_are_kept_and_clocks_that_were_never_set_are_not_believed():
    def at(family, topic, payload, **more):
        return {each.at_us for each in hear(family, topic, payload, **more)}

    told = {"Time": "2023-05-19T20:52:56", "ENERGY": {"Power": 1}}
    assert at("tasmota", SENSOR, told, zone="Europe/Berlin") == {us("2023-05-19T18:52:56+00:00")}
    assert at("tasmota", SENSOR, told | {"Time": "1970-01-01T00:00:12"}) == {None}
    assert at("tasmota", SENSOR, told | {"Time": "2026-10-25T02:30:00"}, zone="Europe/Berlin") == {None}  # twice that night
    assert at("tasmota", SENSOR, told | {"Time": "2026-03-29T02:30:00"}, zone="Europe/Berlin") == {None}  # never that night
    assert at("shelly2", "g/events/rpc", SHELLY) == {1736603810490000}
    assert at("thingsboard", "v1/devices/me/telemetry", {"ts": 1451649600512, "values": {"k": 1}}) == {1451649600512000}
    assert at("things_stack", "v3/a@t/devices/m/up", TTN) == {us("2026-11-24T12:00:02.987654+00:00")}
    assert at("dsmr", "p1", P1) == {us("2021-12-16T10:40:26+01:00")}
    assert at("dsmr", "p1", P1.replace("211216104026W", "632525252525S")) == {None}
    seen = {"power": 1, "last_seen": "2026-11-24T13:00:00+01:00"}
    assert at("zigbee2mqtt", "zigbee2mqtt/a", seen) == {us("2026-11-24T12:00:00+00:00")}
    assert at("zigbee2mqtt", "zigbee2mqtt/a", seen | {"last_seen": 1700000000000}) == {1700000000000000}
    assert at("plain", "a", {"v": 1, "t": {"at": 1700000000}}, template="?time=t.at&precision=s") == {1700000000000000}


def test_both_ways_in_which_a_shelly_tells_a_value_are_one_channel():
    (told,) = hear("shelly2", "garage/status/em:0", {"a_act_power": 1.5})
    assert told.channel in {each.channel for each in hear("shelly2", "garage/events/rpc", SHELLY)}


def test_statestream_tells_the_unit_in_a_topic_of_its_own():
    found = hear("homeassistant_statestream", "ha/sensor/grid_power/unit_of_measurement", '"W"', retained=True)
    assert found == [Proposal("ha/sensor/grid_power/state", "grid_power", "W")]


ODD_PAYLOADS = (b"", b"{}", b"[]", b"null", b"\x00", b"{", b"\xff", b"true", b'{"value":{"value":1}}', b"1" * 99, b'"x"')
ODD_TOPICS = ["", "/", "a", "N/p/g/1/Ac/P", "tele/x/SENSOR", "s/events/rpc", "a/sensor/b/state", "a/LWT", "v3/a/up"]
ODD_TOPICS += ["v1/gateway/telemetry", "v1/gateway/connect", "homeassistant/sensor/a/config", "x/status/em:0"]


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_whatever_arrives_is_read_or_refused_and_never_breaks_the_process(family):
    for topic in ODD_TOPICS:
        for payload in ODD_PAYLOADS:
            try:
                assert isinstance(hear(family, topic, payload), list)
            except Unreadable as refused:
                assert refused.problem.code, (topic, payload)


def test_names_of_channels_are_in_one_unicode_form():
    composed, decomposed = "zigbee2mqtt/Küche", "zigbee2mqtt/Ku\u0308che"
    assert hear("zigbee2mqtt", decomposed, {"power": 1}) == hear("zigbee2mqtt", composed, {"power": 1})


def test_a_template_names_what_tells_channels_apart():
    told = hear("plain", "plant/b1/x9/power", "5", template="plant/{building}/+/{measure}")
    assert told == [Value("b1/power", 5.0)]
    with pytest.raises(Unreadable) as refused:
        hear("plain", "other/b1/x9/power", "5", template="plant/{building}/+/{measure}")
    assert refused.value.problem.code == "other_topic"
    with pytest.raises(Unreadable, match="time"):
        hear("plain", "a", {"v": 1}, template="?time=t")


def test_a_victron_portal_is_asked_to_go_on():
    assert victron.keepalive(["N/c0ffee/#", "N/+/grid/#", "N/c0ffee/grid/30/#", "x/y"]) == ["R/c0ffee/keepalive"]


def test_each_family_is_a_file_of_its_name():
    assert len(FAMILIES) == 15
    assert all(getattr(families, name).read is read for name, read in FAMILIES.items())
