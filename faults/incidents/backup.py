"""A backup is taken while everything goes on: it has all that was acknowledged before it began, and reads well."""

import subprocess
import sys
from datetime import datetime

import pyarrow.parquet as pq

from cli.backup.archive import Reader
from cli.backup.restoring import verify
from config.settings import PROJECT
from faults.house import House
from faults.posting import Poster
from faults.production import NotWell
from faults.verdict import Verdict

PATIENT_S = 600


def happen(house: House, _share: float) -> list[Verdict]:
    """As an administrator types it in production; of MQTT, what the broker has acknowledged may still be on its way."""
    acknowledged = [each for each in house.posters if each.road == Poster.road]
    before = {each.meter: dict(each.acknowledged) for each in acknowledged}
    path = house.folder / "loadstar.backup"
    argv = [sys.executable, "-m", "cli", "backup", str(path)]
    env = house.production.environment("worker")
    ran = subprocess.run(argv, cwd=PROJECT, env=env, capture_output=True, text=True, check=False, timeout=PATIENT_S)  # noqa: S603 - our own program
    if ran.returncode:
        raise NotWell(f"the backup was not made: {ran.stderr[-2000:]}")
    found: dict[tuple[str, datetime], float] = {}
    with path.open("rb") as file:
        for name, part in Reader(file, None).parts():
            if name.startswith("series/telemetry/"):
                rows = pq.read_table(part, columns=["meter", "ts", "value"]).to_pydict()
                found |= dict(zip(zip(rows["meter"], rows["ts"], strict=True), rows["value"], strict=True))
    with path.open("rb") as file:
        whole = verify(Reader(file, None), lambda *_: None)
    lost = sum(found.get((meter, at)) != value for meter, values in before.items() for at, value in values.items())
    return [
        Verdict("rows in a backup that was taken meanwhile", sum(each.rows for each in whole.tables.values()), is_due=True),
        Verdict("acknowledged readings that it lacks", lost, is_bad=True),
    ]
