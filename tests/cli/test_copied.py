"""A copied state folder never touches the processes of the one it was copied from."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import copied, leash
from cli.home import absolute_settings, make_folders, run_folder
from cli.watch import UP
from tests.conftest import eventually
from tests.running import CHILDREN, Terminal


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, questdb_jar)
    yield made
    made.tidy()


def test_a_folder_that_only_its_own_up_has_noted_is_no_copy(tmp_path: Path) -> None:
    settings = absolute_settings(home=tmp_path / "home")
    make_folders(settings)
    assert copied.original(settings) is None
    leash.write_record(run_folder(settings), UP, os.getpid())
    assert copied.original(settings) is None


def test_a_copy_says_whose_and_whether_that_is_up(tmp_path: Path) -> None:
    settings = absolute_settings(home=tmp_path / "home")
    make_folders(settings)
    leash.write_record(run_folder(settings), UP, os.getpid())
    copy = absolute_settings(home=tmp_path / "copy")
    shutil.copytree(settings.home, copy.home)
    assert copied.original(copy) == copied.Original(settings.home, os.getpid())
    note = run_folder(copy) / "up.pid"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"started": "1"}))
    assert copied.original(copy) == copied.Original(settings.home, None)
    copied.make_own(copy)
    assert copied.original(copy) is None


def test_a_disk_that_has_another_number_after_a_restart_of_the_machine_makes_no_copy(tmp_path: Path) -> None:
    settings = absolute_settings(home=tmp_path / "home")
    make_folders(settings)
    run = run_folder(settings)
    leash.write_record(run, UP, os.getpid())
    record = json.loads((run / "up.pid").read_text())
    inode = record["folder"].partition(":")[2]
    (run / "up.pid").write_text(json.dumps(record | {"boot": "the last one", "folder": f"12345:{inode}"}))
    assert copied.original(settings) is None


@pytest.mark.timeout(900)
def test_neither_up_nor_down_in_a_hot_copy_touches_the_running_original(terminal: Terminal, questdb_jar: Path) -> None:
    terminal.start()
    before = {name: terminal.pid(name) for name in ("up", "supervisord", *CHILDREN)}
    (elsewhere := terminal.home.parent / "elsewhere").mkdir()
    copy = Terminal(elsewhere, questdb_jar)
    # As people copy: files come and go meanwhile, which makes cp end with 1. The database starts anew, torn copies are not asked.
    subprocess.run(["cp", "-a", terminal.home, copy.home], check=False, capture_output=True)
    shutil.rmtree(copy.home / "questdb")

    assert copy.type("status").returncode == 3
    assert copy.type("down").stdout == "Loadstar is not up.\n"
    refused = copy.type("up", "--no-demo")
    assert refused.returncode == 1
    assert f"is a copy of {terminal.home}, which is up (pid {before['up']})" in refused.stderr
    assert "--copy" in refused.stderr
    assert before == {name: terminal.pid(name) for name in before}
    try:
        said = copy.start("--copy")
        assert "it goes on from here as a Loadstar of its own" in said
        assert before == {name: terminal.pid(name) for name in before}
        eventually(copy.everything_answers)
        assert copy.type("down").stdout == "Loadstar is down.\n"
    finally:
        copy.tidy()
    eventually(terminal.everything_answers)
    assert before == {name: terminal.pid(name) for name in before}
