"""Where meters' energy comes from, as it is declared, with dates."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import _
from config.quantities import DAY_S, QUANTITIES
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant.metering import Declared
from store.records.plant.meters import require_meters, require_series
from store.records.schema import EnergySource, Meter
from store.records.schema.dated import fit_in
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
from store.scope import Scope

METHODS = ("counter", "interval", "power")
LONGEST_READ_S = 366 * DAY_S  # of a counter that is read by hand
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)  # no reading is older


def declare_energy(
    scope: Scope,
    meter_id: str,
    *,
    method: str,
    interval_s: int,
    valid_from: datetime,
    rollover_kwh: float | None = None,
    rated_kw: float | None = None,
) -> EnergySource:
    """Say where a meter's energy comes from, from a moment on; the declaration before it ends there.

    `method` is `counter`, `interval` or `power`; a reading is expected every `interval_s` seconds; a counter may
    start again from zero at `rollover_kwh`. What flows beyond `rated_kw` (either way; none: its nodes' rating) is held as what
    cannot be true. A meter's first is best declared from `BEGINNING` on: what it measured before a
    declaration begins is not counted.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site, a virtual or condition meter, or the declaration would break a rule.
    """
    said = {"method": method, "interval_s": interval_s, "rollover_kwh": rollover_kwh, "rated_kw": rated_kw}
    with session() as records:
        declaration = _fitted(scope, meter_id, _declared(records, meter_id), valid_from=valid_from, **said)
        records.add(declaration)
    return declaration


def declared_with(
    scope: Scope,
    meter_id: str,
    *,
    method: str,
    interval_s: int,
    valid_from: datetime,
    rollover_kwh: float | None = None,
    rated_kw: float | None = None,
) -> list[Declared]:
    """What a meter would declare, were this one made, the earliest first. Nothing is saved; raises as `declare_energy`."""
    others = [_copy(each) for each in energy_declarations(scope, [meter_id])[meter_id]]
    said = {"method": method, "interval_s": interval_s, "rollover_kwh": rollover_kwh, "rated_kw": rated_kw}
    return _told([*others, _fitted(scope, meter_id, others, valid_from=valid_from, **said)])


def _fitted(scope: Scope, meter_id: str, others: Sequence[EnergySource], *, valid_from: datetime, **said: Any) -> EnergySource:
    """A new declaration among the others of its meter, of which the one before it ends."""
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    if meter.role in ("virtual", "condition"):
        raise Refused(
            _(
                "%(meter)s is a %(role)s meter: only main and check meters have energy of their own",
                meter=meter.name,
                role=meter.role,
            )
        )
    _possible_source(**said)
    declaration = EnergySource(meter_id=meter_id, valid_from=valid_from, **said)
    fit_in(declaration, others)
    return declaration


def correct_declaration(
    scope: Scope,
    declaration_id: str,
    *,
    method: str,
    interval_s: int,
    valid_from: datetime,
    rollover_kwh: float | None = None,
    rated_kw: float | None = None,
) -> EnergySource:
    """Put a declaration right: the energy of all of its time is computed anew. Its neighbours give way as to a new one.

    Raises:
        NotFound: the declaration does not exist for the scope.
        Refused: not an administrator of its site, or the declaration would break a rule.
    """
    said = {"method": method, "interval_s": interval_s, "rollover_kwh": rollover_kwh, "rated_kw": rated_kw}
    with session() as records:
        declaration, others = _administered_declaration(records, scope, declaration_id)
        _put_right(declaration, others, valid_from=valid_from, **said)
    return declaration


def declared_corrected(
    scope: Scope,
    declaration_id: str,
    *,
    method: str,
    interval_s: int,
    valid_from: datetime,
    rollover_kwh: float | None = None,
    rated_kw: float | None = None,
) -> list[Declared]:
    """What its meter would declare, were it put right so. Nothing is saved; raises as `correct_declaration`."""
    said = {"method": method, "interval_s": interval_s, "rollover_kwh": rollover_kwh, "rated_kw": rated_kw}
    declaration, others = _copies(scope, declaration_id)
    _put_right(declaration, others, valid_from=valid_from, **said)
    return _told([*others, declaration])


def _put_right(declaration: EnergySource, others: Sequence[EnergySource], *, valid_from: datetime, **said: Any) -> None:
    _possible_source(**said)
    if declaration.valid_from != valid_from:
        _give_back(declaration, others)
        declaration.valid_from, declaration.valid_to = valid_from, None
        fit_in(declaration, others)
    for name, value in said.items():
        setattr(declaration, name, value)


def withdraw_declaration(scope: Scope, declaration_id: str) -> None:
    """Take a declaration back; the one before it goes on in its place.

    Raises:
        NotFound: the declaration does not exist for the scope.
        Refused: not an administrator of its site.
    """
    with session() as records:
        declaration, others = _administered_declaration(records, scope, declaration_id)
        _give_back(declaration, others)
        records.delete(declaration)


def declared_without(scope: Scope, declaration_id: str) -> list[Declared]:
    """What its meter would declare, were it taken back. Nothing is saved; raises as `withdraw_declaration`."""
    declaration, others = _copies(scope, declaration_id)
    _give_back(declaration, others)
    return _told(others)


def _copies(scope: Scope, declaration_id: str) -> tuple[EnergySource, Sequence[EnergySource]]:
    """The declaration and the meter's others in no transaction: what is tried out with them is never written."""
    with reading() as records:
        declaration, others = _administered_declaration(records, scope, declaration_id)
        return _copy(declaration), [_copy(each) for each in others]


def _copy(declaration: EnergySource) -> EnergySource:
    return EnergySource(**{column.key: getattr(declaration, column.key) for column in EnergySource.__table__.columns})


def _told(every: Sequence[EnergySource]) -> list[Declared]:
    ordered = sorted(every, key=lambda each: each.valid_from)
    return [Declared(*(getattr(each, name) for name in Declared._fields)) for each in ordered]


def _administered_declaration(records: Session, scope: Scope, declaration_id: str) -> tuple[EnergySource, Sequence[EnergySource]]:
    """The declaration, and the meter's others."""
    declaration = required(records, EnergySource, declaration_id)
    meter = required(records, Meter, declaration.meter_id)
    if not scope.sees_meter(meter.id, meter.site_id):
        raise missing(EnergySource, declaration_id)
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    return declaration, [each for each in _declared(records, meter.id) if each.id != declaration_id]


def _declared(records: Session, meter_id: str) -> Sequence[EnergySource]:
    return records.scalars(select(EnergySource).where(EnergySource.meter_id == meter_id)).all()


def _give_back(going: EnergySource, others: Sequence[EnergySource]) -> None:
    for each in others:
        if each.valid_to == going.valid_from:
            each.valid_to = going.valid_to


def _possible_source(method: str, interval_s: int, rollover_kwh: float | None, rated_kw: float | None) -> None:
    if method not in METHODS:
        raise Refused(_("no method %(method)s: choose one of %(methods)s", method=f"{method!r}", methods=", ".join(METHODS)))
    longest = LONGEST_READ_S if method == "counter" else DAY_S
    if not 1 <= interval_s <= longest:
        raise Refused(
            _(
                "a reading every %(interval_s)s s cannot be declared: by %(method)s it is 1 to %(longest)s s",
                interval_s=interval_s,
                method=method,
                longest=longest,
            )
        )
    if rollover_kwh is not None and method != "counter":
        raise Refused(_("only a counter starts again from zero: leave the rollover out"))
    if rollover_kwh is not None and not 0 < rollover_kwh <= QUANTITIES["energy_total_kwh"].greatest:
        raise Refused(
            _(
                "a counter starts again from zero at more than 0 kWh, not at %(rollover_kwh)s: correct it",
                rollover_kwh=f"{rollover_kwh:g}",
            )
        )
    most_kw = QUANTITIES["power_kw"].greatest
    if rated_kw is not None and not 0 < rated_kw <= most_kw:
        words = _(
            "a meter is rated for more than 0 and at most %(most)s kW, not %(kw)s: correct it",
            most=f"{most_kw:g}",
            kw=f"{rated_kw:g}",
        )
        raise Refused(words)


def declaring(scope: Scope, series_ids: Collection[str]) -> set[str]:
    """Those of the series that are meters and have ever declared where their energy comes from; what is gone is left out.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        query = select(EnergySource.meter_id).distinct()
        return {
            meter_id
            for part in in_parts(series_ids)
            for meter_id in records.scalars(query.where(EnergySource.meter_id.in_(part)))
        }


def energy_declarations(scope: Scope, meter_ids: Collection[str]) -> dict[str, list[EnergySource]]:
    """The declarations of each of the meters, the earliest first; raises `NotFound` for a meter outside the scope."""
    require_series(scope, meter_ids)
    with reading() as records:
        return declared_of(records, meter_ids)


def declared_of(records: Session, meter_ids: Collection[str]) -> dict[str, list[EnergySource]]:
    """The same within a transaction; who may see them is the caller's to check."""
    declared: dict[str, list[EnergySource]] = {meter_id: [] for meter_id in meter_ids}
    for part in in_parts(meter_ids):
        query = select(EnergySource).where(EnergySource.meter_id.in_(part)).order_by(EnergySource.valid_from)
        for each in records.scalars(query):
            declared[each.meter_id].append(each)
    return declared
