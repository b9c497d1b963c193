"""`loadstar import`, as somebody types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.imports import import_file
from config import settings as configuration
from config.settings import Settings
from ingest.files import shelf
from store.records.people import organisations
from store.records.plant import graph, imports, meters, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.records import fresh


@pytest.fixture
def hall(tmp_path: Path) -> str:
    """A site with one meter, in records of its own."""
    made = Settings(home=tmp_path / "home", database_url=f"sqlite:///{tmp_path}/records.sqlite3")
    configuration.use(made)
    fresh(made.records_url)
    owner = organisations.create_organisation(SYSTEM, name="Owner", kind="distributor").id
    site = sites.create_site(
        SYSTEM, name="Works", kind="campus", organisation_id=owner, public_number=101, time_zone="Europe/Berlin", currency="EUR",
        latitude=52.5, longitude=13.4,
    ).id  # fmt: skip
    ends = [graph.create_node(SYSTEM, site, name=name, kind=kind).id for name, kind in (("bus", "bus"), ("hall", "sink"))]
    edge = graph.create_edge(SYSTEM, site, from_node_id=ends[0], to_node_id=ends[1])
    return meters.create_meter(SYSTEM, site, name="Hall", edge_id=edge.id).id


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(import_file, list(words))
    return done.exit_code, done.output


def _file(tmp_path: Path) -> str:
    path = tmp_path / "march.csv"
    path.write_text(
        "meter,time,kWh\n" + "".join(f"hall,2025-01-31 {hour:02}:00,0.5\n" for hour in range(1, 25)) + "hall,2025-02-01 01:00,x\n"
    )
    return str(path)


def test_a_dry_run_says_what_was_found_what_is_asked_and_what_would_be_stored(hall: str, tmp_path: Path) -> None:
    code, said = _run(_file(tmp_path), "--site", "Works", "--dry-run")
    assert code == 0, said
    assert "? zone         Europe/Berlin" in said and "24 readings would be stored" in said
    assert "row 26: not_a_number" in said and "sum 12," in said and "2025-01-31T00:00:00Z" in said


def test_nothing_is_stored_before_what_the_file_does_not_prove_is_said(hall: str, tmp_path: Path) -> None:
    code, said = _run(_file(tmp_path), "--site", "Works")
    assert code == 1 and "--set zone=…" in said


def test_what_was_said_is_kept_in_a_profile_for_the_next_file(hall: str, tmp_path: Path) -> None:
    profile = str(tmp_path / "profile.json")
    _run(_file(tmp_path), "--site", "Works", "--set", "zone=+00:00", "--set", "at=end", "--save-profile", profile, "--dry-run")
    code, said = _run(_file(tmp_path), "--site", "Works", "--profile", profile, "--dry-run")
    assert code == 0 and "2025-01-31T01:00:00Z" in said


@pytest.mark.parametrize(
    "words, expected",
    [
        (["--set", "colour=red"], "the entries are"),
        (["--set", "zone=Mars/Olympus"], "There is no time zone Mars/Olympus"),
        (["--set", "decimal=;"], "decimal"),
        (["--set", "meter=street"], "There is no column street"),
        (["--set", "meter_pattern=("], "pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(hall: str, tmp_path: Path, words: list[str], expected: str) -> None:
    code, said = _run(_file(tmp_path), "--site", "Works", "--dry-run", *words)
    assert code != 0 and expected in said and "Traceback" not in said


def test_a_site_that_is_not_there_and_a_file_that_is_none_are_named(hall: str, tmp_path: Path) -> None:
    assert "No site Elsewhere" in _run(_file(tmp_path), "--site", "Elsewhere")[1]
    (tmp_path / "page").write_text("<html>sign in</html>")
    assert "web page" in _run(str(tmp_path / "page"), "--site", "Works")[1]


def test_a_file_that_names_no_meter_is_of_the_meter_that_is_said(hall: str, tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text("timestamp (UTC),energy (kWh)\n" + "".join(f"2025-01-31 {hour:02}:30,0.5\n" for hour in range(24)))
    assert "no name, which is no meter" in _run(str(path), "--site", "Works", "--dry-run")[1]
    code, said = _run(str(path), "--site", "Works", "--meter", "HALL", "--dry-run")
    assert code == 0 and "24 readings would be stored" in said and "  zone         UTC" in said
    assert "No meter Tower" in _run(str(path), "--site", "Works", "--meter", "Tower", "--dry-run")[1]


def test_a_worker_stores_what_was_asked_for_and_the_command_says_what_became_of_it(
    hall: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def works(_s: float) -> None:
        [waiting] = imports.imports_page(SYSTEM, None, Wanted()).rows
        if waiting.state == "undoing":
            imports.undone(SYSTEM, waiting.record.id)
            return
        imports.run(SYSTEM, waiting.record.id)
        total = imports.Total(hall, "energy_kwh", 24, 12.0, 0, 3_600_000_000)
        counts = {"refused": {"not_a_number": 1}, "held": {"beyond_capacity": 2}, "unknown": {}}
        imports.finish(SYSTEM, waiting.record.id, [total], **counts, gaps=0, skipped=0)

    monkeypatch.setattr("cli.imports.time.sleep", works)
    code, said = _run(_file(tmp_path), "--site", "Works", "--yes")
    assert code == 0 and "24 readings stored" in said and "Refused: 1 not_a_number" in said and "2 beyond_capacity" in said
    [made] = imports.imports_page(SYSTEM, None, Wanted()).rows
    assert shelf.file_of(configuration.settings(), made.record.id).read_text().startswith("meter,time")
    code, said = _run("--list")
    assert code == 0 and made.record.id in said and "march.csv" in said and "done" in said
    code, said = _run("--undo", made.record.id)
    assert code == 0 and "shows again" in said
    assert "undone" in _run("--list", "--site", "Works")[1]
    code, said = _run("--undo", made.record.id)
    assert code == 1 and "can be undone" in said
    assert _run()[0] == 2
