"""What is in columns into QuestDB, a few hundred thousand rows at a time, by the processes of Loadstar alone.

So go whole histories, series of regions, and what the rollup has made. What devices post is text from the moment it is judged
(`store.series.write`); decision 345 says why both. A row that is there already is replaced. The rows are visible once
QuestDB has applied its log.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from questdb import QuestDBError, Sender

from config import clock
from config.settings import Settings
from store.errors import Refused, StoreAway
from store.scope import Scope
from store.series.write import Marker

# About 80 bytes a row: well below the client's 100 MB and the server's patience.
FLUSH_ROWS = 100_000

Texts = NDArray[np.object_] | pd.Categorical  # the latter where few texts stand often
Microseconds = NDArray[np.int64]
Values = NDArray[np.float64]
Marks = NDArray[np.bool_]

SYMBOLS = {
    "telemetry": ["meter", "quantity", "source"],
    "intervals": ["meter", "quantity", "source"],
    "late": ["meter"],
}

_mine = threading.local()  # each thread's connection


def symbols(which: NDArray[np.integer], texts: Sequence[str]) -> "pd.Categorical[Any]":
    """A column of these texts, which differ, by the place of each row's."""
    return pd.Categorical.from_codes(which, dtype=pd.CategoricalDtype(list(texts)))


def telemetry(
    ts: Microseconds,
    meter: Texts,
    quantity: Texts,
    value: Values,
    source: str,
    *,
    estimated: Marks | None = None,
    lasts_s: int = 0,
) -> pd.DataFrame:
    """Rows of `telemetry`: times in µs since 1970, ids of meters or regions, values in the quantities' units.

    `estimated`: which of them their sender estimated; none: all were read. `lasts_s`: how long the interval is that each tells
    of; 0: they are of a moment.
    """
    frame = pd.DataFrame(
        {
            "meter": _column(meter),
            "quantity": _column(quantity),
            "source": symbols(np.zeros(len(ts), np.int8), [source]),
            "value": value,
            "ts": ts.astype("datetime64[us]"),
        }
    )
    frame = frame.assign(lasts_s=lasts_s) if lasts_s else frame
    return frame if estimated is None or not estimated.any() else frame.assign(estimated=estimated)


def _column(texts: Texts) -> "pd.Categorical | pd.Series[Any]":
    return texts if isinstance(texts, pd.Categorical) else pd.Series(texts, dtype=object)


def intervals(
    ts: Microseconds,
    meter: Texts,
    quantity: Texts,
    value: Values,
    source: str,
    *,
    interval_s: int,
    extremes: tuple[Values, Values] | None = None,
    count: int = 1,
    estimated_s: Values | None = None,
) -> pd.DataFrame:
    """Rows of `intervals` at their starts (µs since 1970); `extremes` are the least and greatest of `count` samples.

    `estimated_s`: of how much of each its sender says that it is an estimate; none: all were read.
    """
    frame = telemetry(ts, meter, quantity, value, source)
    frame["interval_s"] = np.full(len(ts), interval_s)
    frame["min"], frame["max"] = extremes if extremes is not None else (value, value)
    frame["count"] = np.full(len(ts), count)
    if estimated_s is not None and estimated_s.any():
        frame["estimated_s"] = np.where(estimated_s > 0, estimated_s, np.nan)
    return frame


def late(markers: Sequence[Marker]) -> pd.DataFrame:
    """Rows of `late`: samples of these meters came into quarters of an hour (first start, last end, µs) that were closed."""
    meters, starts, ends = zip(*markers, strict=True) if markers else ((), (), ())
    return pd.DataFrame(
        {
            "meter": pd.Series(meters, dtype=object),
            "ts": np.array(starts, dtype="datetime64[us]"),
            "ts_end": np.array(ends, dtype="datetime64[us]"),
            # Its designated time is the arrival; rows of one flush must not fall on each other.
            "received_at": _now() + np.arange(len(markers)).astype("timedelta64[us]"),
        }
    )


def _now() -> np.datetime64:
    return np.datetime64(clock.now().replace(tzinfo=None), "us")


@contextmanager
def writer(settings: Settings) -> Iterator[Sender]:
    """A connection for `write`, which this thread keeps for the next time unless something goes wrong."""
    password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
    # Of this process alone: a forked one must not use its parent's.
    whose = os.getpid(), settings.questdb_host, settings.questdb_http_port, settings.questdb_user, password
    try:
        if getattr(_mine, "whose", None) != whose:
            _mine.whose = None
            _mine.sender = Sender.from_conf(
                f"http::addr={settings.questdb_host}:{settings.questdb_http_port};username={settings.questdb_user};"
                f"password={password};protocol_version=2;auto_flush=off;request_timeout=60000;retry_timeout=20000;"
            )
            _mine.sender.establish()
            _mine.whose = whose
        yield _mine.sender
    except BaseException as error:
        _mine.whose = None
        if isinstance(error, QuestDBError):
            raise StoreAway(f"QuestDB does not take the history: {error}") from error
        raise


def write(scope: Scope, sender: Sender, table: str, frame: pd.DataFrame) -> int:
    """Write rows made by `telemetry`, `intervals` or `late`; returns how many.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB did not take them; some may have been written, and writing them again does no harm.
    """
    if not scope.everything:
        raise Refused("only Loadstar itself writes whole histories")
    at = "received_at" if table == "late" else "ts"
    for start in range(0, len(frame), FLUSH_ROWS):
        try:
            rows = frame.iloc[start : start + FLUSH_ROWS]
            if "received_at" not in rows:  # of the moment of the flush, as of all that is written (`store.series.write`)
                rows = rows.assign(received_at=_now())
            sender.dataframe(rows, table_name=table, symbols=SYMBOLS[table], at=at)
            sender.flush()
        except QuestDBError as error:
            raise StoreAway(f"QuestDB does not take the history: {error}") from error
    return len(frame)
