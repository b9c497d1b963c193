"""The recorded years that the demo replays; `data/SOURCES.md` says where they come from."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.replay import YEAR_H, Floats

DATA = Path(__file__).parent / "data"

# The recordings' first hours, seconds since 1970: a Wednesday in Cambridge, a Monday in Fontana (Pacific standard time).
CAMPUS_FIRST = int(datetime(2019, 1, 2, tzinfo=UTC).timestamp())
HOMES_FIRST = int(datetime(2016, 8, 1, 8, tzinfo=UTC).timestamp())

HOMES = 17


def campus_buildings() -> tuple[tuple[int, ...], Floats]:
    """The buildings' numbers and their kWh, (hours, buildings)."""
    names, hourly = _read("campus_buildings")
    return tuple(int(name.removeprefix("b").removesuffix("_kwh")) for name in names), hourly


def campus_weather() -> Floats:
    """°C and % at the start, W/m² as the mean of each hour, (hours, 3)."""
    return _read("campus_weather")[1]


def homes() -> tuple[Floats, Floats]:
    """Loads in kWh and PV in W for each installed kW, (hours, homes) each."""
    _, hourly = _read("homes")
    return hourly[:, :HOMES], hourly[:, HOMES:]


def homes_region() -> Floats:
    """USD/kWh, g CO2/kWh, °C and % of each hour, (hours, 4)."""
    return _read("homes_region")[1]


def _read(name: str) -> tuple[list[str], Floats]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="ascii") as file:
        file.readline()
        names = file.readline().removeprefix("# ").strip().split(",")
        hourly = np.loadtxt(file, delimiter=",", ndmin=2)
    if hourly.shape != (YEAR_H, len(names)):
        raise ValueError(f"{name}.csv.gz holds {hourly.shape}, not {YEAR_H} hours of {len(names)} columns")
    return names, hourly
