"""The devices of a site, as a table: described, given a key, retired."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dash import html

from config import clock
from config.language import N_, _
from config.settings import settings
from dashboard.parts import moments
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Moment, Text, filled
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import device_clocks, first_post, snippets, uncounted_readings, wiring
from dashboard.web.access import administers_site
from models.presence import presence
from store.errors import NotFound
from store.records.plant import activity, broker_states, devices, field_maps, keys, meters, posted_energy, received
from store.records.schema import Device
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Name")),
    Column("state", N_("State"), sortable=False),
    Column("seen", N_("Last seen"), sortable=False),
    Column("clock", N_("Its clock"), sortable=False),
    Column("reporting_interval_s", N_("Posts every"), number=True),
    Column("energy_mode", N_("Energies")),
    Column("fields", N_("Fields"), sortable=False, number=True),
    Column("created_at", N_("Created")),
)
MODES = {"interval": N_("of its interval"), "counter": N_("cumulative register")}
STATES = {"live": N_("live"), "late": N_("late"), "offline": N_("offline"), "never": N_("no data yet")}
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True, help=N_("As on its label; once in this site.")),
    Text("every", N_("Posts every (s)"), longest=9, required=True, of="reporting_interval_s", keys="numeric"),
    Choice("mode", N_("Its energies are"), tuple(MODES.items()), of="energy_mode"),
    Text(
        "fields",
        N_("Fields of its posts"),
        longest=20_000,
        lines=4,
        like=field_maps.EXAMPLE,
        help=N_("One a line: field = meter, quantity. The quantities are those of the device API's description."),
    ),
)
KEY_FIELDS = (
    Text("name", N_("Name of the key"), longest=120),
    Moment("ends", N_("Ends"), of="expires_at", help=N_("By the site's clocks; a day is meant with all of it. Empty: never.")),
)


class Line(NamedTuple):
    """A device as its row needs it."""

    device: Device
    fields: field_maps.Fields
    seen: datetime | None
    gone: datetime | None  # its senders said good-bye
    uncounted: Sequence[str]
    skew_s: float | None  # how far its clock is behind


def described(scope: Scope, given: Given, site_id: str) -> dict[str, Any]:
    """What was written about a device, as `store.records.plant.devices` takes it.

    Raises:
        Wrong: something cannot be read.
    """
    said = {
        "name": given.text("name"),
        "reporting_interval_s": given.count("every"),
        "energy_mode": given.text("mode") if given.text("mode") in MODES else "interval",
        "fields": given.read("fields", lambda text: field_maps.read(scope, site_id, text)),
    }
    given.check()
    return said


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Line]:
    found = devices.devices_page(scope, context, wanted, retired=bool(chosen.get("retired")))
    ids = [device.id for device in found.rows]
    fields, seen = devices.device_fields(scope, ids), activity.last_seen(scope, ids)
    gone = broker_states.gone(scope, ids)
    posted = {device_id: {meter for meter, _ in of.values()} for device_id, of in fields.items()}
    for meter in meters.meters_of(scope, context):
        if meter.device_id in posted:
            posted[meter.device_id].add(meter.id)
    every = {meter for those in posted.values() for meter in those}
    marks = uncounted_readings.marks(scope, every, dict.fromkeys(every, wiring.zone(scope, context)))
    skews = device_clocks.skews(scope, posted)
    rows = [
        Line(
            device,
            fields[device.id],
            seen[device.id],
            gone.get(device.id),
            [why for meter in posted[device.id] for why in marks.get(meter, ())],
            skews.get(device.id),
        )
        for device in found.rows
    ]
    return Page(rows, found.total)


def _row(scope: Scope, record: Line) -> Row:
    device, now = record.device, clock.now()
    state = "offline" if device.retired_at else presence(record.seen, device.reporting_interval_s, now, record.gone)
    words = _("retired %(retired_at)s", retired_at=reader().day(device.retired_at)) if device.retired_at else _(STATES[state])
    cells = (
        html.Span([html.Span(words, className="state", **data(state=state)), uncounted_readings.mark(record.uncounted)]),
        moments.ago(record.seen, now),
        device_clocks.shown(record.skew_s),
        f"{reader().count(device.reporting_interval_s)} s",
        _(MODES[device.energy_mode]),
        reader().count(len(record.fields)),
        reader().date(device.created_at),
    )
    acts = (
        ()
        if device.retired_at
        else (
            Act("edit", _("Edit"), asks=lambda: _edit(scope, record), sure=_("Save")),
            Act("connect", _("How it posts"), asks=lambda: _connection(scope, record)),
            NEW_KEY,
            RETIRE,
        )
    )
    return Row(device.id, device.name, cells, acts)


def _edit(scope: Scope, record: Line) -> Question:
    device = record.device
    values = {
        "name": device.name,
        "every": str(device.reporting_interval_s),
        "mode": device.energy_mode,
        "fields": field_maps.written(scope, device.site_id, record.fields),
    }
    about = _("What the device is called, and what its posts mean. Readings that are there already stay as they are.")
    return Question(about, filled(FIELDS, values))


def _connection(scope: Scope, record: Line) -> Question:
    """Ready snippets with the id of its newest key, and the way to where its requests are seen."""
    device = record.device
    known = next((sender for sender in received.senders(scope, device.site_id) if sender.device_id == device.id), None)
    if known is None or known.ended:
        keys_page = html.A(_("API keys"), href=f"/site/{device.site_id}/keys", className="btn btn-primary")
        return Question(
            _("It has no key in use: press New key, which is shown in snippets that are ready to copy."), instead=keys_page
        )
    key = f"{known.id}.{first_post.SECRET}"
    texts = snippets.filled(key, first_post.of_device(record.fields), settings().public_device_url)
    shown = html.Div(first_post.to_copy(texts, first_open=False), className="first-post")
    bench = html.A(_("Watch what it sends"), href=f"/site/{device.site_id}/bench?key={known.id}", className="btn btn-primary")
    return Question([html.P(_(first_post.PUT_IN)), shown], instead=bench)


def _retirement() -> Question:
    return Question(
        _(
            "Its keys post no more, and its fields are free for the device that takes its place. Its readings stay. "
            "This cannot be taken back."
        )
    )


NEW_KEY = Act(
    "key", N_("New key"), asks=lambda: Question(_("A key that only this device can use. Its others stay active."), KEY_FIELDS)
)
RETIRE = Act("retire", N_("Retire"), asks=_retirement, danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    device = devices.require_devices(scope, [asked.key])[asked.key]
    if device.site_id != asked.context:
        raise NotFound("no such device on this site")
    if asked.act == "key":
        given = asked.read(KEY_FIELDS)
        ends = given.moment("ends", wiring.zone(scope, asked.context), end_of_day=True)
        given.check()
        made = keys.create_key(scope, device_id=device.id, name=given.text("name"), expires_at=ends)
        return first_post.view(made, first_post.of_device(devices.device_fields(scope, [device.id])[device.id]))
    if asked.act == "retire":
        devices.retire_device(scope, device.id)
        return _("%(name)s is retired.", name=device.name)
    if asked.act != "edit":
        raise NotFound(f"no act {asked.act}")
    devices.describe_device(scope, device.id, **described(scope, asked.read(FIELDS), asked.context))
    posted_energy.declare(scope, device.id)
    return _("Saved. The device API knows it within seconds.")


TABLE = Table(
    "devices",
    N_("Devices"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("retired", N_("Show"), (("", N_("In use")), ("all", N_("Include retired")))),),
    search=N_("name"),
    empty=N_("No device yet. Add one, create a key for it, and its posts arrive here."),
)
