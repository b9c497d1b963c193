"""The QuestDB jar: fetched once, only the pinned one, with a word about what to do when it cannot be had."""

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import questdb
from cli.questdb import QuestDBUnavailable, ensure_jar
from config.settings import Settings

FOLDER = Path("org/questdb/questdb") / questdb.VERSION
NAME = f"questdb-{questdb.VERSION}.jar"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    asked: list[str]

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        self.server.asked.append(self.path)  # type: ignore[attr-defined]


class Mirror:
    """A Maven repository on this machine."""

    def __init__(self, folder: Path) -> None:
        self.jar = folder / FOLDER / NAME
        self.jar.parent.mkdir(parents=True)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        self.asked: list[str] = []
        self.server.asked = self.asked  # type: ignore[attr-defined]
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    made = Mirror(tmp_path / "mirror")
    yield made
    made.server.shutdown()
    made.server.server_close()


def settings(tmp_path: Path, mirror: Mirror) -> Settings:
    return Settings(home=tmp_path / "home", questdb_mirror=mirror.address)


def test_it_is_fetched_once_from_the_mirror_with_progress(tmp_path: Path, mirror: Mirror, questdb_jar: Path) -> None:
    shutil.copy(questdb_jar, mirror.jar)
    told: list[tuple[str, int, int]] = []

    @contextmanager
    def progress(name: str, size: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def more(count: int) -> None:
            nonlocal done
            done += count

        yield more
        told.append((name, size, done))

    jar = ensure_jar(settings(tmp_path, mirror), progress)
    assert jar.read_bytes() == questdb_jar.read_bytes()
    size = questdb_jar.stat().st_size
    assert [(total, done) for _, total, done in told] == [(size, size)]
    asked = len(mirror.asked)
    assert ensure_jar(settings(tmp_path, mirror), progress) == jar
    assert len(mirror.asked) == asked, "the second time nothing is asked"


def test_another_file_under_its_name_is_never_run(tmp_path: Path, mirror: Mirror) -> None:
    mirror.jar.write_bytes(b"something else")
    with pytest.raises(QuestDBUnavailable, match="not the pinned one"):
        ensure_jar(settings(tmp_path, mirror))
    assert not list((tmp_path / "home").rglob("*.jar"))


def test_a_download_that_was_cut_off_is_fetched_again(tmp_path: Path, mirror: Mirror, questdb_jar: Path) -> None:
    shutil.copy(questdb_jar, mirror.jar)
    cut = tmp_path / "home/maven" / FOLDER / NAME
    cut.parent.mkdir(parents=True)
    cut.write_bytes(questdb_jar.read_bytes()[:1000])
    assert ensure_jar(settings(tmp_path, mirror)) == cut
    assert cut.stat().st_size == questdb_jar.stat().st_size


def test_without_a_network_it_says_what_to_set(tmp_path: Path, mirror: Mirror) -> None:
    mirror.server.shutdown()
    mirror.server.server_close()
    with pytest.raises(QuestDBUnavailable, match=r"check the network, or set LOADSTAR_QUESTDB_MIRROR .* LOADSTAR_QUESTDB_JAR"):
        ensure_jar(settings(tmp_path, mirror))


def test_the_environment_needs_generated_passwords(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passwords"):
        questdb.environment(Settings(home=tmp_path))
