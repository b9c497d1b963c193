"""`loadstar texts`: gathers every text that is marked for translation, and readies the languages that there are."""

import contextlib
import io
import json
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from cli.workshop import ROOMS
from config import language
from config.settings import PROJECT
from dashboard.web.language import BROWSER

TEMPLATE = "messages.pot"
WIDTH = 130
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.js", "javascript")]
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
MARKS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "Loadstar.text": None}
SCRIPTS = ("assets/js", "assets/live")


def gathered() -> Catalog:
    """Every marked text of the rooms, the templates and the scripts, in order of place, each named with its files."""
    catalog = Catalog(project="Loadstar", header_comment="# Written by `./loadstar texts`.")
    # Babel tells of f-strings among a mark's values, too, where they belong; that no text is one is held by a test.
    with contextlib.redirect_stderr(io.StringIO()):
        for folder in (*sorted(ROOMS), *SCRIPTS):
            texts = extract_from_dir(PROJECT / folder, METHODS, OPTIONS, keywords=MARKS, comment_tags=("For translators:",))
            for file, _line, text, comments, context in texts:
                # Without its line, which every change above it would move.
                catalog.add(text, locations=[(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def written(catalog: Catalog) -> str:
    """The catalogue as a file: the same for the same texts, whenever it is written."""
    file = io.BytesIO()
    write_po(file, catalog, width=WIDTH, sort_by_file=True, omit_header=catalog.locale is None, include_lineno=False)
    return file.getvalue().decode()


def compiled(catalog: Catalog, folder: Path) -> None:
    """Write a language into its folder as it is read: for Python and the templates all texts, for the browser its scripts'."""
    with _made(folder / language.CATALOGUE).open("wb") as file:
        write_mo(file, catalog)
    scripts = {
        message.id: message.string
        for message in catalog
        if message.id and message.string and any(place.startswith("assets/") for place, _ in message.locations)
    }
    _made(folder / BROWSER).write_text(json.dumps(scripts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _made(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@click.command()
@click.option("--add", "added", metavar="LANGUAGE", help="Begin a language, such as de or pt_BR.")
def texts(added: str | None) -> None:
    """Gather the texts that are marked for translation, and bring every language up to them.

    A language is a folder of `dashboard/translations` with its `LC_MESSAGES/messages.po`: translate that, and run this again.
    """
    template = gathered()
    _made(language.FOLDER / TEMPLATE).write_text(written(template), encoding="utf-8")
    click.echo(f"{len(template)} texts in {(language.FOLDER / TEMPLATE).relative_to(PROJECT)}.")
    there = {file.parent.parent.name for file in language.FOLDER.glob("*/LC_MESSAGES/messages.po")}
    for name in sorted(there | ({added} if added else set())):
        file = language.FOLDER / name / "LC_MESSAGES" / "messages.po"
        catalog = Catalog(locale=name, project="Loadstar")
        if file.exists():
            with file.open("rb") as old:
                catalog = read_po(old, locale=name)
        catalog.update(template)
        _made(file).write_text(written(catalog), encoding="utf-8")
        compiled(catalog, language.FOLDER / name)
        missing = sum(1 for message in catalog if message.id and not message.string)
        click.echo(f"{name}: {missing} still to be translated.")
