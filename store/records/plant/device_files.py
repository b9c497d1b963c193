"""The devices of a site in bulk: a file of them says what it would do before it does anything, and does all of it or nothing."""

from collections.abc import Iterator, Mapping

from config.language import _, ngettext
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import devices, field_maps, posted_energy
from store.records.schema import Device
from store.records.schema.listing import MOST, Wanted
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import session
from store.records.transaction.lookup import missing
from store.scope import Scope

COLUMNS = ("id", "name", "reporting_interval_s", "energy_mode", "fields", "retired")
MOST_LINES = 1000

_Lines = list[tuple[int, Mapping[str, str]]]


def try_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back.

    A line with an `id` describes that device of the site anew (a column that is not in the file changes nothing); a line
    without one makes a device. `fields` are `field = meter, quantity`, several with semicolons between them.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, the file cannot be read, or it has too many lines.
    """
    lines = _read(scope, site_id, text)
    return bulk.tried(lambda: _do(scope, site_id, lines))


def import_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """Do what `try_file` said, all of it.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: as above, or one of the file's lines cannot be done: then nothing was.
    """
    lines = _read(scope, site_id, text)
    return bulk.done(lambda: _do(scope, site_id, lines))


def _read(scope: Scope, site_id: str, text: str) -> _Lines:
    require(scope, Action.ADMINISTER, site_id=site_id)
    lines = sheets.read(text, COLUMNS, (), MOST_LINES)
    if lines and not {"id", "name"} & lines[0][1].keys():
        raise Refused(_("the column 'name' is missing: the first line names the columns"))
    return lines


def _do(scope: Scope, site_id: str, lines: _Lines) -> list[Line]:
    found = []
    for number, cells in lines:
        name = cells.get("name", "")
        try:
            with session():
                device, does, words = _change(scope, site_id, cells) if cells.get("id") else _make(scope, site_id, cells)
            found.append(Line(number, name or device.name, does, words))
        except (Refused, NotFound) as problem:
            found.append(Line(number, name, "", problem=str(problem)))
    return found


def _make(scope: Scope, site_id: str, cells: Mapping[str, str]) -> tuple[Device, str, str]:
    every = cells.get("reporting_interval_s")
    fields = _fields(scope, site_id, cells.get("fields", ""))
    device = devices.create_device(
        scope,
        site_id,
        name=cells.get("name", ""),
        reporting_interval_s=bulk.whole("reporting_interval_s", every) if every else None,
        energy_mode=_mode(cells.get("energy_mode") or "interval"),
        fields=fields,
    )
    posted_energy.declare(scope, device.id)
    words = ngettext(
        "a device with %(num)s field, that posts every %(every)s s",
        "a device with %(num)s fields, that posts every %(every)s s",
        len(fields),
        every=device.reporting_interval_s,
    )
    return device, "new", words


def _change(scope: Scope, site_id: str, cells: Mapping[str, str]) -> tuple[Device, str, str]:
    device = devices.require_devices(scope, [cells["id"]])[cells["id"]]
    if device.site_id != site_id:
        raise missing(Device, cells["id"])
    known = devices.device_fields(scope, [device.id])[device.id]
    every = cells.get("reporting_interval_s")
    before = (device.name, device.reporting_interval_s, device.energy_mode, dict(known))
    after = (
        cells.get("name", device.name),
        bulk.whole("reporting_interval_s", every) if every else device.reporting_interval_s,
        _mode(cells.get("energy_mode") or device.energy_mode),
        dict(_fields(scope, site_id, cells["fields"])) if "fields" in cells else before[3],
    )
    if before == after:
        return device, "same", ""
    name, every_s, mode, fields = after
    devices.describe_device(scope, device.id, name=name, reporting_interval_s=every_s, energy_mode=mode, fields=fields)
    posted_energy.declare(scope, device.id)
    labels = (_("name"), _("reporting interval"), _("energies"))
    changes = [f"{label} {old} → {new}" for label, old, new in zip(labels, before, after, strict=False) if old != new]
    if before[3] != fields:
        same = len(before[3]) == len(fields)
        changes.append(
            _("its fields")
            if same
            else ngettext("%(old)s → %(num)s field", "%(old)s → %(num)s fields", len(fields), old=len(before[3]))
        )
    return device, "changed", ", ".join(changes)


def _mode(text: str) -> str:
    if text not in ("interval", "counter"):
        raise Refused(_("energy_mode is interval or counter, not %(text)s: choose one", text=f"{text!r}"))
    return text


def _fields(scope: Scope, site_id: str, text: str) -> field_maps.Fields:
    return field_maps.read(scope, site_id, text.replace(";", "\n"))


def export_file(scope: Scope, site_id: str, search: str = "", *, retired: bool = False) -> Iterator[str]:
    """The devices of the site that fit the search, as a file that `import_file` reads. Keys are never in it.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    return sheets.written(COLUMNS, _rows(scope, site_id, search, retired))


def _rows(scope: Scope, site_id: str, search: str, retired: bool) -> Iterator[list[sheets.Cell]]:
    first = 0
    while True:
        part = devices.devices_page(scope, site_id, Wanted(search, "name", False, first, MOST), retired=retired).rows
        fields = devices.device_fields(scope, [device.id for device in part])
        for device in part:
            written = field_maps.written(scope, site_id, fields[device.id]).replace("\n", "; ")
            yield [device.id, device.name, device.reporting_interval_s, device.energy_mode, written, device.retired_at]
        if len(part) < MOST:
            return
        first += MOST
