"""The leash: no process outlives whoever watches over it, and no stranger is ever ended in its place."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import leash
from cli.watch import sweep
from config.settings import PROJECT
from tests.conftest import eventually

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
# Starts a leashed process, says its pid, and waits.
WATCHER = (
    "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:], process_group=0); print(p.pid, flush=True); time.sleep(600)"
)
# Ignores SIGTERM and has a child that does, too.
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)']); time.sleep(600)"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of pid files and orders of a state folder."""
    folder = tmp_path / "home/run"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def started(run: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """What the test started; ended with it."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout:  # not read to its end: what it has started may have it open
            process.stdout.close()
    leash.end([pid for path in run.glob("*.pid") for pid in leash.family(run, path.stem)], 0.0)


def leashed(run: Path, name: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(run), name]


def watch(run: Path, name: str, started: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    env = os.environ | {"LOADSTAR_HOME": str(run.parent)}
    process = subprocess.Popen([sys.executable, "-c", WATCHER, *leashed(run, name)], stdout=subprocess.PIPE, text=True, env=env)
    started.append(process)
    eventually(lambda: leash.alive(run, name))
    return process


def order(run: Path, name: str, argv: list[str], env: dict[str, str] | None = None) -> None:
    draft = run / "draft"
    draft.write_text(json.dumps({"argv": argv, "env": env or {}}))
    draft.replace(run / f"{name}.json")


def test_it_waits_for_its_order_and_keeps_its_pid(run: Path, started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    watch(run, "worker", started)
    waiting = leash.alive(run, "worker")
    order(
        run,
        "worker",
        [sys.executable, "-S", "-c", f"open({str(tmp_path / 'said')!r}, 'w').write(__import__('os').environ['WORD'])"],
        {"WORD": "hello"},
    )
    eventually(lambda: (tmp_path / "said").exists() and (tmp_path / "said").read_text() == "hello")
    assert leash.recorded(run, "worker") == waiting


@pytest.mark.parametrize("ordered", [True, False])
def test_it_ends_when_its_watcher_is_killed(run: Path, started: list[subprocess.Popen[str]], ordered: bool) -> None:
    watcher = watch(run, "worker", started)
    if ordered:
        order(run, "worker", SLEEP)
        pid = leash.alive(run, "worker")
        eventually(lambda: b"sleep(600)" in Path(f"/proc/{pid}/cmdline").read_bytes())
    watcher.send_signal(signal.SIGKILL)
    eventually(lambda: not leash.alive(run, "worker"))


def test_what_does_not_listen_is_found_and_killed_with_its_children(run: Path, started: list[subprocess.Popen[str]]) -> None:
    watcher = watch(run, "worker", started)
    order(run, "worker", [sys.executable, "-S", "-c", STUBBORN])
    eventually(lambda: len(leash.family(run, "worker")) == 2)
    watcher.kill()
    assert leash.alive(run, "worker")
    leash.end(leash.family(run, "worker"), grace_s=0.2)
    eventually(lambda: leash.family(run, "worker") == [])


def test_children_of_a_killed_process_are_ended_before_its_successor_starts(
    run: Path, started: list[subprocess.Popen[str]]
) -> None:
    watch(run, "worker", started)
    order(run, "worker", [sys.executable, "-S", "-c", STUBBORN])
    family = eventually(lambda: (found := leash.family(run, "worker")) and len(found) == 2 and found)
    assert isinstance(family, list)
    leader = leash.alive(run, "worker")
    assert leader
    os.kill(leader, signal.SIGKILL)
    orphan = next(pid for pid in family if pid != leader)
    eventually(lambda: not leash.alive(run, "worker"))
    assert leash.family(run, "worker") == [orphan]
    watch(run, "worker", started)
    assert leash.started(orphan) == ""


def test_a_process_lives_until_the_last_of_its_threads_has_let_go_of_its_ports(
    run: Path, started: list[subprocess.Popen[str]]
) -> None:
    program = (
        "import ctypes, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    process = subprocess.Popen([sys.executable, "-S", "-c", program], process_group=0, text=True)
    started.append(process)
    leash.write_record(run, "worker", process.pid)
    eventually(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].startswith("Z"))
    assert leash.alive(run, "worker") == process.pid
    assert leash.family(run, "worker") == [process.pid]
    leash.end([process.pid], 0.0)
    assert leash.family(run, "worker") == []


def test_a_stranger_who_got_the_number_later_is_left_alone(run: Path, started: list[subprocess.Popen[str]]) -> None:
    stranger = subprocess.Popen(SLEEP, process_group=0, text=True)
    started.append(stranger)
    leash.write_record(run, "worker", stranger.pid)
    record = json.loads((run / "worker.pid").read_text())
    (run / "worker.pid").write_text(json.dumps(record | {"started": "1"}))
    assert leash.alive(run, "worker") is None
    assert leash.family(run, "worker") == []


def test_a_pid_file_from_before_a_reboot_says_nothing(run: Path) -> None:
    leash.write_record(run, "worker", os.getpid())
    assert leash.alive(run, "worker") == os.getpid()
    record = json.loads((run / "worker.pid").read_text())
    (run / "worker.pid").write_text(json.dumps(record | {"boot": "another"}))
    assert leash.alive(run, "worker") is None


OURS = "<this process>"  # its number would be another in each process that shares the tests


@pytest.mark.parametrize(
    "text",
    [
        *('{"pid": 1', "", "[]", "null", "7", '"up"', "{}", '{"pid": 1}', "[" * 100_000, "\udce9"),
        *(
            json.dumps({**dict.fromkeys(leash.Record._fields, "1"), "pid": pid})
            for pid in ("7", None, True, 0, -1, 1, 2.5, 2**70, [])
        ),
        *(
            json.dumps(each).replace('"OURS"', OURS)
            for each in (
                {**dict.fromkeys(leash.Record._fields, 7), "pid": "OURS"},
                {**dict.fromkeys(leash.Record._fields, "1"), "pid": "OURS", "more": 1},
            )
        ),
    ],
)
def test_a_pid_file_that_is_no_record_of_ours_says_nothing(run: Path, text: str) -> None:
    (run / "worker.pid").write_text(text.replace(OURS, str(os.getpid())), errors="surrogateescape")
    assert leash.noted(run, "worker") is None
    assert leash.alive(run, "worker") is None
    assert leash.family(run, "worker") == []


@pytest.mark.parametrize("links", [False, True])
def test_a_copy_of_the_folder_leaves_the_original_s_processes_alone(
    run: Path, started: list[subprocess.Popen[str]], tmp_path: Path, links: bool
) -> None:
    watch(run, "worker", started)
    copy = tmp_path / "copy/run"
    shutil.copytree(run, copy, copy_function=os.link if links else shutil.copy2)
    assert leash.alive(run, "worker")
    assert leash.alive(copy, "worker") is None
    assert leash.family(copy, "worker") == []
    assert sweep(copy, 0.0) == []
    assert leash.alive(run, "worker")


def test_a_folder_that_was_moved_still_knows_its_processes(run: Path, started: list[subprocess.Popen[str]]) -> None:
    watch(run, "worker", started)
    pid = leash.alive(run, "worker")
    moved = run.parent.rename(run.parent.with_name("moved")) / "run"
    assert leash.family(moved, "worker") == [pid]
    leash.end([pid] if pid else [], 0.0)


def test_a_signal_that_comes_while_up_becomes_its_watcher_is_not_lost(run: Path, started: list[subprocess.Popen[str]]) -> None:
    """It is there before the program that would handle it: as on a machine so busy that Python takes its time to start."""
    program = (
        "import os, signal, subprocess, sys\n"
        "from pathlib import Path\n"
        "from cli import watch\n"
        "kept = signal.pthread_sigmask\n"
        "def mask(how, signals):\n"
        "    kept(how, signals)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.pthread_sigmask = mask\n"
        "watch.on_signals()\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "watch.become(Path(sys.argv[1]), child.pid, os.open(os.devnull, os.O_RDONLY))\n"
    )
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    ran = subprocess.Popen([sys.executable, "-c", program, str(run)], stdout=subprocess.PIPE, text=True, env=env, cwd=PROJECT)
    started.append(ran)
    said, _ = ran.communicate(timeout=180)
    assert (ran.returncode, said) == (0, "Stopping …\nStopped.\n")


def test_an_end_that_is_asked_for_while_python_tidies_up_is_not_forgotten(started: list[subprocess.Popen[str]]) -> None:
    program = (
        "import os, signal, weakref\n"
        "from cli import watch\n"
        "class Thing: pass\n"
        "def tidy(_):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('tidied')\n"
        "watch.on_signals()\n"
        "thing = Thing()\n"
        "watched = weakref.ref(thing, tidy)\n"
        "try:\n"
        "    del thing\n"
        "    print('went on', flush=True)\n"
        "    signal.pause()\n"
        "except watch.Ended:\n"
        "    print('ended')\n"
    )
    ran = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    started.append(ran)
    said, _ = ran.communicate(timeout=180)
    assert (ran.returncode, said.splitlines()[-2:]) == (0, ["went on", "ended"])
