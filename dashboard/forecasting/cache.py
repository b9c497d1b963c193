"""What forecasts leave behind on this machine: answers on their way to a browser, and results for whoever sees the same."""

import os

from diskcache import Cache, JSONDisk  # type: ignore[import-untyped]

from config.settings import Settings

SIZE_LIMIT_BYTES = 64 * 2**20
ANSWER_LASTS_S = 300  # a browser that has not fetched its answer by then has gone
RESULT_LASTS_S = 2 * 3600


def open_cache(settings: Settings) -> Cache:
    """The cache in the state folder; its folder is 0700. It keeps JSON: nothing of it is ever unpickled."""
    folder = settings.home / "cache" / "forecasts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    before = os.umask(0o077)
    try:
        return Cache(str(folder), disk=JSONDisk, size_limit=SIZE_LIMIT_BYTES)
    finally:
        os.umask(before)
