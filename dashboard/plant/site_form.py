"""What is written about a site, the same for a new one and for one that is there."""

from typing import Any

from config.currencies import CURRENCIES
from config.language import N_, _
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.given import Given
from dashboard.parts.written import plain
from models import local_time
from store.records.plant import regions
from store.records.schema import Site
from store.scope import Scope

KINDS = {"plant": N_("Plant"), "campus": N_("Campus"), "pv_battery": N_("PV and battery")}
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Choice("kind", N_("Kind"), tuple(KINDS.items()), help=N_("Determines which pages are shown.")),
    Text(
        "zone",
        N_("Time zone"),
        longest=64,
        required=True,
        of="time_zone",
        like="Europe/London",
        suggested=sorted(local_time.zones()),
        help=N_("Local days and tariffs follow it."),
    ),
    Text(
        "currency",
        N_("Currency"),
        longest=20,
        required=True,
        like="EUR",
        suggested=sorted(CURRENCIES),
        help=N_("Its code, for tariffs and costs."),
    ),
    Text("latitude", N_("Latitude"), longest=20, required=True, like="54.01", help=N_("Degrees north.")),
    Text("longitude", N_("Longitude"), longest=20, required=True, like="-2.78", help=N_("Degrees east.")),
    Choice("region", N_("Region"), of="region_id", help=N_("Whose prices, CO2 intensity and weather it shares.")),
    Text("voltage", N_("Nominal voltage (V)"), "230", 20, required=True, of="nominal_voltage_v", keys="decimal"),
    Text("frequency", N_("Nominal frequency (Hz)"), "50", 20, required=True, of="nominal_frequency_hz", keys="decimal"),
    Text(
        "every",
        N_("Devices post every (s)"),
        "60",
        9,
        required=True,
        of="reporting_interval_s",
        keys="numeric",
        help=N_("Unless a device says otherwise."),
    ),
    Text(
        "note", N_("Facility details"), longest=300, lines=2, of="source_note", help=N_("What it is; where its data come from.")
    ),
)


def now(scope: Scope, site: Site | None) -> dict[str, dict[str, Any]]:
    """What of the fields depends on the moment: the regions, and what is said about the site that is there."""
    shared = [(NONE, _("None")), *((each.id, each.name) for each in regions.regions(scope))]
    found: dict[str, dict[str, Any]] = {"region": {"options": shared, "value": NONE}}
    if site is not None:
        values = {
            "name": site.name,
            "kind": site.kind,
            "zone": site.time_zone,
            "currency": site.currency,
            "latitude": plain(site.latitude),
            "longitude": plain(site.longitude),
            "region": site.region_id or NONE,
            "voltage": plain(site.nominal_voltage_v),
            "frequency": plain(site.nominal_frequency_hz),
            "every": str(site.reporting_interval_s),
            "note": site.source_note,
        }
        for key, value in values.items():
            found.setdefault(key, {})["value"] = value
    return found


def read(given: Given) -> dict[str, Any]:
    """What was written, as `store.records.plant.sites` takes it.

    Raises:
        Wrong: something is missing, or should be a number and is none.
    """
    said = {
        "name": given.text("name"),
        "kind": given.text("kind"),
        "time_zone": given.text("zone"),
        "currency": given.text("currency").upper(),
        "latitude": given.needed("latitude"),
        "longitude": given.needed("longitude"),
        "region_id": given.chosen("region"),
        "nominal_voltage_v": given.needed("voltage"),
        "nominal_frequency_hz": given.needed("frequency"),
        "reporting_interval_s": given.count("every"),
        "source_note": given.text("note"),
    }
    given.check()
    return said
