"""Files of history: the same readings as a wide and a long CSV and as Parquet, imported by a worker; beside QuestDB's own client.

Counted from asking for the import until all its readings can be read; what the file means is known before.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from bench import plant
from bench.figures import Figure
from bench.product import Product
from bench.run import Run

METERS = 90
STEP_S = 900
START = np.datetime64("2023-01-01", "us")
PATIENT_S = 900.0
LOOK_S = 0.05
WEIGH_S = 0.25
RAW_ROWS = 50_000  # of a flush of the bare client
PARQUET = 1_000_000  # readings
IMPORTS = "worker.child"  # the program of the process that imports


def files(run: Run) -> list[Figure]:
    """Readings a second of each kind of file, and the memory of the process that imports them."""
    with run.fresh() as product:
        names = [f"{100 + number}" for number in range(METERS)]
        values = np.round(np.random.default_rng(9).random((METERS, run.sizes.file_rows // METERS)) * 50, 3)
        raw = _raw(run, product, values)
        folder = product.home / "bench"
        folder.mkdir()
        found = [Figure("the questdb client's dataframe() of the same rows, until they can be read", raw, "rows/s")]
        peaks = []
        for kind, path, least in (
            ("wide CSV", _wide(folder, names, values), 200_000),
            ("long CSV", _long(folder, names, values), 150_000),
        ):
            seconds, peak = _imported(run, product, _site(kind, names), kind, path, values.size)
            peaks.append(peak)
            found += [
                Figure(f"{kind}, imported", values.size / seconds, "readings/s", at_least=least if run.sizes.apart else None),
                Figure(f"{kind}, in units of the questdb client", values.size / seconds / raw, "×"),
            ]
        columns = min(PARQUET, run.sizes.file_rows) // METERS
        seconds, peak = _imported(
            run, product, _site("Parquet", names), "Parquet", _parquet(folder, names, values[:, :columns] + 2), columns * METERS
        )
        return [
            *found,
            Figure("a Parquet file of a million rows, imported", seconds, "s", at_most=10),
            Figure("memory of the importing process, greatest (PSS)", max(*peaks, peak), "MB", at_most=300),
        ]


def _site(kind: str, names: Sequence[str]) -> str:
    """A site with meters of these names, of which nothing is stored yet."""
    from store.records.plant import meters
    from store.records.transaction import engine
    from store.scope import SYSTEM

    with engine.session():  # one transaction for all of them
        site = plant.site(kind)
        for name in names:
            meters.create_meter(SYSTEM, site, name=name, role="condition")
    return site


def _times(count: int) -> np.ndarray:
    """The ends of so many quarters of an hour."""
    return START + np.timedelta64(STEP_S, "s") * np.arange(1, count + 1)


def _wide(folder: Path, names: Sequence[str], values: np.ndarray) -> Path:
    path = folder / "wide.csv"
    heads = pd.DatetimeIndex(_times(values.shape[1])).strftime("%m/%d/%Y %H:%M")
    with path.open("w") as file:
        file.write("Group,Building,Unit," + ",".join(heads) + "\n")
        for name, row in zip(names, values, strict=True):
            file.write(f"Campus / Building {name} (North),Hall,kWh," + ",".join(map(repr, row.tolist())) + "\n")
    return path


def _long(folder: Path, names: Sequence[str], values: np.ndarray) -> Path:
    path = folder / "long.csv"
    with path.open("w") as file:
        file.write("meter,time,kWh\n")
        for said, column in zip(np.datetime_as_string(_times(values.shape[1]), "s").tolist(), values.T, strict=True):
            file.writelines(f"{name},{said}Z,{value:.3f}\n" for name, value in zip(names, column.tolist(), strict=True))
    return path


def _parquet(folder: Path, names: Sequence[str], values: np.ndarray) -> Path:
    import pyarrow as pa
    import pyarrow.parquet

    path, count = folder / "values.parquet", values.shape[1]
    times = pa.array(np.repeat(_times(count), len(names))).cast(pa.timestamp("us", "UTC"))
    meters = pa.array(np.tile(np.array(names, dtype=object), count))
    pyarrow.parquet.write_table(pa.table({"meter": meters, "time": times, "kWh": values.T.ravel()}), path)
    return path


def _imported(run: Run, product: Product, site: str, kind: str, path: Path, readings: int) -> tuple[float, float]:
    """Seconds until all of a file can be read, and the greatest memory (MB) of the process that imports it."""
    import msgspec

    from ingest.files import importing
    from ingest.files.detect import detect
    from store.records.plant import imports
    from store.scope import SYSTEM
    from store.series import rollup

    run.say(f"importing a {kind} of {readings:,} readings, {path.stat().st_size / 1e6:.0f} MB")
    profile = detect(path, "UTC").profile
    if profile.shape == "wide":
        profile = msgspec.structs.replace(profile, meter=(0,), meter_pattern=r"Building (\d+)")
    with _weighed(product) as weights:
        began = time.monotonic()
        asked = importing.start(SYSTEM, product.settings(), site, path, path.name, profile)
        while (seen := imports.seen(SYSTEM, asked.id)).state in imports.AT_WORK:
            if time.monotonic() - began > PATIENT_S:
                raise RuntimeError(f"the {kind} is not imported after {PATIENT_S:.0f} s: {seen.record.readings:,} readings are")
            time.sleep(LOOK_S)
        rollup.await_applied(["intervals"], PATIENT_S)
        seconds = time.monotonic() - began
    if seen.state != "done" or seen.record.readings != readings or _count(asked.id) != readings:
        raise RuntimeError(f"the {kind} is {seen.state} with {_count(asked.id):,} of {readings:,} readings; {seen.why}")
    run.say(f"{kind}: {seconds:.1f} s, {max(weights):.0f} MB")
    path.unlink()
    return seconds, max(weights)


def _count(source: str) -> int:
    from store.series.connection import query

    return int(query("SELECT count() FROM intervals WHERE source = %s", [source])[0][0])


@contextmanager
def _weighed(product: Product) -> Iterator[list[float]]:
    """What a process that imports weighs meanwhile (MB, its proportional set)."""
    weights, ended = [0.0], threading.Event()

    def go() -> None:
        while not ended.wait(WEIGH_S):
            for each in product.processes():
                try:
                    if IMPORTS in each.cmdline():
                        weights.append(each.memory_full_info().pss / 1e6)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        yield weights
    finally:
        ended.set()
        thread.join()


def _raw(run: Run, product: Product, values: np.ndarray) -> float:
    """Rows a second of the same readings by QuestDB's own client, from columns that stand in memory."""
    from store.series import bulk, rollup

    run.say("the same rows by the questdb client")
    names, count = [f"raw_{number}" for number in range(METERS)], values.shape[1]
    starts = _times(count) - np.timedelta64(STEP_S, "s")
    frame = pd.DataFrame(
        {
            "meter": bulk.symbols(np.tile(np.arange(METERS), count), names),
            "quantity": bulk.symbols(np.zeros(values.size, int), ["energy_kwh"]),
            "source": bulk.symbols(np.zeros(values.size, int), ["raw"]),
            "value": values.T.ravel(),
            "ts": np.repeat(starts, METERS),
            "interval_s": np.full(values.size, STEP_S),
        }
    )
    began = time.monotonic()
    with bulk.writer(product.settings()) as sender:
        for start in range(0, len(frame), RAW_ROWS):
            rows = frame.iloc[start : start + RAW_ROWS]
            sender.dataframe(rows, table_name="intervals", symbols=["meter", "quantity", "source"], at="ts")
            sender.flush()
    rollup.await_applied(["intervals"], PATIENT_S)
    return len(frame) / (time.monotonic() - began)
