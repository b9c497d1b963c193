"""`loadstar sources`: what Loadstar asks for by itself, how it goes, and asking now."""

import click

from cli import table
from cli.people import plain_words

HEADS = ("ID", "Source", "Area or address", "Asked", "Answered", "Newest value", "Next", "How it goes")


@click.group()
def sources() -> None:
    """List what is pulled from services and addresses of one's own; have one asked now."""


@sources.command("list")
def list_them() -> None:
    """List what is pulled, and why it does not answer."""
    from config.language import told
    from store.records.plant import pull_sources
    from store.scope import SYSTEM

    def moment(at: object) -> str:
        return f"{at:%Y-%m-%d %H:%M}Z" if at else "–"

    with plain_words():
        found = pull_sources.all_sources(SYSTEM)
    if not found:
        click.echo("Nothing is pulled.")
        return
    rows = []
    for each in found:
        said = " ".join(map(told, each.problem))
        state = f"{each.failures} × no answer: {said}" if each.failures else said or ("answers" if each.answered_at else "–")
        where = each.area or (each.url or "").partition("?")[0]
        moments = map(moment, (each.asked_at, each.answered_at, each.value_at, each.next_at))
        rows.append((each.id, each.name, where, *moments, state))
    table.show(HEADS, rows)


@sources.command()
@click.argument("source_id")
def ask(source_id: str) -> None:
    """Have a source asked within some seconds, whatever it waits for."""
    from store.records.plant import pull_sources
    from store.scope import SYSTEM

    with plain_words():
        pull_sources.ask_now(SYSTEM, source_id)
    click.echo(f"{source_id} is asked within some seconds, while Loadstar runs.")
