"""The file of a backup: a tar archive, packed by Zstandard, sealed by a passphrase if there is one. Written and read in one go.

backup.json            what it is: written first, so that whoever reads it knows before anything else comes
home/…                 files of the state folder
records/TABLE/00000.msgpack   {"columns": […], "rows": [[…], …]}
series/TABLE/00000.parquet
manifest.json          what there has to be: written last, so that a file without it is known to be cut
"""

import io
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import IO, Any, Self

import msgspec

from cli.backup import sealed
from config.clock import now
from store.checksum import RowsSum

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT = 1
HEAD, MANIFEST = "backup.json", "manifest.json"
ZSTD = b"\x28\xb5\x2f\xfd"
LEVEL = 3
SPOOLED_BYTES = 64 * 2**20  # of a part that are kept in memory
MOST_BYTES = 2**32  # of one part: what says more is not ours


class NoBackup(Exception):
    """The file is none that can be restored; the message says why."""


class Head(msgspec.Struct, frozen=True):
    """What the backup is of. `secret` tells whether another secret key is the same, and nothing else of it."""

    format: int
    version: str
    made_at: datetime
    revision: str
    secret: str
    rows: int
    series_bytes: int


class Manifest(msgspec.Struct):
    """What is in it: each table's rows by `records/TABLE` or `series/TABLE`, each file's SHA-256 by its name."""

    tables: dict[str, RowsSum] = msgspec.field(default_factory=dict)
    files: dict[str, str] = msgspec.field(default_factory=dict)

    def of(self, table: str) -> RowsSum:
        """What is known of a table, to be added to."""
        return self.tables.setdefault(table, RowsSum())


class Writer:
    """Writes a backup into `file`; it is whole after `finish`, and never when what is done with it fails."""

    def __init__(self, file: IO[bytes], passphrase: str | None) -> None:
        self._sealer = sealed.Sealer(file, passphrase) if passphrase is not None else None
        options: dict[int, int] = {zstd.CompressionParameter.compression_level: LEVEL, zstd.CompressionParameter.checksum_flag: 1}
        target: IO[bytes] = self._sealer or file  # type: ignore[assignment]  # both are written to
        self._packed = zstd.ZstdFile(target, "wb", options=options)
        self._tar = tarfile.open(fileobj=self._packed, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `finish`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is not None:
            vars(self._tar.fileobj)["closed"] = True  # or it writes its end when it is forgotten

    def add(self, name: str, data: "bytes | IO[bytes]") -> None:
        """Add a part: bytes, or a file that is read from its beginning."""
        part = io.BytesIO(data) if isinstance(data, bytes) else data
        described = tarfile.TarInfo(name)
        described.size, described.mode, described.mtime = part.seek(0, io.SEEK_END), 0o600, int(now().timestamp())
        part.seek(0)
        self._tar.addfile(described, part)

    def finish(self) -> None:
        """Write the end."""
        self._tar.close()
        self._packed.close()
        if self._sealer:
            self._sealer.finish()


class Reader:
    """Reads a backup from `file`, which need not be a file that one can go back in.

    Raises:
        NoBackup: it is none, it is sealed and no passphrase was given, or another.
    """

    def __init__(self, file: "io.BufferedReader[Any]", passphrase: str | None) -> None:
        source = file
        if sealed.is_sealed(file):
            if passphrase is None:
                raise NoBackup("it is encrypted: say --passphrase-file FILE, or type the passphrase in a terminal")
            try:
                source = io.BufferedReader(sealed.Opener(file, passphrase), sealed.CHUNK_BYTES)
            except sealed.WrongPassphrase:
                raise NoBackup("the passphrase is not the one that it was encrypted with") from None
            except sealed.Damaged:
                raise NoBackup("it is damaged at its beginning") from None
        elif not file.peek(len(ZSTD)).startswith(ZSTD):
            raise NoBackup("it is no backup of Loadstar's")
        self._packed = zstd.ZstdFile(source, "rb")
        self._tar: tarfile.TarFile | None = None
        self._parts = self._each()
        self.head = self._head()

    def parts(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Each part after the head: its name, and its bytes in a file, which is gone when the next is asked for.

        Raises:
            NoBackup: the file is cut off or damaged.
        """
        return self._parts

    def _head(self) -> Head:
        name, part = next(self._parts, ("", io.BytesIO()))
        if name != HEAD:
            raise NoBackup("it is no backup of Loadstar's")
        said = part.read()
        with suppress(msgspec.DecodeError):
            if msgspec.json.decode(said)["format"] > FORMAT:
                version = msgspec.json.decode(said).get("version")
                raise NoBackup(
                    f"it was made by a newer Loadstar ({version}), in a form that this one does not know: update first"
                )
        try:
            return msgspec.json.decode(said, type=Head)
        except msgspec.DecodeError:
            raise NoBackup("what it says of itself cannot be read") from None

    def _each(self) -> Iterator[tuple[str, IO[bytes]]]:
        try:
            self._tar = tarfile.open(fileobj=self._packed, mode="r|")  # noqa: SIM115 - its file is the caller's
            for described in self._tar:
                part = self._tar.extractfile(described) if described.isreg() and described.size < MOST_BYTES else None
                if part is None:
                    raise NoBackup(f"it holds {described.name}, which no backup does")
                with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as copy:
                    shutil.copyfileobj(part, copy, 1 << 20)
                    copy.seek(0)
                    yield described.name, copy
            while self._packed.read(1 << 20):  # to the end, whose checksum is looked at then
                pass
        except (tarfile.TarError, zstd.ZstdError, EOFError, sealed.Damaged) as error:
            raise NoBackup("it is cut off or damaged") from error
