"""What Home Assistant is told of sensors is proposed, and nothing of it is run."""

from ingest.mqtt.heard import Proposal
from tests.ingest.mqtt.hearing import hear


def test_discovery_only_proposes_and_runs_no_template_of_a_stranger():
    topic = "homeassistant/sensor/meter/energy/config"
    told = {
        "~": "dsmr/meter",
        "stat_t": "~/state",
        "unit_of_meas": "kWh",
        "dev_cla": "energy",
        "stat_cla": "total_increasing",
        "val_tpl": "{{ value_json.total }}",
        "uniq_id": "m1",
        "name": "Energy",
        "dev": {"ids": ["m"], "name": "Meter"},
    }
    proposed = [Proposal("dsmr/meter/state#total", "Meter Energy", "kWh", "energy total_increasing")]
    assert hear("homeassistant_discovery", topic, told, retained=True) == proposed
    for template, path in (
        ("{{ value_json.a.b | float }}", "#a.b"),
        ("{{ value_json['a'][\"b c\"] | float(0) | round(2) }}", "#a.b c"),
        ("{{ value_json.a[0] }}", "#a.0"),
        ("{{ value | float }}", ""),
    ):
        (one,) = hear("homeassistant_discovery", topic, told | {"val_tpl": template}, retained=True)
        assert one.channel == f"dsmr/meter/state{path}"
    for template in (
        "{{ value_json.__class__.__mro__ | list }}",
        "{{ states('sensor.x') }}",
        "{% for x in range(10**9) %}{{ x }}{% endfor %}",
        "{{ value_json.a * 1000 }}",
    ):
        assert hear("homeassistant_discovery", topic, told | {"val_tpl": template}, retained=True) == []
    assert hear("homeassistant_discovery", topic, b"", retained=True) == []


def test_discovery_of_a_whole_device_proposes_each_of_its_sensors():
    told = {
        "dev": {"ids": "0", "name": "Roof"},
        "state_topic": "roof/state",
        "cmps": {
            "p": {"p": "sensor", "unit_of_measurement": "W", "value_template": "{{ value_json.power }}", "unique_id": "a"},
            "s": {"p": "switch", "command_topic": "roof/set"},
        },
    }
    found = hear("homeassistant_discovery", "homeassistant/device/roof/config", told, retained=True)
    assert found == [Proposal("roof/state#power", "Roof", "W")]
