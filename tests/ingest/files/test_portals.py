"""Exports of portals and programs, each laid out as it comes: which readings they are, when they end, and who made them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tests.ingest.files.reading import changed, close, proposed, read, utc, written


class Export(NamedTuple):
    """A document, and of its readings: how many, their sum, how many the sender estimated, the first end, its meter and unit."""

    document: str
    count: int
    total: float
    estimated: int
    first: tuple[int, ...]
    of: tuple[str, str, str, int]
    encoding: str = "utf-8"


HALVES = [f"{half // 2:02}:{half % 2 * 30:02}:00" for half in [0, *range(47, 0, -1)]]  # EDF begins a day with its end
EDF = "\r\n".join(
    [
        "Récapitulatif de ma consommation",
        "",
        "Date;Puissance atteinte (W);Nature de la donnée",
        *("18/01/2025;;", *(f"{at};1000;Réelle" for at in HALVES)),
        *("17/01/2025;;", *(f"{at};500;Estimée" for at in HALVES)),
    ]
)
SPAIN = "\n".join(
    ["CUPS;Fecha;Hora;AE_kWh;AS_KWh;AE_AUTOCONS_kWh;REAL/ESTIMADO"]
    + [f"ES0031;26/10/2025;{hour};0,500;;;{'E' if hour == 3 else 'R'}" for hour in range(1, 26)]
)
DATADIS = json.dumps(
    [
        {"cups": "ES1", "date": "2024/01/01", "time": f"{hour:02}:00"}
        | {"consumptionKWh": 0.5, "obtainMethod": "Real" if hour < 20 else "Estimada"}
        for hour in range(1, 25)
    ]
)  # fmt: skip
STATISTICS = "\n".join(
    ["start,statistic_id,unit,sum,state,mean"]
    + [f"2025-01-01T{hour:02}:00:00+00:00,sensor.grid,kWh,{100 + hour / 2},{3000 + hour / 2}," for hour in range(24)]
)
ENEDIS = "\n".join(
    [
        "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Unite",
        "123;Courbe de charge;01/01/2026;02/01/2026;W",
        *("Horodate;Valeur", *(f"2026-01-05T{half // 2:02}:{half % 2 * 30:02}:00+01:00;1200" for half in range(1, 48))),
    ]
)
OCTOPUS = "\n".join(
    ["Consumption (kwh), Start, End"]
    + [f"0.25, 2025-01-01T{hour:02}:00:00+00:00, 2025-01-01T{hour:02}:30:00+00:00" for hour in range(24)]
)
DENMARK = "\n".join(
    ["\ufeffMålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type"]
    + [f"5713;14-02-2026 {hour:02}:00:00;14-02-2026 {hour + 1:02}:00:00;0,25;kWh;Målt;Tidsserie" for hour in range(23)]
)
ITALY = "\n".join(
    ["Giorno;" + ";".join(f"{q // 4:02}:{q % 4 * 15:02}-{(q + 1) // 4:02}:{(q + 1) % 4 * 15:02}" for q in range(96))]
    + [f"{day}/01/2025;" + ";".join(["0,25"] * 96) for day in range(13, 15)]
)
CALIFORNIA = "\n".join(
    ["Name,X", "Address,1 Road", "", "TYPE,DATE,START TIME,END TIME,USAGE (kWh),COST,NOTES"]
    + [f"Electric usage,2025-01-13,{hour:02}:00,{hour:02}:59,0.5,$0.12," for hour in range(24)]
)
EMONCMS = "\n".join(["time,kWh", *(f"{1735689600 + 900 * at},{'null' if at == 7 else 0.5}" for at in range(96))])

EXPORTS = {
    "edf": Export(EDF, 96, 72_000, 48, (2025, 1, 18, 23, 0), ("", "power_kw", "W", 1800), "latin-1"),
    "spain": Export(SPAIN, 25, 12.5, 1, (2025, 10, 25, 23, 0), ("ES0031", "energy_kwh", "kWh", 3600)),
    "datadis": Export(DATADIS, 24, 12.0, 5, (2024, 1, 1, 0, 0), ("ES1", "energy_kwh", "kWh", 3600)),
    "home assistant": Export(STATISTICS, 24, 2538.0, 0, (2025, 1, 1, 1, 0), ("sensor.grid", "energy_total_kwh", "kWh", 0)),
    "enedis": Export(ENEDIS, 47, 56_400, 0, (2026, 1, 4, 23, 30), ("", "energy_kwh", "kWh", 1800)),
    "octopus": Export(OCTOPUS, 24, 6.0, 0, (2025, 1, 1, 0, 30), ("", "energy_kwh", "kWh", 1800)),
    "denmark": Export(DENMARK, 23, 5.75, 0, (2026, 2, 14, 0, 0), ("5713", "energy_kwh", "kWh", 3600)),
    "italy": Export(ITALY, 192, 48.0, 0, (2025, 1, 12, 23, 15), ("", "energy_kwh", "kWh", 900)),
    "california": Export(CALIFORNIA, 24, 12.0, 0, (2025, 1, 13, 0, 0), ("Electric usage", "energy_kwh", "kWh", 3600)),
    "emoncms": Export(EMONCMS, 95, 47.5, 0, (2025, 1, 1, 0, 15), ("", "energy_kwh", "kWh", 900)),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_as_it_is_laid_out(tmp_path: Path, name: str) -> None:
    export = EXPORTS[name]
    path = written(tmp_path, export.document.encode(export.encoding))
    found = read(path, proposed(path, "Europe/Paris").profile)
    assert found.problems == []
    assert (len(found.readings), sum(each[6] == "S" for each in found.readings)) == (export.count, export.estimated)
    assert close(found.total(), export.total)
    meter, quantity, unit, end, lasts = found.readings[0][:5]
    assert ((meter, quantity, unit, lasts), end) == (export.of, utc(*export.first))


def test_midnight_of_a_day_below_its_date_ends_that_day(tmp_path: Path) -> None:
    path = written(tmp_path, EDF.encode("latin-1"))
    ends = [each[3] for each in read(path, proposed(path, "Europe/Paris").profile).readings]
    assert len(set(ends)) == 96 and (min(ends), max(ends)) == (utc(2025, 1, 16, 23, 30), utc(2025, 1, 18, 23, 0))


def test_what_the_unit_does_not_tell_is_asked_of_an_export(tmp_path: Path) -> None:
    path = written(tmp_path, ENEDIS)
    assert "unit" in {each.name for each in proposed(path, "Europe/Paris").asked()}


def _halves(written_as: str, joined: str) -> list[str]:
    """The half hours of 26 October 2025, 00:00 to 24:00 of Central Europe: 50 of them, as "start … end"."""
    start = datetime(2025, 10, 25, 22, tzinfo=UTC)
    zone = ZoneInfo("Europe/Brussels")
    walls = [(start + timedelta(minutes=30 * nth)).astimezone(zone) for nth in range(51)]
    return [f"{one.strftime(written_as)}{joined}{other.strftime(written_as)}" for one, other in pairwise(walls)]


TWO_IN_ONE = {
    "california": (
        ['Energy Usage Information', '"For location: 1 ROAD"', "", '"Start date: 2025-10-25 23:00:00  for 1 days"', ""],
        "Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality",
        "%Y-%m-%d %H:%M:%S", "\u00a0to\u00a0", '"{}","0.25",""', ("", "energy_kwh", "kWh", 1800),
    ),
    "a market": (
        [], '"MTU (CET/CEST)","Area","Actual Total Load [MW]","Day-ahead Total Load Forecast [MW]"',
        "%d/%m/%Y %H:%M", " - ", '"{}","BZN|BE","0.25","n/e"', ("BZN|BE Actual Total Load [MW]", "power_kw", "MW", 1800),
    ),
    "a market that marks its clock": (
        [], '"MTU (CET/CEST)","Area","Generation [MW]"',
        "%d/%m/%Y %H:%M:%S (%Z)", " - ", '"{}","BZN|BE","0.25"', ("BZN|BE", "power_kw", "MW", 1800),
    ),
    "a logger": ([], "Zeitraum;Wert (kWh)", "%d.%m.%Y %H:%M", " bis ", "{};0,25", ("", "energy_kwh", "kWh", 1800)),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_IN_ONE)
def test_two_times_in_one_cell_are_where_a_reading_begins_and_ends(tmp_path: Path, name: str) -> None:
    preamble, head, written_as, joined, row, of = TWO_IN_ONE[name]
    path = written(tmp_path, "\n".join([*preamble, head, *map(row.format, _halves(written_as, joined))]))
    made = proposed(path, "Europe/Brussels")
    found = read(path, made.profile)
    assert found.problems == [] and made.profile.stamp.zone == "Europe/Brussels"
    readings = [each for each in found.readings if (*each[:3], each[4]) == of]
    assert [each[3] for each in readings] == [utc(2025, 10, 25, 22) + timedelta(minutes=30 * nth) for nth in range(1, 51)]
    assert "at" not in {each.name for each in made.asked()}


def test_hours_told_apart_by_a_letter_are_the_two_of_the_night_when_the_clock_goes_back(tmp_path: Path) -> None:
    hours = ["0:00", "1A:00", "1B:00", *(f"{hour}:00" for hour in range(2, 24))]
    path = written(tmp_path, "\n".join(["meter,start,kWh", *(f"m,26/10/2025 {hour},1" for hour in hours)]))
    found = read(path, changed(proposed(path, "Europe/London").profile, stamp_at="start"))
    assert found.problems == [] and [each[3] for each in found.readings] == [
        utc(2025, 10, 26) + timedelta(hours=nth) for nth in range(25)
    ]
