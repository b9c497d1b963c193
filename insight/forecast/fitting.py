"""The ARIMA in a process that can be killed: a fit that hangs costs its time budget and nothing else.

`python -m insight.forecast.fitting` reads one series as JSON, and writes lines of JSON: `{"progress": …}` while it works
and `{"forecast": …}` after each model, the best so far.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from config import language
from config.language import N_, Told
from config.settings import PROJECT
from models.forecast import arima, choice
from models.forecast.backtest import before_last_days
from models.forecast.hours import TooLittleData, whole_hours
from models.forecast.seen import Unseen

COMMAND = (sys.executable, "-m", "insight.forecast.fitting")
SPARE_S = 5.0

SEASONS = (7, 1)  # days: from the same hour last week, then from yesterday's

Progress = Callable[[int, int], None]


def best_arima(
    history: pd.Series, bounds: choice.Bounds, within_s: float, progress: Progress, command: Sequence[str] = COMMAND
) -> choice.Forecast:
    """The best forecast that ARIMA or the naive gives within the time; the naive's, saying so, when no model has finished.

    Args:
        history: hourly values in a time zone, the last one the hour before the forecast.
        bounds: what can be true; only its ends, not its nights.
        within_s: time budget in seconds, from now.
        progress: told how many models are fitted, of how many.
        command: the process that fits.

    Raises:
        TooLittleData: not even the naive can be made.
    """
    naive = choice.naive(history, bounds)
    deadline = time.monotonic() + within_s
    known = whole_hours(history)
    task = {
        "start": known.index[0].isoformat(),
        "zone": str(known.index.tz),  # type: ignore[attr-defined]  # whole_hours has a DatetimeIndex
        "values": [None if np.isnan(value) else round(float(value), 6) for value in known],
        "least": bounds.least,
        "greatest": bounds.greatest,
        "within_s": within_s,
    }
    best: choice.Forecast | None = None
    with subprocess.Popen(  # noqa: S603 - our own program
        command,
        cwd=PROJECT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            _send(process, json.dumps(task).encode())
            for said in _lines(process, deadline):
                if "progress" in said:
                    progress(*said["progress"])
                elif "forecast" in said:
                    best = from_plain(said["forecast"])
        finally:
            in_time = time.monotonic() < deadline
            process.kill()
    if best is not None:
        return best
    late = Told(N_("ARIMA did not finish within %(seconds)s s"), {"seconds": f"{within_s:g}"})
    why = Told(N_("ARIMA could not be fitted")) if in_time else late
    return replace(naive, fallback=why)


def _send(process: "subprocess.Popen[bytes]", task: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - for the type checker
    try:
        process.stdin.write(task)
        process.stdin.close()
    except BrokenPipeError:  # it ended at once; what it said of it is in the log
        return


def _lines(process: "subprocess.Popen[bytes]", deadline: float) -> Any:
    """What the process says, until it ends or the time is up."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    pending = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not waiting.select(left):
                return
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return
            *whole, pending = (pending + piece).split(b"\n")
            for line in whole:
                yield json.loads(line)


def to_plain(said: choice.Forecast) -> dict[str, Any]:
    """The forecast as JSON."""
    return {
        "model": language.to_plain(said.model),
        "start": said.start.isoformat(),
        "mean": [float(value) for value in said.mean],
        "low": [float(value) for value in said.low],
        "high": [float(value) for value in said.high],
        "errors": {name: value for name, value in said.errors.items() if np.isfinite(value)},
        "skill": said.skill,
        "fallback": language.to_plain(said.fallback),
        "unseen": asdict(said.unseen) | {"at": said.unseen.at.isoformat()} if said.unseen else None,
    }


def from_plain(plain: dict[str, Any]) -> choice.Forecast:
    """The forecast that `to_plain` has written."""
    arrays = {name: np.asarray(plain[name], dtype=np.float64) for name in ("mean", "low", "high")}
    beyond = plain["unseen"] and Unseen(**plain["unseen"] | {"at": pd.Timestamp(plain["unseen"]["at"])})
    words = {name: language.from_plain(plain[name]) for name in ("model", "fallback")}
    return choice.Forecast(**plain | arrays | words | {"start": pd.Timestamp(plain["start"]), "unseen": beyond})


def main() -> None:
    """Fit the models one after the other, and say after each what is the best so far."""
    task = json.load(sys.stdin)
    # Without a reader there is nobody left to kill us.
    signal.setitimer(signal.ITIMER_REAL, task["within_s"] + SPARE_S)
    warnings.simplefilter("ignore")  # an optimiser that gives up says so to nobody: the backtest judges
    first = pd.Timestamp(task["start"]).tz_convert("UTC")
    index = pd.date_range(first, periods=len(task["values"]), freq="h").tz_convert(task["zone"])
    history = pd.Series(np.asarray(task["values"], dtype=np.float64), index=index)
    bounds = choice.Bounds(task["least"], task["greatest"])
    fitted: list[choice.Candidate] = []
    for turn, season_days in enumerate(SEASONS):

        def tell(done: int, of: int, turn: int = turn) -> None:
            _say(progress=[turn * of + done, len(SEASONS) * of])

        try:
            model = arima.fit(before_last_days(history), season_days, tell)
        except TooLittleData as why:
            needs = Told(N_("ARIMA needs more: %(reason)s"), {"reason": why.why})
            _say(forecast=to_plain(replace(choice.naive(history, bounds), fallback=needs)))
            return
        fitted.append(choice.Candidate(model.name, model))
        _say(forecast=to_plain(choice.better_of(history, fitted, bounds)))


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
