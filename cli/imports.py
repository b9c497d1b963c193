"""`loadstar import`: a file of history into the meters of a site, said before it is done."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import named
from cli.people import plain_words

if TYPE_CHECKING:
    from ingest.files.importing import Outcome
    from ingest.files.proposal import Proposal

SAID = 20  # problems that are told on the screen
# As `ingest.files.said` knows them, which this does not load to be shown.
SETTABLE = (
    "zone", "format", "at", "encoding", "delimiter", "decimal", "meter_pattern", "unit", "quantity", "interval_s", "meter"
)  # fmt: skip


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", "site_name", required=True, metavar="NAME", help="Whose meters the readings are of, by name or id.")
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
    file: Path,
    site_name: str,
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
            outcome = importing.take(SYSTEM, settings(), site.id, file, made, dry_run=dry_run, progress=_progress)
    except (UnreadableFile, profile.UnfitProfile, Refusal) as wrong:
        words = str(wrong)
        raise click.ClickException(words[:1].upper() + words[1:]) from None
    _result(outcome, site.id, dry_run)


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


def _progress(readings: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{readings:,} readings", nl=False, err=True)


def _result(outcome: "Outcome", site_id: str, dry_run: bool) -> None:
    from ingest.times import iso
    from store.records.plant import meters
    from store.scope import SYSTEM

    with plain_words():
        names = meters.names_of(SYSTEM, site_id, [meter for meter, _quantity in outcome.taken])
    if sys.stderr.isatty():
        click.echo(err=True)
    for (meter, quantity), each in sorted(outcome.taken.items()):
        span = f"{iso(each.first_us)} to {iso(each.last_us)}"
        click.echo(f"{names.get(meter, meter)}  {quantity}  {each.count:,} readings, sum {each.total:,.6g}, {span}")
    for problem in outcome.examples[:SAID]:
        click.echo(
            f"row {problem.row}: {problem.code}: {problem.message}" if problem.row else f"{problem.code}: {problem.message}"
        )
    for name, count in outcome.unknown.most_common(SAID):
        click.echo(f"{count:,} readings of {name or 'no name'}, which is no meter of this site")
    if outcome.refused:
        click.echo("Refused: " + ", ".join(f"{count:,} {code}" for code, count in outcome.refused.most_common()))
    passed = f", {outcome.gaps:,} gaps, {outcome.skipped:,} rows behind the last" if outcome.gaps or outcome.skipped else ""
    click.echo(f"{outcome.count:,} readings {'would be stored' if dry_run else 'stored'}{passed}. Import {outcome.source}.")
