"""The state folder is its owner's alone, and what is generated into it stays."""

import os
import shutil
import socket
import stat
import threading
import tomllib
from pathlib import Path

import pytest

from cli.home import QUESTDB_PORTS, SECRETS, absolute_settings, generate, make_folders
from config.settings import SettingsError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "100%"


def test_only_its_owner_can_look_into_it_even_if_it_was_open_before(home: Path) -> None:
    home.mkdir(parents=True, mode=0o755)
    settings = absolute_settings(home=home)
    make_folders(settings)
    generate(settings)
    assert mode(home) == 0o700
    assert mode(home / "generated.toml") == 0o600


def test_files_below_it_are_its_owners_alone_those_of_before_too(home: Path) -> None:
    (home / "questdb" / "db").mkdir(parents=True)
    old, program = home / "records.sqlite3", home / "questdb" / "db" / "run.sh"
    for path, before in ((old, 0o644), (program, 0o755), (home / "questdb", 0o755)):
        path.touch()
        path.chmod(before)
    outside = home.parent / "outside"
    outside.touch()
    outside.chmod(0o644)
    (home / "link").symlink_to(outside)
    umask = os.umask(0o022)
    try:
        make_folders(absolute_settings(home=home))
        (home / "logs" / "new.log").touch()
    finally:
        os.umask(umask)
    assert [mode(path) for path in (old, program, home / "questdb", home / "logs")] == [0o600, 0o700, 0o700, 0o700]
    assert mode(home / "logs" / "new.log") == 0o600
    assert mode(outside) == 0o644


def test_folders_that_a_running_loadstar_makes_and_removes_meanwhile_do_not_matter(home: Path) -> None:
    settings = absolute_settings(home=home)
    make_folders(settings)
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            for number in range(20):
                (home / "run" / f"scratch-{number}" / "deep").mkdir(parents=True, exist_ok=True)
            for number in range(20):
                shutil.rmtree(home / "run" / f"scratch-{number}", ignore_errors=True)

    running = threading.Thread(target=come_and_go)
    running.start()
    try:
        for _ in range(100):
            make_folders(settings)
    finally:
        ended.set()
        running.join()


def test_secrets_and_ports_are_generated_once(home: Path) -> None:
    settings = absolute_settings(home=home)
    make_folders(settings)
    first, second = generate(settings), generate(absolute_settings(home=home))
    for name in (*SECRETS, *QUESTDB_PORTS):
        assert getattr(first, name) == getattr(second, name)
    values = tomllib.loads((home / "generated.toml").read_text())
    assert len({values[name] for name in (*SECRETS, *QUESTDB_PORTS)}) == len(SECRETS) + len(QUESTDB_PORTS)


def test_a_generated_port_that_somebody_else_took_is_replaced_and_the_others_stay(home: Path) -> None:
    settings = absolute_settings(home=home)
    make_folders(settings)
    before = generate(settings)
    with socket.create_server(("127.0.0.1", before.questdb_pg_port)):
        after = generate(absolute_settings(home=home))
    assert after.questdb_pg_port != before.questdb_pg_port
    assert after.questdb_http_port == before.questdb_http_port
    assert after.questdb_password == before.questdb_password


def test_what_the_environment_says_wins_over_what_was_generated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTAR_QUESTDB_PASSWORD", "chosen")
    settings = absolute_settings(home=home)
    make_folders(settings)
    made = generate(settings)
    assert made.questdb_password is not None
    assert made.questdb_password.get_secret_value() == "chosen"


def test_a_relative_state_folder_is_the_same_for_every_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOADSTAR_HOME", "here")
    assert absolute_settings().home == tmp_path / "here"


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"LOADSTAR_HOME.*file/home"):
        make_folders(absolute_settings(home=tmp_path / "file" / "home"))


def test_a_generated_file_that_is_broken_is_named_and_not_overwritten(home: Path) -> None:
    settings = absolute_settings(home=home)
    make_folders(settings)
    (home / "generated.toml").write_text("questdb_password = ")
    with pytest.raises(SettingsError, match=r"generated\.toml"):
        generate(settings)
    assert (home / "generated.toml").read_text() == "questdb_password = "


def test_a_settings_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "loadstar.toml").write_text("demo = maybe")
    with pytest.raises(SettingsError, match=r"loadstar\.toml"):
        absolute_settings(home=tmp_path)


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "loadstar.toml").write_text("dashbord_port = 1")
    with pytest.raises(SettingsError, match="DASHBORD_PORT"):
        absolute_settings(home=tmp_path)
