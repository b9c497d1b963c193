"""A number of places that processes share: who holds one may work, the others wait or are told.

A place is a lock on a file (flock(2)), which the kernel gives back when its holder dies, however it dies.
"""

import fcntl
import os
from pathlib import Path


class Places:
    """`count` places by the name of `name`, the same for every process that names the same folder."""

    def __init__(self, folder: Path, name: str, count: int) -> None:
        self.count = count
        self._paths = [folder / f"{name}-{number}.lock" for number in range(count)]

    def take(self) -> int | None:
        """Hold a free place: an open file, which a child may inherit and `os.close` gives back. None when all are taken."""
        for path in self._paths:
            place = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(place)
            else:
                return place
        return None
