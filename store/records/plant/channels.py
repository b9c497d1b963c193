"""Channels: what a source calls one of its values, and the meter and quantity that a person maps it to.

The device API notes every channel that it hears of, before it acknowledges a value of it, and now and then what was heard last.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from config.language import _
from config.quantities import LONGEST_INTERVAL_S, QUANTITIES, Kind
from models import channel_meaning
from store.errors import Refused
from store.ids import channel_id
from store.records.access.policy import Action, require
from store.records.jobs import asking
from store.records.jobs.kinds import BY_THE_CLOCK, WAITING_VALUES, Nothing
from store.records.schema import Channel, Device, DeviceField, Job, Meter, Site, texts
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.transaction import trail
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
from store.records.transaction.upsert import insert_into
from store.scope import SYSTEM, Scope

MOST = 10_000  # of one source; names that hold a moment or a random number would never end
TOLD = 300  # characters that are kept of what a source says of a channel


class Source(NamedTuple):
    """Whose values they are: a device's, a broker's, or those that come with a key of the site itself."""

    site_id: str
    device_id: str | None = None
    broker_id: str | None = None

    @property
    def id(self) -> str:
        """The device's, the broker's or the site's."""
        return self.device_id or self.broker_id or self.site_id


class Heard(NamedTuple):
    """When a value of a channel came last, and which."""

    channel_id: str
    at: datetime
    value: float


class Told(NamedTuple):
    """What a source says of a channel: with its values (then a unit alone), or in a description of its own."""

    channel_id: str
    unit: str | None = None
    name: str | None = None
    kind: str | None = None


class Meaning(NamedTuple):
    """What a channel means, as `map_channel` takes it."""

    channel_id: str
    meter_id: str
    quantity: str
    unit: str | None = None
    interval_s: int | None = None


def known(scope: Scope, source: Source, road: str, names: Collection[str]) -> set[str]:
    """Note channels that are not known yet; the names of those that are known now.

    Left out are names that cannot be kept (`texts.clean`), all of a source that is gone, and those beyond `MOST`.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    ids = {channel_id(source.id, road, name): name for name in names if _can_be_kept(name)}
    found: set[str] = set()
    with session() as records:
        for part in in_parts(ids):
            found.update(records.scalars(select(Channel.id).where(Channel.id.in_(part))))
        new = [each for each in ids if each not in found]
        if new and _is_there(records, source):
            of_source = select(func.count()).select_from(Channel).where(_of(source))
            new = new[: max(0, MOST - (records.scalar(of_source) or 0))]
            rows: list[dict[str, Any]] = [
                {"id": each, **source._asdict(), "road": road, "full_name": ids[each], "first_seen": now(), "last_seen": now()}
                for each in sorted(new)
            ]
            if rows:
                records.connection().execute(insert_into(records, Channel).on_conflict_do_nothing(), rows)
            found.update(new)
    return {ids[each] for each in found}


def note_heard(scope: Scope, heard: Iterable[Heard]) -> None:
    """Keep what was heard last of each channel.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    # In one order, so that two processes never wait for each other's rows.
    rows = [{"which": each.channel_id, "at": each.at, "value": each.value} for each in sorted(heard)]
    if not rows:
        return
    table = Channel.__table__
    statement = update(Channel).where(table.c.id == bindparam("which"), table.c.last_seen <= bindparam("at"))
    with session() as records:
        records.connection().execute(statement.values(last_seen=bindparam("at"), last_value=bindparam("value")), rows)


def note_told(scope: Scope, told: Iterable[Told]) -> None:
    """Keep what sources say of their channels; the unit that values come with counts more than that of a description.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    table = Channel.__table__
    with_values: list[dict[str, Any]] = []
    described: list[dict[str, Any]] = []
    for each in sorted(told):
        row = {
            "which": each.channel_id,
            "its_unit": _printable(each.unit),
            "its_name": _printable(each.name),
            "its_kind": _printable(each.kind),
        }
        (described if each.name or each.kind else with_values).append(row)
    own = update(Channel).where(table.c.id == bindparam("which"))
    with session() as records:
        if with_values:
            records.connection().execute(own.values(told_unit=bindparam("its_unit")), with_values)
        if described:
            unit = func.coalesce(table.c.told_unit, bindparam("its_unit"))
            said = {"told_unit": unit, "told_name": bindparam("its_name"), "told_kind": bindparam("its_kind")}
            records.connection().execute(own.values(**said), described)


def note_turned_away(scope: Scope, counts: Mapping[str, int]) -> None:
    """Count values that were refused because too many of their source waited already, by channel.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    rows = [{"which": which, "count": counts[which]} for which in sorted(counts)]
    if not rows:
        return
    table = Channel.__table__
    counted = update(Channel).where(table.c.id == bindparam("which"))
    with session() as records:
        records.connection().execute(counted.values(turned_away=table.c.turned_away + bindparam("count")), rows)


def channels_page(
    scope: Scope, site_id: str, wanted: Wanted, *, source_id: str | None = None, state: str | None = None
) -> Page[Channel]:
    """A page of the site's channels, sorted by `full_name`, `last_seen`, `first_seen` or `road`.

    `state`: `mapped`, `ignored` or `waiting` (neither) only.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or no such column to sort by.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    query = select(Channel).where(Channel.site_id == site_id)
    if source_id is not None:
        no_other = (Channel.device_id.is_(None), Channel.broker_id.is_(None))
        of_site = no_other if source_id == site_id else (or_(Channel.device_id == source_id, Channel.broker_id == source_id),)
        query = query.where(*of_site)
    query = query.where(*_in_state(state))
    sorts = {
        "full_name": Channel.full_name,
        "last_seen": Channel.last_seen,
        "first_seen": Channel.first_seen,
        "road": Channel.road,
    }
    with reading() as records:
        rows, total = page(
            records, query, wanted, searched=(Channel.full_name, Channel.told_name, Channel.id), sorts=sorts, key=Channel.id
        )
    return Page([channel for (channel,) in rows], total)


def decided(scope: Scope, channel_ids: Collection[str]) -> list[Channel]:
    """Those of the channels that are mapped or ignored.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    found: list[Channel] = []
    with reading() as records:
        for part in in_parts(channel_ids):
            query = select(Channel).where(Channel.id.in_(part), or_(Channel.meter_id.is_not(None), Channel.ignored))
            found += records.scalars(query.order_by(Channel.id))
    return found


def of_site(scope: Scope, site_id: str, *, state: str | None = None, only: Collection[str] | None = None) -> list[Channel]:
    """The site's channels by name, all or those of these ids, in a state as `channels_page` has it; raises as that."""
    require(scope, Action.ADMINISTER, site_id=site_id)
    query = select(Channel).where(Channel.site_id == site_id, *_in_state(state)).order_by(Channel.full_name, Channel.id)
    found: list[Channel] = []
    with reading() as records:
        if only is None:
            return list(records.scalars(query))
        for part in in_parts(only):
            found += records.scalars(query.where(Channel.id.in_(part)))
    return found


def settling(scope: Scope, site_id: str) -> Job | None:
    """The work that stores what waited, while there is any; it is of all sites.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    unfinished = select(Job).where(Job.kind == WAITING_VALUES.name, asking.UNFINISHED)
    with reading() as records:
        return records.scalars(unfinished.order_by(Job.created_at).limit(1)).one_or_none()


def require_channel(scope: Scope, channel_id: str) -> Channel:
    """One channel.

    Raises:
        NotFound: there is none, or it is of a site that does not exist for the scope.
        Refused: not an administrator of its site.
    """
    with reading() as records:
        found = records.get(Channel, channel_id)
    if found is None or not scope.sees_site(found.site_id):
        raise missing(Channel, channel_id)
    require(scope, Action.ADMINISTER, site_id=found.site_id)
    return found


def map_channel(
    scope: Scope, channel_id: str, *, meter_id: str, quantity: str, unit: str | None = None, interval_s: int | None = None
) -> Channel:
    """Say what a channel means: from now on its values are the meter's, and those that wait become it.

    Args:
        scope: whose; an administrator of the site.
        channel_id: which.
        meter_id: a meter of the same site; one that is in no device comes into the channel's.
        quantity: of `config.quantities`.
        unit: that the values come in; the quantity's own when none is given.
        interval_s: the stretch of time (s), ending at its moment, that a value is of; none for samples and counters.

    Raises:
        NotFound: the channel or the meter does not exist for the scope, or they are of two sites.
        Refused: not an administrator of the site, or the channel cannot mean that.
    """
    found = require_channel(scope, channel_id)
    _check(quantity, interval_s)
    own = QUANTITIES[quantity].unit
    said_with_values = found.told_unit is not None and not (found.told_name or found.told_kind)
    if unit and unit != own and said_with_values and found.told_unit == own:
        raise Refused(
            _("its values come with their unit and are turned into %(unit)s already: leave the unit empty", unit=own), "unit"
        )
    with session() as records:
        meter = required(records, Meter, meter_id)
        if meter.site_id != found.site_id:
            raise missing(Meter, meter_id)
        if meter.role == "virtual":
            raise Refused(_("%(meter)s is computed from other meters: map to one of those", meter=meter.name), "meter_id")
        if meter.retired_at is not None:
            raise Refused(_("%(meter)s is retired: map to a meter in use", meter=meter.name), "meter_id")
        written = select(DeviceField.device_id).where(DeviceField.meter_id == meter_id, DeviceField.quantity == quantity)
        if records.scalar(written) is not None:
            raise Refused(
                _(
                    "a device writes %(quantity)s of %(meter)s already: take it out of the device's fields first",
                    quantity=quantity,
                    meter=meter.name,
                ),
                "quantity",
            )
        if meter.device_id is None:
            meter.device_id = found.device_id
        channel = required(records, Channel, channel_id)
        channel.meter_id, channel.quantity, channel.ignored = meter_id, quantity, False
        channel.unit, channel.interval_s = unit or None, interval_s
        channel.estimated = channel_meaning.estimated(channel.road, channel.full_name)
        _mark(channel)
    return channel


def map_channels(scope: Scope, site_id: str, meanings: Iterable[Meaning]) -> None:
    """Map many channels of a site, all or none of them.

    Raises:
        NotFound: a channel or a meter does not exist for the scope, or is not of the site.
        Refused: as `map_channel`; said with the channel's name.
    """
    with session():
        for each in meanings:
            channel = require_channel(scope, each.channel_id)
            if channel.site_id != site_id:
                raise missing(Channel, each.channel_id)
            try:
                map_channel(scope, **each._asdict())
            except Refused as problem:
                said = _("channel %(channel)s: %(problem)s", channel=channel.full_name, problem=problem)
                raise Refused(said, "meanings") from None


def ignore(scope: Scope, channel_id: str) -> None:
    """Say that a channel's values are not wanted: they are taken and dropped; raises as `require_channel`."""
    _clear(scope, channel_id, ignored=True)


def unmap(scope: Scope, channel_id: str) -> None:
    """Say that a channel means nothing yet: its values wait from now on; raises as `require_channel`."""
    _clear(scope, channel_id, ignored=False)


def _clear(scope: Scope, channel_id: str, *, ignored: bool) -> None:
    require_channel(scope, channel_id)
    with session() as records:
        channel = required(records, Channel, channel_id)
        channel.meter_id = channel.quantity = channel.unit = channel.interval_s = None
        channel.ignored = ignored
        _mark(channel)


def _mark(channel: Channel) -> None:
    channel.mapped_by, channel.mapped_at = trail.who_acts().actor, now()
    channel.turned_away = 0
    if channel.meter_id is not None or channel.ignored:
        asking.ask(SYSTEM, WAITING_VALUES, Nothing(), once_key=BY_THE_CLOCK)


def _in_state(state: str | None) -> tuple[ColumnElement[bool], ...]:
    match state:
        case "mapped":
            return (Channel.meter_id.is_not(None),)
        case "ignored":
            return (Channel.ignored.is_(True),)
        case "waiting":
            return (Channel.meter_id.is_(None), ~Channel.ignored)
    return ()


def _printable(said: str | None) -> str | None:
    """What a source says, with nothing in it that cannot be seen."""
    return "".join(each for each in said[:TOLD] if each.isprintable()) or None if said else None


def _check(quantity: str, interval_s: int | None) -> None:
    what = QUANTITIES.get(quantity)
    if what is None:
        choice = ", ".join(QUANTITIES)
        raise Refused(
            _("no quantity %(quantity)s; choose one of %(quantities)s", quantity=repr(quantity), quantities=choice), "quantity"
        )
    if interval_s is None:
        return
    if what.kind is Kind.COUNTER:
        raise Refused(_("%(quantity)s is a counter, read at a moment: leave the interval out", quantity=quantity), "interval_s")
    if not 1 <= interval_s <= LONGEST_INTERVAL_S:
        raise Refused(_("an interval is of 1 to %(most)s seconds: correct it", most=LONGEST_INTERVAL_S), "interval_s")


def _can_be_kept(name: str) -> bool:
    try:
        return bool(name) and texts.clean(name, "full_name") == name
    except Refused:
        return False


def _is_there(records: Session, source: Source) -> bool:
    if source.device_id is not None:
        return records.scalar(select(Device.id).where(Device.id == source.device_id)) is not None
    return records.scalar(select(Site.id).where(Site.id == source.site_id)) is not None


def _of(source: Source) -> Any:
    if source.device_id is not None:
        return Channel.device_id == source.device_id
    if source.broker_id is not None:
        return Channel.broker_id == source.broker_id
    return (Channel.site_id == source.site_id) & Channel.device_id.is_(None) & Channel.broker_id.is_(None)
