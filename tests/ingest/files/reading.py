"""Files made for a test, and all that is read from them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from config.settings import Settings
from ingest.files import importing
from ingest.files.block import RowProblem
from ingest.files.detect import detect
from ingest.files.outcome import Outcome
from ingest.files.profile import Profile
from ingest.files.proposal import Proposal
from ingest.files.read import blocks
from store.records.plant import imports
from store.records.schema import FileImport
from store.scope import SYSTEM


class Read(NamedTuple):
    """Readings as (meter, quantity, unit, end, seconds, value, class, row), what was wrong, and how much was passed over."""

    readings: list[tuple[str, str, str, datetime, int, float, str, int]]
    problems: list[RowProblem]
    gaps: int
    skipped: int

    def of(self, meter: str = "") -> list[tuple[datetime, float]]:
        return [(each[3], each[5]) for each in self.readings if not meter or each[0] == meter]

    def total(self, meter: str = "", quantity: str = "") -> float:
        return sum(each[5] for each in self.readings if meter in ("", each[0]) and quantity in ("", each[1]))


def written(folder: Path, content: str | bytes, name: str = "file") -> Path:
    made = folder / name
    made.write_bytes(content.encode() if isinstance(content, str) else content)
    return made


def proposed(path: Path, zone: str = "Europe/Berlin") -> Proposal:
    return detect(path, zone)


def changed(profile: Profile, **entries: Any) -> Profile:
    """The profile as a person completes it; `stamp_…` are entries of its stamp."""
    of_stamp = {name.removeprefix("stamp_"): value for name, value in entries.items() if name.startswith("stamp_")}
    rest = {name: value for name, value in entries.items() if not name.startswith("stamp_")}
    return msgspec.structs.replace(profile, stamp=msgspec.structs.replace(profile.stamp, **of_stamp), **rest)


def read(path: Path, profile: Profile | None = None, zone: str = "Europe/Berlin") -> Read:
    made = Read([], [], 0, 0)
    gaps = skipped = 0
    for block in blocks(path, profile or detect(path, zone).profile):
        gaps, skipped = gaps + block.gaps, skipped + block.skipped
        made.problems.extend(block.problems)
        for nth, at in enumerate(block.end_us.tolist()):
            end = datetime.fromtimestamp(at / 1e6, UTC)
            series = block.series[block.of[nth]]
            made.readings.append(
                (*series, end, int(block.duration_s[nth]), float(block.value[nth]), str(block.quality[nth]), int(block.row[nth]))
            )
    return made._replace(gaps=gaps, skipped=skipped)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def table(rows: Sequence[Sequence[object]], delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(map(str, row)) for row in rows) + end


def entry(proposal: Proposal, name: str) -> Any:
    return next(each for each in proposal.entries if each.name == name)


def sure(proposal: Proposal, name: str) -> bool:
    return bool(entry(proposal, name).sure >= 0.9)


def close(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=1e-12))


def asked(settings: Settings, site_id: str, path: Path, profile: Profile | None = None, *, name: str = "file.csv") -> FileImport:
    """An import that waits for its worker."""
    return importing.start(SYSTEM, settings, site_id, path, name, profile or detect(path, "UTC").profile)


def imported(settings: Settings, site_id: str, path: Path, profile: Profile | None = None) -> Outcome:
    """What a worker makes of an import."""
    record = asked(settings, site_id, path, profile)
    if record.state == "done":
        return Outcome(record.id)
    made = importing.store(SYSTEM, settings, record.id)
    assert made is not None, imports.seen(SYSTEM, record.id).why
    return made
