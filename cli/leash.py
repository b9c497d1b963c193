"""Runs one process of Loadstar so that it never outlives whoever watches over it.

`python -I -S cli/leash.py RUN NAME` waits for its order (`RUN/NAME.json`: what to run), writes who it is
(`RUN/NAME.pid`), asks the kernel for SIGTERM when its parent dies (`prctl(2)`, PR_SET_PDEATHSIG, which survives
`execve`), and becomes the program. Before that it ends what a killed predecessor of the same name left behind.

Only the standard library, and little of it: six of these start at once on a small machine. `/proc` is Linux; on other
systems a process is known by its pid alone and `up` sweeps what is left.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG = 1
POLL_S = 0.05
PROC = Path("/proc")
BOOT = PROC / "sys/kernel/random/boot_id"


def boot_id() -> str:
    """What tells one run of the machine from the next, so that a pid file never outlives a reboot."""
    return BOOT.read_text().strip() if BOOT.exists() else ""


def _stat(pid: int) -> list[str]:
    """Fields of `/proc/PID/stat` from the state on (field 3 of proc(5)); empty when there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def started(pid: int) -> str:
    """When the process was started, in ticks since boot; empty when it is gone, or a zombie that has let go of everything.

    Of a process that is ending, the first thread may be a zombie while others still hold its files and ports.
    """
    fields = _stat(pid)
    if not fields or (fields[0] == "Z" and int(fields[17]) <= 1):
        return ""
    return fields[19]


class Record(NamedTuple):
    """Who bears a name: its pid, when it started (ticks since boot), in which run of the machine, noted in which folder."""

    pid: int
    started: str
    boot: str
    folder: str
    path: str


def folder_id(run: Path) -> str:
    """What tells the folder from its copies, which hold the same files: its device and inode."""
    status = run.stat()
    return f"{status.st_dev}:{status.st_ino}"


def write_record(run: Path, name: str, pid: int) -> None:
    """Note which process bears the name now."""
    record = Record(pid, started(pid), boot_id(), folder_id(run), str(run.absolute()))
    text = json.dumps(record._asdict())
    draft, path = run / f".{name}.pid.{pid}", run / f"{name}.pid"
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError:  # a full disk: the note that is there has the room
        draft.unlink(missing_ok=True)
        if not path.exists():
            raise
        with path.open("r+") as file:
            file.write(text)
            file.truncate()


def noted(run: Path, name: str) -> Record | None:
    """What is noted under the name, wherever and whenever it was; None when that is no record of ours."""
    try:
        record = Record(**json.loads((run / f"{name}.pid").read_text()))
    except (OSError, ValueError, TypeError, RecursionError):  # no file, no text, no JSON, no object of ours, too deep
        return None
    if type(record.pid) is not int or not 1 < record.pid < 2**31:
        return None
    return record if all(isinstance(text, str) for text in record[1:]) else None


def _here(run: Path, name: str) -> Record | None:
    """The record of the name if it was written in this folder in this run of the machine.

    In a copy of a state folder it names processes of the original, which are none of ours.
    """
    record = noted(run, name)
    return record if record and record.boot == boot_id() and record.folder == folder_id(run) else None


def recorded(run: Path, name: str) -> int | None:
    """The pid noted under the name in this run of the machine, alive or not."""
    record = _here(run, name)
    return record.pid if record else None


def alive(run: Path, name: str) -> int | None:
    """The pid of the living process that bears the name; never that of a stranger who got the same number later."""
    record = _here(run, name)
    return record.pid if record and is_alive(record) else None


def is_alive(record: Record) -> bool:
    """Whether the process of a record of this run of the machine lives."""
    if PROC.is_dir():
        return bool(record.started) and started(record.pid) == record.started
    try:
        os.kill(record.pid, 0)
    except OSError:
        return False
    return True


def family(run: Path, name: str) -> list[int]:
    """The process that bears the name and those of its process group, also when it is dead itself.

    A group's number is not given to a new process while the group has members. The one case left is a stranger who got
    the number after the group was gone, and has died leaving children: they do not know this state folder, or are not
    ours to read, and are left alone.
    """
    leader = recorded(run, name)
    if leader is None:
        return []
    if not PROC.is_dir():
        return [leader] if alive(run, name) else []
    if started(leader) and not alive(run, name):
        return []
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if started(pid) and (pid == leader or (_group(pid) == leader and _knows(pid, run)))]


def _group(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[2]) if fields else None


def _knows(pid: int, run: Path) -> bool:
    """Whether the process was told of the state folder, or is ending: then its memory is gone and its ports are not yet."""
    try:
        told, line = ((PROC / str(pid) / name).read_bytes() for name in ("environ", "cmdline"))
    except OSError:
        return False
    return f"LOADSTAR_HOME={run.parent}\0".encode() in told or not (told or line)


def end(pids: list[int], grace_s: float) -> None:
    """Ask the processes to end, and kill after the grace those that have not."""
    for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 2.0)):
        for pid in pids:
            try:
                os.kill(pid, number)
            except OSError:
                continue
        deadline = time.monotonic() + patience
        while (pids := [pid for pid in pids if _is_running(pid)]) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not pids:
            return


def _is_running(pid: int) -> bool:
    if PROC.is_dir():
        return bool(started(pid))
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _follow_parent() -> None:
    """Have the kernel send SIGTERM when the parent dies; without prctl(2), `up` sweeps instead."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Order(NamedTuple):
    """What to run: command line, what is added to its environment, its folder, and one that is emptied for it first."""

    argv: list[str]
    env: dict[str, str]
    folder: str | None
    scratch: str | None


def _order(run: Path, name: str, parent: int) -> Order:
    """What to run, as soon as it has been said; ends itself when the parent is gone."""
    path = run / f"{name}.json"
    while True:
        if os.getppid() != parent:
            sys.exit(0)
        try:
            order = json.loads(path.read_text())
        except FileNotFoundError:
            time.sleep(POLL_S)
        else:
            return Order(order["argv"], order["env"], order.get("folder"), order.get("scratch"))


def empty(folder: Path) -> None:
    """Make the folder, or leave nothing in it."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def main(run: Path, name: str) -> None:
    """Become the program that is ordered under the name."""
    parent = os.getppid()
    _follow_parent()
    end([pid for pid in family(run, name) if pid != os.getpid()], grace_s=0.0)
    try:
        write_record(run, name, os.getpid())
    except OSError as error:  # it is better that it runs, unknown to `status`, than that devices get no answer
        print(f"{name} could not be noted: {error}", file=sys.stderr)
    order = _order(run, name, parent)
    if order.scratch:
        empty(Path(order.scratch))
    if order.folder:
        os.chdir(order.folder)
    os.execvpe(order.argv[0], order.argv, os.environ | order.env)  # noqa: S606 - the order is ours, in a folder only its owner reads


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
