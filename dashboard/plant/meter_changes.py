"""What is changed of a meter on its page: its name and place, its counter exchanged, its end."""

from collections.abc import Mapping
from typing import Any

from dash import html

from config.language import N_, _
from dashboard.parts.fields import Choice, Moment, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.written import plain
from dashboard.plant import meter_form, restating, wiring
from dashboard.web.access import administers_meter
from insight import restated
from store.records.plant import meter_life, meters, posted_energy
from store.records.schema import Meter
from store.records.schema.columns import now
from store.records.transaction.engine import session
from store.scope import Scope


def meter_of(scope: Scope, meter_id: str) -> Meter:
    """The meter; raises `NotFound` where the scope sees none."""
    return meters.require_meters(scope, [meter_id])[meter_id]


def _described(scope: Scope, meter_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    meter = meter_of(scope, meter_id)

    def said(value: float | None) -> str:
        return "" if value is None else plain(value)

    return {
        "name": {"value": meter.name},
        "device": {
            "options": meter_form.device_choices(scope, meter.site_id) if meter.role != "virtual" else [meter_form.NO_DEVICE],
            "value": meter.device_id or meter_form.NO_DEVICE[0],
        },
        "serial": {"value": meter.serial_number or ""},
        "latitude": {"value": said(meter.latitude)},
        "longitude": {"value": said(meter.longitude)},
    }


def _describe(scope: Scope, given: Given, meter_id: str) -> Words:
    device_id = given.chosen("device")
    said: dict[str, Any] = {
        "name": given.text("name"),
        "serial_number": given.text("serial"),
        "latitude": given.number("latitude"),
        "longitude": given.number("longitude"),
    }
    given.check()
    with session():
        if meter_of(scope, meter_id).device_id != device_id:
            meters.put_into_device(scope, meter_id, device_id)
            if device_id:
                posted_energy.declare(scope, device_id)
        meter_life.describe_meter(scope, meter_id, **said)
    return _("Saved.")


def _exchange(scope: Scope, given: Given, meter_id: str) -> Words:
    at = given.moment("at", wiring.zone(scope, meter_of(scope, meter_id).site_id))
    said: dict[str, Any] = {
        "serial_number": given.text("serial"),
        "rollover_kwh": given.number("rollover"),
        "note": given.text("note"),
    }
    given.check()
    moment = at or now()
    after = meter_life.declared_exchanged(scope, meter_id, at=moment, rollover_kwh=said["rollover_kwh"])
    restating.agreed(given, lambda: restated.by_declarations(scope, meter_id, after))
    meter_life.exchange(scope, meter_id, at=moment, **said)
    return _("Exchanged.")


DESCRIBE = Form(
    "meter",
    N_("Name, device, counter and place"),
    administers_meter("of"),
    (
        Text("name", N_("Name"), longest=120, required=True),
        Choice("device", N_("In device"), of="device_id", help=N_("What posts for it.")),
        Text("serial", N_("Serial number of its counter"), longest=120, of="serial_number"),
        Text("latitude", N_("Latitude"), longest=20, keys="decimal", help=N_("Empty: the site's.")),
        Text("longitude", N_("Longitude"), longest=20, keys="decimal", help=N_("Empty: the site's.")),
    ),
    do=_describe,
    act="save",
    button=N_("Save"),
    icon="",
    now=_described,
)
EXCHANGE = Form(
    "exchange",
    N_("Exchange the counter"),
    administers_meter("of"),
    (
        Moment("at", N_("When"), help=N_("By the site's clocks. Empty: now.")),
        Text("serial", N_("Serial number of the new counter"), longest=120, required=True, of="serial_number"),
        Text(
            "rollover",
            N_("It starts again from zero at (kWh)"),
            longest=20,
            of="rollover_kwh",
            keys="decimal",
            help=N_("Empty: as the old one."),
        ),
        Text("note", N_("Why"), longest=300),
        restating.SURE,
    ),
    do=_exchange,
    act="now",
    button=N_("Exchange"),
    icon="arrow-clockwise",
    rare=True,
    changes=("declared",),
)
ABOUT_EXCHANGE = N_("Readings of the old counter and of the new one are never subtracted from each other. Its history stays.")


def retirement(role: str) -> html.Details:
    """Asks once before the meter is taken out of use."""
    about = _(
        "It takes no readings and cannot be claimed any more. What it measured stays to be seen. This cannot be taken back."
    )
    words, sure = _("Retire the meter"), _("Retire it now")
    if role == "virtual":
        about = _("Its edge is measured by nothing from now on, and free for another meter. This cannot be taken back.")
        words, sure = _("End the virtual meter"), _("End it now")
    return asking(words, about, html.Button(sure, id="meter-retire", className="btn btn-danger", type="button"))


def asking(words: str, about: str, sure: html.Button) -> html.Details:
    """An act that asks once: what will happen, and the button that does it."""
    return html.Details(
        [html.Summary(words, className="btn btn-quiet"), html.Div([html.P(about), sure], className="panel mt-3")],
        className="disclosure",
    )
