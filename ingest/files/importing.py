"""A file of history into the store: read, judged and committed block by block, under one source.

The source is made of the file and its profile: the same file read the same way is the same import. One that was killed half-way
is completed by running it again, and writes nothing twice.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np

from config import clock
from config.language import _
from config.settings import Settings
from ingest import columns
from ingest.columns import Judged
from ingest.directory import Caller
from ingest.files import read
from ingest.files.block import Block, RowProblem
from ingest.files.profile import Profile, plain
from ingest.times import QUARTER, SECOND, Window
from store.ids import ALPHABET, LENGTH
from store.records.access.policy import Action, require
from store.records.plant import directory, meters
from store.records.schema import texts
from store.scope import SYSTEM, Scope
from store.series import bulk
from store.series.write import TELEMETRY, Marker

FIRST = datetime(1990, 1, 1, tzinfo=UTC)  # the oldest reading that a file may hold
AHEAD_S = 300.0
EXAMPLES = 1_000  # problems that are told in full; all are counted

Progress = Callable[[int], None]  # told how many readings have been read


@dataclass(slots=True)
class Summary:
    """What an import takes of one meter and quantity, in the quantity's unit."""

    count: int = 0
    total: float = 0.0
    first_us: int = 2**62
    last_us: int = -(2**62)


@dataclass(slots=True)
class Outcome:
    """What became of a file: what was taken, by meter id and quantity, and what was not, counted by code and told in part."""

    source: str
    taken: dict[tuple[str, str], Summary] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[RowProblem] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)  # readings by the name of a meter that the site does not have
    gaps: int = 0
    skipped: int = 0

    @property
    def count(self) -> int:
        """Readings that were taken."""
        return sum(each.count for each in self.taken.values())


def source_of(path: Path, profile: Profile) -> str:
    """The id of an import of this file by this profile."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(plain(profile))
    number = int.from_bytes(digest.digest())
    return "imp_" + "".join(ALPHABET[number >> 5 * at & 31] for at in range(LENGTH))


def take(
    scope: Scope,
    settings: Settings,
    site_id: str,
    path: Path,
    profile: Profile,
    *,
    dry_run: bool,
    progress: Progress | None = None,
) -> Outcome:
    """Import a file into a site's meters, or say what importing it would do.

    Raises:
        NotFound: the site is not the scope's.
        Refused: not an operator of the site.
        StoreAway: QuestDB did not take it; running it again completes it.
        UnreadableFile, UnfitProfile: as `ingest.files.read`.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    outcome = Outcome(source_of(path, profile))
    caller, named = _caller(scope, site_id, outcome.source)
    ids = named | dict(profile.meters)
    window = Window((clock.now() - FIRST) / timedelta(days=1), AHEAD_S)
    kept_since = clock.now_us() - int(settings.accepted_back_days * 86_400) * SECOND
    read_so_far = 0
    for block in read.blocks(path, profile):
        _told(outcome, block.problems)
        outcome.gaps, outcome.skipped = outcome.gaps + block.gaps, outcome.skipped + block.skipped
        known = {name: ids[texts.key(name)] if texts.key(name) in ids else ids.get(name, name) for name, _q, _u in block.series}
        good, bad = columns.judge(caller, window, _of_known(block, known, caller, outcome), known)
        _told(outcome, (RowProblem(row, problem.code, problem.message) for row, problem in bad))
        good = [_kept(each, kept_since, outcome) for each in good]
        for each in good:
            _sum(outcome, each)
        if not dry_run:
            _write(settings, good, outcome.source)
        read_so_far += len(block)
        if progress is not None:
            progress(read_so_far)
    return outcome


def _caller(scope: Scope, site_id: str, source: str) -> tuple[Caller, dict[str, str]]:
    """Who writes: the import, to all meters of the site; and the meters' ids by their names, where a name is one meter's."""
    loaded = directory.load_directory()
    its = {meter.id: meter for meter in loaded.meters.values() if meter.site_id == site_id}
    caller = Caller(
        key_id=source,
        secret_hash=b"",
        revoked=False,
        archived=False,
        can_write=True,
        site_number=0,
        device=None,
        meters=its,
        intervals_s={},
        devices={},
    )
    found = meters.meters_of(scope, site_id)
    names = Counter(texts.key(each.name) for each in found)
    return caller, {texts.key(each.name): each.id for each in found if names[texts.key(each.name)] == 1}


def _of_known(block: Block, known: Mapping[str, str], caller: Caller, outcome: Outcome) -> Block:
    """The block without the readings of meters that the site does not have, which are counted by their names."""
    strange = np.array([known[name] not in caller.meters for name, _q, _u in block.series], dtype=bool)
    if not strange.any():
        return block
    out = strange[block.of]
    for place in np.flatnonzero(strange).tolist():
        outcome.unknown[block.series[place].meter] += int((block.of == place).sum())
    outcome.refused["unknown_meter"] += int(out.sum())
    here = ~out
    return Block(
        block.series,
        block.of[here],
        block.end_us[here],
        block.duration_s[here],
        block.value[here],
        block.quality[here],
        block.row[here],
    )


def _kept(judged: Judged, since_us: int, outcome: Outcome) -> Judged:
    """Without samples that are older than samples are kept: registers, and values of less than a quarter of an hour."""
    if not judged.target.sample or not len(judged.at_us) or judged.at_us.min() >= since_us:
        return judged
    old = judged.at_us < since_us
    words = _(
        "values of less than 15 minutes and registers are kept for a while only; of this time, import energies of intervals"
    )
    _told(outcome, (RowProblem(row, "not_kept", words) for row in judged.row[old].tolist()))
    return Judged(judged.target, judged.at_us[~old], judged.value[~old], judged.row[~old])


def _told(outcome: Outcome, problems: Iterable[RowProblem]) -> None:
    for problem in problems:
        outcome.refused[problem.code] += 1
        if len(outcome.examples) < EXAMPLES:
            outcome.examples.append(problem)


def _sum(outcome: Outcome, judged: Judged) -> None:
    if not len(judged.value):
        return
    end = judged.at_us + judged.target.duration_us
    made = outcome.taken.setdefault((judged.target.series.meter, judged.target.series.quantity), Summary())
    made.count += len(judged.value)
    made.total = math.fsum((made.total, float(judged.value.sum())))
    made.first_us, made.last_us = min(made.first_us, int(end.min())), max(made.last_us, int(end.max()))


def _write(settings: Settings, good: Iterable[Judged], source: str) -> None:
    """Commit a block: marks of late samples before them, so that no kill leaves samples that are in no sum."""

    def table(judged: Judged) -> tuple[str, int]:
        return judged.target.series.table, judged.target.series.interval_s

    with bulk.writer(settings) as sender:
        for (kind, interval_s), group in groupby(sorted((each for each in good if len(each.value)), key=table), key=table):
            parts = list(group)
            at = np.concatenate([each.at_us for each in parts])
            value = np.concatenate([each.value for each in parts])
            meter, quantity = (
                np.repeat(
                    np.array([getattr(each.target.series, name) for each in parts], dtype=object),
                    [len(each.value) for each in parts],
                )
                for name in ("meter", "quantity")
            )
            if kind == TELEMETRY:
                marks: list[Marker] = [
                    (each.target.series.meter, _quarter(int(each.at_us.min())), _quarter(int(each.at_us.max())) + QUARTER)
                    for each in parts
                ]
                bulk.write(SYSTEM, sender, "late", bulk.late(marks))
                bulk.write(SYSTEM, sender, kind, bulk.telemetry(at, meter, quantity, value, source))
            else:
                frame = bulk.intervals(at, meter, quantity, value, source, interval_s=interval_s)
                bulk.write(SYSTEM, sender, kind, frame)


def _quarter(at_us: int) -> int:
    return at_us - at_us % QUARTER
