"""Readings that somebody decided about after they had come: judged and stored as they would have been at once.

What is stored under such a key came later than what waited, and stays.
"""

from collections.abc import Sequence
from typing import NamedTuple

from config import clock
from config.language import _
from config.settings import Settings
from ingest.directory import Caller
from ingest.judge import Judge, Reading
from ingest.ledger import LateLedger
from ingest.problem import Problem
from ingest.rows import Rows
from ingest.times import DAY, Window
from store.series.stored import Stored, key, standing
from store.series.write import TELEMETRY, Row

ALWAYS = 36_500  # days back: of a time that was accepted when it came


class Verdict(NamedTuple):
    """What became of one: what is wrong with it, or the row that it is, the value that was `there` before, and why it is held."""

    problem: Problem | None = None
    row: Row | None = None
    there: float | None = None
    held: str = ""


class Afterwards:
    """Stores such readings. Used by one thread."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._ledger, self._stored = LateLedger(settings), Stored(settings)

    def close(self) -> None:
        """Let go of the connections."""
        self._ledger.close()
        self._stored.close()

    def store(
        self, readings: Sequence[Reading | Problem], caller: Caller, *, back_days: float = ALWAYS, dry_run: bool = False
    ) -> list[Verdict]:
        """What became of each, or with `dry_run` what would: then nothing is stored.

        Args:
            readings: whose integer times are microseconds, or what was wrong before anybody could judge.
            caller: who writes.
            back_days: how old a reading may be. Samples that are older than samples are kept are refused all the same.
            dry_run: whether to store nothing.

        Raises:
            StoreAway: nothing of it may be taken as stored.
            Refusal: 503 nobody knows what time it is.
        """
        rows = Rows(late=True, dry_run=dry_run)
        judge = Judge(caller, Window(back_days, self._settings.accept_ahead_s), rows)
        judge.judge(readings, "us")
        wrong = {problem.index: problem for problem in judge.problems}
        held = {each.index: str(each.code) for each in rows.held}
        good = iter(rows.rows)
        since = judge.now_us - self._settings.kept_telemetry_days * DAY
        found: list[Verdict] = []
        for place in range(len(readings)):
            if place in wrong:
                found.append(Verdict(wrong[place]))
                continue
            row = next(good)
            gone = row[0].table == TELEMETRY and row[1] < since
            found.append(Verdict(_not_kept()) if gone else Verdict(row=row, held=held.get(place, "")))
        return self._written(found, dry_run=dry_run)

    def _written(self, found: list[Verdict], *, dry_run: bool) -> list[Verdict]:
        known = self._stored.values([each.row for each in found if each.row is not None])
        for place, each in enumerate(found):
            if each.row is not None:
                of = key(each.row)
                found[place] = each._replace(there=known[of].value if of in known else None)
                known.setdefault(of, standing(each.row))  # of two that say different things of one time, the first
        new = [place for place, each in enumerate(found) if each.row is not None and each.there is None]
        if new and not dry_run:
            [outcome] = self._ledger.commit(
                [Rows([row for place in new if (row := found[place].row)], late=True)], clock.now_us()
            )
            for position, why in outcome.refused.items():
                words = _("the store refuses the reading: %(why)s", why=why[:200])
                found[new[position]] = Verdict(Problem("refused_by_store", words))
        return found


def _not_kept() -> Problem:
    words = _(
        "values of less than 15 minutes and registers are kept for a while only; of this time, import energies of intervals"
    )
    return Problem("not_kept", words)
