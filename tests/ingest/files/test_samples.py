"""Small real files of formats: as many readings, and as much energy, as a plain reading of each says that it holds."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from ingest.files.content import UnreadableFile
from ingest.files.detect import detect
from tests.ingest.files.reading import close, read

SAMPLES = Path(__file__).with_name("samples")
ESPI = "{http://naesb.org/espi}"
Plain = tuple[int, float]  # readings, and their sum in kWh


def _summed(values: Iterable[float]) -> Plain:
    found = list(values)
    return len(found), sum(found)


def _espi(text: str, kwh: float) -> Plain:
    """Of the interval readings, which lie within blocks; a reading of a bill stands by itself."""
    root = ElementTree.fromstring(text)
    return _summed(float(each.findtext(f"{ESPI}value", "nan")) * kwh for each in root.iter(f"{ESPI}IntervalReading"))


def _mscons(text: str) -> Plain:
    values = re.findall(r"QTY\+\d+:([\d.,]+)'DTM\+163", text)
    return _summed(float(each.replace(",", ".")) for each in values)


def _nem12(text: str) -> Plain:
    """Of channels in kWh, days that have all their 48 half hours."""
    values: list[float] = []
    unit = ""
    for row in csv.reader(io.StringIO(text)):
        if row[0] == "200":
            unit = row[7].lower()
        elif row[0] == "300" and unit == "kwh" and len(row) > 50:
            values += map(float, row[2:50])
    return _summed(values)


def _day_columns(text: str, first: str, last: str, **more: object) -> Plain:
    frame = pd.read_csv(io.StringIO(text), **more)  # type: ignore[call-overload]
    cells = frame.loc[:, first:last].stack()  # type: ignore[misc]
    return int(cells.count()), float(cells.sum())


def _rows(text: str) -> Plain:
    frame = pd.read_csv(io.StringIO(text), skiprows=1)
    return int(frame["kWh"].count()), float(frame["kWh"].sum())


def _n3rgy(text: str) -> Plain:
    return _summed(each["primaryValue"] for device in json.loads(text)["devices"] for each in device["values"])


def _solaredge(text: str) -> Plain:
    meters = json.loads(text)["energyDetails"]["meters"]
    return _summed(each["value"] / 1000 for meter in meters for each in meter["values"] if each.get("value") is not None)


PLAIN: dict[str, Callable[[str], Plain]] = {
    "espi_electric_12h_blocks.xml": lambda text: _espi(text, 0.001),
    "espi_gas_direct.xml": lambda text: _espi(text, 29.3071 * 10**-3),
    "mscons_decimal_point.txt": _mscons,
    "mscons_una_decimal_comma.txt": _mscons,
    "nem12_actual.csv": _nem12,
    "nem12_incomplete_day.csv": _nem12,
    "nem12_quality_per_interval.csv": _nem12,
    "solaredge_energy_details.json": _solaredge,
    "uk_kwh_1_to_48_and_kvarh.csv": lambda text: _day_columns(text, "kWh_1", "kWh_48"),
    "uk_n3rgy_consumption.json": _n3rgy,
    "uk_row_per_day_48_columns.csv": lambda text: _day_columns(text, "00:00", "23:30"),
    "uk_row_per_half_hour_sep_line.csv": _rows,
}
NO_HISTORY = {"shelly_pro3em_status.json"}  # what a device says now, without a time


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_real_file_gives_what_a_plain_reading_of_it_gives(name: str) -> None:
    path = SAMPLES / name
    found = read(path, detect(path, "Europe/London").profile)
    count, total = PLAIN[name](path.read_text(encoding="utf-8"))
    assert count > 0 and len(found.readings) == count
    factors = {"": 1.0, "kWh": 1.0, "Wh": 0.001}
    assert close(sum(each[5] * factors[each[2]] for each in found.readings), total)


@pytest.mark.parametrize("name", sorted(NO_HISTORY))
def test_what_holds_no_history_is_refused_in_words(name: str) -> None:
    with pytest.raises(UnreadableFile, match="no column of times"):
        detect(SAMPLES / name)


def test_every_sample_is_tried_and_says_where_it_is_from() -> None:
    there = {path.name for path in SAMPLES.iterdir()} - {"SOURCES.md"}
    assert there == set(PLAIN) | NO_HISTORY
    sources = (SAMPLES / "SOURCES.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in sources for name in there)
