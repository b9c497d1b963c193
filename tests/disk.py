"""A real disk that is small enough to fill, for tests, which are skipped where nothing can be mounted."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import disk
from faults.disk import Disk as Disk


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk of its own there; as somebody else than root the test is skipped, with that reason."""
    with contextlib.ExitStack() as ending:
        try:
            made = ending.enter_context(disk.small_disk(folder, megabytes))
        except disk.NotMounted as why:
            pytest.skip(str(why))
        yield made
