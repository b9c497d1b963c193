"""A small true site on a real QuestDB: a PV array, a battery, three buildings, the grid, and what nobody meters."""

from datetime import UTC, datetime, timedelta

import numpy as np

from config.settings import Settings
from insight.shared import shared
from store.records.access import grants
from store.records.people import organisations, users
from store.records.plant import activity, declarations, devices, graph, meters, sites, tariffs
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S
from tests.records import fresh

PASSWORD = "seventeen calm otters"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVERY_S = 5
# kW now, in the edge's direction: 40 from the grid, 60 from the sun, 10 out of the battery, 110 used, 30 of it unmetered
POWER = {"grid": 40.0, "pv": 60.0, "battery": -10.0, "library": 30.0, "labs": 35.0, "halls": 15.0}
LEVELS = {("battery", "soc_pct"): 62.0, ("library", "voltage_v"): 231.0, ("labs", "voltage_v"): 204.0, ("labs", "load_pct"): 70.0}


class LiveWorld:
    """Ids by name, and a way to post readings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        shared.clear()
        fresh(settings.records_url)
        checkpoint.forget()
        with engine.session():  # one transaction for all of it
            self._record()

    def _record(self) -> None:
        owner = organisations.create_organisation(SYSTEM, name="Northern Power", kind="distributor")
        self.site = self._site("North Campus", owner.id, 52.2, 0.1)
        self.empty_site = self._site("South Works", owner.id, 50.9, -1.4)
        tariffs.create_tariff(
            SYSTEM,
            self.site,
            name="Flat",
            import_price_per_kwh=0.2,
            export_price_per_kwh=0.05,
            co2_g_per_kwh=250,
            valid_from=LONG_AGO,
        )
        self.nodes = {
            name: graph.create_node(
                SYSTEM, self.site, name=title, kind=kind, technology=technology, capacity_kwh=capacity, valid_from=LONG_AGO
            ).id
            for name, title, kind, technology, capacity in (
                ("grid", "Grid", "source", "grid", None),
                ("pv", "Roof array", "source", "pv", None),
                ("battery", "Battery", "storage", "battery", 100.0),
                ("bus", "Main bus", "bus", "bus", None),
                ("library", "Library", "sink", "load", None),
                ("labs", "Labs <b>east</b>", "sink", "load", None),
                ("halls", "Halls", "sink", "load", None),
                ("rest", "Everything else", "sink", "load", None),
            )
        }
        self.devices = {
            name: devices.create_device(SYSTEM, self.site, name=f"{name.capitalize()} device", reporting_interval_s=EVERY_S).id
            for name in POWER
        }
        self.meters: dict[str, str] = {}
        for source, target, two_way in (
            ("grid", "bus", True),
            ("pv", "bus", False),
            ("bus", "battery", True),
            ("bus", "library", False),
            ("bus", "labs", False),
            ("bus", "halls", False),
            ("bus", "rest", False),
        ):
            edge = graph.create_edge(
                SYSTEM,
                self.site,
                from_node_id=self.nodes[source],
                to_node_id=self.nodes[target],
                two_way=two_way,
                valid_from=LONG_AGO,
            )
            name = source if target == "bus" else target
            if name == "rest":
                continue
            self.meters[name] = meters.create_meter(
                SYSTEM, self.site, name=name.capitalize(), edge_id=edge.id, device_id=self.devices[name]
            ).id
            declarations.declare_energy(SYSTEM, self.meters[name], method="power", interval_s=EVERY_S, valid_from=LONG_AGO)
        users.create_user(  # the first of an organisation is its administrator
            SYSTEM, email="admin@example.org", name="Admin", password=None, organisation_id=owner.id
        )
        self.people = {
            "operator": users.create_user(
                SYSTEM,
                email="operator@example.org",
                name="Operator",
                password=PASSWORD,
                organisation_id=owner.id,
                role="operator",
            ).id,
            "resident": users.create_user(SYSTEM, email="resident@example.org", name="Resident", password=PASSWORD).id,
        }
        grants.create_grant(SYSTEM, user_id=self.people["resident"], meter_id=self.meters["library"], valid_from=LONG_AGO)

    def _site(self, name: str, owner_id: str, latitude: float, longitude: float) -> str:
        return sites.create_site(
            SYSTEM,
            name=name,
            kind="campus",
            organisation_id=owner_id,
            time_zone="Europe/London",
            currency="GBP",
            latitude=latitude,
            longitude=longitude,
        ).id

    def crowd(self, homes: int) -> list[str]:
        """So many homes more on the main bus, each with its meter, all of one device: their names as meters."""
        device = devices.create_device(SYSTEM, self.site, name="Homes device", reporting_interval_s=EVERY_S).id
        names = [f"home {number + 1}" for number in range(homes)]
        with engine.session():
            for name in names:
                home = graph.create_node(
                    SYSTEM, self.site, name=name.capitalize(), kind="sink", technology="home", valid_from=LONG_AGO
                )
                edge = graph.create_edge(
                    SYSTEM, self.site, from_node_id=self.nodes["bus"], to_node_id=home.id, two_way=False, valid_from=LONG_AGO
                )
                meter = meters.create_meter(SYSTEM, self.site, name=name.capitalize(), edge_id=edge.id, device_id=device)
                declarations.declare_energy(SYSTEM, meter.id, method="power", interval_s=EVERY_S, valid_from=LONG_AGO)
                self.nodes[name], self.devices[name], self.meters[name] = home.id, device, meter.id
        shared.clear()
        return names

    def post(self, values: dict[tuple[str, str], float], at: datetime | None = None) -> None:
        """Have readings (meter name, quantity) in the database, readable."""
        at = at or datetime.now(UTC)
        self.history({key: [value] for key, value in values.items()}, [at])
        seen = activity.Activity
        activity.add_activity(SYSTEM, [seen(self.devices[name], at, 1, 0, at) for name in {meter for meter, _ in values}])
        shared.clear()

    def history(self, values: dict[tuple[str, str], list[float]], times: list[datetime]) -> None:
        """The same for many moments."""
        moments = np.array([round(each.timestamp() * 1e6) for each in times], np.int64)
        with bulk.writer(self.settings) as sender:
            for (meter, quantity), numbers in values.items():
                ids = np.full(len(moments), self.meters[meter], dtype=object)
                names = np.full(len(moments), quantity, dtype=object)
                bulk.write(SYSTEM, sender, "telemetry", bulk.telemetry(moments, ids, names, np.array(numbers, float), "test"))
        assert rollup.await_applied(["telemetry"], PATIENT_S)

    def post_everything(self, at: datetime | None = None) -> None:
        """What all meters say at one moment."""
        self.post({(name, "power_kw"): kw for name, kw in POWER.items()} | LEVELS, at)

    def post_hours(self, hours: int, now: datetime) -> None:
        """The same power every minute of the last hours."""
        times = [now - timedelta(minutes=minute) for minute in range(hours * 60, 0, -1)]
        self.history({(name, "power_kw"): [kw] * len(times) for name, kw in POWER.items()}, times)
