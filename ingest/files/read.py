"""The readings of a file by its profile, block by block; the same file and profile always give the same blocks."""

from collections.abc import Iterator
from pathlib import Path

from config.language import _
from ingest.files import cells, day_rows, lines, long, rows, wide
from ingest.files.block import Block
from ingest.files.content import container
from ingest.files.profile import Profile, UnfitProfile


def require_kind(path: Path, profile: Profile) -> None:
    """Raise `UnfitProfile` unless the profile is of this kind of file; `UnreadableFile` for one that nobody can read."""
    is_now = container(path)
    if is_now != profile.container:
        raise UnfitProfile(
            _(
                "the profile is of %(theirs)s, and the file is %(is_now)s: choose another profile, or none",
                theirs=profile.container,
                is_now=is_now,
            )
        )


def blocks(path: Path, profile: Profile) -> Iterator[Block]:
    """The readings.

    Raises:
        UnreadableFile: the file is damaged or dishonest.
        UnfitProfile: the profile is of another kind of file.
    """
    require_kind(path, profile)
    match profile.container:
        case "text" | "sheet" | "json" | "json_lines":
            yield from _of_table(path, profile)
        case "parquet" | "arrow" | "hdf5":
            from ingest.files import columnar

            yield from columnar.blocks(path, profile)
        case "espi":
            from ingest.files import espi

            yield from espi.blocks(path)
        case "nem12":
            from ingest.files import nem12

            yield from nem12.blocks(path)
        case "mscons":
            from ingest.files import mscons

            yield from mscons.blocks(path)
        case "p1":
            from ingest.files import p1

            yield from p1.blocks(path, profile.stamp.zone)


def _of_table(path: Path, profile: Profile) -> Iterator[Block]:
    if not profile.columns:
        raise UnfitProfile(_("the profile names no column of values: choose one"))
    if profile.shape == "wide":
        from_heads = (row for row in _all(path, profile) if row[0] >= profile.header)
        yield from wide.blocks(from_heads, profile)
        return
    if profile.container in ("text", "sheet") and profile.header and profile.names:
        _number, found = next((row for row in _all(path, profile) if row[0] == profile.header), (0, []))
        if [each.strip() for each in found] != [each.strip() for each in profile.names]:
            raise UnfitProfile(
                _(
                    "line %(line)s has other heads than the profile: %(found)s instead of %(names)s",
                    line=profile.header,
                    found=", ".join(found)[:300],
                    names=", ".join(profile.names)[:300],
                )
            )
    if profile.shape == "day_rows":
        yield from day_rows.blocks(rows.rows(path, profile), profile)
    elif profile.container == "text" and profile.shape == "long":
        yield from long.blocks(lines.parts(path, profile), profile)
    else:
        yield from long.blocks(cells.of_rows(rows.rows(path, profile)), profile)


def _all(path: Path, profile: Profile) -> Iterator[rows.Row]:
    if profile.container == "sheet":
        return rows.sheet(path, profile.sheet)
    return rows.text(path, profile.encoding, profile.delimiter)
