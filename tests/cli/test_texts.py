"""Every text that is marked can be translated: a mark holds a whole text that stands in the code, and all are gathered."""

import ast
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from click.testing import CliRunner

from cli import texts as workshop
from cli.texts import FIRST, TEMPLATE, compiled, gathered, is_translated, texts, written
from cli.workshop import ROOMS
from config import language
from config.settings import PROJECT
from dashboard.web.language import BROWSER

MARKS = {"_": 1, "N_": 1, "ngettext": 2}
PLACE = re.compile(r"%\((\w+)\)s")
FILES = [file for room in ROOMS for file in sorted((PROJECT / room).rglob("*.py"))]


def marks(source: str) -> Iterator[tuple[int, str, ast.expr]]:
    """Each text within a mark: its line, the mark, and what stands there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            for text in node.args[: MARKS[node.func.id]]:
                yield node.lineno, node.func.id, text


def amiss(source: str) -> list[int]:
    """The lines of marks whose values are not those that the text has places for, or whose per cent sign is none."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext")):
            continue
        texts = [text.value for text in node.args[: MARKS[node.func.id]] if isinstance(text, ast.Constant)]
        given = {keyword.arg for keyword in node.keywords}
        if None in given or not texts:
            continue
        places = {place for text in texts for place in PLACE.findall(text)} - ({"num"} if node.func.id == "ngettext" else set())
        filled = bool(given) or node.func.id == "ngettext"
        if places != given or (filled and any("%" in PLACE.sub("", text).replace("%%", "") for text in texts)):
            lines.append(node.lineno)
    return lines


def pieced(source: str) -> list[int]:
    """The lines of marks whose text nobody can gather: put together, or with values already in it."""
    built = (ast.JoinedStr, ast.BinOp)
    return [
        line
        for line, mark, text in marks(source)
        if isinstance(text, built)
        or (isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute))
        or (mark != "_" and not isinstance(text, ast.Constant))
    ]


# What people read where it is made: parts of a page, and what is told of a refusal or of a graph.
PAGE_ROOMS = ("dashboard", "models", "insight", "store/records", "ingest", "reporting")
PARTS, UNREAD_PARTS = {"html", "dbc"}, {"Code", "Kbd", "Pre"}
READ_ARGUMENTS = {"children", "title", "placeholder", "alt", "label"}
SAID = {"Refused": 0, "Refusal": 1, "notice": 0, "Question": 0, "Finding": 1, "Problem": 1, "TooLittleData": 0}
WORD = re.compile(r"[A-Za-z]{2,}")
OF_MACHINES = {"application/json; charset=utf-8"}


def _shown(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that people read, if it is one that shows something."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = getattr(call.func.value, "id", "") if isinstance(call.func, ast.Attribute) else ""
    if owner in PARTS and name not in UNREAD_PARTS:
        return [*call.args, *(each.value for each in call.keywords if each.arg in READ_ARGUMENTS)]
    if name == "aria":
        return [each.value for each in call.keywords if each.arg == "label"]
    return call.args[SAID[name] :] if name in SAID else []


def _said_in(part: ast.expr) -> Iterator[str]:
    """The words that stand in the code, other than those within a call."""
    match part:
        case ast.Constant(value=str(words)):
            yield words
        case ast.JoinedStr(values=values):
            yield " ".join(str(each.value) for each in values if isinstance(each, ast.Constant))
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
            for each in parts:
                yield from _said_in(each)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from (*_said_in(one), *_said_in(other))
        case ast.Starred(value=each):
            yield from _said_in(each)


def unmarked(source: str) -> list[int]:
    """The lines of what is shown in words that are no mark: sentences, and single words within a part of a page."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        for words in (words for part in (_shown(node) if isinstance(node, ast.Call) else []) for words in _said_in(part)):
            is_code = " " not in words.strip() and not re.fullmatch("[A-Z][a-z]+", words.strip())
            if WORD.search(words) and not is_code and words not in OF_MACHINES:
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "line",
    [
        'html.P(f"{n} every {s} s")',
        'html.H2("Users")',
        'html.P([_("a"), " and others"])',
        'html.Button(title="Take back")',
        'Refused(f"the line {line} is none")',
        'notice("Not now." if busy else _("Done."))',
        'Problem("no_key", "send the key")',
        'aria(label=f"Search {name}")',
    ],
)
def test_words_that_are_shown_without_a_mark_are_noticed(line: str) -> None:
    assert unmarked(line) == [1]


@pytest.mark.parametrize(
    "line", ['html.P(_("Not now."))', 'html.Code("curl -X POST")', 'html.Td(f"{low}–{high}")', 'html.Div(className="page head")']
)
def test_marks_and_code_are_no_words_without_a_mark(line: str) -> None:
    assert unmarked(line) == []


def test_nothing_is_shown_without_a_mark() -> None:
    files = [file for room in PAGE_ROOMS for file in sorted((PROJECT / room).rglob("*.py")) if file.name != "api_page.py"]
    places = [f"{file.relative_to(PROJECT)}:{line}" for file in files for line in unmarked(file.read_text(encoding="utf-8"))]
    assert places == []


@pytest.mark.parametrize(
    "line",
    [
        '_(f"{name} created")',
        '_("Site " + name)',
        '_("Site %s" % name)',
        '_("Site {}".format(name))',
        "N_(name)",
        "ngettext(a, b, 2)",
    ],
)
def test_a_mark_whose_text_is_pieced_together_is_noticed(line: str) -> None:
    assert set(pieced(line)) == {1}


@pytest.mark.parametrize("line", ['_("Site " "created")', "_(TITLE)", "_(STATES[site.state])", '_("%(n)s left", n=2)'])
def test_a_mark_of_a_whole_text_or_of_a_constant_is_none(line: str) -> None:
    assert pieced(line) == []


def test_no_mark_holds_a_text_that_is_pieced_together() -> None:
    places = [f"{file.relative_to(PROJECT)}:{line}" for file in FILES for line in pieced(file.read_text(encoding="utf-8"))]
    assert places == []


@pytest.mark.parametrize(
    "line",
    [
        '_("%(name)s", nmae=1)',
        '_("%(name)s")',
        '_("plain", name=1)',
        '_("90 % of %(n)s", n=1)',
        'ngettext("%(num)s a", "%(n)s b", 2)',
    ],
)
def test_a_mark_with_other_values_than_its_text_has_places_for_is_noticed(line: str) -> None:
    assert amiss(line) == [1]


def test_every_mark_has_the_values_that_its_text_has_places_for() -> None:
    places = [f"{file.relative_to(PROJECT)}:{line}" for file in FILES for line in amiss(file.read_text(encoding="utf-8"))]
    assert places == []


@pytest.fixture(scope="module")
def found() -> Catalog:
    """All texts, which takes seconds to gather."""
    return gathered()


def test_the_template_is_up_to_date(found: Catalog) -> None:
    kept = (language.FOLDER / TEMPLATE).read_text(encoding="utf-8")
    assert kept == written(found), "run `./loadstar texts`"


@pytest.mark.parametrize("name", [each for each in language.languages() if each != language.SOURCE])
def test_every_language_has_a_wording_of_every_text_and_is_shown_as_it_was_worded(
    name: str, found: Catalog, tmp_path: Path
) -> None:
    folder = language.FOLDER / name
    with (folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=name)
    worded = {message.id for message in catalog if message.id and is_translated(message)}
    assert [message.id for message in found if message.id and message.id not in worded] == [], "`./loadstar texts --missing`"
    assert [(message.id, why) for message in catalog if message.id and (why := workshop.amiss(message))] == []
    compiled(catalog, tmp_path)
    for shown in (language.CATALOGUE, BROWSER):
        assert (folder / shown).read_bytes() == (tmp_path / shown).read_bytes(), "run `./loadstar texts`"


def test_what_is_gathered_is_the_same_each_time(found: Catalog) -> None:
    assert written(found) == written(gathered())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Catalog) -> Callable[..., str]:
    """`./loadstar texts` with languages in a folder of its own."""
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr("cli.texts.gathered", lambda: deepcopy(found))

    def ran(*arguments: str) -> str:
        language._catalogue.cache_clear()
        language._languages.cache_clear()
        return CliRunner().invoke(texts, arguments).output

    return ran


def _translate(folder: Path, name: str, given: dict[str | tuple[str, str], str | tuple[str, ...]]) -> None:
    """As a translator does, in the file."""
    file = folder / name / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as there:
        catalog = read_po(there, locale=name)
    for text, words in given.items():
        message = catalog.get(text if isinstance(text, str) else text[0])
        assert message is not None
        message.string = words
    with file.open("wb") as there:
        write_po(there, catalog)


def test_a_language_is_begun_translated_and_spoken(run: Callable[..., str], tmp_path: Path, found: Catalog) -> None:
    said = run("--add", "de")
    total = len(found)
    assert f"de: {total} of {total} still to be translated" in said
    assert said.count("\n  ") == FIRST
    _translate(tmp_path, "de", {"Users": "Personen", ("%(num)s value", "%(num)s values"): ("%(num)s Wert", "%(num)s Werte")})
    assert f"de: {total - 2} of {total} still to be translated" in run()
    assert run("--missing").count("\n  ") == total - 2
    assert language.languages() == ("en", "de")
    with language.speaking("de"):
        assert language._("Users") == "Personen"
        assert language.ngettext("%(num)s value", "%(num)s values", 2) == "2 Werte"
        assert language._("Sign in again.") == "Sign in again."


def test_a_text_of_which_one_number_is_not_worded_is_not_translated(
    run: Callable[..., str], tmp_path: Path, found: Catalog
) -> None:
    run("--add", "de")
    _translate(tmp_path, "de", {("%(num)s value", "%(num)s values"): ("%(num)s Wert", "")})
    assert f"de: {len(found)} of" in run()
    with language.speaking("de"):
        assert language.ngettext("%(num)s value", "%(num)s values", 2) == "2 values"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("%(nmae)s hinzu", "no place of the text is called nmae"),
        ("100 % %(name)s", "a per cent sign beside places is written %%"),
    ],
)
def test_a_translation_that_would_break_a_page_is_left_out_and_said(
    run: Callable[..., str], tmp_path: Path, words: str, why: str
) -> None:
    text = "No device named %(name)s on this site. Choose one, or leave it empty for the whole site."
    run("--add", "de")
    _translate(tmp_path, "de", {text: words})
    said = run()
    assert "left out" in said
    assert why in said
    with language.speaking("de"):
        assert language._(text, name="Pump").startswith("No device named Pump")


@pytest.mark.parametrize("name", ["../x", "xx", "deutsch", "en", "DE", ""])
def test_what_is_no_language_is_not_begun(run: Callable[..., str], tmp_path: Path, name: str) -> None:
    said = run("--add", name)
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()] == []
    assert not name or "is no language to translate to" in said
