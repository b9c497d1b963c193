"""Refused readings by a person's correction: to the one judge and the one way into the store, as if they were posted so.

They keep their origin: what is stored says the source that sent it. Any meter of the site may be meant, for whoever operates it
decides. A dry run goes the same way and stores nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from config import clock
from config.language import _
from config.settings import Settings
from ingest.afterwards import Afterwards, Verdict
from ingest.directory import keyless
from ingest.files.importing import FIRST
from ingest.judge import Reading
from ingest.problem import Problem, Unreal
from ingest.roads.readings import as_reading
from ingest.times import DAY
from models.refused_reading import Edit, Said, edited
from store.records.plant import directory, refused
from store.records.plant.refused import Decided
from store.records.schema import RefusedReading
from store.scope import Scope

PART = 500  # readings that are judged and stored at a time


@dataclass(slots=True)
class Replayed:
    """How many readings were, or would be, stored; how many of them are held; what of the others, by code, with a word on it."""

    stored: int = 0
    held: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {"stored": self.stored, "held": self.held, "refused": dict(self.refused), "why": self.why}


def replay(
    scope: Scope,
    settings: Settings,
    site_id: str,
    which: str,
    edit: Edit,
    *,
    dry_run: bool = False,
    progress: Callable[[float, Replayed], None] = lambda _share, _done: None,
) -> Replayed:
    """Store the refused readings of a kind, or one, by the correction; with `dry_run` say what that would give.

    May be ended anywhere and begun again: what is stored is marked then, and stored again it is the same.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site, or nothing of it is kept any more.
        StoreAway: QuestDB did not take it; running it again completes it.
    """
    found = refused.kept(scope, site_id, which)
    loaded = directory.load_directory()
    callers = {source: keyless(loaded, source, site_id) for source in {each.source_id for each in found}}
    done, afterwards = Replayed(), Afterwards(settings)
    back_days = (clock.now_us() - int(FIRST.timestamp() * 1e6)) / DAY
    try:
        for source, caller in callers.items():
            own = [each for each in found if each.source_id == source]
            for first in range(0, len(own), PART):
                part = own[first : first + PART]
                said = [edited(each.said, edit) for each in part]
                verdicts = afterwards.store([_reading(each) for each in said], caller, back_days=back_days, dry_run=dry_run)
                decided = _decided(part, said, verdicts, done)
                if not dry_run:
                    refused.decide(scope, site_id, decided)
                progress((first + len(part)) / len(found), done)
    finally:
        afterwards.close()
    return done


def _decided(
    part: Sequence[RefusedReading], said: Sequence[Said], verdicts: Sequence[Verdict], done: Replayed
) -> dict[str, Decided]:
    """What was stored, by its id; all else goes on being kept, and is counted."""
    decided: dict[str, Decided] = {}
    for record, words, verdict in zip(part, said, verdicts, strict=True):
        problem = verdict.problem or _other(verdict)
        if problem is None:
            done.stored += 1
            done.held += bool(verdict.held)
            decided[record.id] = Decided("stored", json.dumps(words._asdict(), ensure_ascii=False))
        else:
            done.refused[problem.code] += 1
            done.why.setdefault(problem.code, problem.words())
    return decided


def _other(verdict: Verdict) -> Problem | None:
    """That another value stands where this one would; the same one is no problem."""
    if verdict.there is None or verdict.row is None or verdict.there == verdict.row[2]:
        return None
    words = _("another value is stored at this time already, and stays: correct that one under Data quality, or discard this")
    return Problem("stored_since", words)


def _reading(said: Said) -> Reading | Problem:
    """What is said, as the road of readings takes it."""
    given: dict[str, Any] = {name: text for name, text in said._asdict().items() if text}
    for name in ("meter", "quantity", "ts", "value"):
        if name not in given:
            return Problem("missing_field", _("%(field)s is not said: say it in the correction", field=name), name)
    given["value"] = _value(said.value)
    if said.interval_s:
        given["interval_s"] = (
            int(said.interval_s) if said.interval_s.isascii() and said.interval_s.isdecimal() else Unreal(said.interval_s)
        )
    if said.ts.lstrip("-").isdecimal():
        words = _("ts is an integer and its unit is not declared: say in the correction what such times count")
        return Problem("precision_missing", words, "ts", said.ts)
    return as_reading(given)


def _value(text: str) -> Any:
    try:
        known = json.loads(text, parse_constant=Unreal)
    except ValueError:
        return Unreal(text)
    return known
