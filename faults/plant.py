"""What is in the records of the Loadstar that is broken: a site with some homes, and somebody who may look at it."""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from faults.posting import line_channel, mqtt_channel, mqtt_topic
from store.ids import channel_id
from store.records.people import organisations, users
from store.records.plant import brokers, channels, declarations, graph, keys, meters, sites
from store.scope import SYSTEM

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TIME_ZONE = "Europe/London"


class Plant(NamedTuple):
    """The site, its meters by the road that their power comes by, a key, and a platform administrator's address and password."""

    site: str
    meters: list[str]
    lines: list[str]
    published: list[str]
    odd: dict[str, str]  # by the incident that they are for
    key: str
    email: str
    password: str


def small() -> tuple[str, str]:
    """A site with one home, in the records that are in force: a key that may write it, and its meter."""
    site, meter = _site()
    return keys.create_key(SYSTEM, site_id=site), meter("Home")


def _site() -> tuple[str, Callable[[str], str]]:
    """A site, and what makes meters of homes on it by their names."""
    owner = organisations.create_organisation(SYSTEM, name="Northern Power", kind="distributor").id
    place = {"time_zone": TIME_ZONE, "currency": "GBP", "latitude": 54.0, "longitude": -2.0}
    site = sites.create_site(SYSTEM, name="North Campus", kind="campus", organisation_id=owner, **place).id  # type: ignore[arg-type]
    bus = graph.create_node(SYSTEM, site, name="Bus", kind="bus", valid_from=LONG_AGO).id

    def meter(name: str) -> str:
        home = graph.create_node(SYSTEM, site, name=name, kind="sink", valid_from=LONG_AGO).id
        edge = graph.create_edge(SYSTEM, site, from_node_id=bus, to_node_id=home, valid_from=LONG_AGO).id
        made = meters.create_meter(SYSTEM, site, name=name, edge_id=edge).id
        declarations.declare_energy(SYSTEM, made, method="power", interval_s=60, valid_from=LONG_AGO)
        return made

    return site, meter


def make(homes: int, broker_port: int | None = None, odd: Iterable[str] = ()) -> Plant:
    """Make it, in the records that are in force: so many homes for each road, and a meter for each of the odd ones.

    Without a broker nothing comes by MQTT.
    """
    site, meter = _site()
    by_json, by_lines = ([meter(f"Home {n} by {road}") for n in range(homes)] for road in ("JSON", "lines"))
    of_incidents = {name: meter(name) for name in odd}
    _map(channels.Source(site), "lines", {line_channel(each): each for each in (*by_lines, *of_incidents.values())})
    by_mqtt: list[str] = []
    if broker_port is not None:
        by_mqtt = [meter(f"Home {n} by MQTT") for n in range(homes)]
        telemetry = [brokers.Subscription(mqtt_topic("+"), "thingsboard")]
        yard = brokers.Description("yard", "127.0.0.1", telemetry, port=broker_port)
        broker = brokers.create_broker(SYSTEM, site, yard).id
        _map(channels.Source(site, broker_id=broker), "mqtt", {mqtt_channel(each): each for each in by_mqtt})
    email, password = "root@example.org", secrets.token_urlsafe(16)
    users.create_user(SYSTEM, email=email, name="Root", password=password, platform_admin=True)
    key = keys.create_key(SYSTEM, site_id=site)
    return Plant(site, by_json, by_lines, by_mqtt, of_incidents, key, email, password)


def _map(source: channels.Source, road: str, meant: dict[str, str]) -> None:
    channels.known(SYSTEM, source, road, list(meant))
    for name, meter in meant.items():
        channels.map_channel(SYSTEM, channel_id(source.id, road, name), meter_id=meter, quantity="power_kw", unit="kW")
