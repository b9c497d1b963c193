"""What forecasts leave behind on this machine: answers on their way to a browser, and results for whoever sees the same."""

import os
from typing import Any

from diskcache import Cache, JSONDisk  # type: ignore[import-untyped]
from diskcache.core import MODE_PICKLE  # type: ignore[import-untyped]

from config.settings import Settings

SIZE_LIMIT_BYTES = 64 * 2**20
ANSWER_LASTS_S = 300  # a browser that has not fetched its answer by then has gone
RESULT_LASTS_S = 2 * 3600


class PlainDisk(JSONDisk):  # type: ignore[misc]  # diskcache is not typed
    """Keeps JSON, and reads nothing else.

    diskcache's own disks unpickle what a row says is pickled, `JSONDisk` too, and a pickle runs what it likes
    (CVE-2025-69872). Here such a row, which only somebody else can have written, is an error. Its keys likewise.
    """

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """The value of a row."""
        if mode == MODE_PICKLE:
            raise ValueError("a row of the cache is pickled, which Loadstar never does: empty its folder")
        return super().fetch(mode, filename, value, read)

    def get(self, key: Any, raw: bool) -> Any:
        """The key of a row."""
        if not raw:
            raise ValueError("a key of the cache is pickled, which Loadstar never does: empty its folder")
        return super().get(key, raw)


def open_cache(settings: Settings) -> Cache:
    """The cache in the state folder, whose folder only its owner can enter (0700); it holds JSON, and is read as nothing else."""
    folder = settings.home / "cache" / "forecasts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    before = os.umask(0o077)
    try:
        return Cache(str(folder), disk=PlainDisk, size_limit=SIZE_LIMIT_BYTES)
    finally:
        os.umask(before)
