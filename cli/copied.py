"""A state folder that was copied from another: recognised, and made the folder of a Loadstar of its own.

A copy holds the original's notes of which processes run; they are the original's, and so are its lock and its orders. A
folder tells that it is a copy by those notes: they name the folder that they were written in.
"""

from pathlib import Path
from typing import NamedTuple

from cli import leash
from cli.home import run_folder
from cli.watch import UP, withdraw_orders
from config.settings import Settings


class Original(NamedTuple):
    """The state folder that this one was copied from, and the pid of its `up`, if that runs now."""

    home: Path
    pid: int | None


def original(settings: Settings) -> Original | None:
    """Whose copy the state folder is; None when it is nobody's."""
    run = run_folder(settings)
    record = leash.noted(run, UP)
    if record is None:
        return None
    ours, same_boot = leash.folder_id(run), record.boot == leash.boot_id()
    # Devices are numbered anew when a machine starts; inodes stay.
    if record.folder == ours or (not same_boot and record.folder.partition(":")[2] == ours.partition(":")[2]):
        return None
    return Original(Path(record.path).parent, record.pid if same_boot and leash.is_alive(record) else None)


def make_own(settings: Settings) -> None:
    """Forget what the original noted."""
    run = run_folder(settings)
    for path in run.glob("*.pid"):
        path.unlink(missing_ok=True)
    withdraw_orders(run)
