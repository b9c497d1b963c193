"""`loadstar texts`: gathers every text that is marked for translation, and readies the languages that there are."""

import contextlib
import io
import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from cli.workshop import ROOMS
from config import language
from config.settings import PROJECT
from dashboard.web.language import BROWSER

TEMPLATE = "messages.pot"
WIDTH = 130
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # files of the same texts are the same whenever they are written
FIRST = 5  # of the texts that are missing: where to begin
PLACE = re.compile(r"%\((\w+)\)s")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.js", "javascript")]
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
MARKS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "Loadstar.text": None}
SCRIPTS = ("assets/js", "assets/live")


def gathered() -> Catalog:
    """Every marked text of the rooms, the templates and the scripts, in order of place, each named with its files."""
    catalog = Catalog(project="Loadstar", header_comment="# Written by `./loadstar texts`.", creation_date=ALWAYS)
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
    """Write a language into its folder as it is read: for Python and the templates all texts, for the browser its scripts'.

    What is not translated, or not so that it could be shown, is left out: it is shown in English.
    """
    usable = Catalog(locale=catalog.locale, creation_date=ALWAYS)
    scripts = {}
    for message in catalog:
        if message.id and is_translated(message) and not amiss(message):
            usable[message.id] = message
            if any(place.startswith("assets/") for place, _ in message.locations):
                scripts[message.id] = message.string
    with _made(folder / language.CATALOGUE).open("wb") as file:
        write_mo(file, usable)
    _made(folder / BROWSER).write_text(json.dumps(scripts, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def is_translated(message: Message) -> bool:
    """Whether somebody has worded it, for each number that it may be of, since it was last changed."""
    return not message.fuzzy and all(_each(message.string))


def amiss(message: Message) -> str:
    """What would break where the translation is shown: a place that the text has not, a per cent sign alone. Empty: nothing."""
    known = {place for text in _each(message.id) for place in PLACE.findall(text)}
    alone = any(_has_sign(text) for text in _each(message.id))
    for text in _each(message.string):
        if unknown := sorted(set(PLACE.findall(text)) - known):
            return f"no place of the text is called {', '.join(unknown)}"
        if known and not alone and _has_sign(text):
            return "a per cent sign beside places is written %%"
    return ""


def _each(texts: str | Iterable[str] | None) -> tuple[str, ...]:
    """A text, or each for a number; one that is not there yet is empty."""
    return (texts or "",) if texts is None or isinstance(texts, str) else tuple(texts)


def _has_sign(text: str) -> bool:
    return "%" in PLACE.sub("", text).replace("%%", "")


def _say(name: str, catalog: Catalog, most: int | None) -> None:
    """What of a language is still to be done: how much, and which texts come first."""
    texts = [message for message in catalog if message.id]
    missing = [message for message in texts if not is_translated(message)]
    broken = [(message, why) for message in texts if is_translated(message) and (why := amiss(message))]
    click.echo(f"{name}: {len(missing)} of {len(texts)} still to be translated{', of these:' if missing and most != 0 else '.'}")
    for message in missing[:most]:
        click.echo(f"  {_shown(message)}{' (the text was changed)' if message.fuzzy else ''}")
    for message, why in broken:
        click.echo(f"  left out: {_shown(message)}: {why}")


def _shown(message: Message) -> str:
    place = next((place for place, _ in message.locations), "")
    return f"{place}: {json.dumps(_each(message.id)[0], ensure_ascii=False)}"


def _is_known(name: str) -> bool:
    try:
        return str(Locale.parse(name)) == name != language.SOURCE
    except (ValueError, UnknownLocaleError):
        return False


def _made(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@click.command()
@click.option("--add", "added", metavar="LANGUAGE", help="Begin a language, such as de or pt_BR.")
@click.option("--missing", is_flag=True, help="Name every text that is still to be translated, not only the first.")
def texts(added: str | None, missing: bool) -> None:
    """Gather the texts that are marked for translation, and bring every language up to them.

    A language is a folder of `dashboard/translations` with its `LC_MESSAGES/messages.po`: translate that, and run this again.
    """
    if added and not _is_known(added):
        raise click.ClickException(f"{added} is no language to translate to: write it like de or pt_BR")
    template = gathered()
    _made(language.FOLDER / TEMPLATE).write_text(written(template), encoding="utf-8")
    click.echo(f"{len(template)} texts in {os.path.relpath(language.FOLDER / TEMPLATE, PROJECT)}.")
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
        _say(name, catalog, None if missing else FIRST)
