"""The records of a large utility, written past the services: people, plants, and an audit log that verifies.

The rules of the database hold for every row, and the log's entries are chained by the function that always chains them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select, update

from store.ids import entity_id, new_id
from store.records.people import users
from store.records.schema import (
    ApiKey,
    AuditEntry,
    AuditHead,
    Device,
    DeviceActivity,
    DeviceField,
    Edge,
    EnergySource,
    Grant,
    Mail,
    Meter,
    Node,
    Organisation,
    Request,
    Site,
    User,
)
from store.records.schema.columns import Record, now
from store.records.transaction import engine, person_keys, trail
from store.scope import SYSTEM

PASSWORD = "seventeen calm otters"  # noqa: S105 - of people who are gone after the bench
ROOT, CHIEF = "root@example.org", "chief@example.org"
AT_ONCE = 20_000  # rows of one transaction
LOG_LASTS = timedelta(days=700)
UTILITIES = 3
METERS_A_DEVICE = 8
HOURS_HEARD = 24
FIRST = ("Ada", "Bao", "Chidi", "Dara", "Elif", "Femi", "Goran", "Hana", "Ines", "Jun", "Kofi", "Lena", "Milan", "Noor", "Omar")
LAST = ("Okafor", "Schmidt", "Rossi", "Nguyen", "Silva", "Novak", "Haddad", "Larsen", "Moreau", "Patel", "Quinn", "Sato", "Weber")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are. The first site has a tenth of all meters, and a graph of `nodes` nodes and one edge fewer."""

    users: int = 10_000
    organisations: int = 300
    sites: int = 300
    nodes: int = 500
    meters: int = 50_000
    entries: int = 1_000_000


@dataclass(slots=True)
class Made:
    """What there is, by id: the utilities stand first among the organisations."""

    at: datetime
    organisations: list[str] = field(default_factory=list)
    residents: list[str] = field(default_factory=list)
    people: list[tuple[str, str | None]] = field(default_factory=list)  # and their organisation
    sites: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    meters: list[tuple[str, str, str]] = field(default_factory=list)  # with their site, and its owner

    @property
    def customer(self) -> str:
        """The organisation with the most people, a customer of the first utility."""
        return self.organisations[UTILITIES + 1]

    @property
    def member(self) -> str:
        """One of its people, who may come in."""
        return self.people[5][0]


def fill(crowd: Crowd) -> Made:
    """Fill records that have their tables and nothing in them; `ROOT` and the first utility's `CHIEF` may sign in."""
    made = Made(now())
    _organisations(crowd, made)
    _people(crowd, made)
    _plant(crowd, made)
    _asked_and_given(made)
    _log(crowd, made)
    users.create_user(SYSTEM, email=ROOT, name="Root", password=PASSWORD, platform_admin=True)
    utility = made.organisations[0]
    users.create_user(SYSTEM, email=CHIEF, name="Chief", password=PASSWORD, organisation_id=utility, role="admin")
    return made


def _write(record: type[Record], rows: Iterable[Row]) -> None:
    rest = iter(rows)
    while part := list(islice(rest, AT_ONCE)):
        with engine.engine().execution_options(writes=True).begin() as connection:
            connection.execute(insert(record), part)


def _organisations(crowd: Crowd, made: Made) -> None:
    made.organisations = [new_id("org") for _ in range(crowd.organisations)]
    _write(Organisation, (_organisation(n, each, made) for n, each in enumerate(made.organisations)))


def _organisation(n: int, organisation_id: str, made: Made) -> Row:
    utility = n < UTILITIES
    return {
        "id": organisation_id,
        "name": f"Utility {n + 1}" if utility else f"{LAST[n % len(LAST)]} Works {n}",
        "kind": "distributor" if utility else "customer",
        "approval": "pending" if n % 20 == 19 else "approved",
        "distributor_id": None if utility else made.organisations[_owner(n)],
        "created_at": made.at - timedelta(hours=n),
    }


def _owner(n: int) -> int:
    """The first utility has half of everything."""
    return 0 if n % 2 == 0 else 1 + n // 2 % (UTILITIES - 1)


def _people(crowd: Crowd, made: Made) -> None:
    """Four of ten are residents; one of ten is in the first customer."""
    rows = [_person(n, made) for n in range(crowd.users)]
    _write(User, rows)
    made.people = [(row["id"], row["organisation_id"]) for row in rows]
    made.residents = [user_id for user_id, home in made.people if home is None]


def _person(n: int, made: Made) -> Row:
    name = f"{FIRST[n % len(FIRST)]} {LAST[n // 7 % len(LAST)]} {n}"
    home = made.customer if n % 10 == 5 else made.organisations[n % len(made.organisations)] if n % 10 < 5 else None
    state = "pending" if n % 33 == 4 else "disabled" if n % 50 == 3 else "approved"
    return {
        "id": new_id("usr"),
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "name": name,
        "approval": state if home else "approved",
        "platform_admin": False,
        "organisation_id": home,
        "role": ("viewer", "operator", "admin")[n % 3] if home else None,
        "created_at": made.at - timedelta(minutes=n),
        "email_verified_at": made.at,
    }


def _plant(crowd: Crowd, made: Made) -> None:
    made.sites = [new_id("sit") for _ in range(crowd.sites)]
    _write(Site, (_site(n, each, made) for n, each in enumerate(made.sites)))
    large = crowd.meters // 10
    each = (crowd.meters - large) // max(1, crowd.sites - 1)
    rows: dict[type[Record], list[Row]] = {kind: [] for kind in (Node, Edge, Device, Meter, DeviceField, EnergySource)}
    for n, site in enumerate(made.sites):
        edges = _graph(rows, site, crowd.nodes if n == 0 else 4, made)
        _meters(rows, site, made.organisations[_owner(n)], edges, large if n == 0 else each, made)
    for kind, of_kind in rows.items():
        _write(kind, of_kind)
    _write(ApiKey, (_key(n, each, made) for n, each in enumerate(made.devices)))
    hour = made.at.replace(minute=0, second=0, microsecond=0)
    hours = [hour - timedelta(hours=back) for back in range(HOURS_HEARD)]
    counted = {"accepted": 60, "rejected": 0}
    _write(
        DeviceActivity,
        ({"device_id": each, "hour": at, "last_seen": at, **counted} for each in made.devices for at in hours),
    )


def _site(n: int, site_id: str, made: Made) -> Row:
    return {
        "id": site_id,
        "public_number": 1001 + n,
        "name": f"{LAST[n % len(LAST)]} Park {n}",
        "kind": ("plant", "campus", "pv_battery")[n % 3],
        "organisation_id": made.organisations[_owner(n)],
        "time_zone": "Europe/London",
        "currency": "GBP",
        "latitude": 50 + n % 90 / 10,
        "longitude": -5 + n % 70 / 10,
        "created_at": made.at - timedelta(hours=n),
    }


def _graph(rows: dict[type[Record], list[Row]], site: str, nodes: int, made: Made) -> list[str]:
    """A tree: the grid, a busbar, up to eight ways from each busbar on; the edges' ids."""
    ids = [new_id("nod") for _ in range(nodes)]
    edges: list[str] = []
    began = made.at - LOG_LASTS
    for n, node in enumerate(ids):
        kind = "source" if n == 0 else "bus" if n == 1 or 8 * (n - 1) + 2 < nodes else "sink"
        technology = {"source": "grid", "sink": "load"}.get(kind, "")
        node_row = {"id": node, "site_id": site, "name": f"{kind.capitalize()} {n}", "kind": kind, "technology": technology}
        rows[Node].append(node_row | {"valid_from": began})
        if n:
            edges.append(new_id("edg"))
            ends = {"from_node_id": ids[0 if n == 1 else 1 + (n - 2) // 8], "to_node_id": node}
            rows[Edge].append({"id": edges[-1], "site_id": site, **ends, "two_way": n == 1, "valid_from": began})
    return edges


def _meters(rows: dict[type[Record], list[Row]], site: str, owner: str, edges: list[str], count: int, made: Made) -> None:
    device = ""
    began = made.at - LOG_LASTS
    for n in range(count):
        number = len(made.meters)
        meter = new_id("mtr")
        if n % METERS_A_DEVICE == 0:
            device = new_id("dev")
            made.devices.append(device)
            rows[Device].append({"id": device, "site_id": site, "name": f"Box {n // METERS_A_DEVICE}", "created_at": began})
        row: Row = {"id": meter, "site_id": site, "device_id": device, "name": f"Meter {LAST[number % len(LAST)]} {number}"}
        row |= {"edge_id": edges[n % len(edges)], "role": "main" if n < len(edges) else "check", "created_at": began}
        rows[Meter].append(row | {"serial_number": f"SN{number * 7919 % 10**8:08d}"})
        rows[DeviceField].append({"device_id": device, "field": f"channel{n}", "meter_id": meter, "quantity": "energy_kwh"})
        declared = {"method": "interval", "interval_s": 900, "valid_from": began}
        rows[EnergySource].append({"id": new_id("esr"), "meter_id": meter, **declared})
        made.meters.append((meter, site, owner))


def _key(n: int, device: str, made: Made) -> Row:
    at = made.at - timedelta(hours=n % 5000)
    return {"id": new_id("key"), "secret_hash": "0" * 64, "device_id": device, "name": f"Key {n}", "created_at": at}


def _asked_and_given(made: Made) -> None:
    """A meter for each resident and twenty for each customer, some still to be decided about, and two mails for everyone."""
    meters = iter(made.meters)
    given: list[Row] = []
    asked: list[Row] = []
    began = made.at - timedelta(days=100)
    for n, (resident, (meter, _site, _owner)) in enumerate(zip(made.residents, meters, strict=False)):
        entity = entity_id(resident)
        if n % 20 == 0:
            kept = {"kind": "meter", "user_id": resident, "created_at": made.at - timedelta(minutes=n)}
            asked.append({"id": new_id("req"), "entity_id": entity, "meter_id": meter, **kept})
        else:
            given.append({"id": new_id("grt"), "entity_id": entity, "meter_id": meter, "valid_from": began})
    for customer in made.organisations[UTILITIES:]:
        theirs = {"entity_id": entity_id(customer), "valid_from": began}
        given += [{"id": new_id("grt"), "meter_id": meter, **theirs} for meter, _site, _owner in islice(meters, 20)]
    _write(Grant, given)
    _write(Request, asked)
    _write(Mail, (_mail(n, user_id, made) for n, (user_id, _) in enumerate(made.people * 2)))


def _mail(n: int, user_id: str, made: Made) -> Row:
    at = made.at - timedelta(minutes=n)
    return {
        "id": new_id("mai"),
        "user_id": user_id,
        "recipient": f"person.{n}@example.org",
        "kind": "verification",
        "subject": ("Confirm your address", "You are invited", "Choose a new password")[n % 3],
        "text": "",
        "made_at": at,
        "next_at": None,
        "sent_at": at if n % 20 else None,
        "attempts": 1 if n % 20 else 8,
        "last_error": None if n % 20 else "the server said no",
    }


def _log(crowd: Crowd, made: Made) -> None:
    """Two years of entries up to now: every other one a sign-in, the others changes of people, meters and assignments."""
    step = LOG_LASTS / max(1, crowd.entries)
    with engine.session() as records:
        keys = person_keys.ensure(records, [user_id for user_id, _ in made.people], made.at)
    done = 0
    while done < crowd.entries:
        with engine.engine().execution_options(writes=True).begin() as connection:
            head = connection.execute(select(AuditHead.sequence, AuditHead.hash)).one()
            rows: list[Row] = []
            for n in range(done, min(done + AT_ONCE, crowd.entries)):
                row = _entry(n, made, keys) | {"sequence": head.sequence + len(rows) + 1}
                row |= {"at": made.at - LOG_LASTS + n * step, "previous_hash": rows[-1]["hash"] if rows else head.hash}
                rows.append(row | {"hash": trail.digest(row)})
            connection.execute(insert(AuditEntry), rows)
            last = rows[-1]
            connection.execute(update(AuditHead).values(sequence=last["sequence"], at=last["at"], hash=last["hash"]))
        done += len(rows)


def _entry(n: int, made: Made, keys: person_keys.Keys) -> Row:
    who, home = made.people[n * 31 % len(made.people)]
    told = {"actor": who, "behalf": None, "organisation_id": home, "owner_id": None, "site_id": None, "before": None}
    told |= {"after": None, "address": keys.seal(f"192.0.2.{n % 250}", who)}
    if n % 2 == 0:
        return told | {"action": "sign_in", "subject_kind": "users", "subject_id": who}
    meter, site, owner = made.meters[n * 17 % len(made.meters)]
    told |= {"action": "change", "site_id": site, "owner_id": owner}
    match n % 6:
        case 1:
            before, after = ({"name": f"Meter {n - back}"} for back in (1, 0))
            return told | {"subject_kind": "meters", "subject_id": meter, "before": _json(before), "after": _json(after)}
        case 3:
            other, _ = made.people[n * 13 % len(made.people)]
            name = {"name": {"sealed": keys.seal(_json(f"Name {n}"), other)}}
            told |= {"site_id": None, "owner_id": None, "before": _json(name), "after": _json(name | {"role": "viewer"})}
            return told | {"subject_kind": "users", "subject_id": other}
    after = {"meter_id": meter, "role": "viewer", "origin": "given"}
    return told | {"action": "create", "subject_kind": "grants", "subject_id": new_id("grt"), "after": _json(after)}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
