"""How meters measure, as a scope sees them: read once for a question, and handed down to all who answer parts of it.

Whatever is computed of meters needs to know which of them are sums, of which times they are the holder's, and where their energy
comes from. Each function that is asked by a scope takes a `Metering` beside it, and reads its own when it is given none, or one
that is another scope's or says nothing of a meter that is asked for: so it opens nothing.
"""

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.records.plant.meters import Terms, require_series, terms_of
from store.records.schema import EnergySource, Meter, Site
from store.records.transaction.engine import reading
from store.records.transaction.lookup import in_parts, missing
from store.scope import ALWAYS, Scope, Times


class Declared(NamedTuple):
    """Where a meter's energy comes from, from a moment until another, if any, as it declares."""

    method: str
    interval_s: int
    rollover_kwh: float | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Metering:
    """Of some meters, and of the terms of those that are virtual.

    `times` are of those of which the scope does not see all times, `declared` the declarations of each meter, the earliest first,
    `zones` the time zones of their sites.
    """

    whose: str  # the scope's key
    known: frozenset[str]
    terms: Mapping[str, Terms]
    times: Mapping[str, Times]
    declared: Mapping[str, Sequence[Declared]]
    zones: Mapping[str, str]
    retired: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def together(cls, every: Sequence["Metering"]) -> "Metering":
        """How the meters of all of them measure, as the one scope sees them that all are of; of none of them nothing is known."""
        if len(every) == 1:
            return every[0]
        return cls(
            whose=every[0].whose if every else "",
            known=frozenset().union(*(each.known for each in every)),
            terms=dict(ChainMap(*(dict(each.terms) for each in every))),
            times=dict(ChainMap(*(dict(each.times) for each in every))),
            declared=dict(ChainMap(*(dict(each.declared) for each in every))),
            zones=dict(ChainMap(*(dict(each.zones) for each in every))),
            retired=frozenset().union(*(each.retired for each in every)),
        )

    def declaring(self, meter_id: str, declared: Sequence[Declared]) -> "Metering":
        """The same, did one of the meters declare this, the earliest first."""
        return replace(self, declared={**self.declared, meter_id: declared})

    def is_of(self, scope: Scope, meter_ids: Collection[str]) -> bool:
        """Whether it says how all of these meters measure, as this scope sees them."""
        return self.known.issuperset(meter_ids) and self.whose == scope.key

    def sums(self, meter_ids: Iterable[str]) -> dict[str, Terms]:
        """Those of the meters that are virtual, with their terms."""
        return {meter_id: self.terms[meter_id] for meter_id in meter_ids if meter_id in self.terms}

    def measured(self, meter_ids: Collection[str]) -> list[str]:
        """The meters that measure themselves among these and among the terms of the others, in the order of their ids."""
        terms = self.sums(meter_ids)
        return sorted({*meter_ids, *(term for each in terms.values() for term, _ in each)} - set(terms))


def metering(scope: Scope, meter_ids: Collection[str], given: Metering | None = None) -> Metering:
    """How these meters measure: what is given, if it is of this scope and of all of them, otherwise as the records say.

    Raises:
        NotFound: a meter, or a term of a virtual one, does not exist for the scope.
    """
    if given is not None and given.is_of(scope, meter_ids):
        return given
    with reading() as records:
        homes = _homes(records, meter_ids)
        virtual = [meter_id for meter_id, home in homes.items() if home.role == "virtual"]
        terms = terms_of(records, virtual) if virtual else {}
        others = {term for each in terms.values() for term, _ in each} - homes.keys()
        homes |= _homes(records, others) if others else {}
        for meter_id in (*meter_ids, *others):
            if meter_id not in homes or not scope.sees_meter(meter_id, homes[meter_id].site_id):
                raise missing(Meter, meter_id)
        declared = _declared(records, homes)
    seen = {meter_id: scope.times(meter_id, home.site_id) for meter_id, home in homes.items()} if scope.held else {}
    return Metering(
        whose=scope.key,
        known=frozenset(homes),
        terms=terms,
        times={meter_id: times for meter_id, times in seen.items() if times != ALWAYS},
        declared=declared,
        zones={meter_id: home.time_zone for meter_id, home in homes.items()},
        retired=frozenset(meter_id for meter_id, home in homes.items() if home.retired),
    )


def times_of(scope: Scope, series_ids: Collection[str], given: Metering | None = None) -> Mapping[str, Times]:
    """Of which times the scope may see series, of meters or of regions, as `require_series` says; raises `NotFound`."""
    return given.times if given is not None and given.is_of(scope, series_ids) else require_series(scope, series_ids)


class _Home(NamedTuple):
    """Where a meter is, and what it is."""

    site_id: str
    time_zone: str
    role: str
    retired: bool


def _homes(records: Session, meter_ids: Collection[str]) -> dict[str, _Home]:
    """Those of the meters that exist."""
    query = select(Meter.id, Meter.site_id, Site.time_zone, Meter.role, Meter.retired_at.is_not(None))
    query = query.join(Site, Site.id == Meter.site_id)
    rows = (row for part in in_parts(meter_ids) for row in records.execute(query.where(Meter.id.in_(part))))
    return {meter_id: _Home(site_id, zone, role, bool(retired)) for meter_id, site_id, zone, role, retired in rows}


def _declared(records: Session, meter_ids: Collection[str]) -> dict[str, list[Declared]]:
    """The declarations of each meter, the earliest first: as columns, for there are thousands."""
    declared: dict[str, list[Declared]] = {meter_id: [] for meter_id in meter_ids}
    columns = (EnergySource.meter_id, *(getattr(EnergySource, name) for name in Declared._fields))
    for part in in_parts(meter_ids):
        query = select(*columns).where(EnergySource.meter_id.in_(part)).order_by(EnergySource.valid_from)
        for meter_id, *each in records.execute(query):
            declared[meter_id].append(Declared(*each))
    return declared
