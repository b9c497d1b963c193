"""What the demo remembers between starts: its ids, its devices' keys, and how far its history has come.

Two files in the state folder's `demo/`, both for their owner alone (0600): `state.json` changes at the first start only,
`posted.json` while the feed runs.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config.settings import Settings


@dataclass
class State:
    """The demo as it was made. Keys of plants, meters and devices are those of `demo.plant`."""

    start: int  # of its history, seconds since 1970
    switch: int  # before it hourly intervals, from it on samples
    sites: dict[str, str] = field(default_factory=dict)  # plant → site id
    series: dict[str, dict[str, str]] = field(default_factory=dict)  # plant → meter, or "region" → series id
    keys: dict[str, dict[str, str]] = field(default_factory=dict)  # plant → device → API key
    facility: dict[str, int] = field(default_factory=dict)  # plant → the site's public number
    loaded: bool = False  # whether the year of history is in the store
    filling: list[int] | None = None  # from when until when a gap is being filled


def folder(settings: Settings) -> Path:
    """The demo's folder."""
    return settings.home / "demo"


def read(settings: Settings) -> State | None:
    """The state; None before the demo was first made, and when the file is not one."""
    try:
        return State(**json.loads((folder(settings) / "state.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(settings: Settings, state: State) -> None:
    """Keep the state; whole or not at all."""
    _write(folder(settings) / "state.json", asdict(state))


def read_posted(settings: Settings) -> dict[str, int]:
    """Until when (seconds since 1970) each device's samples are in the store, by "plant/device"."""
    try:
        return {str(device): int(until) for device, until in json.loads((folder(settings) / "posted.json").read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def write_posted(settings: Settings, posted: dict[str, int]) -> None:
    """Keep until when each device's samples are in the store."""
    _write(folder(settings) / "posted.json", posted)


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
