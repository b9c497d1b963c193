"""Whoever is refused something is told what was wrong and what to do about it, in words that name nothing of our insides."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFUSING = {"Problem", "RowProblem", "Refused", "UnfitProfile", "UnreadableFile", "refuse"}
PAGES = ("plant", "quality", "quarantine", "sources", "importing")
ROOMS = ("ingest", "store/records/plant", "store/series", *(f"dashboard/{wing}" for wing in PAGES))
MARKS = {"_", "N_"}
# What is wrong and what to do are two parts of a sentence; or the whole says what to do.
TWO_PARTS = re.compile(r"[:;] |, (and|so) .*(left out|taken|stored|acknowledged|means?)")
DOING = re.compile(
    r"(send|give|name|choose|write|ask|press|settle|correct|say|type|map|leave|make|turn|save|only an?|nobody|no gap)\b",
    re.IGNORECASE,
)
# Where nothing is to be done: it is said what became of it, or that it is over.
SAID_ALL = re.compile(r"left out|were taken|was taken|already|any more|was cancelled|is stored|of it came in that time")
THEIRS = {'missing required parameter "q"'}  # in InfluxDB's own words
INSIDES = re.compile(r"\b(symbol|QuestDB|SQLite|msgspec|None|NoneType|traceback|dict|tuple|kwarg|callback|exception|amendment)\b")


def _texts() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and _name(call.func) in REFUSING:
                    # Of a problem the fifth is what would be allowed instead: values, not a sentence.
                    said = call.args[:4] if _name(call.func) == "Problem" else call.args
                    for part in (each for given in said for each in _marked(given)):
                        if isinstance(part.args[0], ast.Constant) and isinstance(text := part.args[0].value, str):
                            yield f"{path.relative_to(ROOT)}:{part.lineno}", text


def _marked(node: ast.AST) -> Iterator[ast.Call]:
    """The marked texts of an expression, without those that are put into others."""
    if isinstance(node, ast.Call) and _name(node.func) in MARKS:
        yield node
    else:
        for each in ast.iter_child_nodes(node):
            yield from _marked(each)


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


TEXTS = [*_texts()]


def test_the_rooms_are_looked_through() -> None:
    assert len(TEXTS) > 250


def test_each_refusal_says_what_to_do_or_what_became_of_it() -> None:
    assert [f"{where} {text}" for where, text in TEXTS if text not in THEIRS and not _is_told(text)] == []


def _is_told(text: str) -> bool:
    return bool(TWO_PARTS.search(text) or SAID_ALL.search(text) or DOING.match(text))


def test_no_refusal_names_our_insides() -> None:
    assert [f"{where} {text}" for where, text in TEXTS if INSIDES.search(text)] == []
