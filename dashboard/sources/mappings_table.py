"""What sources call their values, as a table: mapped to a meter and a quantity, ignored, or let wait."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from dash import html

from config import clock
from config.language import N_, _
from config.quantities import QUANTITIES
from dashboard.figures.wording import exact
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Field, Text, filled
from dashboard.parts.moments import ago
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.web.access import administers_site
from insight import channel_proposals
from insight.channel_proposals import Proposal
from store.errors import NotFound, StoreAway
from store.records.plant import brokers, channels, devices, meters
from store.records.schema import Channel
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import waiting

COLUMNS = (
    Column("full_name", N_("Channel")),
    Column("source", N_("Source"), sortable=False),
    Column("value", N_("Last value"), sortable=False, number=True),
    Column("last_seen", N_("Last heard"), moment=True),
    Column("waits", N_("Waiting"), sortable=False, number=True),
    Column("meaning", N_("Meaning"), sortable=False),
)
ROADS = {"lines": N_("line protocol"), "mqtt": N_("MQTT")}
STATES = (("", N_("Every channel")), ("waiting", N_("Waiting")), ("mapped", N_("Mapped")), ("ignored", N_("Ignored")))
METER = Choice("meter", N_("Meter"), (("", N_("Choose a meter")),), of="meter_id", required=True)
QUANTITY = Choice(
    "quantity", N_("Quantity"), (("", N_("Choose a quantity")), *((each, each) for each in QUANTITIES)), required=True
)
UNIT = Text("unit", N_("Unit"), longest=32, help=N_("That its values come in. Empty: the quantity's own."))
INTERVAL = Text("interval", N_("Of an interval (s)"), longest=6, of="interval_s", help=N_("Empty: samples, and counters."))


class Line(NamedTuple):
    """A channel as its row needs it; without `waits` the store is away."""

    channel: Channel
    source: str
    meter: str | None
    waits: Mapping[str, int] | None
    proposal: Proposal


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Line]:
    found = channels.channels_page(scope, context, wanted, state=chosen.get("state"))
    proposed = channel_proposals.proposed(scope, context, found.rows)
    sources = {each.id: each.name for each in devices.outlines(scope, context)}
    sources |= {each.id: each.name for each in brokers.brokers_of(scope, context)}
    names = meters.names_of(scope, context, {each.meter_id for each in found.rows if each.meter_id})
    waits: Mapping[str, Mapping[str, int] | None]
    try:
        waits = waiting.of_site(scope, context, [each.id for each in found.rows])
    except StoreAway:
        waits = {each.id: None for each in found.rows}
    rows = [
        Line(
            each,
            sources.get(each.source_id, _("the whole site") if each.source_id == context else each.source_id),
            names[each.meter_id] if each.meter_id else None,
            waits[each.id],
            proposed[each.id],
        )
        for each in found.rows
    ]
    return Page(rows, found.total)


def _row(scope: Scope, record: Line) -> Row:
    channel, now = record.channel, clock.now()
    heard = channel.last_value is not None
    cells = (
        html.Span([record.source, " ", html.Span(_(ROADS[channel.road]), className="muted small")]),
        _value(channel) if heard else "–",
        ago(channel.last_seen if heard or (record.waits and sum(record.waits.values())) else None, now),
        _waits(record),
        _meaning(scope, record),
    )
    ask = Act(
        "map",
        N_("Change") if channel.meter_id else N_("Map"),
        asks=lambda: Question(_about(record), _fields(scope, record)),
        sure=N_("Map"),
    )
    acts = [ask]
    if not channel.ignored:
        acts.append(
            Act(
                "ignore",
                N_("Ignore"),
                asks=lambda: Question(_("Its values are taken and dropped from now on, those that wait too.")),
            )
        )
    if channel.meter_id or channel.ignored:
        if channel.meter_id:
            words = _("Its values wait from now on. What was stored of it stays with the meter, where it can be voided.")
            acts.append(Act("unmap", N_("Unmap"), asks=lambda: Question(words)))
        else:
            acts.append(Act("unmap", N_("Stop ignoring")))
    return Row(channel.id, channel.full_name, cells, acts)


def _value(channel: Channel) -> str:
    unit = channel.unit or channel.told_unit
    return reader().number(exact(channel.last_value, 6)) + (f" {unit}" if unit else "")


def _waits(record: Line) -> Any:
    if record.waits is None:
        return _("not known now")
    said: list[Any] = [html.Div(reader().count(sum(record.waits.values())))]
    said += [
        html.Div([reader().count(count), " ", html.Code(code)], className="small", title=_("Refused as it is mapped, and kept."))
        for code, count in record.waits.items()
        if code
    ]
    if record.channel.turned_away:
        words = _("%(count)s refused: too many wait", count=reader().count(record.channel.turned_away))
        said.append(html.Div(words, className="state wraps small", **data(state="late")))
    return said if len(said) > 1 else said[0]


def _meaning(_scope: Scope, record: Line) -> Any:
    channel = record.channel
    if channel.ignored:
        return html.Span(_("ignored"), className="state", **data(state="planned"))
    if channel.meter_id:
        words = _("%(quantity)s of %(meter)s", quantity=channel.quantity, meter=record.meter)
        return html.Span(words, className="state wraps", **data(state="live"))
    state = html.Span(_("waits"), className="state", **data(state="late"))
    told = record.proposal
    if told.quantity is None:
        return state
    return html.Div([state, html.Div(_("perhaps %(quantity)s", quantity=told.quantity), className="muted small")])


def _about(record: Line) -> list[Any]:
    said = [_("What waits of it is stored at its own times, and what comes from now on.")]
    told = record.channel
    if told.told_name or told.told_kind:
        about = ", ".join(filter(None, (told.told_name, told.told_kind, told.told_unit)))
        said.append(_("Its source says: %(about)s.", about=about))
    return [f"{' '.join(said)} ", html.Code(told.id)]


def _fields(scope: Scope, record: Line) -> list[Field]:
    channel, told = record.channel, record.proposal
    is_mapped = channel.meter_id is not None
    given = (channel.meter_id, channel.quantity, channel.unit) if is_mapped else (told.meter_id, told.quantity, told.unit)
    named = [
        (each.id, each.name)
        for each in meters.meters_of(scope, channel.site_id)
        if each.role != "virtual" and each.retired_at is None
    ]
    shown = (replace(METER, options=[*METER.options, *named]), QUANTITY, UNIT, INTERVAL)
    values = dict(zip(("meter", "quantity", "unit"), (each or "" for each in given), strict=True))
    return filled(shown, values | {"interval": str(channel.interval_s or "")})


def _do(scope: Scope, asked: Asked) -> Words:
    channel = channels.require_channel(scope, asked.key)
    if channel.site_id != asked.context:
        raise NotFound("no such channel on this site")
    if asked.act == "ignore":
        channels.ignore(scope, channel.id)
        return _("%(channel)s is ignored.", channel=channel.full_name)
    if asked.act == "unmap":
        channels.unmap(scope, channel.id)
        return _("%(channel)s waits from now on. What was stored of it stays with its meter.", channel=channel.full_name)
    given = asked.read((METER, QUANTITY, UNIT, INTERVAL))
    meter, quantity, unit = (given.text(key) for key in ("meter", "quantity", "unit"))
    interval_s = given.whole("interval")
    given.check()
    channels.map_channel(scope, channel.id, meter_id=meter, quantity=quantity, unit=unit or None, interval_s=interval_s)
    return _("%(channel)s is mapped. What waits of it is being stored.", channel=channel.full_name)


TABLE = Table(
    "mappings",
    N_("Channels"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("state", N_("Show"), STATES),),
    search=N_("channel"),
    empty=N_("Nothing here. What agents send by line protocol, and brokers by MQTT, is listed as soon as it comes."),
)
