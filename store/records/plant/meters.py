"""Meters: what measures an edge or a condition, and where its energy comes from. A meter's id is its series' symbol."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.language import _
from config.quantities import DAY_S, QUANTITIES
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.schema import Device, Edge, EnergySource, Meter, Node, Region, Site, VirtualTerm
from store.records.schema.dated import fit_in
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
from store.scope import ALWAYS, Scope, Times

Terms = Sequence[tuple[str, int]]  # (meter id, +1 or −1)
METHODS = ("counter", "interval", "power")
LONGEST_READ_S = 366 * DAY_S  # of a counter that is read by hand
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)  # no reading is older


def meters_of(scope: Scope, site_id: str) -> list[Meter]:
    """The site's meters that the scope may see, by name; raises `NotFound` for a site outside it."""
    scope.require_site(site_id)
    wanted = select(Meter).where(Meter.site_id == site_id).order_by(Natural(Meter.name), Meter.id)
    if not scope.sees_whole_site(site_id):
        wanted = wanted.where(Meter.id.in_(scope.meter_ids))
    with reading() as records:
        return list(records.scalars(wanted))


@dataclass(frozen=True, slots=True)
class Outline:
    """What pages need of a meter, of which a site may have thousands."""

    id: str
    name: str
    device_id: str | None
    edge_id: str | None
    node_id: str | None
    simulated: bool
    source_note: str


def outlines(scope: Scope, site_id: str) -> list[Outline]:
    """The site's meters as `meters_of` has them, in a few columns each; raises as it."""
    scope.require_site(site_id)
    columns = (getattr(Meter, each.name) for each in fields(Outline))
    wanted = select(*columns).where(Meter.site_id == site_id).order_by(Meter.name, Meter.id)
    if not scope.sees_whole_site(site_id):
        wanted = wanted.where(Meter.id.in_(scope.meter_ids))
    with reading() as records:
        return [Outline(*row) for row in records.execute(wanted)]


def require_meters(scope: Scope, meter_ids: Collection[str]) -> dict[str, Meter]:
    """The meters by id; raises `NotFound` when any of them does not exist for the scope."""
    with reading() as records:
        parts = (records.scalars(select(Meter).where(Meter.id.in_(part))) for part in in_parts(meter_ids))
        found = {meter.id: meter for part in parts for meter in part}
    for meter_id in meter_ids:
        if meter_id not in found or not scope.sees_meter(meter_id, found[meter_id].site_id):
            raise missing(Meter, meter_id)
    return found


def require_series(scope: Scope, series_ids: Collection[str]) -> dict[str, Times]:
    """Of which times the scope may see the series, by id; those of which it may see all times are absent.

    Reads ids only, so that it costs little even for hundreds of meters. A region is seen by whoever sees one of its
    sites, at all times.

    Raises:
        NotFound: one of the series, of meters or of regions, does not exist for the scope.
    """
    with reading() as records:
        homes: dict[str, str] = {}
        for part in in_parts(series_ids):
            homes.update(records.execute(select(Meter.id, Meter.site_id).where(Meter.id.in_(part))).all())
        others = [series_id for series_id in series_ids if series_id not in homes]
        regions = _visible_regions(records, scope, others) if others else set()
    for series_id in series_ids:
        if series_id not in regions and not (series_id in homes and scope.sees_meter(series_id, homes[series_id])):
            raise NotFound(f"no series {series_id}")
    if not scope.held:
        return {}
    times = {series_id: scope.times(series_id, homes[series_id]) for series_id in series_ids if series_id in homes}
    return {series_id: seen for series_id, seen in times.items() if seen != ALWAYS}


def _visible_regions(records: Session, scope: Scope, region_ids: Collection[str]) -> set[str]:
    wanted = select(Region.id).where(Region.id.in_(region_ids))
    if not scope.everything:
        theirs = select(Site.region_id).where(Site.id.in_(scope.site_ids | scope.part_site_ids))
        wanted = wanted.where(Region.id.in_(theirs))
    return set(records.scalars(wanted))


def create_meter(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    role: str = "main",
    edge_id: str | None = None,
    node_id: str | None = None,
    device_id: str | None = None,
    terms: Terms = (),
    simulated: bool = False,
    source_note: str = "",
) -> Meter:
    """Make a meter of a site.

    Args:
        scope: whose; an administrator of the site.
        site_id: where it stands.
        name: what people call it.
        role: `main` or `check` (of an edge), `virtual` (a sum of other meters), `condition` (of a node or the site).
        edge_id: the edge it measures, positive in the edge's direction.
        node_id: the node whose condition it measures.
        device_id: the hardware that it is in.
        terms: of a virtual meter: (meter id, 1 or -1) each.
        simulated: its values are computed, not measured.
        source_note: where its values come from, and under which licence.

    Raises:
        NotFound: the site, or something that is named of it, does not exist for the scope.
        Refused: not an administrator of the site, or the meter would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if not name.strip():
        raise Refused(_("a meter has a name: give one"))
    if role in ("main", "check") and edge_id is None:
        raise Refused(_("a %(role)s meter measures an edge: give its id, or make it a condition meter", role=role))
    if role == "condition" and edge_id is not None:
        raise Refused(_("a condition meter measures a node or the site: leave the edge out, or make it a main or check meter"))
    if (role == "virtual") != bool(terms):
        raise Refused(_("a virtual meter, and no other, is a sum of meters: give its terms, or leave them out"))
    with session() as records:
        required(records, Site, site_id)
        parts: tuple[tuple[type[Edge | Node | Device], str | None], ...] = ((Edge, edge_id), (Node, node_id), (Device, device_id))
        for record, named in parts:
            if named is not None and required(records, record, named).site_id != site_id:
                raise missing(record, named)
        made = Meter(
            site_id=site_id,
            device_id=device_id,
            edge_id=edge_id,
            node_id=node_id,
            name=name.strip(),
            role=role,
            simulated=simulated,
            source_note=source_note,
        )
        records.add(made)
        records.flush()
        _add_terms(records, made, terms)
    return made


def _add_terms(records: Session, virtual: Meter, terms: Terms) -> None:
    if len({term_id for term_id, _ in terms}) < len(terms):
        raise Refused(_("a sum counts a meter once: name each only once"))
    for term_id, sign in terms:
        term = required(records, Meter, term_id)
        if term.site_id != virtual.site_id:
            raise missing(Meter, term_id)
        if term.role not in ("main", "check"):
            raise Refused(_("%(term)s is a %(role)s meter: add up main and check meters only", term=term.name, role=term.role))
        records.add(VirtualTerm(meter_id=virtual.id, term_meter_id=term_id, sign=sign))


def terms_of(records: Session, virtual_ids: Collection[str]) -> dict[str, Terms]:
    """The terms of each of these virtual meters, within a transaction; who may see them is the caller's to check."""
    terms: dict[str, list[tuple[str, int]]] = {virtual_id: [] for virtual_id in virtual_ids}
    wanted = select(VirtualTerm).where(VirtualTerm.meter_id.in_(virtual_ids)).order_by(VirtualTerm.term_meter_id)
    for term in records.scalars(wanted):
        terms[term.meter_id].append((term.term_meter_id, term.sign))
    return dict(terms)


def virtual_terms(scope: Scope, meter_ids: Collection[str]) -> dict[str, Terms]:
    """The terms of those of the meters that are virtual; raises `NotFound` for a meter or a term outside the scope."""
    virtual = [meter.id for meter in require_meters(scope, meter_ids).values() if meter.role == "virtual"]
    if not virtual:
        return {}
    with reading() as records:
        terms = terms_of(records, virtual)
    require_series(scope, {term_id for each in terms.values() for term_id, _ in each})
    return terms


def set_terms(scope: Scope, meter_id: str, terms: Terms) -> None:
    """Say anew what a virtual meter adds up, (meter id, 1 or -1) each; what it shows of the past is computed anew too.

    Raises:
        NotFound: the meter does not exist for the scope, or a term is not of its site.
        Refused: not an administrator of its site, not a virtual meter, it has ended, or no terms or impossible ones.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    if meter.role != "virtual":
        raise Refused(_("%(meter)s measures by itself: only a virtual meter is a sum", meter=meter.name))
    if meter.retired_at is not None:
        raise Refused(_("%(meter)s has ended: make another virtual meter", meter=meter.name))
    if not terms:
        raise Refused(_("a virtual meter is a sum of meters: give its terms, or end it"))
    with session() as records:
        for term in records.scalars(select(VirtualTerm).where(VirtualTerm.meter_id == meter_id)):
            records.delete(term)
        records.flush()
        _add_terms(records, meter, terms)


def meters_named(scope: Scope, site_id: str, names: Collection[str]) -> dict[str, list[str]]:
    """The meters in use on a site that have these names or ids: what was asked for → ids, several for one name perhaps.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    found: dict[str, list[str]] = {name: [] for name in names}
    wanted = select(Meter.id, Meter.name).where(Meter.site_id == site_id, Meter.retired_at.is_(None))
    with reading() as records:
        for part in in_parts(names):
            for meter_id, name in records.execute(wanted.where(or_(Meter.name.in_(part), Meter.id.in_(part)))):
                for asked in {meter_id, name} & found.keys():
                    found[asked].append(meter_id)
    return found


def names_of(scope: Scope, site_id: str, meter_ids: Collection[str]) -> dict[str, str]:
    """What to call meters of a site so that `meters_named` finds them: by their name, or by the id where others share it.

    Raises:
        NotFound: the site, or one of the meters, does not exist for the scope.
        Refused: not an administrator of the site.
    """
    names = {meter.id: meter.name for meter in require_meters(scope, meter_ids).values()}
    found = meters_named(scope, site_id, set(names.values()))
    return {meter_id: name if found[name] == [meter_id] else meter_id for meter_id, name in names.items()}


def behind(scope: Scope, series_ids: Collection[str]) -> set[str]:
    """The series, of meters or of regions, and what those that are virtual are made of; raises `NotFound`."""
    require_series(scope, series_ids)
    with reading() as records:
        terms = terms_of(records, series_ids)
    return {*series_ids, *(term_id for each in terms.values() for term_id, _ in each)}


def declare_energy(
    scope: Scope, meter_id: str, *, method: str, interval_s: int, valid_from: datetime, rollover_kwh: float | None = None
) -> EnergySource:
    """Say where a meter's energy comes from, from a moment on; the declaration before it ends there.

    `method` is `counter`, `interval` or `power`; a reading is expected every `interval_s` seconds; a counter may
    start again from zero at `rollover_kwh`. A meter's first is best declared from `BEGINNING` on: what it measured before a
    declaration begins is not counted.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site, a virtual or condition meter, or the declaration would break a rule.
    """
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
    _possible_source(method, interval_s, rollover_kwh)
    with session() as records:
        made = EnergySource(
            meter_id=meter_id, method=method, interval_s=interval_s, rollover_kwh=rollover_kwh, valid_from=valid_from
        )
        fit_in(made, _declared(records, meter_id))
        records.add(made)
    return made


def correct_declaration(
    scope: Scope, declaration_id: str, *, method: str, interval_s: int, valid_from: datetime, rollover_kwh: float | None = None
) -> EnergySource:
    """Put a declaration right: the energy of all of its time is computed anew. Its neighbours give way as to a new one.

    Raises:
        NotFound: the declaration does not exist for the scope.
        Refused: not an administrator of its site, or the declaration would break a rule.
    """
    _possible_source(method, interval_s, rollover_kwh)
    with session() as records:
        found, others = _administered_declaration(records, scope, declaration_id)
        if found.valid_from != valid_from:
            _give_back(found, others)
            found.valid_from, found.valid_to = valid_from, None
            fit_in(found, others)
        found.method, found.interval_s, found.rollover_kwh = method, interval_s, rollover_kwh
    return found


def withdraw_declaration(scope: Scope, declaration_id: str) -> None:
    """Take a declaration back; the one before it goes on in its place.

    Raises:
        NotFound: the declaration does not exist for the scope.
        Refused: not an administrator of its site.
    """
    with session() as records:
        found, others = _administered_declaration(records, scope, declaration_id)
        _give_back(found, others)
        records.delete(found)


def _administered_declaration(records: Session, scope: Scope, declaration_id: str) -> tuple[EnergySource, Sequence[EnergySource]]:
    """The declaration, and the meter's others."""
    found = required(records, EnergySource, declaration_id)
    meter = required(records, Meter, found.meter_id)
    if not scope.sees_meter(meter.id, meter.site_id):
        raise missing(EnergySource, declaration_id)
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    return found, [each for each in _declared(records, meter.id) if each.id != declaration_id]


def _declared(records: Session, meter_id: str) -> Sequence[EnergySource]:
    return records.scalars(select(EnergySource).where(EnergySource.meter_id == meter_id)).all()


def _give_back(going: EnergySource, others: Sequence[EnergySource]) -> None:
    for each in others:
        if each.valid_to == going.valid_from:
            each.valid_to = going.valid_to


def _possible_source(method: str, interval_s: int, rollover_kwh: float | None) -> None:
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


def declaring(scope: Scope, series_ids: Collection[str]) -> set[str]:
    """Those of the series that are meters and have ever declared where their energy comes from; what is gone is left out.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        wanted = select(EnergySource.meter_id).distinct()
        return {
            meter_id
            for part in in_parts(series_ids)
            for meter_id in records.scalars(wanted.where(EnergySource.meter_id.in_(part)))
        }


def energy_declarations(scope: Scope, meter_ids: Collection[str]) -> dict[str, list[EnergySource]]:
    """The declarations of each of the meters, the earliest first; raises `NotFound` for a meter outside the scope."""
    require_series(scope, meter_ids)
    with reading() as records:
        return declared_of(records, meter_ids)


def declared_of(records: Session, meter_ids: Collection[str]) -> dict[str, list[EnergySource]]:
    """The same within a transaction; who may see them is the caller's to check."""
    found: dict[str, list[EnergySource]] = {meter_id: [] for meter_id in meter_ids}
    for part in in_parts(meter_ids):
        wanted = select(EnergySource).where(EnergySource.meter_id.in_(part)).order_by(EnergySource.valid_from)
        for each in records.scalars(wanted):
            found[each.meter_id].append(each)
    return found


def usual_interval(scope: Scope, meter_id: str) -> int:
    """How often the meter's device posts, or without one the devices of its site, s; raises `NotFound`."""
    require_meters(scope, [meter_id])
    wanted = (
        select(func.coalesce(Device.reporting_interval_s, Site.reporting_interval_s))
        .select_from(Meter)
        .join(Site, Site.id == Meter.site_id)
        .outerjoin(Device, Device.id == Meter.device_id)
        .where(Meter.id == meter_id)
    )
    with reading() as records:
        return records.scalars(wanted).one()


def put_into_device(scope: Scope, meter_id: str, device_id: str | None) -> Meter:
    """Say which device of its site a meter is in, or that it is in none.

    Raises:
        NotFound: the meter does not exist for the scope, or the device not on its site.
        Refused: not an administrator of the site, or the meter or the device is out of use.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    if meter.role == "virtual" or meter.retired_at is not None:
        raise Refused(_("%(meter)s takes no readings: it is in no device", meter=meter.name))
    with session() as records:
        if device_id is not None:
            device = required(records, Device, device_id)
            if device.site_id != meter.site_id:
                raise missing(Device, device_id)
            if device.retired_at is not None:
                raise Refused(_("%(device)s is retired: choose the device that took its place", device=device.name))
        kept = required(records, Meter, meter_id)
        kept.device_id = device_id
    return kept
