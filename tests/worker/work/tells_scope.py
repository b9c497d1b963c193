"""Says what it sees, and tries to write."""

from store.records.jobs.kinds import plain_scope
from store.records.transaction import trail
from tests.worker.kinds import TELLS_SCOPE
from worker.task import Task


def tell(scope, told, progress):
    return [plain_scope(scope), trail.who_acts().actor]


TASK = Task(TELLS_SCOPE, tell, most_s=60, most_mb=512)
