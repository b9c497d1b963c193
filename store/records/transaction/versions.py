"""Counts the changes of a group of records, so that a process can tell cheaply that its copy is old.

`directory` is what the device API knows of keys, devices and meters, `plant` what there is on sites, how it measures, and what
its energy costs and emits.
Whatever is written through a session of `store.records.transaction.engine` is counted in the same transaction, so no service can
forget to.
"""

from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from store.records.schema import (
    ApiKey,
    Broker,
    Budget,
    Building,
    CalendarPeriod,
    Channel,
    Device,
    DeviceField,
    Edge,
    EmissionFactor,
    EnergySource,
    Meter,
    Node,
    Site,
    SiteCalendar,
    SiteLimit,
    Tariff,
    Version,
    VirtualTerm,
)
from store.records.transaction.upsert import insert_into

DIRECTORY, PLANT = "directory", "plant"
GROUPS = {
    DIRECTORY: (ApiKey, Broker, Channel, Device, DeviceField, Edge, EnergySource, Meter, Node, Site, SiteLimit, VirtualTerm),
    PLANT: (
        Budget,
        Building,
        CalendarPeriod,
        Device,
        Edge,
        EmissionFactor,
        EnergySource,
        Meter,
        Node,
        Site,
        SiteCalendar,
        SiteLimit,
        Tariff,
        VirtualTerm,
    ),
}
_CHANGED = "changed groups"


def watch(session: Session) -> None:
    """Notice what the session writes."""
    event.listen(session, "before_flush", _notice)


def _notice(session: Session, _context: Any, _instances: Any) -> None:
    changed = (*session.new, *session.deleted, *(each for each in session.dirty if session.is_modified(each)))
    for group, records in GROUPS.items():
        if any(isinstance(each, records) for each in changed):
            note(session, group)


def count_changes(session: Session) -> None:
    """Count each group of records that the session has changed; once, before it commits."""
    for name in sorted(session.info.pop(_CHANGED, ())):
        statement = insert_into(session, Version).values(name=name, value=1)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": Version.value + 1}))


def note(session: Session, name: str) -> None:
    """Count a change of the group that is none of its records: of values that are stored elsewhere."""
    session.info.setdefault(_CHANGED, set()).add(name)


def version(session: Session, name: str) -> int:
    """How often the group has changed; 0 when never."""
    return session.scalar(select(Version.value).where(Version.name == name)) or 0
