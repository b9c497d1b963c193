"""What meters are rated for: as they declare it themselves, otherwise the power of the nodes at the ends of their edges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters
from store.records.schema import Edge, EnergySource, Meter, Node
from store.records.transaction.engine import reading
from store.scope import ALWAYS, Scope

FIRST, LAST = ALWAYS[0]


class Part(NamedTuple):
    """A stretch of time in which a meter is rated for one power (kW); none: nobody has said for which."""

    start: datetime
    end: datetime
    kw: float | None
    declared: bool = False  # by the meter itself, not by its nodes


@dataclass(frozen=True, slots=True)
class Ratings:
    """Of meters: `one` is what they are rated for (kW) all of the time asked for, `changing` the parts of those that are not."""

    one: Mapping[str, float]
    changing: Mapping[str, Sequence[Part]]

    def parts(self, meter_id: str) -> Sequence[Part]:
        """What it is rated for at which time, the earliest first; together they are all time."""
        return self.changing.get(meter_id) or (Part(FIRST, LAST, self.one.get(meter_id)),)

    def at(self, meter_id: str, moment: datetime) -> float | None:
        """What it is rated for at a moment (kW)."""
        return next((part.kw for part in self.parts(meter_id) if part.start <= moment < part.end), None)


def ratings(scope: Scope, start: datetime = FIRST, end: datetime = LAST) -> Ratings:
    """What each meter, of all sites, is rated for in [start, end).

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        one, every = _nodes(records), _declared(records)
    changing = {}
    for meter_id, declared in every.items():
        parts = _filled(declared, one.get(meter_id))
        inside = [part for part in parts if part.start < end and start < part.end]
        if len(inside) > 1:
            changing[meter_id] = parts
            one.pop(meter_id, None)
        elif (kw := inside[0].kw) is not None:
            one[meter_id] = kw
    return Ratings(one, changing)


def rating(scope: Scope, meter_id: str, at: datetime) -> Part:
    """What a meter is rated for at a moment, and by whom.

    Raises:
        NotFound: the meter does not exist for the scope.
    """
    require_meters(scope, [meter_id])
    with reading() as records:
        parts = _filled(_declared(records, meter_id).get(meter_id, ()), _nodes(records, meter_id).get(meter_id))
    return next(part for part in parts if part.start <= at < part.end)


def _nodes(records: Session, meter_id: str | None = None) -> dict[str, float]:
    """The smaller rating (kW) of the nodes on either side of each meter's edge; none: absent."""
    source, target = aliased(Node), aliased(Node)
    query = (
        select(Meter.id, source.capacity_kw, target.capacity_kw)
        .join(Edge, Edge.id == Meter.edge_id)
        .join(source, source.id == Edge.from_node_id)
        .join(target, target.id == Edge.to_node_id)
    )
    rows = records.execute(query if meter_id is None else query.where(Meter.id == meter_id))
    given = ((meter, [kw for kw in both if kw]) for meter, *both in rows)
    return {meter: min(kws) for meter, kws in given if kws}


def _declared(records: Session, meter_id: str | None = None) -> dict[str, list[Part]]:
    """What meters declare that they are rated for, the earliest first."""
    columns = EnergySource.meter_id, EnergySource.valid_from, EnergySource.valid_to, EnergySource.rated_kw
    query = select(*columns).where(EnergySource.rated_kw.is_not(None)).order_by(EnergySource.valid_from)
    found: dict[str, list[Part]] = {}
    for meter, since, until, kw in records.execute(query if meter_id is None else query.where(EnergySource.meter_id == meter_id)):
        found.setdefault(meter, []).append(Part(since, until or LAST, kw, declared=True))
    return found


def _filled(declared: Sequence[Part], otherwise_kw: float | None) -> list[Part]:
    """All time: what is declared, and where nothing is the nodes' rating."""
    found, at = [], FIRST
    for part in declared:
        if at < part.start:
            found.append(Part(at, part.start, otherwise_kw))
        found.append(part)
        at = part.end
    return [*found, Part(at, LAST, otherwise_kw)] if at < LAST else found
