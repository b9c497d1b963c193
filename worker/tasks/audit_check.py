"""The check of the audit log's chain, from its first entry on."""

from dataclasses import asdict
from typing import Any

from store.records.access import audit
from store.records.jobs.kinds import AUDIT_CHECK, Nothing
from store.scope import Scope
from worker.task import Progress, Task

LASTS_S = 1800.0  # two hundred million entries, and somebody has forgotten it


def check(scope: Scope, _told: Nothing, progress: Progress) -> dict[str, Any]:
    """The verdict, as JSON."""
    return asdict(audit.verify(scope, lambda done, of: progress(done / of, {"checked": done, "of": of})))


TASK = Task(AUDIT_CHECK, check, most_s=LASTS_S, most_mb=1024)
