"""A state folder may be called whatever a file system takes, as long as it is text."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cli.home import absolute_settings
from config.settings import PROJECT, SettingsError
from tests.conftest import eventually
from tests.running import CHILDREN, Terminal

ASCII = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "/")
ODD = [
    *ASCII,
    "é",
    "e\u0301",
    "日",
    "😀",
    "\u00a0",
    "\u200d",
    "\u2028",
    "%(here)s",
    "%s",
    " # no comment",
    " ; none",
    "[/]",
    "~",
    "..",
]
EVERY = f"{ASCII} é日😀"


@pytest.mark.parametrize("odd", ODD)
def test_the_records_lie_within_the_state_folder(tmp_path: Path, odd: str) -> None:
    home = tmp_path / f"a{odd}z"
    assert make_url(absolute_settings(home=home).records_url).database == str(home / "records.sqlite3")


READS = """
import json, os, shlex, sys
from pathlib import Path
from cli.home import absolute_settings
from cli.processes import SUPERVISOR_CONFIG, leashed, supervisor_config
from cli.supervise import patched
from supervisor.options import ServerOptions

patched()
for home in json.loads(sys.stdin.read()):
    made = absolute_settings(home=Path(home))
    path = made.home / "run" / SUPERVISOR_CONFIG
    path.write_text(supervisor_config(made), encoding="utf-8")
    options = ServerOptions()
    options.realize(["-c", str(path)])
    assert options.logfile == str(made.home / "logs/supervisord.log"), options.logfile
    programs = {config.name: config for group in options.process_group_configs for config in group.process_configs}
    assert {"questdb", "devices", "dashboard", "worker"} <= set(programs)
    for name, program in programs.items():
        assert shlex.split(program.command) == leashed(made, name), program.command
        assert program.stdout_logfile == str(made.home / f"logs/{name}.log"), program.stdout_logfile
"""


def test_the_supervisor_reads_the_paths_that_were_written(tmp_path: Path) -> None:
    homes = [tmp_path / f"a{odd}z" for odd in (*ODD, EVERY)]
    for home in homes:
        for folder in ("run", "logs"):
            (home / folder).mkdir(parents=True, exist_ok=True)
    # Its library is changed by being used: in a process of its own.
    env = os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"}
    asked = json.dumps([str(home) for home in homes])
    run = subprocess.run(
        [sys.executable, "-c", READS], cwd=PROJECT, env=env, input=asked, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("odd", ["\n", "\r", "\t", "\x01", "\x7f", "\x85", "\udce9"])
def test_what_is_no_text_is_refused_with_the_reason(tmp_path: Path, odd: str) -> None:
    with pytest.raises(SettingsError, match=r"LOADSTAR_HOME: .* has control characters, or is not UTF-8"):
        absolute_settings(home=tmp_path / f"a{odd}z")


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path) -> Iterator[Terminal]:
    (odd := tmp_path / EVERY).mkdir()
    made = Terminal(odd, questdb_jar, LC_ALL="C")
    yield made
    made.tidy()


@pytest.mark.timeout(900)
def test_everything_runs_in_a_folder_of_every_odd_character(terminal: Terminal) -> None:
    terminal.start()
    eventually(terminal.everything_answers)
    assert all(terminal.pid(name) for name in ("up", "supervisord", *CHILDREN))
    assert (terminal.home / "records.sqlite3").stat().st_mode & 0o777 == 0o600
    assert (terminal.home / "questdb/db").is_dir()
    assert (terminal.home / "logs/worker.log").exists()
    assert sorted(path.name for path in terminal.home.parent.iterdir()) == ["home", "output"], "nothing lies outside of it"
    assert terminal.type("status").returncode == 0
    assert terminal.type("down").stdout == "Loadstar is down.\n"
