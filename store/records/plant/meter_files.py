"""Meters in bulk: a file of them says what it would do before it does anything, and does all of it or nothing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypedDict

from sqlalchemy import select

from config.language import N_, _
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import declarations, holders, meter_life, meters, posted_energy
from store.records.schema import Device, Edge, EnergySource, Meter, Node, Site, texts
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.records.schema.listing import MOST, Wanted
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import reading, session
from store.scope import Scope

COLUMNS = (
    "id",
    "site",
    "name",
    "role",
    "from",
    "to",
    "carrier",
    "node",
    "device",
    "serial_number",
    "latitude",
    "longitude",
    "method",
    "interval_s",
    "rollover_kwh",
    "rated_kw",
    "since",
    "source_note",
    "assigned_to",
    "assigned_role",
    "assigned_from",
    "retired",
)
MOST_LINES = 1000  # 4 s, during which the records take no other change

_Lines = list[tuple[int, Mapping[str, str]]]


class _Energy(TypedDict):
    method: str
    interval_s: int
    valid_from: datetime
    rollover_kwh: float | None
    rated_kw: float | None


def try_file(scope: Scope, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back: the rules are the real ones.

    A line with an `id` describes that meter anew (name, serial number, position; an empty cell empties it, a column that
    is not in the file changes nothing); a line without one makes a meter on the site with that public number: `from` and
    `to` are the names of the two nodes of its edge, `carrier` what it carries where several edges join them, `node` that of a
    condition meter. Where a line names a `method`, it, `interval_s`, `rollover_kwh`, `rated_kw` and `since` declare the energy of
    either: from the beginning where nothing was declared and `since` is empty, and in the place of a declaration that begins
    then. A reading comes as often as the meter's device posts, or the site's devices, where `interval_s` is empty; a new meter in
    a device without a `method` declares what that device posts (`posted_energy`). Either is assigned to whom `assigned_to` names,
    people by their address and organisations by their name, several with semicolons between them: whoever has it already
    keeps it as it is, and nobody loses it.

    Raises:
        Refused: the file cannot be read, or has too many lines.
    """
    lines = _read(text)
    return bulk.tried(lambda: _do(scope, lines))


def _read(text: str) -> _Lines:
    lines = sheets.read(text, COLUMNS, (), MOST_LINES)
    if lines and not {"id", "name"} & lines[0][1].keys():
        raise Refused(_("the column 'name' is missing: the first line names the columns"))
    return lines


def import_file(scope: Scope, text: str) -> list[Line]:
    """Do what `try_file` said, all of it.

    Raises:
        Refused: the file cannot be read, or one of its lines cannot be done: then nothing was.
    """
    lines = _read(text)
    return bulk.done(lambda: _do(scope, lines))


class _Places:
    """The sites, nodes, edges and devices that lines name, read once a site."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._sites: dict[str, str] = {}
        self._nodes: dict[str, dict[str, list[str]]] = {}
        self._edges: dict[str, dict[tuple[str, str], dict[str, str]]] = {}  # by carrier
        self._devices: dict[str, dict[str, str]] = {}

    def site(self, number: str) -> str:
        """The id of the site with that public number, whose administrator the scope must be."""
        if number not in self._sites:
            with reading() as records:
                query = select(Site.id).where(Site.public_number == bulk.whole("site", number))
                site_id = records.scalar(query)
            if site_id is None or not self._scope.sees_site(site_id):
                raise Refused(_("no site has the number %(number)s: see the list of sites", number=number))
            require(self._scope, Action.ADMINISTER, site_id=site_id)
            self._read(site_id)
            self._sites[number] = site_id
        return self._sites[number]

    def _read(self, site_id: str) -> None:
        at = now()
        with reading() as records:
            nodes = [each for each in records.scalars(select(Node).where(Node.site_id == site_id)) if holds_at(each, at)]
            edges = [each for each in records.scalars(select(Edge).where(Edge.site_id == site_id)) if holds_at(each, at)]
            devices = records.scalars(select(Device).where(Device.site_id == site_id, Device.retired_at.is_(None))).all()
        names: dict[str, list[str]] = {}  # by what people take for the same
        for node in nodes:
            names.setdefault(texts.key(node.name), []).append(node.id)
        ways: dict[tuple[str, str], dict[str, str]] = {}
        for edge in edges:
            ways.setdefault((edge.from_node_id, edge.to_node_id), {})[edge.carrier] = edge.id
        self._nodes[site_id], self._edges[site_id] = names, ways
        self._devices[site_id] = {texts.key(device.name): device.id for device in devices}

    def node(self, site_id: str, name: str) -> str:
        """The id of the node with that name."""
        nodes = self._nodes[site_id].get(texts.key(name), [])
        if not nodes:
            raise Refused(_("no node named %(name)s: check the site's graph", name=name))
        if len(nodes) > 1:
            raise Refused(_("%(count)s nodes named %(name)s: check the site's graph", count=len(nodes), name=name))
        return nodes[0]

    def edge(self, site_id: str, source: str, target: str, carrier: str) -> str:
        """The id of the edge between the nodes with those names; of one carrier where several join them."""
        ways = self._edges[site_id].get((self.node(site_id, source), self.node(site_id, target)), {})
        if carrier:
            ways = {name: edge_id for name, edge_id in ways.items() if name == carrier}
        if not ways:
            ends = {"source": source, "target": target}
            if carrier:
                raise Refused(
                    _("no edge of %(carrier)s from %(source)s to %(target)s: check the site's graph", carrier=carrier, **ends)
                )
            raise Refused(_("no edge from %(source)s to %(target)s: check the site's graph", **ends))
        if len(ways) > 1:
            raise Refused(
                _(
                    "%(source)s and %(target)s are joined by edges of %(ways)s: name one under 'carrier'",
                    source=source,
                    target=target,
                    ways=" and ".join(sorted(ways)),
                )
            )
        return next(iter(ways.values()))

    def device(self, site_id: str, name: str) -> str:
        """The id of the device with that name."""
        if texts.key(name) not in self._devices[site_id]:
            raise Refused(_("no device named %(name)s on the site: make it first, or leave it out", name=name))
        return self._devices[site_id][texts.key(name)]


def _do(scope: Scope, lines: _Lines) -> list[Line]:
    places = _Places(scope)
    done = []
    for number, cells in lines:
        name = cells.get("name", "")
        try:
            with session():
                meter, does, words = _change(scope, cells) if cells.get("id") else _make(scope, places, cells)
                more = (_declare(scope, meter.id, cells), _assign(scope, meter.id, cells))
            does = "changed" if any(more) and does == "same" else does
            done.append(Line(number, name or meter.name, does, ", ".join(filter(None, (words, *more)))))
        except (Refused, NotFound) as problem:
            done.append(Line(number, name, "", problem=str(problem)))
    return done


def _change(scope: Scope, cells: Mapping[str, str]) -> tuple[Meter, str, str]:
    meter = meters.require_meters(scope, [cells["id"]])[cells["id"]]
    before = (meter.name, meter.serial_number, meter.latitude, meter.longitude)
    after = (
        cells.get("name", meter.name),
        (cells["serial_number"] or None) if "serial_number" in cells else meter.serial_number,
        bulk.number("latitude", cells["latitude"]) if "latitude" in cells else meter.latitude,
        bulk.number("longitude", cells["longitude"]) if "longitude" in cells else meter.longitude,
    )
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    if before == after:
        return meter, "same", ""
    name, serial_number, latitude, longitude = after
    meter_life.describe_meter(scope, meter.id, name=name, serial_number=serial_number, latitude=latitude, longitude=longitude)
    labels = (_("name"), _("serial number"), _("latitude"), _("longitude"))
    changes = [
        f"{label} {bulk.said(old)} → {bulk.said(new)}"
        for label, old, new in zip(labels, before, after, strict=True)
        if old != new
    ]
    return meter, "changed", ", ".join(changes)


def _assign(scope: Scope, meter_id: str, cells: Mapping[str, str]) -> str:
    """Assign the meter to whom the line names and who has it not; in words."""
    asked = list(filter(None, (each.strip() for each in cells.get("assigned_to", "").split(";"))))
    if not asked:
        return ""
    held = holders.holders(scope, [meter_id])[meter_id]
    known = {(each.email or each.name).casefold() for each in held}
    new = [who for who in asked if who.casefold() not in known]
    start = bulk.moment("assigned_from", cells.get("assigned_from", ""))
    for who in new:
        holders.assign_meter(scope, meter_id, who, role=cells.get("assigned_role") or "viewer", valid_from=start)
    return _("assigned to %(names)s", names=", ".join(new)) if new else ""


def _declare(scope: Scope, meter_id: str, cells: Mapping[str, str]) -> str:
    """Declare the meter's energy as the line says, where that is not declared already; in words."""
    declared = declarations.energy_declarations(scope, [meter_id])[meter_id]
    if not cells.get("method"):
        return "" if declared or cells.get("id") else _declare_as_posted(scope, meter_id)
    since = bulk.moment("since", cells.get("since", "")) or (declared[-1].valid_from if declared else declarations.BEGINNING)
    there = next((each for each in declared if each.valid_from == since), None)
    interval_s = cells.get("interval_s") or str(there.interval_s if there else meters.usual_interval(scope, meter_id))
    rollover = bulk.number("rollover_kwh", cells.get("rollover_kwh", ""))
    if there and "rollover_kwh" not in cells and there.method == cells["method"]:
        rollover = there.rollover_kwh
    rated = bulk.number("rated_kw", cells.get("rated_kw", ""))
    if there and "rated_kw" not in cells:
        rated = there.rated_kw
    said: _Energy = {
        "method": cells["method"],
        "interval_s": bulk.whole("interval_s", interval_s),
        "valid_from": since,
        "rollover_kwh": rollover,
        "rated_kw": rated,
    }
    if there is None:
        declarations.declare_energy(scope, meter_id, **said)
        return _("energy by %(method)s, a reading every %(every)s s", method=said["method"], every=said["interval_s"])
    before = there.method
    if all(getattr(there, name) == value for name, value in said.items()):
        return ""
    declarations.correct_declaration(scope, there.id, **said)
    if before == said["method"]:
        return _("energy by %(method)s, corrected", method=before)
    return _("energy by %(before)s → %(method)s", before=before, method=said["method"])


def _declare_as_posted(scope: Scope, meter_id: str) -> str:
    """Declare what the new meter's device posts of it; in words, also that nothing is declared."""
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    if meter.role not in ("main", "check"):
        return ""
    declared = posted_energy.declare(scope, meter.device_id) if meter.device_id else []
    for each in declared:
        if each.meter_id == meter_id:
            return _(
                "energy by %(method)s, a reading every %(every)s s, as its device posts",
                method=each.method,
                every=each.interval_s,
            )
    return _("its energy is not counted until a method is declared")


def _make(scope: Scope, places: _Places, cells: Mapping[str, str]) -> tuple[Meter, str, str]:
    if not cells.get("site"):
        raise Refused(_("a new meter belongs to a site: give the site's number, or the id of a meter that exists"))
    site_id = places.site(cells["site"])
    role = cells.get("role") or "main"
    if role not in ("main", "check", "condition"):
        raise Refused(_("a file holds main, check and condition meters, not %(role)s: choose one", role=repr(role)))
    source, target, node = cells.get("from"), cells.get("to"), cells.get("node")
    if bool(source) != bool(target):
        raise Refused(_("an edge has two ends: give both 'from' and 'to'"))
    meter = meters.create_meter(
        scope,
        site_id,
        name=cells.get("name", ""),
        role=role,
        edge_id=places.edge(site_id, source, target, cells.get("carrier", "")) if source and target else None,
        node_id=places.node(site_id, node) if node else None,
        device_id=places.device(site_id, cells["device"]) if cells.get("device") else None,
        source_note=cells.get("source_note", ""),
    )
    meter_life.describe_meter(
        scope,
        meter.id,
        name=meter.name,
        serial_number=cells.get("serial_number"),
        latitude=bulk.number("latitude", cells.get("latitude", "")),
        longitude=bulk.number("longitude", cells.get("longitude", "")),
    )
    words = {
        "main": N_("a main meter of %(place)s"),
        "check": N_("a check meter of %(place)s"),
        "condition": N_("a condition meter of %(place)s"),
    }
    on = f"{source} → {target}" if source else node or _("the site")
    return meter, "new", _(words[role], place=on)


def export_file(scope: Scope, search: str = "", *, retired: bool = False) -> Iterator[str]:
    """All meters on the sites that the scope administers that fit the search, as a file that `import_file` reads.

    Claim codes stay out of it: whoever has one may ask for the meter.
    """
    return sheets.written(COLUMNS, _rows(scope, search, retired))


def _rows(scope: Scope, search: str, retired: bool) -> Iterator[list[sheets.Cell]]:
    first = 0
    while True:
        part = meter_life.meters_page(scope, Wanted(search, "name", False, first, MOST), retired=retired).rows
        mine = [row.meter for row in part if scope.everything or row.meter.site_id in scope.admin_of]
        held = holders.holders(scope, [meter.id for meter in mine])
        with reading() as records:
            wiring = _ends(mine)
            edges = {each.id: each for each in records.scalars(select(Edge).where(Edge.id.in_(wiring)))}
            ends = {end for edge in edges.values() for end in (edge.from_node_id, edge.to_node_id)}
            nodes_of = ends | {meter.node_id for meter in mine if meter.node_id}
            names = dict(records.execute(select(Node.id, Node.name).where(Node.id.in_(nodes_of))).all())
            device_ids = {meter.device_id for meter in mine if meter.device_id}
            devices = dict(records.execute(select(Device.id, Device.name).where(Device.id.in_(device_ids))).all())
            site_ids = {meter.site_id for meter in mine}
            numbers = dict(records.execute(select(Site.id, Site.public_number).where(Site.id.in_(site_ids))).all())
            declared = records.scalars(
                select(EnergySource)
                .where(EnergySource.meter_id.in_([meter.id for meter in mine]))
                .order_by(EnergySource.valid_from)
            )
            newest = {each.meter_id: each for each in declared}
        for meter in mine:
            edge, energy = edges.get(meter.edge_id or ""), newest.get(meter.id)
            yield [
                meter.id,
                numbers[meter.site_id],
                meter.name,
                meter.role,
                names[edge.from_node_id] if edge else None,
                names[edge.to_node_id] if edge else None,
                edge.carrier if edge else None,
                names.get(meter.node_id or ""),
                devices.get(meter.device_id or ""),
                meter.serial_number,
                meter.latitude,
                meter.longitude,
                energy.method if energy else None,
                energy.interval_s if energy else None,
                energy.rollover_kwh if energy else None,
                energy.rated_kw if energy else None,
                energy.valid_from if energy else None,
                meter.source_note,
                "; ".join(each.email or each.name for each in held[meter.id]),
                None,
                None,
                meter.retired_at,
            ]
        if len(part) < MOST:
            return
        first += MOST


def _ends(nodes: list[Meter]) -> set[str]:
    return {meter.edge_id for meter in nodes if meter.edge_id}
