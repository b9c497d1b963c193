"""Numbers as they were known at a moment: without people's corrections of later, where nothing else came later.

A value that is sent again takes the place of the one before, and when a declaration is changed the rollup makes everything of
its time anew: what stood there is not kept. So of what came later nothing can be told but that it did.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select

from config.quantities import LONGEST_INTERVAL_S
from store.records.plant.metering import Metering, metering
from store.records.schema import AuditEntry, EnergySource
from store.records.transaction.engine import reading
from store.records.transaction.lookup import in_parts
from store.scope import ALWAYS, Scope, Times, within
from store.series import amendments
from store.series.connection import listed, query


@contextmanager
def as_known(at: datetime | None) -> Iterator[None]:
    """Within the block the corrections recorded after the moment count in nothing that is read; with none, all do."""
    before = amendments.recorded_by.set(at)
    try:
        yield
    finally:
        amendments.recorded_by.reset(before)


def came_later(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, at: datetime, known: Metering | None = None
) -> list[str]:
    """Those of the meters of whose numbers in [start, end) it cannot be told what they were at a moment.

    Readings that reach into the time were received later, or what the meter, or a term of it, declares was changed later.
    `known`: how they measure, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    behind = known.measured(meter_ids)
    reach = timedelta(seconds=LONGEST_INTERVAL_S)
    found = _declared_later(behind, at)
    by_times: dict[Times, list[str]] = {}
    for meter in behind:
        by_times.setdefault(known.times.get(meter, ALWAYS), []).append(meter)
    came = "ts >= %s AND ts < %s AND received_at > %s"
    for times, ids in by_times.items():
        for first, last in within(times, start - reach, end):
            for table in ("intervals", "telemetry"):
                sql = f"SELECT DISTINCT meter FROM {table} WHERE {came} AND meter IN ({listed(ids)})"
                found |= {meter for (meter,) in query(sql, [first, last, at])}
    return [each for each in dict.fromkeys(meter_ids) if found & {each, *(term for term, _ in known.terms.get(each, ()))}]


def _declared_later(meter_ids: Collection[str], at: datetime) -> set[str]:
    """The meters of which a declaration was made, corrected or withdrawn after the moment."""
    with reading() as records:
        own: dict[str, set[str]] = {meter: set() for meter in meter_ids}
        for part in in_parts(meter_ids):
            declared = select(EnergySource.id, EnergySource.meter_id).where(EnergySource.meter_id.in_(part))
            for source, meter in records.execute(declared):
                own[meter].add(source)
        acts = select(AuditEntry.subject_id, AuditEntry.before, AuditEntry.after).where(
            AuditEntry.subject_kind == EnergySource.__tablename__,
            AuditEntry.at > at,
        )
        told = [(subject, f"{before}{after}") for subject, before, after in records.execute(acts)]
    return {meter for meter, sources in own.items() if any(subject in sources or meter in text for subject, text in told)}
