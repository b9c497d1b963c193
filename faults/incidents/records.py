"""The volume of the records, PostgreSQL's, is full: that is told, readings are taken, pages shown, and it heals by itself."""

import time
from itertools import count

from faults.house import House, until
from faults.posting import LinePoster, Poster
from faults.verdict import Verdict
from store.errors import StoreAway, StoreFull
from store.records.plant import channels
from store.records.plant.channels import Source
from store.scope import SYSTEM

LASTS_S = 60.0
TOLD_WITHIN_S = 30.0
ALARM = "the disk of the records is nearly full"
ROADS = (Poster.road, LinePoster.road)  # by MQTT the broker acknowledges, whether we do or not
NAMES, LONG = 1_000, 200  # more than the little room that is left has place for


def happen(house: House, share: float) -> list[Verdict]:
    """For a minute from the first change on that finds no room."""
    if house.volume is None:
        return [Verdict("full volumes of records (none can be mounted here: that takes root)", 0)]
    turns, began = count(), time.monotonic()
    house.volume.fill()
    until("the log tells of it", lambda: _is_told(house))
    told_s = time.monotonic() - began
    until("the records have no room", lambda: _is_refused(house, next(turns)))
    taken, pages, until_s = house.taken_by_road(), house.pages(), time.monotonic() + LASTS_S * share
    until("a while of full records is over", lambda: time.monotonic() > until_s)
    until("readings of known keys are taken", lambda: all(house.taken_by_road()[road] > taken[road] for road in ROADS))
    taken, pages = house.taken_by_road() - taken, house.pages() - pages
    still = _is_refused(house, next(turns))
    house.volume.free()
    began, ended = time.monotonic(), house.asker.ended
    until("the records take changes again", lambda: not _is_refused(house, next(turns)))
    healed_s = time.monotonic() - began
    until("jobs are done again", lambda: house.asker.ended > ended)
    return [
        Verdict("volumes of records that were full", int(still), is_due=True),
        Verdict("full volumes of records that were told of after more than 30 s", int(told_s > TOLD_WITHIN_S), is_bad=True),
        *(Verdict(f"readings by {road} taken meanwhile", taken[road], is_due=True) for road in ROADS),
        Verdict("pages shown meanwhile", pages[200]),
        Verdict("pages that said why not", pages[507] + pages[503]),
        Verdict("seconds until the records took changes again once there was room", round(healed_s)),
    ]


def _is_told(house: House) -> bool:
    logs = (house.production.log(name) for name in house.production.names("worker"))
    return any(ALARM in log.read_text(errors="replace") for log in logs)


def _is_refused(house: House, turn: int) -> bool:
    """Whether some channels that nobody has heard of yet find no room."""
    names = [f"full {turn} {n} ".ljust(LONG, ".") for n in range(NAMES)]
    try:
        channels.known(SYSTEM, Source(house.plant.site), "lines", names)
    except (StoreAway, StoreFull):
        return True
    return False
