"""The QuestDB jar: fetched once, only the pinned one, with a word about what to do when it cannot be had."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli import maven, questdb
from cli.questdb import QuestDBUnavailable, ensure_jar
from config.settings import Settings

FOLDER = Path("org/questdb/questdb") / questdb.VERSION
NAME = f"questdb-{questdb.VERSION}.jar"


class Mirror(ThreadingHTTPServer):
    """A Maven repository on this machine, whose connections break off after so many bytes of a file, if any."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.jar = folder / FOLDER / NAME
        self.jar.parent.mkdir(parents=True)
        self.folder = folder
        self.sent: list[int] = []  # bytes, by answer
        self.breaks_off_after: int | None = None
        self.knows_ranges = True
        self.address = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        file = self.server.folder / self.path.strip("/")
        if not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if self.server.knows_ranges else None
        start = int(begin[1]) if begin else 0
        if start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if self.server.breaks_off_after is not None:
            body = body[: start + self.server.breaks_off_after]
        self.server.sent.append(len(body) - start)
        self.wfile.write(body[start:])

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror(tmp_path / "mirror") as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


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
    assert mirror.sent == [size]
    assert ensure_jar(settings(tmp_path, mirror), progress) == jar
    assert mirror.sent == [size], "the second time nothing is asked"


def test_another_file_under_its_name_is_never_run(tmp_path: Path, mirror: Mirror) -> None:
    mirror.jar.write_bytes(b"something else")
    with pytest.raises(QuestDBUnavailable, match="not the pinned one"):
        ensure_jar(settings(tmp_path, mirror))
    assert not list((tmp_path / "home").rglob("*.jar"))
    assert not list((tmp_path / "home").rglob("*.part"))


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_that_breaks_off_is_gone_on_from_where_the_mirror_can(
    tmp_path: Path, mirror: Mirror, questdb_jar: Path, knows_ranges: bool
) -> None:
    shutil.copy(questdb_jar, mirror.jar)
    size, third = mirror.jar.stat().st_size, mirror.jar.stat().st_size // 3
    mirror.knows_ranges, mirror.breaks_off_after = knows_ranges, third
    for _ in range(2):
        with pytest.raises(QuestDBUnavailable, match="the next start goes on with what has come"):
            ensure_jar(settings(tmp_path, mirror))
    mirror.breaks_off_after = None
    assert ensure_jar(settings(tmp_path, mirror)).read_bytes() == questdb_jar.read_bytes()
    assert mirror.sent[:2] == [third, third]
    left = size - 2 * third if knows_ranges else size
    assert left <= mirror.sent[2] <= left + 4 * maven.CHUNK_BYTES, "but for the piece that was on its way"


@pytest.mark.parametrize("damage", ["of another file", "longer than it is", "whole, and not yet named", "under its name"])
def test_whatever_was_left_of_an_earlier_download_the_next_start_has_it_whole(
    tmp_path: Path, mirror: Mirror, questdb_jar: Path, damage: str
) -> None:
    shutil.copy(questdb_jar, mirror.jar)
    content = questdb_jar.read_bytes()
    left = {"of another file": b"x" * 1000, "longer than it is": content + b"x", "whole, and not yet named": content}
    jar = tmp_path / "home/maven" / FOLDER / NAME
    jar.parent.mkdir(parents=True)
    (jar if damage == "under its name" else jar.with_suffix(".part")).write_bytes(left.get(damage, content[:1000]))
    assert ensure_jar(settings(tmp_path, mirror)) == jar
    assert jar.read_bytes() == content
    assert [path.name for path in jar.parent.iterdir()] == [NAME]
    if damage == "whole, and not yet named":
        assert mirror.sent == []


def test_without_a_network_it_says_what_to_set(tmp_path: Path, mirror: Mirror) -> None:
    mirror.shutdown()
    mirror.server_close()
    with pytest.raises(QuestDBUnavailable, match=r"check the network, or set LOADSTAR_QUESTDB_MIRROR .* LOADSTAR_QUESTDB_JAR"):
        ensure_jar(settings(tmp_path, mirror))


def test_the_environment_needs_generated_passwords(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passwords"):
        questdb.environment(Settings(home=tmp_path))
