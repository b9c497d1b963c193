"""`loadstar import`: a file of history into the meters of a site, said before it is done; which there were, and their undoing.

A worker does it, as it does what people ask for by a page: the command looks on.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import named, table
from cli.people import plain_words

if TYPE_CHECKING:
    from ingest.files.outcome import Outcome
    from ingest.files.proposal import Proposal
    from store.records.plant.imports import Seen, Total
SAID = 20  # names that are told on the screen
SAID_OF_EACH = 5  # problems of a code
LOOK_S = 0.5  # between looks at what a worker does
ALONE_S = 20.0  # after so long without a worker somebody should look for one
LISTED = 50
HEADS = ("ID", "File", "State", "Readings", "Refused", "Asked", "By")
# As `ingest.files.said` knows them, which this does not load to be shown.
SETTABLE = (
    "zone", "format", "at", "sheet", "encoding", "delimiter", "decimal", "meter_pattern", "unit", "quantity", "interval_s",
    "meter",
)  # fmt: skip


@click.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", "site_name", metavar="NAME", help="Whose meters the readings are of, by name or id.")
@click.option("--list", "lists", is_flag=True, help="List the imports of the site, or of all sites, and import nothing.")
@click.option("--undo", "undone", metavar="ID", help="Take back what the import of that id has stored.")
@click.option(
    "--profile",
    "profile_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the file is read, as --save-profile wrote it.",
)
@click.option("--set", "said", multiple=True, metavar="ENTRY=VALUE", help=f"Say an entry of the profile: {', '.join(SETTABLE)}.")
@click.option(
    "--save-profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write how the file is read, for the next one of its kind.",
)
@click.option(
    "--meter", "meter_name", metavar="NAME", help="Whose readings they are, where the file names no meter; by name or id."
)
@click.option("--dry-run", is_flag=True, help="Judge every reading and store nothing.")
@click.option("--yes", is_flag=True, help="Take what is proposed where the file does not prove it.")
def import_file(
    file: Path | None,
    site_name: str | None,
    lists: bool,
    undone: str | None,
    profile_file: Path | None,
    said: tuple[str, ...],
    save_profile: Path | None,
    meter_name: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Import FILE: a table, a spreadsheet, JSON, Parquet, or a market's or utility's format."""
    import msgspec

    from config.settings import settings
    from ingest.files import importing, profile
    from ingest.files.content import UnreadableFile
    from ingest.files.detect import detect
    from ingest.files.said import applied
    from ingest.problem import Refusal
    from store.scope import SYSTEM

    if lists or undone:
        _list(site_name) if lists else _undo(str(undone))
        return
    if file is None or site_name is None:
        raise click.UsageError("say the FILE, and with --site whose meters its readings are of; or --list, or --undo ID")
    with plain_words():
        site = named.site(site_name)
    try:
        if profile_file is not None:
            made, open_questions = applied(profile.read(profile_file.read_bytes()), _told(said)), []
        else:
            found = detect(file, site.time_zone, _told(said))
            made, open_questions = found.profile, _show(found)
        if meter_name is not None:
            made = msgspec.structs.replace(made, meters=dict(made.meters) | {"": named.meter(site.id, meter_name).id})
        if save_profile is not None:
            save_profile.write_bytes(profile.plain(made) + b"\n")
        if open_questions and not yes and not dry_run:
            names = ", ".join(f"--set {name}=…" for name in open_questions)
            raise click.ClickException(f"The file does not prove everything. Say {names}, or --yes to take what is proposed.")
        with plain_words():
            if dry_run:
                _tried(importing.try_out(SYSTEM, settings(), site.id, file, made, _progress), site.id)
                return
            record = importing.start(SYSTEM, settings(), site.id, file, file.name, made)
    except (UnreadableFile, profile.UnfitProfile, Refusal) as wrong:
        words = str(wrong)
        raise click.ClickException(words[:1].upper() + words[1:]) from None
    _stored(_watch(record.id))


def _told(said: tuple[str, ...]) -> dict[str, str]:
    """What was said on the command line, by the names of entries."""
    told = {}
    for each in said:
        name, equals, value = each.partition("=")
        if not equals or name.partition(".")[0] not in SETTABLE:
            raise click.UsageError(f"--set takes ENTRY=VALUE, and the entries are {', '.join(SETTABLE)}")
        told[name] = value
    return told


def _show(found: "Proposal") -> list[str]:
    """Print what was found; the entries that somebody still has to say."""
    asked = [entry.name for entry in found.asked() if entry.name in SETTABLE]
    for entry in found.entries:
        mark = "?" if entry.name in asked else " "
        choices = f"  ({' or '.join(entry.choices[:6])})" if entry.name in asked and entry.choices else ""
        click.echo(f"{mark} {entry.name:12} {entry.value}{choices}")
    return asked


def _progress(readings: int, _row: int = 0) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{readings:,} readings", nl=False, err=True)


def _watch(import_id: str) -> "Seen":
    """Look on until nobody is at it any more."""
    from store.records.plant import imports
    from store.scope import SYSTEM

    began, said = time.monotonic(), False
    while True:
        with plain_words():
            seen = imports.seen(SYSTEM, import_id)
        if seen.state not in imports.AT_WORK:
            if sys.stderr.isatty():
                click.echo(err=True)
            return seen
        if seen.state == "running":
            _progress(seen.record.readings)
        if seen.state == "waiting" and not said and time.monotonic() - began > ALONE_S:
            click.echo(f"No worker has begun yet: is Loadstar up? {import_id} waits; this command may be left.", err=True)
            said = True
        time.sleep(LOOK_S)


def _stored(seen: "Seen") -> None:
    if seen.state == "failed":
        raise click.ClickException(
            f"The import has failed: {seen.why.replace('_', ' ')}. {seen.record.readings:,} readings are stored; "
            f"run the command again to go on, or take them back with --undo {seen.record.id}"
        )
    _result(seen.totals, seen.record.site_id, seen.record.refused, seen.record.held, seen.record.unknown)
    _sum(sum(each.count for each in seen.totals), "stored", seen.record.gaps, seen.record.skipped)
    click.echo(f"Import {seen.record.id}, {seen.state}; --undo {seen.record.id} takes it back.")


def _undo(import_id: str) -> None:
    from store.records.plant import imports
    from store.scope import SYSTEM

    with plain_words():
        imports.undo(SYSTEM, import_id)
    seen = _watch(import_id)
    if seen.state == "failed":
        raise click.ClickException(f"It could not be taken back: {seen.why.replace('_', ' ')}")
    click.echo(f"Import {import_id} is {seen.state}: what was there before shows again.")


def _list(site_name: str | None) -> None:
    from store.records.plant import imports
    from store.records.schema.listing import Wanted
    from store.scope import SYSTEM

    with plain_words():
        site_id = named.site(site_name).id if site_name else None
        page = imports.imports_page(SYSTEM, site_id, Wanted(sort="created_at", descending=True, count=LISTED))
    if not page.rows:
        click.echo("No imports.")
        return
    table.show(HEADS, map(_row, page.rows))
    if page.total > len(page.rows):
        click.echo(f"… and {page.total - len(page.rows):,} before these.")


def _row(seen: "Seen") -> tuple[str, ...]:
    record = seen.record
    refused = sum(record.refused.values())
    asked = f"{record.created_at:%Y-%m-%d %H:%M}"
    return record.id, record.file_name, seen.state, f"{record.readings:,}", f"{refused:,}", asked, seen.who or "Loadstar"


def _tried(outcome: "Outcome", site_id: str) -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
    for problem in outcome.some(SAID_OF_EACH):
        click.echo(
            f"row {problem.row}: {problem.code}: {problem.message}" if problem.row else f"{problem.code}: {problem.message}"
        )
    _result(outcome.totals, site_id, outcome.refused, outcome.held, outcome.unknown)
    if outcome.changed or outcome.unchanged:
        new = outcome.count - outcome.changed - outcome.unchanged
        click.echo(f"{new:,} new, {outcome.changed:,} instead of another value, {outcome.unchanged:,} stored so already")
    _sum(outcome.count, "would be stored", outcome.gaps, outcome.skipped)


def _result(
    totals: Sequence["Total"],
    site_id: str,
    refused: Mapping[str, int],
    held: Mapping[str, int],
    unknown: Mapping[str, int],
) -> None:
    from ingest.times import iso
    from store.records.plant import meters
    from store.scope import SYSTEM

    with plain_words():
        names = meters.names_of(SYSTEM, site_id, [each.meter for each in totals])
    for each in totals:
        span = f"{iso(each.first_us)} to {iso(each.last_us)}"
        name = names.get(each.meter, each.meter)
        click.echo(f"{name}  {each.quantity}  {each.count:,} readings, sum {each.total:,.6g}, {span}")
    for name, count in Counter(unknown).most_common(SAID):
        click.echo(f"{count:,} readings of {name or 'no name'}, which is no meter of this site")
    for word, counts in (("Refused", refused), ("Held until others confirm them", held)):
        if counts:
            click.echo(f"{word}: " + ", ".join(f"{count:,} {code}" for code, count in Counter(counts).most_common()))


def _sum(count: int, what: str, gaps: int, skipped: int) -> None:
    passed = f", {gaps:,} gaps, {skipped:,} rows behind the last" if gaps or skipped else ""
    click.echo(f"{count:,} readings {what}{passed}.")
