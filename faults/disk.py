"""A real disk that is small enough to fill: a file system of its own in a file, or in memory."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class NotMounted(Exception):
    """Nothing can be mounted here."""


class Disk(NamedTuple):
    """A mounted file system."""

    folder: Path

    def fill(self, leave: int = 0) -> None:
        """Take up all room but so many bytes, as somebody else's file would."""
        with (self.folder / "filler").open("ab") as file:
            status = os.fstatvfs(file.fileno())
            size = file.tell() + status.f_bavail * status.f_frsize - leave
            taken = False
            while not taken and size > file.tell():
                with contextlib.suppress(OSError):  # the file system needs some for itself
                    os.posix_fallocate(file.fileno(), 0, size)
                    taken = True
                size -= 64 * 1024

    def free(self) -> None:
        """Remove that file."""
        (self.folder / "filler").unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk of its own there.

    Raises:
        NotMounted: mounting is root's.
    """
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    for command in (
        [["mkfs.ext4", "-q", "-m", "0", str(image)], ["mount", "-o", "loop", str(image), str(folder)]],
        [["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]],
    ):
        try:
            for step in command:
                subprocess.run(step, check=True, capture_output=True)  # noqa: S603 - our own words
        except (OSError, subprocess.CalledProcessError):
            continue
        break
    else:
        raise NotMounted("no file system can be mounted here: that takes root")
    try:
        yield Disk(folder)
    finally:
        unmount = [shutil.which("umount") or "/bin/umount", "-l", str(folder)]
        subprocess.run(unmount, check=True)  # noqa: S603 - as above
        image.unlink()
