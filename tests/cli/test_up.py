"""`loadstar up` with its real processes: what it says, what it survives, and how it ends."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli import leash
from cli.processes import OTHERS_STOP_S, STORE_STOP_S
from cli.up import QUESTDB_START_S
from config import call, heart
from config.settings import PROJECT
from store.records.access import policy
from store.records.plant import devices, keys
from store.records.signin import tokens
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.running import CHILDREN, START_S, Terminal

ASK = [
    *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(PROJECT / "tests/schemathesis.toml"), "run"),
    *("--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-color"),
]

pytestmark = pytest.mark.timeout(900)  # the limits that are promised are asserted; this one is for a very busy machine


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[Terminal]:
    """A Loadstar that is up, shared by the tests that leave it so."""
    terminal = Terminal(tmp_path_factory.mktemp("up"), questdb_jar)
    try:
        terminal.start()
        yield terminal
    finally:
        terminal.tidy()


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path) -> Iterator[Terminal]:
    """A terminal where nothing runs yet."""
    made = Terminal(tmp_path, questdb_jar)
    yield made
    made.tidy()


def test_it_says_the_address_and_a_link_that_lets_the_first_administrator_in(running: Terminal) -> None:
    said = running.output.read_text()
    assert f"Loadstar is up: http://127.0.0.1:{running.dashboard}\n" in said
    link = re.search(r"http://\S+/first-administrator\?token=\S+", said)
    assert link
    with urllib.request.urlopen(link[0], timeout=60) as page:
        assert page.status == 200
    eventually(running.everything_answers, within_s=START_S)


def test_both_apis_take_what_they_describe_refuse_the_rest_and_never_break(running: Terminal, tmp_path: Path) -> None:
    product = Product(running)
    meter = product.meter("Home")
    product.measure(meter, 1.5)
    fields = {"energy_consumed": (meter, "energy_kwh"), "current_load": (meter, "load_pct")}
    box = devices.create_device(SYSTEM, product.site, name="Box", reporting_interval_s=60, fields=fields).id
    token = tokens.create_token(policy.scope_of(product.person("Asker", platform_admin=True)), name="asker")
    for document, way_in in (
        (f"{product.devices}/openapi.json", f"X-API-Key: {keys.create_key(SYSTEM, device_id=box)}"),
        (f"{product.address}/api/v1/openapi.json", f"Authorization: Bearer {token}"),
    ):
        command = [*ASK, document, "--header", way_in]
        asked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=800)
        assert asked.returncode == 0, asked.stdout[-5000:]


def test_the_state_folder_is_closed_and_each_process_has_its_log(running: Terminal) -> None:
    # QuestDB gives its files the rights that it likes: nobody else comes into its folder.
    for folder in (running.home, running.home / "questdb"):
        assert folder.stat().st_mode & 0o777 == 0o700
    for at, folders, files in os.walk(running.home):
        if "questdb" in folders:
            folders.remove("questdb")
        for path in (Path(at, name) for name in (*folders, *files)):
            with contextlib.suppress(FileNotFoundError):  # what was only there for a moment
                assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path
    for secret in (running.home / "generated.toml", running.run / "questdb.json"):
        assert secret.stat().st_mode & 0o777 == 0o600
    assert {f"{name}.log" for name in CHILDREN} <= {path.name for path in (running.home / "logs").iterdir()}


def test_no_password_stands_on_a_command_line(running: Terminal) -> None:
    secrets = re.findall(r'"(.+)"', (running.home / "generated.toml").read_text())
    assert len(secrets) == 3
    for name in CHILDREN:
        for pid in leash.family(running.run, name):
            shown = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
            assert not [secret for secret in secrets if secret in shown]


def test_status_shows_each_process_with_its_port_age_and_memory(running: Terminal) -> None:
    shown = running.type("status")
    assert shown.returncode == 0
    for name in ("up", "supervisord", *CHILDREN):
        assert re.search(rf"^{name} +{running.pid(name)} .* \d+ (min|s) .*\d+ MB$", shown.stdout, re.MULTILINE), shown.stdout
    assert "not running" not in shown.stdout
    assert f" {running.devices} " in shown.stdout
    assert f"http://127.0.0.1:{running.dashboard}" in shown.stdout


def test_a_second_up_says_that_it_is_up_and_where(running: Terminal) -> None:
    before = [running.pid(name) for name in CHILDREN]
    again = running.type("up", "--no-demo")
    assert again.stdout == f"Loadstar is already up: http://127.0.0.1:{running.dashboard}\n"
    assert again.returncode == 0
    assert before == [running.pid(name) for name in CHILDREN]


def test_what_is_said_of_ports_is_where_it_runs_whatever_the_terminal_that_asks_is_set_to(running: Terminal) -> None:
    elsewhere = {"LOADSTAR_DASHBOARD_PORT": "1", "LOADSTAR_DEVICE_PORT": "2", "LOADSTAR_PUBLIC_URL": "https://elsewhere.example"}
    shown = running.type("status", **elsewhere).stdout
    assert f" {running.devices} " in shown
    assert shown.splitlines()[-1] == f"http://127.0.0.1:{running.dashboard}"
    again = running.type("up", "--no-demo", **elsewhere).stdout
    assert again == f"Loadstar is already up: http://127.0.0.1:{running.dashboard}\n"


def test_doctor_knows_whose_the_ports_are(running: Terminal) -> None:
    said = running.type("doctor")
    assert "held by the Loadstar that runs from this state folder" in said.stdout


@pytest.mark.parametrize("name", CHILDREN)
def test_a_process_that_is_killed_is_back_and_the_others_go_on(running: Terminal, name: str) -> None:
    others = {other: running.pid(other) for other in ("up", "supervisord", *CHILDREN) if other != name}
    killed = running.pid(name)
    assert killed
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: running.pid(name) not in (None, killed), within_s=START_S)
    eventually(running.everything_answers, within_s=START_S)
    assert others == {other: running.pid(other) for other in others}


def test_a_questdb_that_was_killed_leaves_nothing_of_its_library_behind(running: Terminal) -> None:
    def unpacked() -> set[str]:
        return {path.name for path in (running.run / "questdb-scratch").glob("libquestdb*")}

    before = unpacked()
    assert before
    killed = running.pid("questdb")
    assert killed
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(unpacked() - before) == len(before), within_s=START_S)
    eventually(running.everything_answers, within_s=START_S)
    assert not unpacked() & before
    elsewhere = [each.path for each in psutil.Process(running.pid("questdb")).memory_maps(grouped=True)]
    assert not [path for path in elsewhere if path.startswith(f"{tempfile.gettempdir()}/libquestdb")]


def test_processes_that_hang_with_all_their_own_are_ended_and_started_again_and_the_others_go_on(running: Terminal) -> None:
    hung = {name: running.pid(name) for name in CHILDREN if name not in ("questdb", call.LISTENER)}
    for pid in hung.values():
        assert pid
        eventually((running.run / heart.PROCESSES / f"{pid}.beat").exists, within_s=START_S)
    others = {other: running.pid(other) for other in ("up", "supervisord", *CHILDREN) if other not in hung}
    stopped = [pid for name in hung for pid in leash.family(running.run, name)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: all(running.pid(name) not in (None, pid) for name, pid in hung.items()), within_s=START_S)
    eventually(running.everything_answers, within_s=START_S)
    assert not [pid for pid in stopped if leash.started(pid)]
    assert others == {other: running.pid(other) for other in others}


def test_ctrl_c_ends_everything_and_who_does_not_end_is_ended_within_10_s(running: Terminal) -> None:
    assert running.up
    assert STORE_STOP_S + OTHERS_STOP_S < 10
    running.up.send_signal(signal.SIGINT)
    assert running.up.wait(START_S) == 0
    assert running.all_ended()
    assert "Stopped." in running.output.read_text()
    shown = running.type("status")
    assert shown.returncode == 3
    assert "Loadstar is not up" in shown.stdout


def test_whatever_is_killed_with_9_the_next_up_works(terminal: Terminal) -> None:
    terminal.start()
    supervisor, up = terminal.pid("supervisord"), terminal.pid("up")
    assert supervisor
    assert up
    os.kill(supervisor, signal.SIGKILL)
    assert terminal.up
    assert terminal.up.wait(START_S) == 1
    assert "supervisord ended without being asked to" in terminal.output.read_text()
    assert terminal.all_ended()

    # In the background, from where `up` and the supervisor are killed together.
    detached = terminal.type("up", "--no-demo", "--detach")
    assert detached.returncode == 0, detached.stderr
    assert f"Loadstar is up: http://127.0.0.1:{terminal.dashboard}" in detached.stdout
    eventually(terminal.everything_answers, within_s=START_S)
    for name in ("up", "supervisord"):
        pid = terminal.pid(name)
        assert pid
        os.kill(pid, signal.SIGKILL)
    terminal.start()
    eventually(terminal.everything_answers, within_s=START_S)

    down = terminal.type("down")
    assert (down.returncode, down.stdout) == (0, "Loadstar is down.\n")
    assert terminal.up.wait(START_S) == 0
    assert terminal.all_ended()
    assert terminal.type("down").stdout == "Loadstar is not up.\n"


@pytest.mark.parametrize("which", ["dashboard", "devices"])
def test_a_port_in_use_is_named_with_its_owner_and_nothing_is_left_running(terminal: Terminal, which: str) -> None:
    port = terminal.dashboard if which == "dashboard" else terminal.devices
    variable = "LOADSTAR_DASHBOARD_PORT" if which == "dashboard" else "LOADSTAR_DEVICE_PORT"
    with contextlib.closing(socket.create_server(("127.0.0.1", port))):
        said = terminal.type("up", "--no-demo")
    assert said.returncode == 1
    assert said.stderr.startswith(f"Error: port {port} is in use by ")
    assert f"pid {os.getpid()}" in said.stderr
    assert variable in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert terminal.all_ended()


def test_of_two_homes_with_the_same_ports_that_start_at_once_one_is_up_and_the_other_says_why(
    terminal: Terminal, tmp_path: Path, questdb_jar: Path
) -> None:
    (tmp_path / "another").mkdir()
    other = Terminal(tmp_path / "another", questdb_jar)
    other.env |= {name: terminal.env[name] for name in ("LOADSTAR_DASHBOARD_PORT", "LOADSTAR_DEVICE_PORT")}
    other.dashboard, other.devices = terminal.dashboard, terminal.devices
    started = {}
    try:
        for each in (terminal, other):
            with each.output.open("wb") as output:
                argv = [sys.executable, "-m", "cli", "up", "--no-demo"]
                each.up = started[each] = subprocess.Popen(argv, cwd=PROJECT, env=each.env, stdout=output, stderr=output)
        eventually(lambda: any(up.poll() is not None for up in started.values()), within_s=START_S)
        (loser,) = [each for each, up in started.items() if up.poll() is not None]
        (winner,) = [each for each in started if each is not loser]
        eventually(lambda: "Loadstar is up" in winner.output.read_text(), within_s=START_S)
        before = {name: winner.pid(name) for name in ("up", "supervisord", *CHILDREN)}
        for said in (loser.output.read_text(), loser.type("up", "--no-demo").stderr):
            assert re.search(r"Error: port \d+ is in use by .*; stop it, or set LOADSTAR_(DASHBOARD|DEVICE)_PORT", said), said
        assert f"of the Loadstar in {winner.home}" in said
        assert started[loser].wait() == 1
        assert loser.all_ended()
        eventually(winner.everything_answers, within_s=START_S)
        assert before == {name: winner.pid(name) for name in before}
    finally:
        other.tidy()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("LOADSTAR_DASHBORD_PORT", "1", "unknown setting LOADSTAR_DASHBORD_PORT"),
        ("LOADSTAR_DASHBOARD_PORT", "70000", "less than or equal to 65535"),
        ("LOADSTAR_TICK_S", "soon", "LOADSTAR_TICK_S"),
        ("LOADSTAR_QUESTDB_JAR", "/etc/passwd", "LOADSTAR_QUESTDB_JAR: /etc/passwd is not QuestDB"),
    ],
)
def test_a_setting_that_cannot_be_stops_the_start_with_one_line(terminal: Terminal, name: str, value: str, why: str) -> None:
    said = terminal.type("up", "--no-demo", **{name: value})
    assert said.returncode == 1
    assert why in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert terminal.all_ended()


def test_a_supervisor_that_cannot_start_is_said_at_once_with_its_reason(terminal: Terminal) -> None:
    (terminal.home / "logs/supervisord.log").mkdir(parents=True)  # it cannot write its log into a folder
    began = time.monotonic()
    said = terminal.type("up", "--no-demo")
    assert said.returncode == 1
    assert "supervisord ended while it was starting" in said.stderr
    assert "Is a directory" in said.stderr
    assert time.monotonic() - began < QUESTDB_START_S / 2
    assert terminal.all_ended()


def test_a_process_that_ends_again_and_again_is_said_with_its_reason(terminal: Terminal, tmp_path: Path) -> None:
    java = tmp_path / "java/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho this Java is broken\nexit 1\n")
    java.chmod(0o755)
    said = terminal.type("up", "--no-demo", JAVA_HOME=str(java.parent.parent))
    assert said.returncode == 1
    assert "questdb ended 3 times while it was starting" in said.stderr
    assert "this Java is broken" in said.stderr
    assert terminal.all_ended()
