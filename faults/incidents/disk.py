"""The disk of the state folder, with the records and the series, is full: devices are told so, and it heals by itself."""

import time
from pathlib import Path

from faults import embedded
from faults.disk import NotMounted, small_disk
from faults.house import until
from faults.verdict import Verdict

MEGABYTES = 700
LASTS_S = 30.0
TOLD_WITHIN_S = 30.0


def happen(folder: Path, share: float) -> list[Verdict]:
    """For half a minute, and until devices have been told."""
    try:
        with (
            small_disk(folder / "disk", MEGABYTES) as disk,
            embedded.posted_to(disk.folder / "home", LOADSTAR_LEAST_FREE_MB="100") as (product, poster),
        ):
            until("readings are taken", lambda: len(poster.acknowledged) > 500)
            until("the reserve is there", (product.home / "reserve").exists)
            disk.fill()
            began = time.monotonic()
            until("devices are told that the disk is full", lambda: poster.answers[507] > 0)
            told_s = time.monotonic() - began
            time.sleep(LASTS_S * share)
            refused = poster.answers[507]
            disk.free()
            began, taken = time.monotonic(), len(poster.acknowledged)
            until("readings are taken again", lambda: len(poster.acknowledged) > taken + 500)
            healed_s = time.monotonic() - began
            poster.end()
            until("all tables go on", embedded.is_applied)
            return [
                Verdict("posts told that the disk is full (507)", refused, is_due=True),
                Verdict("full disks that devices were told of after more than 30 s", int(told_s > TOLD_WITHIN_S), is_bad=True),
                Verdict("seconds until readings were taken again once there was room", round(healed_s)),
                *embedded.kept(poster, "around a full disk"),
            ]
    except NotMounted:
        return [Verdict("full disks (none can be mounted here: that takes root)", 0)]
