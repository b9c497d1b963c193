"""A file of history into the store: read, judged and committed block by block, under one source.

The source is made of the site, the file and its profile: the same file read the same way is the same import. One that was killed
half-way goes on at the block where it stood, and writes nothing twice. What it replaces is kept (`ingest.files.before`).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import pandas as pd

from config import clock
from config.language import _
from config.settings import Settings
from ingest import columns
from ingest.columns import Judged
from ingest.directory import Caller, keyless
from ingest.files import before, read, shelf
from ingest.files.block import Block, RowProblem, Series, as_said
from ingest.files.content import UnreadableFile
from ingest.files.in_time import in_time
from ingest.files.outcome import Outcome
from ingest.files.profile import Profile, UnfitProfile, plain
from ingest.problem import Refusal
from ingest.times import QUARTER, SECOND, Window
from store.errors import StoreAway
from store.ids import ALPHABET, IMPORTED, LENGTH
from store.records.access.policy import Action, require
from store.records.plant import directory, imports, meters
from store.records.plant.refused import Refused
from store.records.schema import FileImport, texts
from store.scope import SYSTEM, Scope
from store.series import bulk, judging, latest_kept, replaced, rollup
from store.series.replaced import Keys
from store.series.write import TELEMETRY, Marker

FIRST = datetime(1990, 1, 1, tzinfo=UTC)  # the oldest reading that a file may hold
AHEAD_S = 300.0
ROAD = "file"
TRIED = "tried"  # the source of what is only tried, under which nothing is stored
APPLIED_S = 60.0  # within which QuestDB shows what was written

Progress = Callable[[int, int], None]  # told how many readings are judged, and how many rows of the file that is


def source_of(site_id: str, digest: str, profile: Profile) -> str:
    """The id of an import into a site of the file of this SHA-256, by this profile."""
    number = int.from_bytes(hashlib.sha256(b"\0".join((site_id.encode(), digest.encode(), plain(profile)))).digest())
    return IMPORTED + "".join(ALPHABET[number >> 5 * at & 31] for at in range(LENGTH))


def start(
    scope: Scope,
    settings: Settings,
    site_id: str,
    path: Path,
    name: str,
    profile: Profile,
    *,
    profile_name: str | None = None,
    moves: bool = False,
) -> FileImport:
    """Have a file imported by a worker; the same file read the same way is the same import.

    Args:
        scope: whose; an operator of the site.
        settings: of this Loadstar.
        site_id: whose meters the readings are of.
        path: the file, which is copied, or, when it `moves`, moved.
        name: what it is called where it comes from.
        profile: how it is read.
        profile_name: what the profile is called, if it is a saved one.
        moves: whether it is ours.

    Raises:
        NotFound: the site is not the scope's.
        Refused: as `imports.begin`, or the file is too large or empty.
        StoreFull: the disk has no room for it.
        UnreadableFile, UnfitProfile: the profile is of another kind of file.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    shelf.require_size(settings, path.stat().st_size)
    read.require_kind(path, profile)
    file = shelf.described(path, name)
    source = source_of(site_id, file.digest, profile)
    shelf.put(settings, source, path, moves=moves)
    return imports.begin(scope, site_id, source, file, msgspec.to_builtins(profile), profile_name)


def start_upload(
    scope: Scope, settings: Settings, site_id: str, upload_id: str, profile: Profile, *, profile_name: str | None = None
) -> FileImport:
    """The same of a file that has been uploaded, which the upload is over with. Raises as `start` and `shelf.finished`."""
    path, found = shelf.finished(scope, settings, upload_id)
    made = start(scope, settings, site_id, path, found.file_name, profile, profile_name=profile_name, moves=True)
    shelf.end_upload(scope, settings, upload_id)
    return made


def try_out(
    scope: Scope,
    settings: Settings,
    site_id: str,
    path: Path,
    profile: Profile,
    progress: Progress | None = None,
    told_to: BinaryIO | None = None,
) -> Outcome:
    """Say what importing a file would do: every verdict, what of it is stored already, and nothing stored.

    Args:
        scope: whose; an operator of the site.
        settings: of this Loadstar.
        site_id: whose meters the readings are of.
        path: the file.
        profile: how it is read.
        progress: told how far it is.
        told_to: where what would be refused is written, a problem a line.

    Raises:
        NotFound: the site is not the scope's.
        Refused: not an operator of the site.
        UnreadableFile, UnfitProfile: as `ingest.files.read`.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    outcome = Outcome(TRIED, told_to=told_to)
    for number, good in _judged(scope, settings, site_id, path, profile, outcome, progress):
        if not outcome.compared:
            continue
        try:
            if number == 0:
                _await_applied()
            outcome.compare(good, replaced.standing(SYSTEM, TRIED, _keys(good)))
        except StoreAway:  # the verdicts need no store
            outcome.compared = False
    return outcome


def store(scope: Scope, settings: Settings, import_id: str, progress: Progress | None = None) -> Outcome | None:
    """Store an import that was asked for, from the block on where it stood; None when its file cannot be read by its profile.

    Raises:
        NotFound, Refused: as `imports.run`, or it is called off meanwhile.
        StoreAway: QuestDB did not take it; running it again completes it.
    """
    record = imports.run(scope, import_id)
    outcome, path = Outcome(import_id), shelf.file_of(settings, import_id)
    own = shelf.folder(settings, import_id)
    _await_applied()
    try:
        profile = msgspec.convert(record.profile, Profile)
        with shelf.draft(own / shelf.REFUSED) as draft, draft.open("wb") as outcome.told_to:
            for number, good in _judged(scope, settings, record.site_id, path, profile, outcome, progress):
                if number < record.parts:
                    continue
                shelf.require_room(settings, 0)
                before.keep(own / shelf.BEFORE, number, import_id, _keys(good))
                imports.note_part(SYSTEM, import_id, number, outcome.count)  # as long as it is wanted
                _write(settings, good, import_id)
                imports.note_part(SYSTEM, import_id, number + 1, outcome.count)
    except (UnreadableFile, UnfitProfile, msgspec.ValidationError, FileNotFoundError, Refusal) as wrong:
        imports.fail(SYSTEM, import_id, str(wrong) or type(wrong).__name__)
        return None
    rollup.await_applied(("intervals",), APPLIED_S)
    judging.judge_import(SYSTEM, import_id)
    latest_kept.look_again(SYSTEM, outcome.taken.keys())
    imports.finish(
        SYSTEM,
        import_id,
        outcome.totals,
        refused=outcome.refused,
        held=outcome.held,
        unknown=outcome.unknown,
        gaps=outcome.gaps,
        skipped=outcome.skipped,
        to_put_right=[_to_put_right(record, each) for each in outcome.to_put_right],
        beyond=outcome.beyond,
    )
    return outcome


def _to_put_right(record: FileImport, problem: RowProblem) -> Refused:
    """What was refused, as a person finds it in quarantine."""
    at = record.created_at
    words = _("row %(row)s: %(why)s", row=problem.row, why=problem.message)
    return Refused(record.site_id, record.id, ROAD, at, problem.code, words, "", problem.said, problem.body)


def _await_applied() -> None:
    """Wait until what was posted before is to be seen."""
    if not rollup.await_applied(("telemetry", "intervals"), APPLIED_S):
        raise StoreAway("QuestDB does not show yet what was posted before")


def _judged(
    scope: Scope,
    settings: Settings,
    site_id: str,
    path: Path,
    profile: Profile,
    outcome: Outcome,
    progress: Progress | None,
) -> Iterator[tuple[int, list[Judged]]]:
    """What may be stored, by the number of its block; all else is said in the outcome."""
    caller, named = caller_of(scope, site_id, outcome.source)
    ids = meters_by_name(named, profile)
    window = Window((clock.now() - FIRST) / timedelta(days=1), AHEAD_S)
    kept_since = clock.now_us() - int(settings.accepted_back_days * 86_400) * SECOND
    read_so_far = 0
    with shelf.spare(settings) as spare:
        for number, (block, row) in enumerate(in_time(read.blocks(path, profile), spare, partial(shelf.require_room, settings))):
            outcome.refuse(_by_id(problem, ids) for problem in block.problems)
            outcome.gaps, outcome.skipped = outcome.gaps + block.gaps, outcome.skipped + block.skipped
            known = {name: ids.get(texts.key(name), name) for name, _q, _u in block.series}
            good, bad = columns.judge(caller, window, _of_known(block, known, ids, caller, outcome), known)
            outcome.refuse_readings(bad)
            good = [once(kept(each, kept_since, outcome), outcome) for each in good]
            for each in good:
                outcome.take(each)
            yield number, good
            read_so_far += len(block)
            if progress is not None:
                progress(read_so_far, row)


def _keys(good: Iterable[Judged]) -> list[Keys]:
    """What identifies the rows that are about to be written."""
    return [
        Keys(of.meter, of.quantity, of.interval_s, np.sort(each.at_us))
        for each in good
        if len(each.at_us)
        for of in (each.target.series,)
    ]


def meters_by_name(named: Mapping[str, str], profile: Profile) -> dict[str, str]:
    """The ids of meters by their names' keys: what the profile says of a name before what the site calls so; "" is left out."""
    return {**named, **{texts.key(name): meter_id for name, meter_id in profile.meters.items()}}


def caller_of(scope: Scope, site_id: str, source: str) -> tuple[Caller, dict[str, str]]:
    """Who writes: the import, to all meters of the site; and the meters' ids by their names, where a name is one meter's."""
    # How long a value is of is said by the file: how often its meter is read now says nothing of long ago.
    caller = replace(keyless(directory.load_directory(), source, site_id), intervals_s={})
    found = meters.meters_of(scope, site_id)
    names = Counter(texts.key(each.name) for each in found)
    return caller, {texts.key(each.name): each.id for each in found if names[texts.key(each.name)] == 1}


def _by_id(problem: RowProblem, ids: Mapping[str, str]) -> RowProblem:
    """What is wrong, of a meter that is known; of one that a person left out nothing is to be put right."""
    meter = ids.get(texts.key(problem.said.meter))
    if meter is None or not problem.said.quantity:
        return problem
    return problem._replace(said=problem.said._replace(meter=meter)) if meter else RowProblem(*problem[:3])


def _of_known(block: Block, known: Mapping[str, str], ids: Mapping[str, str], caller: Caller, outcome: Outcome) -> Block:
    """The block without the readings of meters that the site does not have, which are counted by their names."""
    strange = np.array([known[name] not in caller.meters for name, _q, _u in block.series], dtype=bool)
    if not strange.any():
        return block
    out = strange[block.of]
    left_out = np.array([ids.get(texts.key(name)) == "" for name, _q, _u in block.series], dtype=bool)  # by a person
    outcome.leave_out(block, out, out & ~left_out[block.of])
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


def kept(judged: Judged, since_us: int, outcome: Outcome) -> Judged:
    """Without samples that are older than samples are kept: registers, and values of less than a quarter of an hour."""
    if not judged.target.sample or not len(judged.at_us) or judged.at_us.min() >= since_us:
        return judged
    old = judged.at_us < since_us
    words = _(
        "values of less than 15 minutes and registers are kept for a while only; of this time, import energies of intervals"
    )
    of, lasts = judged.target.series, judged.target.duration_us // SECOND
    series = Series(of.meter, of.quantity, "")
    ends = judged.at_us[old] + judged.target.duration_us
    parts = (each.tolist() for each in (judged.row[old], ends, judged.value[old], judged.estimated[old]))
    outcome.refuse(
        RowProblem(row, "not_kept", words, as_said(series, end, lasts, repr(value), estimated=estimated))
        for row, end, value, estimated in zip(*parts, strict=True)
    )
    return Judged(judged.target, judged.at_us[~old], judged.value[~old], judged.estimated[~old], judged.row[~old])


def once(judged: Judged, outcome: Outcome) -> Judged:
    """Without what a later row says of the same time: the store keeps that alone."""
    order = np.argsort(judged.at_us, kind="stable")
    again = judged.at_us[order][1:] == judged.at_us[order][:-1]
    if not again.any():
        return judged
    earlier, later = order[:-1][again], order[1:][again]
    places = zip(earlier.tolist(), (judged.row[later]).tolist(), judged.value[later].tolist(), strict=True)
    outcome.refuse(_said_again(judged, place, row, value) for place, row, value in places)
    left = np.ones(len(order), dtype=bool)
    left[earlier] = False
    return Judged(judged.target, judged.at_us[left], judged.value[left], judged.estimated[left], judged.row[left])


def _said_again(judged: Judged, place: int, row: int, value: float) -> RowProblem:
    """What is wrong with a reading of whose time row `row` says `value`."""
    if judged.value[place] == value:
        return RowProblem(
            int(judged.row[place]), "repeated", _("row %(row)s says the same of this meter and time: it was taken once", row=row)
        )
    words = _(
        "row %(row)s says %(other)s of this meter and time, and this one %(value)s: the later one was taken; leave only the "
        "right one in the file",
        row=row,
        other=repr(value),
        value=repr(float(judged.value[place])),
    )
    return RowProblem(int(judged.row[place]), "told_twice", words)


def _write(settings: Settings, good: Iterable[Judged], source: str) -> None:
    """Commit a block: marks of late samples before them, so that no kill leaves samples that are in no sum."""

    def table(judged: Judged) -> tuple[str, int]:
        return judged.target.series.table, judged.target.duration_us // SECOND

    with bulk.writer(settings) as sender:
        for (kind, lasts_s), group in groupby(sorted((each for each in good if len(each.value)), key=table), key=table):
            parts = list(group)
            at = np.concatenate([each.at_us for each in parts])
            value = np.concatenate([each.value for each in parts])
            estimated = np.concatenate([each.estimated for each in parts])
            meter, quantity = (
                _column([getattr(each.target.series, name) for each in parts], [len(each.value) for each in parts])
                for name in ("meter", "quantity")
            )
            if kind == TELEMETRY:
                marks: list[Marker] = [
                    (each.target.series.meter, _quarter(int(each.at_us.min())), _quarter(int(each.at_us.max())) + QUARTER)
                    for each in parts
                ]
                bulk.write(SYSTEM, sender, "late", bulk.late(marks))
                frame = bulk.telemetry(at, meter, quantity, value, source, estimated=estimated, lasts_s=lasts_s)
            else:
                estimated_s = np.where(estimated, float(lasts_s), 0.0)
                frame = bulk.intervals(at, meter, quantity, value, source, interval_s=lasts_s, estimated_s=estimated_s)
            bulk.write(SYSTEM, sender, kind, frame)


def _column(texts: Sequence[str], times: Sequence[int]) -> pd.Categorical:
    """Each text so many times, one after the other."""
    place = {text: nth for nth, text in enumerate(dict.fromkeys(texts))}
    return bulk.symbols(np.repeat([place[text] for text in texts], times), [*place])


def _quarter(at_us: int) -> int:
    return at_us - at_us % QUARTER
