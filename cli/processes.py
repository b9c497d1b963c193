"""Which processes make up Loadstar, and how they are started, watched and ended.

`supervisor` keeps them up. Each is started through `cli/leash.py`, which waits for its order: a file that says what to
run, written when what the process needs is there. So all are imported and watched from the first moment, and none comes
too early.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cli import leash, questdb
from cli.home import log_folder, run_folder
from cli.watch import SUPERVISOR
from config import call
from config.settings import PRIVATE, PROJECT, Settings

STORE_STOP_S = 3
OTHERS_STOP_S = 4  # with the store's, and supervisord's own turn of a second, within the 10 s that an end may take
SUPERVISOR_CONFIG = "supervisord.conf"
LOG_BYTES = 10 * 2**20
LOGS_KEPT = 3
LEASH = Path(leash.__file__)


class Process(NamedTuple):
    """One process: its name, what runs it, its ports, what it is for, its folder (the checkout), and what is emptied before."""

    name: str
    argv: list[str]
    ports: tuple[int, ...]
    purpose: str
    folder: Path | None = None
    scratch: Path | None = None
    beats: bool = True  # gives signs of life (`config.heart`): one that gives none is ended, and started anew


def processes(settings: Settings) -> list[Process]:
    """The processes of these settings except the embedded QuestDB, whose jar may have to be fetched first."""
    python = sys.executable
    made = [
        Process("devices", [python, "-m", "ingest"], (settings.device_port,), "the device API"),
        Process("dashboard", dashboard_argv(), (settings.dashboard_port,), "what people see"),
        Process("worker", [python, "-m", "worker", "--alone"], (), "the clock's work, and jobs"),
        Process("mqtt", [python, "-m", "ingest.mqtt"], (), "listens to MQTT brokers, once there is one"),
    ]
    if settings.demo:
        made.append(Process("feed", [python, "-m", "demo"], (), "the demo's devices"))
    return made


def dashboard_argv() -> list[str]:
    """The dashboard's server, the same here and in production."""
    gunicorn = [sys.executable, "-m", "gunicorn"]
    return [*gunicorn, "--config", str(PROJECT / "config/gunicorn.py"), "--no-control-socket", "dashboard.wsgi:server"]


def questdb_process(settings: Settings, jar: Path) -> Process:
    """The embedded QuestDB."""
    ports = (settings.questdb_http_port, settings.questdb_pg_port, settings.questdb_health_port)
    argv, folder = questdb.command(settings, jar), questdb.folder(settings)
    return Process("questdb", argv, ports, "the time series", folder, questdb.scratch(settings), beats=False)


def names(settings: Settings) -> list[str]:
    """Names of all processes, in the order they are shown."""
    store = [] if settings.questdb_external else ["questdb"]
    return store + [process.name for process in processes(settings)]


def watched(settings: Settings) -> list[str]:
    """Names of the processes of the last start, which may have had other options; those of the settings before the first."""
    config = run_folder(settings) / SUPERVISOR_CONFIG
    if not config.exists():
        return names(settings)
    return re.findall(r"^\[program:(\w+)\]$", config.read_text(encoding="utf-8"), re.MULTILINE)


def environment(settings: Settings) -> dict[str, str]:
    """What every process finds in its environment beside what `up` itself was given."""
    made = {
        "LOADSTAR_HOME": str(settings.home),
        "LOADSTAR_RUN_FOLDER": str(run_folder(settings)),
        "LOADSTAR_DEMO": str(settings.demo).lower(),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        # Whatever the machine's language, paths are text: Java in particular knows no file that is not ASCII in plain C.
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",  # glibc would keep an arena of freed memory for each thread
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if settings.settings_file:
        made["LOADSTAR_SETTINGS_FILE"] = str(settings.settings_file.absolute())
    return made


def order(settings: Settings, process: Process, env: dict[str, str] | None = None) -> None:
    """Let the process run: what it needs is there. `env` is for it alone."""
    _write_order(process, run_folder(settings) / f"{process.name}.json", env)


def order_when_called(settings: Settings, process: Process) -> None:
    """Let the process run as soon as another one calls for it (`config.call`); until then it costs next to nothing."""
    _write_order(process, call.prepared(run_folder(settings), process.name))


def _write_order(process: Process, path: Path, env: dict[str, str] | None = None) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        folder, scratch = (path and str(path) for path in (process.folder, process.scratch))
        told = {"argv": process.argv, "env": env or {}, "folder": folder, "scratch": scratch, "beats": process.beats}
        json.dump(told, file)
    draft.replace(path)


def start_supervisor(settings: Settings) -> int:
    """Start supervisord over all processes and return its pid; it ends with the caller. Call it from the main thread.

    The kernel's parent-death signal follows the thread that forked, not its process.
    """
    config = run_folder(settings) / SUPERVISOR_CONFIG
    config.write_text(supervisor_config(settings), encoding="utf-8")
    supervisor = Process(SUPERVISOR, [sys.executable, "-m", "cli.supervise", "-c", str(config)], (), "", beats=False)
    order(settings, supervisor)
    # A process group of its own: Ctrl-C reaches `up` alone, which ends the others in their order.
    started = subprocess.Popen(  # noqa: S603 - our own program
        leashed(settings, SUPERVISOR),
        cwd=PROJECT,
        env=os.environ | environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=supervisor_words(settings).open("wb"),
        process_group=0,
    )
    return started.pid


def supervisor_words(settings: Settings) -> Path:
    """What the supervisor says before it has a log, or instead of one."""
    return log_folder(settings) / "supervisord.err"


def leashed(settings: Settings, name: str) -> list[str]:
    """The command line of a process that waits for its order, and ends with whoever started it."""
    return [sys.executable, "-I", "-S", str(LEASH), str(run_folder(settings)), name]


def supervisor_config(settings: Settings) -> str:
    """The configuration of supervisord (supervisor 4.3, as `cli/supervise.py` reads it); the store is stopped last."""
    run, logs = run_folder(settings), log_folder(settings)
    sections = [
        "[supervisord]",
        "nodaemon = true",
        "silent = true",
        f"umask = {PRIVATE:03o}",
        f"logfile = {logs / 'supervisord.log'}",
        f"logfile_maxbytes = {LOG_BYTES}",
        f"logfile_backups = {LOGS_KEPT}",
        f"pidfile = {run / 'supervisord.process'}",
        f"childlogdir = {logs}",
    ]
    others = [name for name in names(settings) if name != "questdb"]
    for name in names(settings):
        sections += [
            "",
            f"[program:{name}]",
            f"process_name = {name}",
            f"command = {shlex.join(leashed(settings, name))}",
            f"directory = {PROJECT}",
            "autorestart = true",
            "startsecs = 2",
            "startretries = 1000000",
            f"stopwaitsecs = {STORE_STOP_S if name == 'questdb' else OTHERS_STOP_S}",
            "killasgroup = true",
            "stopasgroup = false",
            "priority = 1",
            "redirect_stderr = true",
            f"stdout_logfile = {logs / (name + '.log')}",
            f"stdout_logfile_maxbytes = {LOG_BYTES}",
            f"stdout_logfile_backups = {LOGS_KEPT}",
        ]
    # A group's members are stopped at once, groups one after the other from the highest priority down.
    sections += ["", "[group:rooms]", f"programs = {','.join(others)}", "priority = 2"]
    return "\n".join(sections) + "\n"
