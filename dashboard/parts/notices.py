"""What was done, or why not, as a page says it."""

import re
import uuid
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from config.language import N_, _
from dashboard.parts.aria import data, icon

PLACE = re.compile(r"%\((\w+)\)s")
MARKED = N_("Not saved yet. Check what is marked below.")
Words = str | Component | Sequence[str | Component]


class Bad(NamedTuple):
    """What was done, and did not go well."""

    words: Words


class Still(NamedTuple):
    """What is to be said before anything is done: the question stays open, with what was written."""

    words: Words
    bad: bool = False


def coded(text: str) -> list[str | Component]:
    """A text that `N_` marks, worded, with what stands in backquotes as code."""
    pieces = _(text).split("`")
    return [html.Code(piece) if at % 2 else piece for at, piece in enumerate(pieces)]


def around(text: str, **parts: str | Component) -> list[str | Component]:
    """A text that `N_` marks, worded, with these parts of a page in its named places, where each language has them."""
    pieces = [parts[piece] if at % 2 else piece for at, piece in enumerate(PLACE.split(_(text)))]
    found: list[str | Component] = []
    for are_words, run in groupby(pieces, lambda piece: isinstance(piece, str)):
        same = list(run)
        found += ["".join(map(str, same))] if are_words else same
    return list(filter(None, found))


def notice(words: Words, *, bad: bool = False) -> html.Div:
    """A notice; with the same words again it is another: `assets/js/shell/85-notices.js` shows each."""
    return html.Div(
        [icon("exclamation-triangle" if bad else "check-lg"), html.Div(words)],
        className=f"notice {'bad' if bad else 'good'}",
        role="alert" if bad else "status",
        **data(said=uuid.uuid4().hex[:8]),
    )
