"""Parquet, Arrow and HDF5 files: columns with types of their own, read in parts.

A time with a zone is a moment; one without is a wall clock's, of the profile's zone; of an integer the unit is asked.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.language import _
from ingest.files import long
from ingest.files.block import ROWS, Block
from ingest.files.cells import Cells
from ingest.files.content import UnreadableFile
from ingest.files.detection import long as long_tables
from ingest.files.detection.sample import SAMPLE
from ingest.files.profile import Container, Profile, UnfitProfile
from ingest.files.proposal import Entry, Proposal

MOST_COLUMNS = 2_000


def detect(path: Path, kind: Container, zone: str) -> Proposal:
    """What the file means. Raises `UnreadableFile`."""
    found = _parts(path, kind)
    sample = next(found, None)
    if sample is None or not sample.num_rows:
        raise UnreadableFile(_("the file holds no rows: look whether it is the right one"))
    names = list(sample.schema.names)
    head = sample.slice(0, SAMPLE)
    cells = [_texts(head.column(at)) for at in range(len(names))]
    rows = [(nth, list(each)) for nth, each in enumerate(zip(*cells, strict=True), 1)]
    return long_tables.propose(
        Profile(container=kind, header=0, names=tuple(names)), names, rows, [Entry("container", kind, 1.0)], zone
    )


def blocks(path: Path, profile: Profile) -> Iterator[Block]:
    """The readings. Raises `UnreadableFile` and `UnfitProfile`."""
    yield from long.blocks(_cells(path, profile), profile)


def _cells(path: Path, profile: Profile) -> Iterator[Cells]:
    row = 1
    for part in _parts(path, profile.container):
        if tuple(part.schema.names) != profile.names:
            raise UnfitProfile(
                _(
                    "the file has other columns than the profile (%(names)s): choose another profile, or none",
                    names=", ".join(part.schema.names),
                )
            )
        yield Cells(dict(enumerate(part.columns)), np.arange(row, row + part.num_rows))
        row += part.num_rows


def _parts(path: Path, kind: Container) -> Iterator[Any]:
    import pyarrow.ipc
    import pyarrow.parquet

    try:
        if kind == "parquet":
            file = pyarrow.parquet.ParquetFile(path)
            if len(file.schema_arrow) > MOST_COLUMNS:
                raise UnreadableFile(
                    _(
                        "the file has %(count)s columns, which are too many: keep those with readings",
                        count=len(file.schema_arrow),
                    )
                )
            yield from (each for each in file.iter_batches(ROWS) if each.num_rows)
        elif kind == "arrow":
            with pa.memory_map(str(path)) as source:
                reader = pyarrow.ipc.open_file(source)
                for nth in range(reader.num_record_batches):
                    batch = reader.get_batch(nth)
                    for start in range(0, batch.num_rows, ROWS):
                        yield batch.slice(start, ROWS)
        else:
            from ingest.files import hdf5

            yield from hdf5.parts(path)
    except (pa.ArrowException, OSError) as wrong:
        raise UnreadableFile(_("the file is damaged (%(why)s): save or download it again", why=str(wrong)[:200])) from None


def _texts(column: Any) -> list[str]:
    """Cells as texts that say of what kind they are: a time with its zone as RFC 3339."""
    if pa.types.is_timestamp(column.type):
        zone = column.type.tz
        wall = pc.cast(column, pa.timestamp("us", tz=zone), safe=False)
        return ["" if each.value is None else _iso(each.value, bool(zone)) for each in wall]
    return ["" if each is None else str(each) for each in column.to_pylist()]


def _iso(us: int, moment: bool) -> str:
    text = str(np.datetime64(us, "us"))[:19]
    return f"{text}Z" if moment else text.replace("T", " ")
