"""The MQTT broker is gone for a minute: what was published before and meanwhile is stored once it is back."""

import time

from faults.house import House, until
from faults.posting import Publisher
from faults.verdict import Verdict

LASTS_S = 60.0


def happen(house: House, share: float) -> list[Verdict]:
    """It ends in good order, and starts again a minute later."""
    house.broker.stop()
    time.sleep(LASTS_S * share)
    house.broker.start()
    road = Publisher.road
    before = house.taken_by_road()[road]
    until("the broker takes messages again", lambda: house.taken_by_road()[road] > before)
    return [Verdict("readings by MQTT taken since the broker came back", house.taken_by_road()[road] - before, is_due=True)]
