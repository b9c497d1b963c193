"""What is in the records of the Loadstar that is broken: a site with some homes, and somebody who may look at it."""

import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from store.records.people import organisations, users
from store.records.plant import declarations, graph, keys, meters, sites
from store.scope import SYSTEM

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Plant(NamedTuple):
    """The site, the meters of its homes, a key that may write them, and a platform administrator's address and password."""

    site: str
    meters: list[str]
    key: str
    email: str
    password: str


def make(homes: int) -> Plant:
    """Make it, in the records that are in force."""
    owner = organisations.create_organisation(SYSTEM, name="Northern Power", kind="distributor").id
    place = {"time_zone": "Europe/London", "currency": "GBP", "latitude": 54.0, "longitude": -2.0}
    site = sites.create_site(SYSTEM, name="North Campus", kind="campus", organisation_id=owner, **place).id  # type: ignore[arg-type]
    bus = graph.create_node(SYSTEM, site, name="Bus", kind="bus", valid_from=LONG_AGO).id
    made = []
    for n in range(homes):
        home = graph.create_node(SYSTEM, site, name=f"Home {n}", kind="sink", valid_from=LONG_AGO).id
        edge = graph.create_edge(SYSTEM, site, from_node_id=bus, to_node_id=home, valid_from=LONG_AGO).id
        made.append(meters.create_meter(SYSTEM, site, name=f"Home {n}", edge_id=edge).id)
        declarations.declare_energy(SYSTEM, made[-1], method="power", interval_s=60, valid_from=LONG_AGO)
    email, password = "root@example.org", secrets.token_urlsafe(16)
    users.create_user(SYSTEM, email=email, name="Root", password=password, platform_admin=True)
    return Plant(site, made, keys.create_key(SYSTEM, site_id=site), email, password)
