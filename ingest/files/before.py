"""What stood where an import's readings went, kept beside its file by blocks until the import is undone.

A block's part is on the disk before any of the block is written. One that is written again after a kill adds what others have
stored there since; its own rows it never takes for others'.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from config.settings import Settings
from ingest.files import shelf
from store.records.plant import imports
from store.scope import SYSTEM
from store.series import replaced
from store.series.replaced import COLUMNS, KEY, Keys


def keep(folder: Path, number: int, source: str, keys: Sequence[Keys]) -> None:
    """Keep what stands under the keys of a block, which is about to be written under this source.

    Raises:
        StoreAway: QuestDB cannot be asked.
    """
    folder.mkdir(parents=True, exist_ok=True)  # also where nothing stood: without it nobody knows
    now, part = replaced.standing(SYSTEM, source, keys), folder / f"{number:06}.parquet"
    if part.exists():
        now = pd.concat([each for each in (_read(part), now) if len(each)] or [now], ignore_index=True)
        now = now.drop_duplicates(KEY, keep="last")
    _write(part, now)


class Before:
    """What is kept of what stood before an import."""

    def __init__(self, folder: Path) -> None:
        spans = [(part, pd.read_parquet(part, columns=["at"])["at"]) for part in _parts(folder)]
        self._spans = [(part, at.min(), at.max()) for part, at in spans if len(at)]

    def of(self, keys: pd.DataFrame) -> pd.DataFrame:
        """What stood under these keys (`KEY`); columns `COLUMNS`."""
        least, most = keys["at"].min(), keys["at"].max()
        between = [("at", ">=", int(least)), ("at", "<=", int(most))]
        parts = [_read(part, between) for part, first, last in self._spans if first <= most and last >= least]
        found = [each.merge(keys[KEY], on=KEY) for each in parts if len(each)]
        # Where a file says a time twice, the first of its blocks has seen what was there.
        return pd.concat(found).drop_duplicates(KEY) if found else pd.DataFrame(columns=COLUMNS)


def hand_on(settings: Settings, import_id: str) -> None:
    """Let what stood before this import be what stood before those that replaced its rows: it is about to be undone."""
    stood = Before(shelf.folder(settings, import_id) / shelf.BEFORE)
    for other in imports.others_of(SYSTEM, import_id):
        for part in _parts(shelf.folder(settings, other) / shelf.BEFORE):
            rows = _read(part)
            theirs = rows["source"] == import_id
            if not theirs.any():
                continue
            parts = [each for each in (rows[~theirs], stood.of(rows[theirs])) if len(each)]
            _write(part, pd.concat(parts, ignore_index=True) if parts else rows.iloc[:0])


def forget(folder: Path) -> None:
    """Keep nothing of it any more."""
    for part in _parts(folder):
        part.unlink()
    if folder.exists():
        folder.rmdir()


def _parts(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.parquet"))


def _read(part: Path, filters: Sequence[tuple[str, str, object]] | None = None) -> pd.DataFrame:
    """A part; one of before a column was kept has nothing in it."""
    return pd.read_parquet(part, filters=filters).reindex(columns=COLUMNS)


def _write(part: Path, rows: pd.DataFrame) -> None:
    if rows.empty:
        part.unlink(missing_ok=True)
        return
    with shelf.draft(part) as draft:
        rows.to_parquet(draft, index=False)
