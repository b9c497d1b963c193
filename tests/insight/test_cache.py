"""What is kept on disk is data: whoever could write into the folder could put no program there."""

import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from diskcache import Cache
from diskcache.core import MODE_PICKLE

from config.settings import Settings
from insight import cache


@pytest.mark.parametrize("opened", [cache.forecasts, cache.closed_power])
def test_a_pickle_that_somebody_put_there_is_not_read(tmp_path: Path, opened: Callable[[Settings], Cache]) -> None:
    kept = opened(Settings(home=tmp_path))
    kept.set("power", b"1" if opened is cache.closed_power else 1)
    assert kept.get("power") is not None
    with sqlite3.connect(f"{kept.directory}/cache.db") as records:
        records.execute("UPDATE Cache SET mode = ?, value = ?", (MODE_PICKLE, pickle.dumps(print)))
    with pytest.raises(ValueError, match="pickled"):
        kept.get("power")


@pytest.mark.parametrize("opened", [cache.forecasts, cache.closed_power])
def test_the_folder_is_its_owners_alone(tmp_path: Path, opened: Callable[[Settings], Cache]) -> None:
    folder = Path(opened(Settings(home=tmp_path)).directory)
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert oct((folder / "cache.db").stat().st_mode)[-3:] == "600"
