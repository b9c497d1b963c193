"""The file of a backup: sealed so that every change shows, and refused in words that say what is wrong with it."""

import errno
import gc
import io
import os
import sys
import tarfile
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from cli.backup import archive, sealed
from cli.backup.archive import Head, NoBackup, Reader, Writer, zstd
from cli.backup.restoring import verify
from cli.backup.sealed import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Damaged, Opener, Sealer, WrongPassphrase

HEAD = Head(1, "0.1.0", datetime(2026, 11, 27, tzinfo=UTC), "014", "", 0, 0)


@pytest.fixture(autouse=True)
def _passphrases_take_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "COST", 4)


def closed(data: bytes, passphrase: str = "correct horse") -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, passphrase)
    for start in range(0, len(data), 50_000):
        sealer.write(data[start : start + 50_000])
    sealer.finish()
    return file.getvalue()


def opened(data: bytes, passphrase: str = "correct horse") -> bytes:
    return io.BufferedReader(Opener(io.BytesIO(data), passphrase)).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_is_sealed_is_opened_again(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert opened(closed(data[:size])) == data[:size]


def test_whatever_is_changed_cut_off_or_moved_shows_and_another_passphrase_opens_nothing() -> None:
    data = closed(bytes(3 * CHUNK_BYTES))
    with pytest.raises(WrongPassphrase):
        opened(data, "correct horse ")
    chunk = CHUNK_BYTES + TAG_BYTES
    chunks = [data[HEADER_BYTES + n * chunk : HEADER_BYTES + (n + 1) * chunk] for n in range(3)]
    head = data[:HEADER_BYTES]
    for wrong in (
        head + chunks[0] + chunks[1],
        head + chunks[1] + chunks[0] + chunks[2],
        head + chunks[0] + chunks[2],
        head + b"".join(chunks) + chunks[2],
        data[:-1],
        data + b"\0",
        head,
        data[: HEADER_BYTES + 100] + b"\1" + data[HEADER_BYTES + 101 :],
        data[: HEADER_BYTES - 1],
        head[: len(sealed.MAGIC)] + b"\xff" + head[len(sealed.MAGIC) + 1 :] + chunks[0],
    ):
        with pytest.raises(Damaged):
            opened(wrong)


def written(*parts: tuple[str, bytes], passphrase: str | None = None) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, passphrase)
    for name, data in parts:
        writer.add(name, data)
    writer.finish()
    return file.getvalue()


def refusal(data: bytes, passphrase: str | None = None) -> str:
    with pytest.raises(NoBackup) as refused:
        verify(Reader(io.BufferedReader(io.BytesIO(data)), passphrase), lambda *_: None)
    return str(refused.value)


def encoded(head: Head = HEAD) -> tuple[str, bytes]:
    return archive.HEAD, msgspec.json.encode(head)


USERS = msgspec.msgpack.encode({"columns": ["id"], "rows": [["a"]]})
EMPTY = (archive.MANIFEST, b"{}")


def test_an_empty_backup_is_whole_with_and_without_a_passphrase() -> None:
    for passphrase in (None, "geheim ✓"):
        data = written(encoded(), EMPTY, passphrase=passphrase)
        assert verify(Reader(io.BufferedReader(io.BytesIO(data)), passphrase), lambda *_: None).tables == {}


def test_wherever_it_is_cut_it_is_refused() -> None:
    parts = [encoded(), ("records/users/00000.msgpack", USERS), ("home/loadstar.toml", bytes(range(256)) * 40), EMPTY]
    for passphrase in (None, "geheim"):
        data = written(*parts, passphrase=passphrase)
        for size in [0, 1, 3, 4, 17, 18, 40, *range(51, len(data), 97), len(data) - 1]:
            assert refusal(data[:size], passphrase), size


def test_what_is_no_whole_backup_is_refused_with_the_reason() -> None:
    for data, passphrase, words in (
        (b"", None, "is no backup"),
        (b"PK\3\4 a spreadsheet", None, "is no backup"),
        (zstd.compress(b"anything else"), None, "cut off or damaged"),
        (written(("else.json", b"{}")), None, "is no backup"),
        (written(encoded(), EMPTY, passphrase="a"), None, "is encrypted"),
        (written(encoded(), EMPTY, passphrase="a"), "b", "is not the one"),
        (written((archive.HEAD, b'{"format": 2, "version": "3.0.0", "more": 1}')), None, r"newer Loadstar (3.0.0)"),
        (written((archive.HEAD, b'{"format": 1}')), None, "cannot be read"),
        (written((archive.HEAD, b"\xff")), None, "cannot be read"),
        (written(encoded()), None, "its end is missing"),
        (written(encoded(), ("records/users/00000.msgpack", b"\xc1"), EMPTY), None, "a part of the records cannot be read"),
        (written(encoded(), ("records/users/00000.msgpack", USERS), EMPTY), None, "records/users is not what it was"),
        (written(encoded(), ("home/loadstar.toml", b"x"), EMPTY), None, "files of the state folder"),
        (written(encoded(), ("home/../evil", b"x"), EMPTY), None, "which no backup does"),
        (written(encoded(), ("home/demo/../../evil", b"x"), EMPTY), None, "which no backup does"),
        (written(encoded(), ("/etc/passwd", b"x"), EMPTY), None, "which no backup does"),
        (written(encoded(), ("home/run/up.pid", b"x"), EMPTY), None, "which no backup does"),
        (written(encoded(), EMPTY, ("home/loadstar.toml", b"x")), None, "behind its end"),
    ):
        assert words in refusal(data, passphrase)


@pytest.mark.parametrize("passphrase", [None, "a passphrase"])
def test_one_whose_disk_is_full_ends_with_that_and_nothing_else(passphrase: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            if self.tell() > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    def back_up() -> None:
        with Writer(Full(), passphrase) as writer:
            writer.add("part", os.urandom(2_000_000))

    said: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: said.append(str(told.object)))
    with pytest.raises(OSError, match="No space left"):
        back_up()
    gc.collect()
    assert not [each for each in said if "_Stream" in each], "what is forgotten writes nothing more"


def test_what_is_no_file_in_the_archive_is_refused() -> None:
    file = io.BytesIO()
    with zstd.ZstdFile(file, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        head = tarfile.TarInfo(archive.HEAD)
        head.size = len(encoded()[1])
        tar.addfile(head, io.BytesIO(encoded()[1]))
        link = tarfile.TarInfo("home/loadstar.toml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert "which no backup does" in refusal(file.getvalue())


def test_a_damaged_byte_is_found_wherever_it_is() -> None:
    data = written(encoded(), ("records/users/00000.msgpack", USERS), EMPTY, passphrase="a")
    for at in range(18, len(data), 41):
        assert refusal(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], "a"), at
