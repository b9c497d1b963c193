"""Imports as workers do them: killed half-way one goes on where it stood, called off it leaves nothing."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from config.settings import Settings
from ingest.files.detect import detect
from store.errors import Refused
from store.records.jobs import figures, working
from store.records.plant import imports
from store.records.schema import Job
from store.records.schema.columns import now
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.files.reading import asked, close, written
from tests.ingest.world import Stored, World
from worker.pool import Pool, lanes
from worker.task import all_tasks

QUARTERS = 300_000  # two blocks


@pytest.fixture
def pool(device_settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setattr(working, "PAUSE", timedelta(milliseconds=100))
    monkeypatch.setattr(imports, "LETS_GO", timedelta(seconds=2))
    with engine.session() as records:  # what other tests have asked for goes on waiting
        records.execute(update(Job).where(Job.state == "queued").values(not_before=now() + timedelta(days=1)))
    made = Pool(device_settings, all_tasks(), lanes(device_settings))
    made.start()
    yield made
    made.end()
    made.join()


def _file(tmp_path: Path, values: np.ndarray, start: str) -> Path:
    times = np.datetime64(start, "m") + np.timedelta64(15, "m") * np.arange(1, len(values) + 1)
    said = np.char.add(np.datetime_as_string(times), "Z").tolist()
    rows = "".join(f"load,{time},{value}\n" for time, value in zip(said, values.tolist(), strict=True))
    return written(tmp_path, "meter,time,kWh\n" + rows)


def _until_half(import_id: str) -> None:
    eventually(lambda: imports.seen(SYSTEM, import_id).record.parts >= 1, 120, 0.02)


def test_one_that_is_killed_goes_on_and_one_that_is_called_off_leaves_nothing(
    pool: Pool, device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    values = np.round(np.random.default_rng(21).random(QUARTERS), 3)
    path = _file(tmp_path, values, "1991-01-01")
    profile = detect(path, "UTC").profile
    record = asked(device_settings, world.site_id, path, profile)
    _until_half(record.id)
    [attempt] = [each for each in pool._attempts if each.job.id == record.job_id]
    os.killpg(attempt.process.pid, signal.SIGKILL)
    here = "SELECT count(), sum(value) FROM intervals WHERE source = %s"
    eventually(lambda: imports.seen(SYSTEM, record.id).state == "done", 120, 0.1)
    seen = imports.seen(SYSTEM, record.id)
    assert seen.record.readings == QUARTERS
    eventually(lambda: figures.ended(SYSTEM, record.created_at))  # it is written down after the import is
    ((count, total),) = stored(here, record.id)
    assert count == QUARTERS and close(total, float(values.sum())) and close(seen.totals[0].total, float(values.sum()))
    with pytest.raises(Refused, match="neither waits nor runs"):
        imports.cancel(SYSTEM, record.id)

    other = asked(device_settings, world.site_id, _file(tmp_path, values + 1, "1995-01-01"), profile)
    _until_half(other.id)
    assert imports.cancel(SYSTEM, other.id).state == "cancelling"
    with pytest.raises(Refused, match="taken back"):
        asked(device_settings, world.site_id, tmp_path / "file", profile)
    eventually(lambda: imports.seen(SYSTEM, other.id).state == "cancelled", 120, 0.1)
    assert stored(here, other.id) == [(0, None)]
    ((count, total),) = stored(here, record.id)  # what it had replaced
    assert count == QUARTERS and close(total, float(values.sum()))

    imports.undo(SYSTEM, record.id)
    eventually(lambda: imports.seen(SYSTEM, record.id).state == "undone", 120, 0.1)
    assert stored("SELECT count() FROM intervals WHERE meter = %s AND value != null AND ts < '1999'", world.load) == [(0,)]
