"""What of a file is refused waits to be put right like what devices were refused, and leaves with its import."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from config.settings import Settings
from ingest.files import outcome, undoing
from ingest.files.profile import Column
from ingest.replaying import replay
from models.refused_reading import Edit, Said
from store.records.plant import imports, meters, refused
from store.records.schema import RefusedReading
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.ingest.files.reading import asked, changed, imported, proposed, read, table, written
from tests.ingest.world import Stored, World

TIMES = [f"2024-11-01 {nth // 4:02}:{nth % 4 * 15:02}" for nth in range(8)]
YEARS = iter(range(1991, 2020))


@pytest.fixture
def start() -> datetime:
    """The start of a year that no other test of this file uses, of a month that no test elsewhere does."""
    return datetime(next(YEARS), 11, 1, tzinfo=UTC)


def _file(tmp_path: Path, start: datetime, rows: list[tuple[str, int, object]], name: str = "file") -> Path:
    """Rows of a meter, the quarter of an hour, and what stands in the cell."""
    said = [[meter, f"{start + timedelta(minutes=15 * nth):%Y-%m-%dT%H:%M:%SZ}", cell] for meter, nth, cell in rows]
    return written(tmp_path, table([["meter", "time", "kWh"], *said]), name)


def _kept(world: World, import_id: str, state: str = "kept") -> list[RefusedReading]:
    page = refused.readings_page(SYSTEM, world.site_id, Wanted(search=import_id, count=500, sort="ts"), state=state)
    return list(page.rows)


def test_what_is_refused_is_put_right_by_kind_stored_as_the_imports_and_gone_with_it(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    good = [("pv", nth, 0.5) for nth in range(1, 25)]
    wrong = [("pv", 25, '"1,25"'), ("pv", 26, "-"), ("old hall", 27, 2.5), ("old hall", 28, 3.5), ("pv", 29, -4)]
    path = _file(tmp_path, start, [*good, *wrong, ("pv", 30, 0.5)])
    path.write_text(path.read_text().replace(",-\n", ",n/a?\n") + "pv,some day,1\npv,2019-05-01T00:00:00Z,1\n")
    made = imported(device_settings, world.site_id, path)
    assert made.count == 26
    found = {(each.code, each.value): each for each in _kept(world, made.source)}
    ends = [f"{start + timedelta(minutes=15 * nth):%Y-%m-%dT%H:%M:%SZ}" for nth in range(31)]
    negative = next(code for code, value in found if value == "-4.0")
    assert {(code, each.meter, each.ts, value) for (code, value), each in found.items()} == {
        ("not_a_number", world.pv, ends[25], '"1,25"'),
        ("not_a_number", world.pv, ends[26], '"n/a?"'),
        ("unknown_meter", "old hall", ends[27], "2.5"),
        ("unknown_meter", "old hall", ends[28], "3.5"),
        (negative, world.pv, ends[29], "-4.0"),
        ("bad_time", "", "", ""),
    }
    assert found["unknown_meter", "2.5"].message.startswith("row 28: ") and found["bad_time", ""].body == "pv,some day,1"
    assert {each.road for each in found.values()} == {"file"}

    here = "SELECT ts::LONG, value FROM intervals WHERE source = %s AND meter = %s AND value != null AND ts >= %s ORDER BY ts"
    last = (start + timedelta(minutes=15 * 24)).replace(tzinfo=None)
    kind = found["unknown_meter", "2.5"].kind
    assert kind == found["unknown_meter", "3.5"].kind, "one decision is about all of a meter"
    assert replay(SYSTEM, device_settings, world.site_id, kind, Edit(meter=world.load), dry_run=True).stored == 2
    assert stored(here, made.source, world.load, last) == []
    assert replay(SYSTEM, device_settings, world.site_id, kind, Edit(meter=world.load)).stored == 2
    tried = replay(SYSTEM, device_settings, world.site_id, found["not_a_number", '"1,25"'].kind, Edit(as_numbers=True))
    assert (tried.stored, dict(tried.refused)) == (1, {"not_a_number": 1})
    assert [value for _ts, value in stored(here, made.source, world.load, last)] == [2.5, 3.5]
    assert 1.25 in [value for _ts, value in stored(here, made.source, world.pv, last)]
    assert {json.loads(each.became)["value"] for each in _kept(world, made.source, "stored")} == {"2.5", "3.5", "1.25"}
    assert refused.waiting(SYSTEM, world.site_id, made.source) == 3

    imports.undo(SYSTEM, made.source)
    undoing.undo(SYSTEM, device_settings, made.source)
    assert stored(here, made.source, world.load, last) == stored(here, made.source, world.pv, last) == []
    for state in ("kept", "stored"):
        assert _kept(world, made.source, state) == []


def test_no_more_is_kept_of_a_file_than_of_a_sender_and_meters_without_a_name_here_come_last(
    device_settings: Settings, world: World, tmp_path: Path, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "MOST", 10)
    rows = [("nowhere", nth, 1) for nth in range(1, 41)] + [("pv", nth, f"bad {nth}") for nth in range(1, 5)] + [("pv", 9, 1)]
    made = imported(device_settings, world.site_id, _file(tmp_path, start, rows))
    kept = _kept(world, made.source)
    assert sorted(each.code for each in kept) == ["not_a_number"] * 4 + ["unknown_meter"] * 6
    beyond = {each.source_id: each.number for each in refused.beyond(SYSTEM, world.site_id)}
    assert beyond[made.source] == 34
    assert made.refused == {"unknown_meter": 40, "not_a_number": 4}


def test_a_meter_that_was_left_out_on_purpose_is_not_to_be_put_right(
    device_settings: Settings, world: World, tmp_path: Path, start: datetime
) -> None:
    path = _file(tmp_path, start, [("yard", 1, 1), ("yard", 2, "x"), ("pv", 1, 1)])
    profile = changed(proposed(path, "UTC").profile, meters={"yard": ""})
    made = imported(device_settings, world.site_id, path, profile)
    assert made.refused == {"unknown_meter": 1, "not_a_number": 1} and _kept(world, made.source) == []


def test_what_was_kept_of_an_import_that_begins_anew_is_kept_once(
    device_settings: Settings, world: World, tmp_path: Path, start: datetime
) -> None:
    path = _file(tmp_path, start, [("pv", nth, 1) for nth in range(1, 9)] + [("pv", 9, "x"), ("pv", 10, 1)])
    made = asked(device_settings, world.site_id, path)
    old = refused.Refused(world.site_id, made.id, "file", made.created_at, "not_a_number", "", "", Said(value='"y"'))
    refused.keep_of(SYSTEM, world.site_id, made.id, [old], 7)
    imported(device_settings, world.site_id, path)
    assert [each.value for each in _kept(world, made.id)] == ['"x"']
    assert made.id not in {each.source_id for each in refused.beyond(SYSTEM, world.site_id)}


@pytest.mark.parametrize(
    ("content", "said", "body"),
    [
        (
            table([["Group", "Use", *TIMES], *([f"B{n}", "lab", 1, "oops" if n == 3 else 2, *range(6)] for n in range(9))]),
            ("B3", "energy_kwh", "2024-11-01T00:15:00Z", '"oops"', "900"),
            "B3,lab,oops",
        ),
        (
            "time;kWh\n" + "".join(f"01.11.2024 {n:02}:00;{'1.2.3' if n == 5 else '1,5'}\n" for n in range(24)),
            ("", "energy_kwh", "2024-11-01T05:00:00Z", '"1.2.3"', "3600"),
            "01.11.2024 05:00;1.2.3",
        ),
        (
            "200,NMI1,E1,1,E1,N1,METER,kWh,30,\n300,20240301," + ",".join(["1"] * 47 + ["?"]) + ",A,,,20240302,\n900\n",
            ("NMI1 E1", "energy_kwh", "2024-03-01T14:00:00Z", '"?"', "1800"),
            "",
        ),
    ],
)
def test_a_cell_that_is_no_number_is_told_with_its_meter_time_and_duration(
    tmp_path: Path, content: str, said: tuple[str, str, str, str, str], body: str
) -> None:
    path = written(tmp_path, content)
    profile = proposed(path, "UTC").profile
    if profile.shape in ("long", "wide"):
        profile = changed(
            profile, stamp_zone="UTC", stamp_at="end", columns=tuple(_of_interval(each, said) for each in profile.columns)
        )
    [problem] = [each for each in read(path, profile).problems if each.code == "not_a_number"]
    meter, quantity, ts, value, interval_s = said
    assert problem.said._replace(unit="") == Said(meter, quantity, ts, value, "", interval_s)
    assert problem.body == body


def _of_interval(column: Column, said: tuple[str, str, str, str, str]) -> Column:
    return msgspec.structs.replace(column, quantity=said[1], interval_s=int(said[4]), unit="kWh", mean_power=False)


def test_a_power_that_is_no_number_is_kept_as_its_row_for_it_would_have_to_be_made_an_energy(tmp_path: Path) -> None:
    rows = "".join(f"01.11.2024 {n:02}:00;{'x' if n == 5 else '1,5'}\n" for n in range(24))
    path = written(tmp_path, "time;Load (kW)\n" + rows)
    profile = proposed(path, "UTC").profile
    columns = tuple(
        msgspec.structs.replace(each, quantity="energy_kwh", unit="kW", interval_s=3600, mean_power=True)
        for each in profile.columns
    )
    [problem] = read(path, changed(profile, columns=columns, stamp_zone="UTC")).problems
    assert problem.said == Said() and problem.body == "01.11.2024 05:00;x"


def test_meters_made_since_take_what_waits_under_their_name(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    name = f"annexe {start.year}"
    values = np.arange(1, 5)
    made = imported(
        device_settings, world.site_id, _file(tmp_path, start, [*((name, int(n), int(n)) for n in values), ("pv", 1, 1)])
    )
    [kind] = {each.kind for each in _kept(world, made.source)}
    meter = meters.create_meter(SYSTEM, world.site_id, name=name, role="condition").id
    done = replay(SYSTEM, device_settings, world.site_id, kind, Edit(meter=meter))
    assert (done.stored, done.refused) == (4, {})
    assert stored("SELECT sum(value) FROM intervals WHERE meter = %s", meter) == [(float(values.sum()),)]


def test_what_its_sender_estimated_stays_an_estimate_when_it_is_put_right(
    device_settings: Settings, world: World, tmp_path: Path, start: datetime
) -> None:
    ends = [f"{start + timedelta(minutes=15 * nth):%Y-%m-%dT%H:%M:%SZ}" for nth in range(40)]
    good = [["pv", end, 0.5, "A"] for end in ends[1:30]]
    wrong = [["old hall", ends[31], 2.5, "E"], ["old hall", ends[32], 2.5, "A"], ["pv", ends[33], -4, "E"]]
    path = written(tmp_path, table([["meter", "time", "kWh", "quality"], *good, *wrong, ["pv", ends[34], 0.5, "A"]]), "classes")
    made = imported(device_settings, world.site_id, path)
    assert {each.ts: each.quality for each in _kept(world, made.source)} == {
        ends[31]: "estimated",
        ends[32]: "",
        ends[33]: "estimated",
    }
