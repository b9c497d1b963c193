"""Meters: what measures an edge or a condition. A meter's id is its series' symbol."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.language import _
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.schema import Device, Edge, Meter, Node, Region, Site, VirtualTerm
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
from store.scope import ALWAYS, Scope, Times

Terms = Sequence[tuple[str, int]]  # (meter id, +1 or −1)


def meters_of(scope: Scope, site_id: str) -> list[Meter]:
    """The site's meters that the scope may see, by name; raises `NotFound` for a site outside it."""
    scope.require_site(site_id)
    query = select(Meter).where(Meter.site_id == site_id).order_by(Natural(Meter.name), Meter.id)
    if not scope.sees_whole_site(site_id):
        query = query.where(Meter.id.in_(scope.meter_ids))
    with reading() as records:
        return list(records.scalars(query))


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
    query = select(*columns).where(Meter.site_id == site_id).order_by(Meter.name, Meter.id)
    if not scope.sees_whole_site(site_id):
        query = query.where(Meter.id.in_(scope.meter_ids))
    with reading() as records:
        return [Outline(*row) for row in records.execute(query)]


def require_meters(scope: Scope, meter_ids: Collection[str]) -> dict[str, Meter]:
    """The meters by id; raises `NotFound` when any of them does not exist for the scope."""
    with reading() as records:
        parts = (records.scalars(select(Meter).where(Meter.id.in_(part))) for part in in_parts(meter_ids))
        meters = {meter.id: meter for part in parts for meter in part}
    for meter_id in meter_ids:
        if meter_id not in meters or not scope.sees_meter(meter_id, meters[meter_id].site_id):
            raise missing(Meter, meter_id)
    return meters


def existing(scope: Scope, series_ids: Collection[str]) -> set[str]:
    """Those of the series that are meters; regions, and what is gone, are left out.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        parts = (records.scalars(select(Meter.id).where(Meter.id.in_(part))) for part in in_parts(series_ids))
        return {meter_id for part in parts for meter_id in part}


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
    query = select(Region.id).where(Region.id.in_(region_ids))
    if not scope.everything:
        theirs = select(Site.region_id).where(Site.id.in_(scope.site_ids | scope.part_site_ids))
        query = query.where(Region.id.in_(theirs))
    return set(records.scalars(query))


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
        meter = Meter(
            site_id=site_id,
            device_id=device_id,
            edge_id=edge_id,
            node_id=node_id,
            name=name.strip(),
            role=role,
            simulated=simulated,
            source_note=source_note,
        )
        records.add(meter)
        records.flush()
        _add_terms(records, meter, terms)
    return meter


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
    query = select(VirtualTerm).where(VirtualTerm.meter_id.in_(virtual_ids)).order_by(VirtualTerm.term_meter_id)
    for term in records.scalars(query):
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
    ids: dict[str, list[str]] = {name: [] for name in names}
    query = select(Meter.id, Meter.name).where(Meter.site_id == site_id, Meter.retired_at.is_(None))
    with reading() as records:
        for part in in_parts(names):
            for meter_id, name in records.execute(query.where(or_(Meter.name.in_(part), Meter.id.in_(part)))):
                for asked in {meter_id, name} & ids.keys():
                    ids[asked].append(meter_id)
    return ids


def names_of(scope: Scope, site_id: str, meter_ids: Collection[str]) -> dict[str, str]:
    """What to call meters of a site so that `meters_named` finds them: by their name, or by the id where others share it.

    Raises:
        NotFound: the site, or one of the meters, does not exist for the scope.
        Refused: not an administrator of the site.
    """
    names = {meter.id: meter.name for meter in require_meters(scope, meter_ids).values()}
    named = meters_named(scope, site_id, set(names.values()))
    return {meter_id: name if named[name] == [meter_id] else meter_id for meter_id, name in names.items()}


def behind(scope: Scope, series_ids: Collection[str]) -> set[str]:
    """The series, of meters or of regions, and what those that are virtual are made of; raises `NotFound`."""
    require_series(scope, series_ids)
    with reading() as records:
        terms = terms_of(records, series_ids)
    return {*series_ids, *(term_id for each in terms.values() for term_id, _ in each)}


def usual_interval(scope: Scope, meter_id: str) -> int:
    """How often the meter's device posts, or without one the devices of its site, s; raises `NotFound`."""
    require_meters(scope, [meter_id])
    query = (
        select(func.coalesce(Device.reporting_interval_s, Site.reporting_interval_s))
        .select_from(Meter)
        .join(Site, Site.id == Meter.site_id)
        .outerjoin(Device, Device.id == Meter.device_id)
        .where(Meter.id == meter_id)
    )
    with reading() as records:
        return records.scalars(query).one()


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
