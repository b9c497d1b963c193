"""`loadstar migrate`: the tables of both databases, made or brought up to date."""

import click

from config.settings import Settings
from store.errors import StoreError

PATIENT_S = 15.0  # with a QuestDB that has just been started, on a machine that is busy


def prepare_records(settings: Settings) -> None:
    """Bring the records to the newest schema; changes nothing when they are."""
    from store.records.transaction import engine

    engine.configure(settings.records_url)
    engine.upgrade()


def prepare_series(settings: Settings) -> None:
    """Make the tables of QuestDB that are missing; changes nothing when none is."""
    from store.series import connection, tables

    with connection.patiently(PATIENT_S):
        tables.create_tables(settings)


@click.command()
def migrate() -> None:
    """Make or update the tables of both databases; safe to run again."""
    from config.settings import settings

    try:
        prepare_records(settings())
        prepare_series(settings())
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    click.echo("The tables of both databases are up to date.")
