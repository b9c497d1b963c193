"""Ready snippets of a first post: the files in `examples/snippets`, with the address, the key and the post filled in.

Each file can be read as it is; what is filled in stands in it as a name or as the post of the examples.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from config.settings import PROJECT

FOLDER = PROJECT / "examples" / "snippets"
EXAMPLE = {"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}  # kWh, kWh, %
ADDRESS, HOST, PORT, KEY = "http://LOADSTAR:8086", "LOADSTAR", "8086", "YOUR-KEY"
HARDWARE = "/api/hardware/data"
FILES = {  # what people call it: the file
    "curl": "curl.sh",
    "Python": "python.py",
    "ESP32, ESP8266": "esp.ino",
    "Home Assistant": "home_assistant.yaml",
    "Home Assistant (InfluxDB)": "home_assistant_influxdb.yaml",
    "Node-RED": "node_red.json",
    "Telegraf": "telegraf.conf",
    "PowerShell": "powershell.ps1",
}
OF_BROKERS = {"MQTT": "mqtt.sh"}


class Post(NamedTuple):
    """What is posted, and where."""

    path: str
    body: Mapping[str, Any]


def filled(key: str, post: Post, address: str) -> dict[str, str]:
    """Each snippet by what people call it, for a device API at that address (`https://energy.example:8086`)."""
    return {name: fill(_read(FOLDER / file), key, post, address) for name, file in FILES.items()}


def fill(text: str, key: str, post: Post, address: str) -> str:
    """A snippet with what is somebody's own in it."""
    before, after = json.dumps(EXAMPLE), json.dumps(post.body)
    there = urlsplit(address)
    port = str(there.port or (443 if there.scheme == "https" else 80))
    for general, own in (
        (before, after),
        (_quoted(before), _quoted(after)),
        (HARDWARE, post.path),
        (ADDRESS, address),
        (f"host: {HOST}\n  port: {PORT}", f"host: {there.hostname}\n  port: {port}"),
        ("ssl: false", f"ssl: {str(there.scheme == 'https').lower()}"),
        (KEY, key),
    ):
        text = text.replace(general, own)
    return text


def of_brokers() -> dict[str, str]:
    """Snippets of what publishes to a broker; by what people call them."""
    return {name: _read(FOLDER / file) for name, file in OF_BROKERS.items()}


def _quoted(text: str) -> str:
    """As it stands within double quotes of JSON."""
    return json.dumps(text)[1:-1]


@cache
def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
