"""The workers are killed when half of a file is imported: the import goes on, and all of the file is there once."""

from datetime import UTC, datetime, timedelta

from config.settings import settings
from faults.house import House, until
from faults.incidents import posts
from faults.verdict import Verdict
from ingest.files import importing
from ingest.files.detect import detect
from store.records.plant import imports
from store.scope import SYSTEM

ROWS, EVERY_S = 400_000, 900
SINCE = datetime(2010, 1, 1, tzinfo=UTC)
HALF = 0.5


def happen(house: House, share: float) -> list[Verdict]:
    """Some hundred thousand quarters of an hour of one meter."""
    meter = house.plant.odd["file"]
    values = {SINCE + timedelta(seconds=EVERY_S * n): n % 1000 / 8 for n in range(round(ROWS * share))}
    path = house.folder / "history.csv"
    lines = (f"{at + timedelta(seconds=EVERY_S):%Y-%m-%dT%H:%M:%S+00:00},{meter},{value}\n" for at, value in values.items())
    with path.open("w") as file:
        file.write("time,meter,energy_kwh\n")
        file.writelines(lines)
    made = importing.start(SYSTEM, settings(), house.plant.site, path, path.name, detect(path, "UTC").profile)

    def seen() -> imports.Seen:
        return imports.seen(SYSTEM, made.id)

    until("half of the file is imported", lambda: seen().progress >= HALF or seen().state not in ("waiting", "running"))
    was_running = seen().state == "running"
    for name in house.production.names("files"):
        house.production.kill(name)
    until("the import has ended", lambda: seen().state not in ("waiting", "running"))
    lost, doubled = posts.missing(meter, values, "energy_kwh", "intervals")
    return [
        Verdict("imports killed half-way", int(was_running), is_due=share == 1),
        Verdict("imports that did not end well", int(seen().state != "done"), is_bad=True),
        Verdict("readings of files lost", lost, is_bad=True),
        Verdict("readings of files doubled", doubled, is_bad=True),
    ]
