"""The device API's processes: started again when they die, ended in seconds, never orphaned."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cli.ports import free_ports
from config import heart
from config.settings import Settings
from ingest import serve, server
from tests.conftest import PATIENT_S, eventually
from tests.ingest.world import HARDWARE, PROJECT, Api, World, environment


@pytest.fixture
def own(device_settings: Settings, world: World, tmp_path: Path) -> Iterator[Api]:
    """A device API of this test's own, on the session's records and QuestDB."""
    with free_ports(1) as (port,):
        pass
    running = Api(device_settings.model_copy(update={"home": tmp_path, "device_port": port})).start()
    yield running
    assert running.process is not None
    if running.process.poll() is None:
        running.stop()


def workers(api: Api) -> list[psutil.Process]:
    assert api.process is not None
    return psutil.Process(api.process.pid).children()


def run_to_its_end(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest"]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=2 * PATIENT_S, check=False)


def status(api: Api, key: str) -> int:
    try:
        return httpx.post(f"{api.url}/api/hardware/data", json=HARDWARE, headers={"X-API-Key": key}, timeout=30).status_code
    except httpx.TransportError:
        return 0


def test_workers_that_die_are_started_again_and_again(own: Api, world: World) -> None:
    for _ in range(3):
        before = {process.pid for process in workers(own)}
        for process in workers(own):
            process.kill()
        eventually(lambda before=before: len({process.pid for process in workers(own)} - before) == 2)
        eventually(lambda: status(own, world.device_key) == 200)
    assert own.process is not None
    assert own.process.poll() is None


def test_while_one_worker_is_down_the_other_answers(own: Api, world: World) -> None:
    first = workers(own)[0]
    first.kill()
    first.wait(PATIENT_S)
    eventually(lambda: status(own, world.device_key) == 200)


def test_a_worker_that_does_not_end_is_ended_within_ten_seconds_and_may_commit_before() -> None:
    assert server.STOP_S < serve.STOP_S < 10


def test_it_ends_and_answers_what_it_has_taken(own: Api, world: World) -> None:
    statuses: list[int] = []

    def post() -> None:
        with httpx.Client(headers={"X-API-Key": world.device_key}, timeout=PATIENT_S) as client:
            while True:
                try:
                    statuses.append(client.post(f"{own.url}/api/hardware/data", json=HARDWARE).status_code)
                except httpx.TransportError:
                    return

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(statuses) > 20)
    own.stop()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503}
    assert "Traceback" not in own.log()


def test_its_counts_reach_the_records_when_it_ends(own: Api, world: World) -> None:
    from store.records.plant import activity
    from store.scope import SYSTEM

    before = activity.activity_24h(SYSTEM, world.device).accepted
    assert status(own, world.device_key) == 200
    own.stop()
    assert activity.activity_24h(SYSTEM, world.device).accepted == before + 3


def test_workers_end_when_their_parent_was_killed(own: Api) -> None:
    orphans = workers(own)
    assert own.process is not None
    own.process.kill()
    own.process.wait()
    _, alive = psutil.wait_procs(orphans, timeout=PATIENT_S)
    assert not alive


def test_it_ends_when_the_process_that_started_it_was_killed(device_settings: Settings, world: World, tmp_path: Path) -> None:
    with free_ports(1) as (port,):
        pass
    settings = device_settings.model_copy(update={"home": tmp_path, "device_port": port})
    code = (
        "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-m', 'ingest']).pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=environment(settings), stdout=subprocess.PIPE)
    assert starter.stdout is not None
    started = psutil.Process(int(starter.stdout.readline()))
    eventually(Api(settings).ready)
    family = [started, *started.children()]
    starter.kill()
    starter.wait()
    starter.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=PATIENT_S)
    assert not alive


def test_a_port_in_use_is_named(device_settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = device_settings.model_copy(update={"home": tmp_path, "device_port": port})
        ended = run_to_its_end(environment(settings))
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "LOADSTAR_DEVICE_PORT" in ended.stderr


def test_an_impossible_setting_stops_the_start_with_its_name() -> None:
    ended = run_to_its_end({**os.environ, "LOADSTAR_DEVICE_PORTS": "1"})
    assert ended.returncode == 1
    assert "LOADSTAR_DEVICE_PORTS" in ended.stderr


def test_interrupt_ends_it_too(own: Api) -> None:
    assert own.process is not None
    own.process.send_signal(signal.SIGINT)
    own.process.wait(PATIENT_S)


def test_a_worker_that_hangs_is_ended_and_another_started(own: Api, world: World) -> None:
    stopped = workers(own)[0]
    beats = own.settings.run / heart.DEVICE_WORKERS / f"{stopped.pid}.beat"
    eventually(beats.exists)  # until then it may still be starting, for two minutes
    stopped.send_signal(signal.SIGSTOP)
    eventually(lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE)
    eventually(lambda: len([each for each in workers(own) if each.status() != psutil.STATUS_ZOMBIE]) == 2)
    eventually(lambda: [status(own, world.device_key) for _ in range(8)] == [200] * 8)
    assert "no sign of life" in own.log()


def test_of_two_that_start_at_the_same_port_at_once_one_gets_it_and_the_other_says_why(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    with free_ports(1) as (port,):
        pass
    both = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = device_settings.model_copy(update={"home": tmp_path / name, "device_port": port})
        both.append(
            subprocess.Popen(
                [sys.executable, "-m", "ingest"], cwd=PROJECT, env=environment(made), stderr=subprocess.PIPE, text=True
            )
        )
    try:
        eventually(lambda: any(each.poll() is not None for each in both))
        (loser,) = [each for each in both if each.poll() is not None]
        (winner,) = [each for each in both if each is not loser]
        assert loser.stderr
        assert loser.returncode == 1
        assert f"cannot listen at 127.0.0.1:{port}" in loser.stderr.read()
        eventually(lambda: health(port) == 200)
        assert winner.poll() is None
    finally:
        for each in both:
            each.terminate()
        for each in both:
            each.communicate(timeout=PATIENT_S)


def health(port: int) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code
    except httpx.TransportError:
        return 0
