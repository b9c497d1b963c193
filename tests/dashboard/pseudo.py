"""A language in which every marked text stands in ⟦brackets⟧, and what a page shows without them: texts that nobody marked."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog

from cli.texts import compiled, gathered

LANGUAGE = "eo"  # which nobody has translated Loadstar to
SHOWN = ("children", "label", "placeholder", "title", "aria-label", "alt", "help", "summary", "data-label")
UNREAD = ("script", "style", "code", "noscript", "svg")
INLINE = {"A", "Code", "Link", "Time"}  # which stand within a sentence
OPEN, CLOSE = "⟦", "⟧"
# Addresses, ids and names of columns; dates, as this language writes them: its names of days, with months that are ours too.
NO_WORDS = re.compile(
    r"\S+@\S+|\b[a-z]{3}_[0-9a-z]{4,}\b|\b\w+(?:_\w+)+\b|\b(?:lu|ma|me|ĵa|ve|sa|di)(?= \d)"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\bsha256:\w+|^Loading\.\.\.$"
)
WORD = re.compile(r"[^\W\d_]{2,}")


def write(folder: Path) -> None:
    """Make the language's catalogue of every text that is marked."""
    catalog = Catalog(locale=LANGUAGE)
    for message in gathered():
        if message.id:
            one = tuple(map(_bracketed, message.id)) if isinstance(message.id, tuple) else _bracketed(message.id)
            catalog.add(message.id, one, locations=message.locations)
    compiled(catalog, folder / LANGUAGE)


def _bracketed(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


def bare(text: str) -> str:
    """What of a text stands outside of the brackets.

    >>> bare("⟦Created by ⟦somebody⟧⟧ now")
    ' now'
    """
    before = None
    while before != text:
        before, text = text, re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", text)
    return text


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNREAD:
            self._within.append(tag)
        self.texts += [value for name, value in attrs if name in SHOWN and value and tag != "link"]

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within and data.strip():
            self.texts.append(data.strip())


def of_document(page: str) -> list[str]:
    """The texts of a page as it comes: its frame, and the layout that it holds for the browser."""
    reading = _Texts()
    reading.feed(page)
    layout = re.search(r'<script id="boot-layout" type="application/json">(.*?)</script>', page, re.DOTALL)
    return reading.texts + (list(of_layout(json.loads(layout[1]))) if layout else [])


def _is_of_a_line(part: Any) -> bool:
    return isinstance(part, str) or (isinstance(part, dict) and part.get("type") in INLINE)


def of_layout(part: Any) -> Iterator[str]:
    """The texts of a Dash component and of all within it."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for one_line, run in groupby(part, _is_of_a_line):
            if one_line:  # a sentence with a link or code in its midst is one text
                parts = list(run)
                yield "".join(each if isinstance(each, str) else " " for each in parts)
                for each in parts:
                    if not isinstance(each, str):
                        yield from of_layout(each)
            else:
                for each in run:
                    yield from of_layout(each)
    elif (
        isinstance(part, dict)
        and "props" in part
        and part["type"] not in ("Code", "Kbd", "Store")
        and "changes" not in (part["props"].get("className") or "")
    ):
        for name, value in part["props"].items():
            if name in SHOWN or name == "aria-label":
                yield from of_layout(value)
            elif name == "options":
                yield from (each["label"] for each in value if each["label"] != str(each["value"]).replace("_", " "))


def words(text: str, known: set[str]) -> set[str]:
    """The words of a text that are neither marked nor names."""
    rest = NO_WORDS.sub(" ", bare(text))
    for name in sorted(known, key=len, reverse=True):
        rest = rest.replace(name, " ")
    return set(WORD.findall(rest))
