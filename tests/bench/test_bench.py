"""`loadstar bench` runs from its first section to its last, at sizes that say nothing about speed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from bench.command import SECTIONS, _function, sections
from cli import leash, machine
from config.settings import PROJECT
from tests.conftest import eventually

WITHIN_S = 2400  # five times what it takes beside other tests


def test_every_section_is_a_function() -> None:
    for section in SECTIONS.values():
        assert callable(_function(section))


def test_what_is_measured_is_named_singly_in_groups_or_with_commas() -> None:
    assert sections(()) == list(SECTIONS)
    assert sections(("lines,single", "files")) == ["single", "lines", "files"]
    assert sections(("posts, lines",)) == ["single", "batch", "lines", "mqtt"]
    with pytest.raises(click.BadParameter, match="'post' is none of start, "):
        sections(("lines,post",))


@pytest.mark.timeout(WITHIN_S + 30)
def test_the_bench_measures_everything_and_leaves_nothing_behind(tmp_path: Path, questdb_jar: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="b"))  # Chromium's sockets bear no long path
    environment = os.environ | {
        "LOADSTAR_HOME": str(tmp_path / "home"),
        "LOADSTAR_QUESTDB_JAR": str(questdb_jar),
        "TMPDIR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli", "bench", "--quick", "--into", str(tmp_path)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert all(set(figure) == {"name", "measured", "runs", "reach", "unit", "ok"} for figure in figures)
    named = " ".join(figure["name"] for figure in figures)
    for words in (
        "first start",
        "warm `up`",
        "memory of everything",
        "hourly",
        "a tick",
        "single posts",
        "batches",
        "line protocol of one field",
        "MQTT" if machine.mosquitto() else "",
        "three days late",
        "late readings",
        "wide CSV",
        "long CSV",
        "Parquet",
        "used by others",
        "latest",
        "the chain",
        "view as",
        "large site",
        "see: months",
        "see: dashboard of 17 widgets",
    ):
        assert words in named
    assert [figure["name"] for figure in figures if figure["measured"] is None] == []
    assert "figure" in done.stdout
    eventually(lambda: not list(folder.glob("loadstar-bench-*")))
    shutil.rmtree(folder)


@pytest.mark.timeout(WITHIN_S)
def test_whoever_ends_the_bench_ends_what_it_has_started(tmp_path: Path, questdb_jar: Path) -> None:
    home = tmp_path / "product"
    bench = subprocess.Popen(
        [sys.executable, "-m", "cli", "bench", "--quick", "--only", "memory", "--home", str(home)],
        cwd=PROJECT,
        env=os.environ | {"LOADSTAR_HOME": str(tmp_path / "home"), "LOADSTAR_QUESTDB_JAR": str(questdb_jar)},
        stderr=subprocess.PIPE,
    )
    try:
        eventually(lambda: leash.alive(home / "run", "questdb") or bench.poll() is not None, within_s=300)
        bench.send_signal(signal.SIGTERM)
        _, said = bench.communicate(timeout=120)
    finally:
        bench.kill()
    assert "stopped before the end" in said.decode()
    assert [name for name in ("up", "supervisord", "questdb") if leash.alive(home / "run", name)] == []
