"""What is written about a site, the same for a new one and for one that is there."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

import dash_bootstrap_components as dbc
from dash import State, html
from dash.development.base_component import Component

from config.currencies import CURRENCIES
from dashboard.plant import inputs
from dashboard.web.access import current_scope
from store.records.plant import regions
from store.records.schema import Site

KINDS = {"plant": "Plant", "campus": "Campus", "pv_battery": "PV and battery"}
NO_REGION = "none"  # a select shows no option whose value is empty
NAMES = ("name", "kind", "zone", "currency", "latitude", "longitude", "region", "voltage", "frequency", "every", "note")


def fields(prefix: str, site: Site | None) -> list[Component]:
    """The fields; ids begin with the prefix."""
    kinds = [{"label": words, "value": kind} for kind, words in KINDS.items()]
    shared = [
        {"label": "None", "value": NO_REGION},
        *({"label": each.name, "value": each.id} for each in regions.regions(current_scope())),
    ]

    def line(name: str, value: Any, **more: Any) -> Any:
        return inputs.line(f"{prefix}-{name}", str(value), **more)

    zone = html.Div(
        [
            html.Label("Time zone", htmlFor=f"{prefix}-zone", className="form-label"),
            line("zone", site.time_zone if site else "", list=f"{prefix}-zones", placeholder="Europe/London", longest=64),
            html.Datalist([html.Option(value=each) for each in sorted(available_timezones())], id=f"{prefix}-zones"),
            html.P("Local days and tariffs follow it.", className="form-text mb-0"),
        ],
        className="field",
    )
    region = (site.region_id if site else None) or NO_REGION
    currency: dict[str, Any] = {"list": f"{prefix}-currencies", "placeholder": "EUR", "longest": 20}
    return [
        inputs.field("Name", line("name", site.name if site else "")),
        inputs.field(
            "Kind",
            dbc.Select(id=f"{prefix}-kind", options=kinds, value=site.kind if site else "plant"),
            "Determines which pages are shown.",
        ),
        zone,
        inputs.field("Currency", line("currency", site.currency if site else "", **currency), "Its code, for tariffs and costs."),
        html.Datalist([html.Option(value=each) for each in sorted(CURRENCIES)], id=f"{prefix}-currencies"),
        inputs.field(
            "Latitude", line("latitude", site.latitude if site else "", placeholder="54.01", longest=20), "Degrees north."
        ),
        inputs.field(
            "Longitude", line("longitude", site.longitude if site else "", placeholder="-2.78", longest=20), "Degrees east."
        ),
        inputs.field(
            "Region",
            dbc.Select(id=f"{prefix}-region", options=shared, value=region),
            "Whose prices, CO2 intensity and weather it shares.",
        ),
        inputs.field("Nominal voltage (V)", line("voltage", f"{site.nominal_voltage_v:g}" if site else "230", longest=20)),
        inputs.field("Nominal frequency (Hz)", line("frequency", f"{site.nominal_frequency_hz:g}" if site else "50", longest=20)),
        inputs.field(
            "Devices post every (s)",
            line("every", site.reporting_interval_s if site else 60, inputMode="numeric", longest=9),
            "Unless a device says otherwise.",
        ),
        inputs.field(
            "Facility details",
            line("note", site.source_note if site else "", longest=300),
            "What it is; where its data come from.",
        ),
    ]


def states(prefix: str) -> list[State]:
    """What a callback is given, in the order that `read` takes."""
    return [State(f"{prefix}-{name}", "value") for name in NAMES]


def read(written: Sequence[Any]) -> dict[str, Any]:
    """What was written, as `store.records.plant.sites` takes it.

    Raises:
        Refused: something that should be a number is none.
    """
    given = dict(zip(NAMES, written, strict=True))
    return {
        "name": str(given["name"] or ""),
        "kind": str(given["kind"] or ""),
        "time_zone": str(given["zone"] or "").strip(),
        "currency": str(given["currency"] or "").strip().upper(),
        "latitude": inputs.needed("the latitude", given["latitude"]),
        "longitude": inputs.needed("the longitude", given["longitude"]),
        "region_id": given["region"] if given["region"] not in (None, "", NO_REGION) else None,
        "nominal_voltage_v": inputs.needed("the nominal voltage", given["voltage"]),
        "nominal_frequency_hz": inputs.needed("the nominal frequency", given["frequency"]),
        "reporting_interval_s": inputs.whole("the reporting interval", given["every"]),
        "source_note": str(given["note"] or ""),
    }
