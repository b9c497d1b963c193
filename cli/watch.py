"""What `up` becomes once everything runs: it waits for the end, and brings it about.

Starting needs half of the product's libraries; watching needs none of them. So `up` executes this module in its own place
(same process, same pid, same lock) and gives a hundred megabytes back. Only the standard library, and `cli.leash`.
"""

import os
import signal
import sys
import time
from pathlib import Path

from cli import leash

UP = "up"
SUPERVISOR = "supervisord"
END_S = 9.0
POLL_S = 0.05
AGAIN_S = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)  # the last is our own, see `on_signals`


class Ended(BaseException):
    """A signal asks for the end."""


def on_signals() -> None:
    """Have the signals that mean the end raise `Ended`.

    Python drops what is raised in a finalizer or the callback of a weak reference: there it is raised again a moment later.
    """

    def end(_number: int, _frame: object) -> None:
        raise Ended

    def again(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, Ended):
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        else:
            sys.__unraisablehook__(dropped)

    for number in SIGNALS:
        signal.signal(number, end)
    sys.unraisablehook = again


def sweep(run: Path, grace_s: float) -> list[str]:
    """End whatever a predecessor left running, and return the names of what was found."""
    supervisor = leash.family(run, SUPERVISOR)
    leash.end(supervisor, grace_s)  # first: it would start the others again
    families = {path.stem: leash.family(run, path.stem) for path in run.glob("*.pid") if path.stem not in (UP, SUPERVISOR)}
    leash.end([pid for pids in families.values() for pid in pids], grace_s)
    return [name for name, pids in families.items() if pids] + [SUPERVISOR] * bool(supervisor)


def withdraw_orders(run: Path) -> None:
    """Forget every order, so that nothing starts before it is ordered anew."""
    for path in (*run.glob("*.json"), *run.glob("*.prepared")):
        path.unlink(missing_ok=True)


def end_all(run: Path, supervisor: int) -> None:
    """End everything within 10 s: asked first, those that do not listen killed."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    try:
        os.kill(supervisor, signal.SIGTERM)
        deadline = time.monotonic() + END_S
        while not os.waitpid(supervisor, os.WNOHANG)[0] and time.monotonic() < deadline:
            time.sleep(POLL_S)
    except (ProcessLookupError, ChildProcessError):
        pass  # it has ended before
    sweep(run, 0.0)
    withdraw_orders(run)


def become(run: Path, supervisor: int, lock: int) -> None:
    """Go on as this module, in the same process and with the same lock. Never returns."""
    os.set_inheritable(lock, True)
    sys.stdout.flush()
    # A signal that comes in between waits: whoever reads that Loadstar is up may end it at once.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    argv = [sys.executable, "-S", "-P", "-m", "cli.watch", str(run), str(supervisor)]
    project = str(Path(__file__).resolve().parent.parent)
    os.execve(sys.executable, argv, os.environ | {"PYTHONPATH": project})  # noqa: S606 - ourselves


def main(run: Path, supervisor: int) -> int:
    """Wait for a signal, or for the supervisor's end; the exit status."""
    on_signals()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.waitpid(supervisor, 0)
    except Ended:
        print("Stopping …", flush=True)
        end_all(run, supervisor)
        print("Stopped.", flush=True)
        return 0
    sweep(run, 0.0)
    withdraw_orders(run)
    print(
        f"Error: supervisord ended without being asked to; {run.parent / 'logs/supervisord.log'} may say why. "
        "Everything else was ended too: `./loadstar up` starts it again",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2])))
