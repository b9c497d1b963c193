"""HDF5 files as columns: frames that pandas wrote (fixed or table), and data sets of one length side by side.

Only numbers and texts that HDF5 itself knows are read: nothing is unpickled, no link out of the file is followed, no data set
that lies in another file is opened. Names that pandas keeps in a pickle are read as the texts that they are in it, if it holds
nothing else; otherwise columns are named by their places.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from config.language import _
from ingest.files.block import ROWS
from ingest.files.content import UnreadableFile

DEEPEST = 12
MOST_FRAMES = 2_000
MOST_COLUMNS = 2_000
CHUNK = 256 * 2**20  # bytes that are inflated at once
GROUP = "group"  # the column that names the frame, where there are several
# A pickle (protocol 0) of nothing but a list of texts.
_TEXTS = re.compile(r"\(lp\d+\n(?:a?V[^\n]*\np\d+\n)*a?\.")
_TEXT = re.compile(r"V([^\n]*)\np\d+\n")
_UNITS = {"s": "s", "ms": "ms", "us": "us", "ns": "ns"}


class Frame(NamedTuple):
    """Columns of one length: its path in the file, and of each column its name, its data set, and what of that it is."""

    path: str
    columns: list[tuple[str, Any, Any]]
    rows: int


def parts(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of all frames, tens of thousands at a time.

    Raises:
        UnreadableFile: it is damaged, or holds nothing that could be readings.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            frames = list(_frames(file, 0))
            if not frames:
                raise UnreadableFile(
                    _("this HDF5 file holds no columns of numbers beside each other: save the readings as a table, or as CSV")
                )
            names = [name for name, _data, _part in frames[0].columns]
            several = len(frames) > 1
            for frame in frames:
                if [name for name, _data, _part in frame.columns] != names:
                    raise UnreadableFile(
                        _("the tables of this HDF5 file have different columns: give a file for each (%(path)s)", path=frame.path)
                    )
                for start in range(0, frame.rows, ROWS):
                    yield _batch(frame, start, min(start + ROWS, frame.rows), several=several)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as wrong:
        raise UnreadableFile(_("the file is damaged (%(why)s): save or download it again", why=str(wrong)[:200])) from None


def _batch(frame: Frame, start: int, stop: int, *, several: bool) -> pa.RecordBatch:
    columns = {name: _column(data, part, start, stop) for name, data, part in frame.columns}
    if several:
        columns = {GROUP: pa.array([frame.path] * (stop - start), pa.string())} | columns
    return pa.RecordBatch.from_pydict(columns)


def _frames(group: Any, depth: int) -> Iterator[Frame]:
    """The frames of a group and of those within it."""
    if depth > DEEPEST:
        raise UnreadableFile(_("the groups of this HDF5 file are nested too deep: save the readings alone"))
    own = _members(group)
    kind = str(_said(group.attrs.get("pandas_type", b"")))
    if kind.startswith(("frame_table", "series_table", "appendable")) and "table" in own:
        yield from _of_records(group.name, own["table"])
        return
    if "axis1" in own and any(name.endswith("_values") for name in own):
        yield _of_fixed(group.name, own)
        return
    plain: dict[int, list[tuple[str, Any, Any]]] = {}
    for name, member in own.items():
        if _is_group(member):
            yield from _frames(member, depth + 1)
        elif member.dtype.names:
            yield from _of_records(member.name, member)
        elif member.ndim == 2 and _is_number(member):
            columns = [(f"{name} {nth + 1}", member, nth) for nth in range(min(member.shape[1], MOST_COLUMNS))]
            yield Frame(member.name, columns, member.shape[0])
        elif member.ndim == 1 and (_is_number(member) or _is_text(member)):
            plain.setdefault(member.shape[0], []).append((name, member, None))
    for rows, columns in plain.items():
        if len(columns) > 1 and rows:
            yield Frame(group.name, columns, rows)


def _members(group: Any) -> dict[str, Any]:
    """What lies in a group itself, without what is linked from elsewhere."""
    import h5py

    found: dict[str, Any] = {}
    for name in list(group)[:MOST_FRAMES]:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        member = group[name]
        if isinstance(member, h5py.Dataset):
            if member.external or member.is_virtual:
                raise UnreadableFile(_("%(name)s lies in another file: give one that holds all of it", name=member.name))
            chunk = int(np.prod(member.chunks or (1,), dtype=np.int64)) * member.dtype.itemsize
            if chunk > CHUNK or (member.chunks is None and member.compression):
                raise UnreadableFile(
                    _("%(name)s is packed in pieces that are too large: write it in smaller ones", name=member.name)
                )
            found[name] = member
        elif isinstance(member, h5py.Group):
            found[name] = member
    return found


def _is_group(member: Any) -> bool:
    import h5py

    return isinstance(member, h5py.Group)


def _is_number(data: Any) -> bool:
    return data.dtype.kind in "iuf"


def _is_text(data: Any) -> bool:
    import h5py

    return data.dtype.kind == "S" or h5py.check_string_dtype(data.dtype) is not None


def _of_records(path: str, data: Any) -> Iterator[Frame]:
    """A data set of records, as pandas and PyTables write tables: a column of each field, several of one that is a row itself."""
    columns: list[tuple[str, Any, Any]] = []
    for field in data.dtype.names or ():
        kind, _offset = data.dtype.fields[field][:2]
        inner = kind.shape[0] if kind.shape else 0
        if kind.base.kind not in "iufS":
            continue
        kept = _said(data.attrs.get(f"{field}_kind", b""))
        named = _TEXT.findall(kept) if _TEXTS.fullmatch(kept) else []
        names = named if len(named) == inner else [f"{field} {nth + 1}" for nth in range(min(inner, MOST_COLUMNS))]
        columns += [(name, data, (field, nth)) for nth, name in enumerate(names)] or [(field, data, (field, None))]
    if columns and data.ndim == 1 and data.shape[0]:
        yield Frame(path, columns, data.shape[0])


def _of_fixed(path: str, own: dict[str, Any]) -> Frame:
    """A frame that pandas wrote at once: its index, and blocks of columns of one type each."""
    index = own["axis1"]
    columns: list[tuple[str, Any, Any]] = [("index", index, None)]
    for name in sorted(own):
        if not name.endswith("_values") or not _is_number(own[name]) or own[name].ndim != 2:
            continue
        items = own.get(name.removesuffix("_values") + "_items")
        named = [_said(each) for each in items[:]] if items is not None and items.dtype.kind == "S" else []
        columns += [
            (named[nth] if nth < len(named) else f"{name} {nth + 1}", own[name], nth) for nth in range(own[name].shape[1])
        ]
    return Frame(path, columns, index.shape[0])


def _column(data: Any, part: Any, start: int, stop: int) -> pa.Array:
    """A column's rows; times that pandas kept as integers are times again."""
    if isinstance(part, tuple):
        field, nth = part
        cells = data[start:stop][field]
        cells = cells if nth is None else cells[:, nth]
        kind = _said(data.attrs.get(f"{field}_kind", data.parent.attrs.get(f"{field}_kind", b"")))
        zone = _said(data.parent.attrs.get("tz", b""))
        if field == "index" and not kind:
            kind = _said(data.attrs.get("index_kind", b""))
    else:
        cells = data[start:stop] if part is None else data[start:stop, part]
        kind, zone = _said(data.attrs.get("kind", b"")), _said(data.attrs.get("tz", b""))
    if cells.dtype.kind in "SO":
        return pa.array([_said(each) for each in cells], pa.string())
    if str(kind).startswith("datetime64") and cells.dtype.kind == "i":
        unit = _UNITS.get(str(kind).partition("[")[2].rstrip("]"), "ns")
        return pa.array(cells.astype(np.int64), pa.int64()).cast(pa.timestamp(unit, tz=str(zone) or None))
    if (
        cells.dtype.kind == "f"
        and len(cells)
        and np.isfinite(cells).all()
        and (cells == np.floor(cells)).all()
        and cells.min() > 1e8
    ):
        return pa.array(cells.astype(np.int64))  # seconds since 1970, which some write as fractions
    return pa.array(np.ascontiguousarray(cells))


def _said(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes | np.bytes_) else str(cell)
