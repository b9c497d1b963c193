"""What a file is, by its bytes and never by its name, and its bytes behind limits: a small file may hold a huge one."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from config.language import _
from ingest.files.profile import Container

HEAD = 256 * 1024  # bytes that are looked at to tell what a file is
INFLATED = 4 * 2**30  # bytes at the most
RATIO = 200  # inflated to packed, beyond the first megabyte
NAMED = 10  # files of an archive that are told
ENCRYPTED = 1  # the flag of a member of an archive that a password locks
SHEET_INFLATED = 600 * 2**20  # a spreadsheet is read whole


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


class _Limited(io.RawIOBase):
    """What is inflated from a file, no more than a file of its size can honestly hold."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile, packed: int):
        self._inner, self._left = inner, min(INFLATED, 2**20 + packed * RATIO)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """The next bytes. Raises `UnreadableFile`."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            piece = self._inner.read(len(view))
        except (OSError, EOFError, zipfile.BadZipFile) as wrong:
            raise UnreadableFile(_("the packed file is damaged (%(why)s): pack or download it again", why=wrong)) from None
        self._left -= len(piece)
        if self._left < 0:
            raise UnreadableFile(_("the packed file holds far more than its size allows: unpack it and import its parts"))
        view[: len(piece)] = piece
        return len(piece)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is a gzip or a zip of one file.

    Raises:
        UnreadableFile: a damaged or dishonest packing, or several files in one.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        packed = path.stat().st_size
        if magic.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as inner:
                yield io.BufferedReader(_Limited(inner, packed), 2**18)
        elif magic == b"PK\x03\x04" and (within := _one_in(file)) is not None:
            archive, member = within
            with archive, _member(archive, member) as unpacked:
                yield io.BufferedReader(_Limited(unpacked, member.compress_size), 2**18)
        else:
            file.seek(0)
            yield file


def is_packed(path: Path) -> bool:
    """Whether `opened` unpacks it, so that it cannot be read from its end."""
    with path.open("rb") as file:
        return file.read(4).startswith((_GZIP, b"PK\x03\x04"))


def _one_in(file: BinaryIO) -> tuple[zipfile.ZipFile, zipfile.ZipInfo] | None:
    """The archive and the only file within it; nothing for a spreadsheet, which is an archive too."""
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as wrong:
        raise UnreadableFile(_("the packed file is damaged (%(why)s): pack or download it again", why=wrong)) from None
    members = [each for each in archive.infolist() if not (each.is_dir() or each.filename.startswith("__MACOSX/"))]
    if any(each.filename in ("xl/workbook.xml", "xl/workbook.bin", "mimetype") for each in members):
        if sum(each.file_size for each in members) > SHEET_INFLATED:
            raise UnreadableFile(_("the spreadsheet is larger than can be read at once: save its sheet as CSV"))
        return None
    if len(members) != 1:
        names = ", ".join(each.filename for each in members[:NAMED])
        raise UnreadableFile(
            _("the archive holds %(count)s files (%(names)s): import them one by one", count=len(members), names=names)
        )
    return archive, members[0]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    if member.flag_bits & ENCRYPTED:
        raise UnreadableFile(_("the archive is locked by a password: unpack it, and import what is in it"))
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError) as wrong:  # the second of a way of packing that Python has not
        raise UnreadableFile(
            _("the archive is packed in a way that is not read (%(why)s): unpack it, and import what is in it", why=wrong)
        ) from None


def container(path: Path) -> Container:
    """What the file is.

    Raises:
        UnreadableFile: nothing that is read here; the message says what it is, where that is known.
    """
    with opened(path) as file:
        head, unpacked = file.read(HEAD), isinstance(getattr(file, "raw", None), _Limited)
    if not head.strip(b"\x00 \t\r\n"):
        raise UnreadableFile(_("the file is empty: look whether it is the right one"))
    if unpacked and head.startswith((_GZIP, *(magic for magic, _kind in _MAGIC))):
        raise UnreadableFile(
            _("what is packed in this file is a spreadsheet, a Parquet, Arrow or HDF5 file, or packed once more: unpack it first")
        )
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    low = text[:4096].lower()
    if low.startswith((b"<!doctype html", b"<html")):
        raise UnreadableFile(
            _("this is a web page, not a file of readings: the portal's sign-in most likely; download the file again")
        )
    if text.startswith((b"UNA", b"UNB+")):
        return "mscons"
    if text.startswith(b"100,NEM12"):
        return "nem12"
    if text.startswith(b"100,NEM13"):
        raise UnreadableFile(
            _("this is NEM13: what was read of registers every few months; ask for the intervals, which are NEM12")
        )
    if text.startswith(b"200,") and b"\n300," in text:
        return "nem12"
    if (text.startswith(b"/") and b"!" in text and b"1-0:1.8.0" in text) or b"1-0:1.8.1" in text[:4096]:
        return "p1"
    if text.startswith(b"<"):
        if b"espi" in low or b"<feed" in low or b"naesb" in low:
            return "espi"
        raise UnreadableFile(_("this XML is no Green Button file, the only kind of XML that is read: ask for that, or for CSV"))
    if text.startswith((b"{", b"[")):
        first, _sep, more = text.partition(b"\n")
        whole = first.rstrip(b"\r ")
        return "json_lines" if text.startswith(b"{") and whole.endswith(b"}") and more.lstrip().startswith(b"{") else "json"
    if head.startswith(b"%PDF"):
        raise UnreadableFile(_("this is a PDF, made to be looked at: ask for the same as CSV or XLSX"))
    if head[257:262] == b"ustar":
        raise UnreadableFile(_("this is a tar archive: unpack it, and import its files one by one"))
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and _utf16(head) is None and not _text(head):
        raise UnreadableFile(_("this is neither text nor a kind of file that is known: save it as CSV, XLSX, JSON or Parquet"))
    return "text"


def _text(head: bytes) -> bool:
    """Whether it is one but for some NULs, which loggers leave."""
    if head.count(0) > len(head) // 8:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as wrong:
        return wrong.start >= len(head) - 3  # its last letter is cut
    return True


_GZIP = b"\x1f\x8b"
_MAGIC: tuple[tuple[bytes, Container], ...] = (
    (b"PK\x03\x04", "sheet"),
    (b"\xd0\xcf\x11\xe0", "sheet"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
)


def encoding(head: bytes) -> tuple[str, float]:
    """How the text is written, and how sure that is: by its mark, else strict UTF-8, else the Western one of Windows."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name, 1.0
    if (found := _utf16(head)) is not None:
        return found, 0.95
    try:
        head.decode()
    except UnicodeDecodeError as wrong:
        if wrong.start < len(head) - 3:  # else only its last letter is cut
            return "cp1252", 0.8
    return "utf-8", 1.0


def _utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of the beginning is zero."""
    start = head[:400]
    if len(start) < 8 or start.count(0) < len(start) // 3:
        return None
    return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
