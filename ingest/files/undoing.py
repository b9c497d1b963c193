"""An import is taken back: what stood before it shows again, and nothing of it is stored.

It may be killed at any point and begun again: what is put back is the import's no longer, and is passed over.
"""

from collections.abc import Callable

from config.settings import Settings
from ingest.files import before, shelf
from store.errors import StoreAway
from store.records.access.policy import Action, require
from store.records.plant import imports
from store.scope import SYSTEM, Scope
from store.series import latest_kept, replaced, rollup

APPLIED_S = 120.0
TRIES = 5  # a block may have been under way when it was called off


def undo(scope: Scope, settings: Settings, import_id: str, progress: Callable[[float], None] | None = None) -> int:
    """Take an import back; how many rows were.

    Raises:
        NotFound: there is none any more, or its site does not exist for the scope.
        Refused: not an operator of its site.
        StoreAway: QuestDB did not take all of it; running it again completes it.
    """
    record = imports.seen(scope, import_id).record
    require(scope, Action.OPERATE, site_id=record.site_id)
    folder = shelf.folder(settings, import_id) / shelf.BEFORE
    before.hand_on(settings, import_id)
    gone, touched = 0, set()
    for _try in range(TRIES):
        if not rollup.await_applied(("telemetry", "intervals"), APPLIED_S):
            raise StoreAway("QuestDB does not show yet what was imported")
        found = replaced.stored(SYSTEM, import_id)
        if not found:
            break
        touched |= {(each.meter, each.quantity) for each in found}
        due, done = sum(each.count for each in found), 0
        for each in found:
            for at_us in replaced.rows_of(SYSTEM, import_id, each):
                stood = before.of(folder, each.meter, each.quantity, each.interval_s, at_us)
                replaced.put_back(SYSTEM, settings, each, at_us, stood)
                done += len(at_us)
                if progress is not None:
                    progress(done / max(due, done))
        gone += done
    else:
        raise StoreAway("something of the import is still being stored")
    latest_kept.look_again(SYSTEM, touched)
    before.forget(folder)
    imports.undone(SYSTEM, import_id)
    return gone
