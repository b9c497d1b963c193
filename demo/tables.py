"""Tables that take a second and a hundred megabytes to compute, kept in a folder and mapped into memory from there.

So the feed, which runs for good, reads the few pages that it needs and no more.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from demo.replay import Floats

Tables = dict[str, Floats]
HERE = Path(__file__).parent


def kept(folder: Path | None, name: str, compute: Callable[[], Tables]) -> Tables:
    """The tables that `compute` makes: from the folder if they are there and made by this very code and data, else made.

    Without a folder they are made in memory.
    """
    if folder is None:
        return compute()
    place = folder / f"{name}-{_fingerprint()}"
    if not place.is_dir():
        tables = compute()
        fresh = folder / f".{name}-{os.getpid()}"
        fresh.mkdir(parents=True, exist_ok=True)
        for part, table in tables.items():
            np.save(fresh / f"{part}.npy", np.ascontiguousarray(table))
        for old in folder.glob(f"{name}-*"):
            _remove(old)
        try:
            fresh.rename(place)
        except OSError:  # another process was faster
            _remove(fresh)
    return {file.stem: np.load(file, mmap_mode="r") for file in place.glob("*.npy")}


def _remove(place: Path) -> None:
    for file in place.iterdir():
        file.unlink(missing_ok=True)
    place.rmdir()


def _fingerprint() -> str:
    made_from = [*sorted(HERE.glob("*.py")), *sorted((HERE / "data").glob("*.gz"))]
    digest = hashlib.sha256()
    for file in made_from:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
