"""The state folder: who may read it, and what the first start generates into it."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli import leash
from cli.ports import free_ports, is_free
from cli.watch import UP
from config import settings as configuration
from config.settings import PRIVATE, Settings, SettingsError

GENERATED = "generated.toml"
SECRETS = ("secret_key", "questdb_password", "questdb_read_password")
QUESTDB_PORTS = ("questdb_http_port", "questdb_pg_port", "questdb_health_port")
RESTORING = "restoring"  # a file that is there from the beginning to the end of a restore
PLACES = ("public_url", "dashboard_host", "dashboard_port", "device_host", "device_port", "questdb_host", *QUESTDB_PORTS)


class AlreadyUp(Exception):
    """Another `up` runs from this state folder."""


@contextlib.contextmanager
def only_one(settings: Settings) -> Iterator[int]:
    """Hold the state folder's lock, which the kernel lets go of however this process ends; its descriptor.

    Raises:
        AlreadyUp: somebody else holds it.
    """
    with (run_folder(settings) / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp from None
        yield lock.fileno()


def run_folder(settings: Settings) -> Path:
    """Where pid files, orders and the lock are."""
    return settings.home / "run"


def log_folder(settings: Settings) -> Path:
    """Where each process's rotated log is."""
    return settings.home / "logs"


def note_places(settings: Settings) -> None:
    """Note where the Loadstar that starts now listens, for commands that are typed where other settings are in force."""
    draft = run_folder(settings) / "places.draft"
    draft.write_text(settings.model_dump_json(include=set(PLACES)), encoding="utf-8")
    draft.replace(draft.with_suffix(".json"))


def as_running(settings: Settings) -> Settings:
    """The settings, with the places where the Loadstar that runs from this state folder listens, if one does."""
    noted = run_folder(settings) / "places.json"
    if not leash.alive(run_folder(settings), UP) or not noted.exists():
        return settings
    return settings.model_copy(update=json.loads(noted.read_text(encoding="utf-8")))


def absolute_settings(**named: Any) -> Settings:
    """The settings with an absolute state folder, whatever folder the command was typed in.

    Raises:
        SettingsError: a setting is unknown or impossible.
    """
    made = configuration.load(**named)
    if not _is_text(made.home.absolute()):
        raise SettingsError(f"LOADSTAR_HOME: {str(made.home)!r} has control characters, or is not UTF-8; name another folder")
    return made if made.home.is_absolute() else configuration.load(**(named | {"home": made.home.absolute()}))


def _is_text(path: Path) -> bool:
    """Whether the path is UTF-8 without control characters: settings and notes of processes have to hold it in a line."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in str(path))


def make_folders(settings: Settings) -> None:
    """Make the state folder, its owner's alone.

    Raises:
        SettingsError: it cannot be made, or is somebody else's.
    """
    try:
        os.umask(PRIVATE)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.home.chmod(0o700)
        _close(settings.home)
        for folder in (run_folder(settings), log_folder(settings), settings.home / "questdb"):
            folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"LOADSTAR_HOME: the state folder {settings.home} cannot be used ({error.strerror}); name another"
        ) from error


def _close(folder: Path) -> None:
    """Take from everyone else what they may do to files that were made before all were their owner's alone."""
    for within, folders, files in os.walk(folder):  # passes over a folder that goes meanwhile, as `rglob` does not
        for path in (Path(within, name) for name in (*folders, *files)):
            with contextlib.suppress(FileNotFoundError):  # what still runs may remove what is its own
                if not path.is_symlink() and (mode := path.stat().st_mode) & PRIVATE:
                    path.chmod(stat.S_IMODE(mode) & ~PRIVATE)


def generate(settings: Settings, **named: Any) -> Settings:
    """Generate what is missing; the settings with it. Call it only while no process of this state folder runs.

    Ports of the embedded QuestDB stay as they are while nobody else listens there.
    """
    home = settings.home
    known = _generated(home)
    changed = known | {name: secrets.token_urlsafe(32) for name in SECRETS if name not in known}
    taken = [
        name
        for name in QUESTDB_PORTS
        if name not in known or (getattr(settings, name) == known[name] and not is_free("127.0.0.1", known[name]))
    ]
    with free_ports(len(taken)) as ports:
        changed |= zip(taken, ports, strict=True)
    if changed != known:
        _write(home / GENERATED, changed)
    return configuration.load(**(named | {"home": home}))


def _generated(home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((home / GENERATED).read_text())
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{home / GENERATED} cannot be read ({error}); restore it, or remove it to generate it anew"
        ) from error


def _write(path: Path, values: dict[str, Any]) -> None:
    """Write whole or not at all, readable by its owner alone from the first byte."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    lines = [f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"' for name, value in sorted(values.items())]
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Generated at the first start; what the environment or loadstar.toml says wins.\n" + "\n".join(lines) + "\n")
    draft.replace(path)
