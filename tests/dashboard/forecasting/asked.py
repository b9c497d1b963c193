"""What the tests ask of a job: real functions, found by their name in the job's own process."""

import os
import time
from pathlib import Path

from dashboard.forecasting.jobs import answers_when_busy
from dashboard.web.access import current_scope, guard, signed_in, site_in


@guard(signed_in)
@answers_when_busy(lambda: "too many")
def who(progress, word):
    """Whose job this is, and what was asked."""
    return [current_scope().user_id, word, os.getpid()]


@guard(signed_in)
@answers_when_busy(lambda: "too many")
def wait_for(progress, folder):
    """Says that it runs, and ends when the test says so."""
    started = Path(folder) / f"{os.getpid()}.started"
    started.touch()
    progress("half way")
    while not (Path(folder) / "go").exists():
        time.sleep(0.02)
    return "done"


@guard(signed_in)
def break_down(progress, word):
    raise RuntimeError(f"secret {word}")


@guard(site_in())
def of_site(progress, site_id):
    return site_id


def without_rule(progress):
    return "never"
