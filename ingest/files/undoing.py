"""An import is taken back: what stood before it shows again, and nothing of it is stored.

It may be killed at any point and begun again: what is put back is the import's no longer, and is passed over.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from config.language import _
from config.quantities import LONGEST_INTERVAL_S
from config.settings import Settings
from ingest.files import before, shelf
from store.errors import StoreAway
from store.records.access.policy import Action, require
from store.records.plant import imports
from store.scope import SYSTEM, Scope
from store.series import judging, latest_kept, replaced, rollup
from store.series.replaced import Stored

APPLIED_S = 120.0
LONGEST, MICROSECOND = timedelta(seconds=LONGEST_INTERVAL_S), timedelta(microseconds=1)
TRIES = 5  # a block may have been under way when it was called off


def undo(scope: Scope, settings: Settings, import_id: str, progress: Callable[[float], None] | None = None) -> int:
    """Take an import back; how many rows were. One of which nobody knows what stood before it stays, and says so.

    Raises:
        NotFound: there is none any more, or its site does not exist for the scope.
        Refused: not an operator of its site.
        StoreAway: QuestDB did not take all of it; running it again completes it.
    """
    seen = imports.seen(scope, import_id)
    require(scope, Action.OPERATE, site_id=seen.record.site_id)
    folder = shelf.folder(settings, import_id) / shelf.BEFORE
    if not folder.is_dir() and replaced.stored(SYSTEM, import_id):
        words = _("what stood before it is not kept here, as of one that came with a backup: void its readings instead")
        imports.fail(SYSTEM, import_id, words)
        return 0
    before.hand_on(settings, import_id)
    stood, gone = before.Before(folder), 0
    touched: dict[tuple[str, str, int], Stored] = {}
    for _again in range(TRIES):
        if not rollup.await_applied(("telemetry", "intervals"), APPLIED_S):
            raise StoreAway("QuestDB does not show yet what was imported")
        found = replaced.stored(SYSTEM, import_id)
        if not found:
            break
        touched = {(each.meter, each.quantity, each.interval_s): each for each in found} | touched
        due, done = sum(each.count for each in found), 0
        for keys in replaced.rows_of(SYSTEM, import_id):
            replaced.put_back(SYSTEM, settings, keys, stood.of(keys))
            done += len(keys)
            if progress is not None:
                progress(done / max(due, done))
        gone += done
    else:
        raise StoreAway("something of the import is still being stored")
    rollup.await_applied(("intervals",), APPLIED_S)
    # Of one that was killed when all was put back, what it had stored is told by its record.
    spans = [(each.meter, each.quantity, each.first, each.last) for each in touched.values()]
    spans += [(each.meter, each.quantity, _moment(each.first_us) - LONGEST, _moment(each.last_us)) for each in seen.totals]
    if spans:
        meters, _quantities, firsts, lasts = zip(*spans, strict=True)
        judging.judge_again(SYSTEM, {*meters}, min(firsts), max(lasts) + MICROSECOND)
    latest_kept.look_again(SYSTEM, {(meter, quantity) for meter, quantity, _first, _last in spans})
    before.forget(folder)
    imports.undone(SYSTEM, import_id)
    return gone


def _moment(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
