"""Samples become 15-minute intervals: each quarter once it is over, and again when late samples or amendments arrive.

The quarters of each quantity are made by `store.series.quarters`, the energies that are told by counters, powers and intervals
of another grid by `store.series.derived_energy`. Doing a quarter again writes the same rows over themselves.
"""

import logging
import time
from collections.abc import Collection
from datetime import datetime, timedelta

from config import clock
from config.quantities import INTERVAL_S
from config.settings import settings
from store.errors import Refused
from store.records.plant import restatements
from store.scope import Scope
from store.series import checkpoint, derived_energy, judging, latest_kept, quarters
from store.series.backlog import Backlog
from store.series.checkpoint import GRACE, NEVER, Checkpoint
from store.series.connection import listed, query
from store.series.grid import floor
from store.series.interval_sums import ROLLUP
from store.series.latest import not_ahead

log = logging.getLogger(__name__)

SOURCE = ROLLUP  # of the rows that it makes
AT_ONCE = timedelta(days=1)  # samples of one day are aggregated in a statement
APPLY_S = 30.0
LATE_S = 8.0  # of each run, for what came late: the worker rests as long again
LEAST_DAYS = 2  # of each run, though all of its time went for what is live: the newest, and the one that has waited longest

_restated: set[str] = set()  # changes of declarations that are in it
_backlog = Backlog()  # of this process; hearing of something again after a restart does no harm


def catch_up(scope: Scope, now: datetime | None = None, late_s: float = LATE_S) -> int:
    """Roll up every quarter that is over and not done, and those that late samples have changed; returns how many samples.

    Safe to run again and after any interruption: the checkpoint is written last. What came late is worked at for about
    `late_s` seconds, and the rest left for the next time, so that what is live does not wait for it.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    _require_own(scope)
    deadline = time.monotonic() + late_s
    done = checkpoint.read()
    until = floor(now or clock.now() - GRACE, INTERVAL_S)
    # Markers first: of what becomes visible after them there is a marker that is heard again.
    _backlog.hear(done.late_to)
    _restate(scope, until)
    if not await_applied(("telemetry", "late", "amendments"), APPLY_S):
        log.warning("QuestDB shows what was written %.0f s ago not yet: quarters that are over wait", APPLY_S)
        return 0
    start = done.rolled_to if done.rolled_to > NEVER else _first_sample(until)
    quarters_made = roll_up(scope, start, until) if start < until else 0
    judging.judge(scope, until, not_ahead())
    judging.judge_told(scope)
    latest_kept.keep(scope, _backlog.news)
    _backlog.news.clear()
    quarters_made += _make_again(scope, max(until, done.rolled_to), deadline)
    if quarters_made and not await_applied(("intervals",), APPLY_S):
        return quarters_made
    late_to = done.late_to if _backlog else _backlog.heard_to
    reached = Checkpoint(max(until, done.rolled_to), late_to)
    if reached.rolled_to != done.rolled_to or (_backlog.heard and not _backlog):
        checkpoint.write(reached)
        _backlog.heard = bool(_backlog)
        await_applied(("rollups",), APPLY_S)
    if _restated and not _backlog:
        restatements.done(scope, _restated)
        _restated.clear()
    return quarters_made


def _restate(scope: Scope, closed: datetime) -> None:
    """What changed declarations tell of anew joins what came late."""
    waiting = [each for each in restatements.waiting(scope) if each.id not in _restated]
    if not waiting:
        return
    for each in waiting:  # what intervals tell is not made again, but what a meter is rated for says which of them can be true
        judging.judge_again(scope, [each.meter_id], each.since, each.until or not_ahead())
    first: dict[str, datetime] = dict(
        query(f"SELECT meter, min(ts) FROM telemetry WHERE meter IN ({listed({each.meter_id for each in waiting})})")
    )
    for each in waiting:
        if each.meter_id in first:
            since = max(floor(first[each.meter_id], INTERVAL_S), floor(each.since, INTERVAL_S))
            _backlog.add(each.meter_id, since, min(each.until or closed, closed))
    _restated.update(each.id for each in waiting)


def _make_again(scope: Scope, closed: datetime, deadline: float) -> int:
    """The closed quarters that came late, a day of them at a time, until they are done or it is time for what is live."""
    made = 0
    # Beyond what is kept the samples are gone, and making a quarter of nothing would empty it.
    oldest = floor(clock.now() - timedelta(days=settings().kept_telemetry_days), INTERVAL_S)
    for nth, (start, end, meters) in enumerate(_backlog):
        if nth >= LEAST_DAYS and time.monotonic() > deadline:
            break
        first, stop = max(start, oldest), min(end, closed)
        if first < stop:
            made += roll_up(scope, first, stop, meters, closed)
        _backlog.done(start)
    return made


def roll_up(
    scope: Scope, start: datetime, end: datetime, series_ids: Collection[str] | None = None, closed: datetime | None = None
) -> int:
    """Make the quarters of [start, end) from their samples, of all series or of these; returns how many samples.

    The energy beside them that these samples tell of is made with them, up to `closed` (or `end`).
    """
    _require_own(scope)
    start, made = floor(start, INTERVAL_S), 0
    while start < end:
        stop = min(start + AT_ONCE, end)
        if judging.judge(scope, start, stop, series_ids):
            await_applied(("amendments",), APPLY_S)
        made += quarters.aggregate(start, stop, series_ids)
        derived_energy.derive(start, stop, series_ids, closed or end)
        start = stop
    return made


def await_applied(names: Collection[str], within_s: float) -> bool:
    """Wait until everything that is committed to the tables now can be read; False when it takes longer."""

    def state() -> dict[str, tuple[int, int]]:
        rows = query(f"SELECT name, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN ({listed(names)})")
        return {name: (written, committed) for name, written, committed in rows}

    wanted = {name: committed for name, (_, committed) in state().items()}
    deadline = time.monotonic() + within_s
    while any(state()[name][0] < committed for name, committed in wanted.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _require_own(scope: Scope) -> None:
    if not scope.everything:
        raise Refused("only Loadstar itself rolls up")


def _first_sample(otherwise: datetime) -> datetime:
    rows = query("SELECT min(ts) FROM telemetry")
    return floor(rows[0][0], INTERVAL_S) if rows and rows[0][0] is not None else otherwise
