"""What a file most likely means: a profile, how sure each entry of it is, and what a person must say.

Of a table, a sample is looked at: its first thousands of rows and, but for one that is packed or JSON, its last ones. What the
sample does not prove is asked; what later contradicts the profile is refused row by row, never read another way.
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import msgspec

from config.language import _
from ingest.files import content, day_blocks, heads, rows, said
from ingest.files.content import UnreadableFile
from ingest.files.detection import day_rows, long, wide
from ingest.files.detection import sample as sampling
from ingest.files.detection.sample import DELIMITERS, LEAST_TIMES, SAMPLE, delimiter_of, head_of, is_time
from ingest.files.profile import Container, Profile, Stamp
from ingest.files.proposal import SURE, Entry, Proposal, container


def detect(path: Path, zone: str = "", told: Mapping[str, str] | None = None) -> Proposal:
    """What the file means; `zone` is the site's, proposed for times without an offset; `told` is what a person says of it.

    Raises:
        UnreadableFile: nothing that is read here, or nothing in it that looks like readings.
        UnfitProfile: what was told of it cannot be.
    """
    said_of_it = dict(told or {})
    found = _found(path, zone, said_of_it)
    return msgspec.structs.replace(
        found, profile=said.applied(found.profile, said_of_it, found.heads), entries=said.marked(found.entries, said_of_it)
    )


def _found(path: Path, zone: str, told: Mapping[str, str]) -> Proposal:
    kind = content.container(path)
    match kind:
        case "espi" | "nem12" | "mscons":
            return Proposal(Profile(container=kind, shape="own"), [container(kind)])
        case "p1":
            why = _("telegrams of summer and winter say which; the others are of this clock")
            return Proposal(
                Profile(container=kind, shape="own", stamp=Stamp(zone=zone)), [container(kind), Entry("zone", zone, 1.0, why)]
            )
        case "parquet" | "arrow" | "hdf5":
            from ingest.files import columnar

            return columnar.detect(path, kind, zone)
        case "json" | "json_lines":
            return _json(path, kind, zone)
    return _table(path, kind, zone, told)


def _json(path: Path, kind: Container, zone: str) -> Proposal:
    sample = list(islice(rows.records(path, kind), SAMPLE))
    keys = tuple(dict.fromkeys(key for record in sample for key in record))
    if not keys:
        raise UnreadableFile(_("there are no records in this JSON: give a list of records, or a record a line"))
    found = [(at, [rows.said(record.get(key)) for key in keys]) for at, record in enumerate(sample, 1)]
    made = Profile(container=kind, header=0, names=keys)
    return long.propose(made, list(keys), found, [container(kind)], zone)


def _table(path: Path, kind: Container, zone: str, told: Mapping[str, str]) -> Proposal:
    entries = [container(kind)]
    made = Profile(container=kind)
    if kind == "text":
        with content.opened(path) as file:
            head = file.read(content.HEAD)
        encoding, sure = content.encoding(head)
        encoding = said.encoding(told) or encoding
        why = (
            _("the whole sample is valid in it")
            if sure >= SURE
            else _("it is not UTF-8, so most likely a Western Windows wrote it")
        )
        entries.append(Entry("encoding", encoding, sure, why, ("utf-8", "cp1252", "latin-1", "utf-16")))
        delimiter, sure = delimiter_of(head.decode(encoding, "replace"))
        delimiter = said.delimiter(told) or delimiter
        entries.append(
            Entry("delimiter", delimiter, sure, _("it splits the lines into the same number of fields"), tuple(DELIMITERS))
        )
        made = msgspec.structs.replace(made, encoding=encoding, delimiter=delimiter)
        sample = sampling.of_text(path, encoding, delimiter)
    else:
        names = rows.sheets(path)
        tables = sampling.sheets_of_tables(path, names) if len(names) > 1 else names
        sheet = told.get("sheet") or (tables or names or [""])[0]
        if len(names) > 1:
            sure, why = (
                (1.0, _("it alone holds a table with times"))
                if len(tables) == 1
                else (0.5, _("several sheets hold such a table"))
            )
            entries.append(Entry("sheet", sheet, sure, why, tuple(names)))
            made = msgspec.structs.replace(made, sheet=sheet)
        sample = sampling.of_sheet(path, sheet)
    if sample and ",".join(sample[0][1]).strip().strip('"').casefold().startswith("sep="):
        del sample[0]
    if day_blocks.is_one(sample):
        made, sample = msgspec.structs.replace(made, shape="day_blocks"), list(day_blocks.joined(sample))
    at = head_of(sample)
    number, names = sample[at]
    below = sample[at + 1 :]
    made = msgspec.structs.replace(made, header=number)
    if is_time(names[0]) and not any(map(heads.measured, names)):  # no heads at all
        made = msgspec.structs.replace(made, header=0)
        below = sample[at:]
        names = [f"column {nth}" for nth in range(1, len(names) + 1)]
    timed = [place for place, name in enumerate(names) if len(name) > 5 and is_time(name)]
    if len(timed) >= LEAST_TIMES and timed[-1] - timed[0] < 2 * len(timed):
        return wide.propose(made, names, timed, below, entries, zone)
    if (groups := day_rows.day_columns(names)) and below:
        return day_rows.propose(made, names, groups, below, entries, zone)
    made = msgspec.structs.replace(made, names=tuple(names))
    return long.propose(made, names, below, entries, zone)
