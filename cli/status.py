"""`loadstar status` and `loadstar down`: the running Loadstar, seen and stopped from another terminal."""

import os
import signal
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from cli import leash
from cli.home import absolute_settings, as_running, run_folder
from cli.processes import processes, watched
from cli.watch import SUPERVISOR, UP, sweep
from config.settings import Settings

if TYPE_CHECKING:
    import psutil

DOWN_S = 15.0
POLL_S = 0.05
NOT_RUNNING = 3  # what `status` of a service that is stopped answers (LSB, "program is not running")


class State(NamedTuple):
    """One process as it is now; `pid` is None when it does not run. Age in seconds, memory (PSS, its workers' too) in bytes."""

    name: str
    pid: int | None
    ports: tuple[int, ...]
    age_s: float
    memory: int


def states(settings: Settings) -> list[State]:
    """Every process of this state folder, `up` and the supervisor first."""
    run = run_folder(settings)
    ports = {process.name: process.ports for process in processes(settings)}
    ports["questdb"] = (settings.questdb_http_port, settings.questdb_pg_port, settings.questdb_health_port)
    return [_state(name, leash.alive(run, name), ports.get(name, ())) for name in (UP, SUPERVISOR, *watched(settings))]


def _state(name: str, pid: int | None, ports: tuple[int, ...]) -> State:
    import psutil

    try:
        process = psutil.Process(pid) if pid else None
        if process is None:
            return State(name, None, ports, 0.0, 0)
        members = [process] if name in (UP, SUPERVISOR) else [process, *process.children(recursive=True)]
        age_s = time.time() - process.create_time()  # noqa: TID251 - both are the machine's word
        return State(name, pid, ports, age_s, sum(_memory(member) for member in members))
    except psutil.NoSuchProcess:
        return State(name, None, ports, 0.0, 0)


def _memory(process: "psutil.Process") -> int:
    import psutil

    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.uss))
    except psutil.Error:
        return 0


@click.command()
def status() -> None:
    """Show each process, its port, age and memory; ends with 3 when Loadstar is not up."""
    settings = as_running(absolute_settings())
    every = states(settings)
    if not any(state.pid for state in every):
        click.echo(f"Loadstar is not up (state folder {settings.home}); `./loadstar up` starts it.")
        raise SystemExit(NOT_RUNNING)
    click.echo(f"{'process':<12} {'pid':>8}  {'ports':<18} {'up for':>9} {'memory':>9}")
    for state in every:
        ports = ", ".join(str(port) for port in state.ports)
        if state.pid is None:
            click.echo(f"{state.name:<12} {'not running':>8}")
        else:
            click.echo(f"{state.name:<12} {state.pid:>8}  {ports:<18} {_age(state.age_s):>9} {state.memory / 2**20:>6.0f} MB")
    click.echo(f"{'together':<12} {'':>8}  {'':<18} {'':>9} {sum(state.memory for state in every) / 2**20:>6.0f} MB")
    click.echo(settings.dashboard_url)


def _age(seconds: float) -> str:
    """Two units are enough: `4 d 3 h`."""
    rest = int(seconds)
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    parts: list[str] = []
    for unit, size in units:
        count, rest = divmod(rest, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


@click.command()
def down() -> None:
    """Stop the Loadstar that runs from this state folder."""
    settings = absolute_settings()
    run = run_folder(settings)
    pid = leash.alive(run, UP)
    if pid is None:
        left = sweep(run, 4.0)
        click.echo(f"Ended what was left running: {', '.join(left)}." if left else "Loadstar is not up.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_S
    while leash.alive(run, UP) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if leash.alive(run, UP):
        raise click.ClickException(f"Loadstar (pid {pid}) did not end within {DOWN_S:.0f} s; end it with `kill -9 {pid}`")
    click.echo("Loadstar is down.")
