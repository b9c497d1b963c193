"""`loadstar bench`: runs the sections one after the other, prints the table and writes `bench.json`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from bench.figures import Figure, over_runs, table, write


class Section(NamedTuple):
    """A part of the bench: where its function is, and whether it needs the demo."""

    module: str
    function: str
    needs_demo: bool
    about: str


# In this order: nothing has been written yet when memory and pages are measured. From `single` on each has a Loadstar of its own.
SECTIONS = {
    "start": Section("starts", "start", True, "first and warm start"),
    "memory": Section("starts", "memory", True, "memory of everything, idle"),
    "overview": Section("pages", "overview", True, "the overview in a cold browser"),
    "year": Section("series", "year", True, "a meter's year by the hour"),
    "tick": Section("ticks", "tick", True, "live updates with many viewers"),
    "backfill": Section("backfill", "backfill", True, "memory after a backfill of late readings"),
    "single": Section("posts", "singles", False, "single posts to the device API"),
    "batch": Section("posts", "batches", False, "batches to the device API"),
    "lines": Section("lines", "lines", False, "line protocol to the device API"),
    "mqtt": Section("mqtt", "mqtt", False, "messages by MQTT, read from mosquitto"),
    "files": Section("files", "files", False, "files of history, imported by a worker"),
    "latest": Section("series", "latest", False, "latest values over ten million rows"),
    "large": Section("large", "large", False, "a live page of a site of 5,000 meters"),
    "see": Section("see", "see", False, "energy of 100 meters over three years, by hour and month, on its pages and as a report"),
    "admin": Section("admin", "admin", False, "administrators' pages over the records of a large utility"),
}

GROUPS = {"posts": ("single", "batch", "mqtt")}


def sections(given: Sequence[str]) -> list[str]:
    """The sections that are named, singly, in groups or with commas between them, in the order of the bench; all without any.

    Raises:
        click.BadParameter: one of them is none.
    """
    named = {name.strip() for each in given for name in each.split(",")}
    if unknown := sorted(named - {*SECTIONS, *GROUPS}):
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join([*SECTIONS, *GROUPS])}")
    wanted = named.union(*(GROUPS[name] for name in named & GROUPS.keys()))
    return [name for name in SECTIONS if name in wanted or not named]


@click.command()
@click.option(
    "--only",
    multiple=True,
    callback=lambda _context, _option, given: sections(given),
    help=f"Measure only these, with commas between them: {', '.join(SECTIONS)}; or {' and '.join(GROUPS)}.",
)
@click.option("--runs", type=click.IntRange(1, 20), help="How often to measure everything; the median counts. 3 by default.")
@click.option("--quick", is_flag=True, help="Tiny sizes, once: shows that the bench runs, and nothing about speed.")
@click.option("--home", type=click.Path(path_type=Path), help="State folder to start and keep; one of its own by default.")
@click.option("--records", help="SQLAlchemy address of an empty database for the section `admin`; SQLite by default.")
@click.option("--into", type=click.Path(path_type=Path), help="Where to write bench.json; the state folder by default.")
def bench(only: list[str], runs: int | None, quick: bool, home: Path | None, records: str | None, into: Path | None) -> None:
    """Measure the figures that Loadstar promises, beside their yardsticks; about twenty minutes a run.

    Each run starts a Loadstar of its own, on free ports and with an empty state folder, and removes it afterwards. A figure
    is reached if the median of the runs reaches it. Run it on a machine that nobody else uses: it says what others used.
    """
    from bench.machine import QUIET, Machine
    from cli.home import absolute_settings, make_folders
    from cli.watch import Ended, on_signals

    target = (into or absolute_settings().home) / "bench.json"
    if into is None:
        make_folders(absolute_settings())
    began = time.monotonic()

    def say(words: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {words}", err=True)

    on_signals()  # whoever ends the bench ends what it has started
    runs = runs or (1 if quick or home or records else 3)
    if runs > 1 and (home or records):
        raise click.ClickException("a named state folder or database is empty only once: measure with --runs 1")
    measured: list[list[Figure]] = []
    failed: list[str] = []
    for number in range(1, runs + 1):
        machine = Machine()
        say(f"run {number} of {runs}")
        try:
            figures = _measure(only, home, records, quick, failed, say)
        except Ended:
            raise click.ClickException("stopped before the end; nothing was written") from None
        others = machine.others()
        if others > QUIET:
            say(f"others used {others:.0%} of the machine during run {number}: on a quiet one its figures are better")
        measured.append([*figures, Figure("processors used by others meanwhile", 100 * others, "%")])
    found = over_runs(measured)
    write(found, target)
    click.echo(table(found))
    click.echo(f"Written to {target}, after {time.monotonic() - began:.0f} s.")
    if failed:
        raise click.ClickException("not measured: " + "; ".join(failed))


def _measure(
    chosen: list[str], home: Path | None, records: str | None, quick: bool, failed: list[str], say: Callable[[str], None]
) -> list[Figure]:
    """One run of the sections; those that fail are added to `failed`."""
    from bench.product import NotUp, Product
    from bench.run import FULL, QUICK, Run
    from cli.questdb import QuestDBUnavailable

    sizes = QUICK if quick else FULL
    try:
        product = Product(home, demo=any(SECTIONS[name].needs_demo for name in chosen), demo_days=sizes.demo_days)
    except QuestDBUnavailable as error:
        raise click.ClickException(str(error)) from None
    figures: list[Figure] = []
    try:
        run = Run(product, sizes, say, records)
        for name in chosen:
            say(f"{name}: {SECTIONS[name].about}")
            try:
                figures += _function(SECTIONS[name])(run)
            except NotUp:
                raise
            except Exception as error:  # one section that fails costs the others nothing
                failed.append(f"{name}: {error}")
                say(f"{name} failed: {error}")
    except NotUp as error:
        raise click.ClickException(str(error)) from None
    finally:
        say("ending it")
        product.remove()
    return figures


def _function(section: Section) -> "Callable[..., list[Figure]]":
    from importlib import import_module

    function: Callable[..., list[Figure]] = getattr(import_module(f"bench.{section.module}"), section.function)
    return function
