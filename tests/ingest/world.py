"""Two sites with devices and keys, and the device API as it runs in production: its own processes, on a real QuestDB."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from pydantic import SecretStr

from config import settings as configuration
from config.settings import Settings
from store.records.people import organisations
from store.records.plant import devices, graph, keys, meters, posted_energy, sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import PATIENT_S, eventually
from tests.records import fresh

PROJECT = Path(__file__).resolve().parents[2]
HARDWARE = {"energy_produced": 1.5, "energy_consumed": 0.75, "current_load": 42.0}


@dataclass(frozen=True)
class World:
    """A site with a PV array and a load behind one panel, and a neighbour. Keys are `id.secret`."""

    site_id: str
    pv: str
    load: str
    grid: str
    panel: str
    device: str
    register: str
    device_key: str
    register_key: str
    site_key: str
    reading_key: str
    neighbour_meter: str
    neighbour_key: str


def use_records(settings: Settings) -> None:
    """Let this process use the records of these settings, whichever it used before."""
    configuration.use(settings)
    engine.configure(settings.records_url)


def build_world(settings: Settings) -> World:
    """Record two sites through the same services that administrators use."""
    configuration.use(settings)
    fresh(settings.records_url)
    owner = organisations.create_organisation(SYSTEM, name="Owner", kind="distributor").id
    place: dict[str, Any] = {"time_zone": "Europe/Berlin", "currency": "EUR", "latitude": 52.5, "longitude": 13.4}
    site = sites.create_site(SYSTEM, name="Works", kind="campus", organisation_id=owner, public_number=101, **place).id
    nodes = {
        name: graph.create_node(SYSTEM, site, name=name, kind=kind).id
        for name, kind in (("grid", "source"), ("pv", "source"), ("bus", "bus"), ("load", "sink"))
    }
    edges = {
        name: graph.create_edge(SYSTEM, site, from_node_id=nodes[start], to_node_id=nodes[end], two_way=two_way).id
        for name, start, end, two_way in (
            ("grid", "grid", "bus", True),
            ("pv", "pv", "bus", False),
            ("load", "bus", "load", False),
        )
    }
    pv, load, grid = (meters.create_meter(SYSTEM, site, name=name, edge_id=edges[name]).id for name in ("pv", "load", "grid"))
    panel = meters.create_meter(SYSTEM, site, name="panel", role="condition", node_id=nodes["bus"]).id
    spare = meters.create_meter(SYSTEM, site, name="spare", role="condition", node_id=nodes["load"]).id
    device = devices.create_device(
        SYSTEM,
        site,
        name="gateway",
        reporting_interval_s=60,
        fields={
            "energy_produced": (pv, "energy_kwh"),
            "energy_consumed": (load, "energy_kwh"),
            "current_load": (panel, "load_pct"),
            "voltage": (panel, "voltage_v"),
            "current": (panel, "current_a"),
            "current1": (panel, "current_l1_a"),
            "current2": (panel, "current_l2_a"),
            "frequency": (panel, "frequency_hz"),
            "power_factor": (panel, "power_factor"),
        },
    ).id
    register = devices.create_device(
        SYSTEM,
        site,
        name="register",
        reporting_interval_s=900,
        energy_mode="counter",
        fields={"energy_consumed": (grid, "energy_total_kwh"), "current_load": (spare, "load_pct")},
    ).id
    for posting in (device, register):
        posted_energy.declare(SYSTEM, posting)
    other = sites.create_site(SYSTEM, name="Next door", kind="campus", organisation_id=owner, public_number=202, **place).id
    neighbour_node = graph.create_node(SYSTEM, other, name="bus", kind="bus").id
    neighbour = meters.create_meter(SYSTEM, other, name="panel", role="condition", node_id=neighbour_node).id
    return World(
        site_id=site,
        pv=pv,
        load=load,
        grid=grid,
        panel=panel,
        device=device,
        register=register,
        device_key=keys.create_key(SYSTEM, device_id=device),
        register_key=keys.create_key(SYSTEM, device_id=register),
        site_key=keys.create_key(SYSTEM, site_id=site),
        reading_key=keys.create_key(SYSTEM, site_id=site, can_write=False),
        neighbour_meter=neighbour,
        neighbour_key=keys.create_key(SYSTEM, site_id=other),
    )


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process finds them."""
    named = {}
    for name, value in settings.model_dump(exclude_defaults=True).items():
        named[f"LOADSTAR_{name.upper()}"] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return {**os.environ, **named}


class Api:
    """The device API's processes."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.url = f"http://{settings.device_host}:{settings.device_port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Api":
        with (self.settings.home / "devices.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest"], cwd=PROJECT, env=environment(self.settings), stdout=log, stderr=log
            )
        try:
            eventually(lambda: self.process.poll() is not None or self.ready())
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        assert self.process.poll() is None, f"the device API ended: {self.log()[-2000:]}"
        return self

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it as an administrator would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def log(self) -> str:
        return (self.settings.home / "devices.log").read_text()


class Device:
    """Somebody who holds a key and posts."""

    def __init__(self, api: Api, key: str | None):
        self.client = httpx.Client(base_url=api.url, headers={"X-API-Key": key} if key else {}, timeout=30)

    def hardware(self, content: Any = None, **query: str) -> httpx.Response:
        return self._post("/api/hardware/data", HARDWARE if content is None else content, query)

    def readings(self, *readings: Any, **query: str) -> httpx.Response:
        return self._post("/api/v1/readings", {"readings": list(readings)}, query)

    def raw(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, content=body, headers=sent)

    def _post(self, path: str, content: Any, query: dict[str, str]) -> httpx.Response:
        return self.client.post(path, json=content, params=query)


class Stored:
    """What QuestDB shows once it has applied its log."""

    def __init__(self, settings: Settings):
        assert settings.questdb_password is not None
        self.connection = psycopg.connect(
            host=settings.questdb_host,
            port=settings.questdb_pg_port,
            user=settings.questdb_user,
            password=settings.questdb_password.get_secret_value(),
            dbname="qdb",
            autocommit=True,
        )

    def settle(self) -> None:
        eventually(
            lambda: all(
                shown == committed
                for shown, committed in self.connection.execute("SELECT writerTxn, sequencerTxn FROM wal_tables()").fetchall()
            )
        )

    def __call__(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        self.settle()
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, meter: str, quantity: str, ts: datetime, table: str = "telemetry") -> float | None:
        rows = self(
            f"SELECT value FROM {table} WHERE meter = %s AND quantity = %s AND ts = %s", meter, quantity, ts.replace(tzinfo=None)
        )
        assert len(rows) <= 1, rows
        return rows[0][0] if rows else None
