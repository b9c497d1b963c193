"""`loadstar doctor` names what is wrong and says what to do."""

import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import machine
from cli.main import loadstar
from cli.ports import free_ports
from store import disks


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that is not there yet, and free ports."""
    monkeypatch.setenv("LOADSTAR_HOME", str(tmp_path / "home"))
    with free_ports(2) as (dashboard, devices):
        monkeypatch.setenv("LOADSTAR_DASHBOARD_PORT", str(dashboard))
        monkeypatch.setenv("LOADSTAR_DEVICE_PORT", str(devices))
    return tmp_path / "home"


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(loadstar, ["doctor", *arguments])


def line(result: Result, what: str) -> str:
    return next(line for line in result.output.splitlines() if line[6:].startswith(what))


def test_a_well_machine_is_said_to_be_well(home: Path) -> None:
    result = doctor()
    assert result.exit_code == 0, result.output
    assert "QuestDB" in line(result, "QuestDB") or "9.3.4" in line(result, "QuestDB")
    for what in ("Python", "packages", "state folder", "disk", "open files", "Java", "dashboard port", "device port"):
        assert line(result, what).startswith("ok"), result.output
    assert not home.exists(), "it only looks"


def test_a_port_in_use_is_named_with_its_owner_and_the_setting_that_moves_it(home: Path) -> None:
    port = int(os.environ["LOADSTAR_DEVICE_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        result = doctor()
    assert result.exit_code == 1
    found = line(result, "device port")
    assert found.startswith("wrong")
    assert f"{port} is in use by" in found
    assert f"pid {os.getpid()}" in found
    assert "set LOADSTAR_DEVICE_PORT" in found


def test_the_disk_of_a_database_server_is_looked_at_where_it_is_mounted_and_else_that_it_cannot_be_is_a_note(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOADSTAR_DATABASE_URL", "postgresql+psycopg://loadstar@db.example.org/loadstar")
    assert line(doctor(), "disk of records").startswith("note")
    assert "set LOADSTAR_RECORDS_VOLUME to where" in line(doctor(), "disk of records")
    monkeypatch.setenv("LOADSTAR_RECORDS_VOLUME", str(tmp_path))
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 0.0)
    monkeypatch.setenv("LOADSTAR_LEAST_FREE_MB", "16")
    assert line(doctor(), "disk of records").startswith("ok")
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 2.0)
    result = doctor()
    assert result.exit_code == 1
    assert "make room, before nothing can be written to it" in line(result, "disk of records")


def test_a_java_that_does_not_run_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "no-java"))
    result = doctor()
    assert result.exit_code == 1
    assert "unset JAVA_HOME" in line(result, "Java")


def test_the_version_of_java_is_said_though_java_says_something_else_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    assert " version " in line(doctor(), "Java")


def test_programs_that_only_tests_need_are_a_note_not_a_fault(home: Path) -> None:
    result = doctor()
    for program in machine.PROGRAMS:
        assert line(result, program.mark).startswith("ok" if program.find() else "note")


def test_of_several_browsers_that_without_windows_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.chromium() is None
    for name in ("chromium-browser", "chromium", "chromium-headless-shell"):
        (tmp_path / name).touch(0o755)
        assert machine.chromium() == str(tmp_path / name)


def test_an_unknown_setting_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTAR_PORT", "1")
    result = doctor()
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Error: unknown setting LOADSTAR_PORT; `./loadstar doctor --settings` lists the known ones"
    ]


def test_the_list_of_settings_is_shown_even_then(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTAR_PORT", "1")
    result = doctor("--settings")
    assert result.exit_code == 0
    assert "`LOADSTAR_DASHBOARD_PORT` | `8050` | port of the dashboard" in result.output
