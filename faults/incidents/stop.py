"""QuestDB is stopped by SIGSTOP, and goes on: whoever posts meanwhile is answered, and what was taken is there."""

import signal
import time

from faults.house import House, until
from faults.production import family
from faults.verdict import Verdict

LASTS_S = 30.0


def happen(house: House, share: float) -> list[Verdict]:
    """For half a minute."""
    before, unreached = house.answers()[503], sum(each.unreached for each in house.posters)
    stopped = family(house.production.processes["questdb"].pid)
    for each in stopped:
        each.send_signal(signal.SIGSTOP)
    try:
        if share == 1:
            time.sleep(LASTS_S)
        until("devices are told to come later", lambda: house.answers()[503] > before)
    finally:
        for each in stopped:
            each.send_signal(signal.SIGCONT)
    left = sum(each.unreached for each in house.posters) - unreached
    return [
        Verdict("posts told to come later while QuestDB stood still", house.answers()[503] - before, is_due=True),
        Verdict("posts without an answer while QuestDB stood still", left, is_bad=True),
    ]
