"""How a long table is described: its columns, its rows, what may be done with them, and what a browser shows of it now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash.development.base_component import Component

from config.language import N_
from dashboard.parts.fields import Choice, Field
from dashboard.parts.given import Given
from dashboard.parts.notices import Bad, Still, Words
from dashboard.web.access import Rule
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

FURTHEST = 2**31  # row of a table


@dataclass(frozen=True, slots=True)
class Column:
    """A head; `key` is what `load` sorts by."""

    key: str
    words: str
    sortable: bool = True
    number: bool = False
    moment: bool = False  # its texts stay on one line
    prose: bool = False  # its texts are sentences, which need room

    @property
    def look(self) -> str | None:
        """The class of its cells."""
        return "num" if self.number else "when" if self.moment else "said" if self.prose else None


@dataclass(frozen=True, slots=True)
class Question:
    """What will happen, and what has to be said about it."""

    words: Words
    fields: Sequence[Field] = ()
    instead: Component | None = None  # of the button that does it: a form or a link to another page


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a row. With `asks` it opens a question first, and is done by the second button, which says `sure`."""

    key: str
    words: str
    asks: Callable[[], Question] | None = None
    danger: bool = False
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as its row: its id, its name (the first cell), the other cells, and what may be done with it."""

    key: str
    name: str
    cells: Sequence[Words]
    acts: Sequence[Act] = ()
    tag: str = ""
    href: str = ""


@dataclass(slots=True)
class Asked:
    """What is to be done: which act on which record, and what was said in the question."""

    act: str
    key: str
    given: Mapping[str, str]
    context: str
    was_read: Given | None = None

    def read(self, fields: Sequence[Field]) -> Given:
        """The answers to the fields of the question; what is wrong with one of them is said beside it."""
        self.was_read = Given(fields, self.given)
        return self.was_read


@dataclass(frozen=True, slots=True)
class Table:
    """A long table. `load` gets the scope, what is wanted, the chosen filters without empty ones, and the context."""

    id: str
    label: str
    rule: Rule
    columns: Sequence[Column]
    load: Callable[[Scope, Wanted, Mapping[str, str], str], Page[Any]]
    row: Callable[[Scope, Any], Row]
    do: Callable[[Scope, Asked], Words | Bad | Still] | None = None
    filters: Sequence[Choice] = ()
    search: str = ""  # what can be searched for; none: no search box
    empty: str = N_("Nothing here yet.")
    sort: str = ""
    descending: bool = False


@dataclass(slots=True)
class View:
    """What a browser shows of a table now. It comes back from there, so every part of it may be anything."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    first: int = 0
    filters: dict[str, str] = field(default_factory=dict)
    asking: tuple[str, str] | None = None  # the act and the row
    written: dict[str, str] = field(default_factory=dict)  # into the question, when that was refused

    @classmethod
    def of(cls, told: object) -> "View":
        """The view that the browser keeps."""
        given: dict[str, Any] = told if isinstance(told, dict) else {}
        filters, asking, written = given.get("filters"), given.get("asking"), given.get("written")
        return cls(
            str(given.get("search") or ""),
            str(given.get("sort") or ""),
            given.get("descending") is True,
            row_number(given.get("first")),
            {str(name): str(value) for name, value in filters.items()} if isinstance(filters, dict) else {},
            (str(asking[0]), str(asking[1])) if isinstance(asking, list | tuple) and len(asking) == 2 else None,
            {str(name): str(value) for name, value in written.items()} if isinstance(written, dict) else {},
        )


def row_number(told: object) -> int:
    """Which row a browser means, or the first."""
    return max(0, told) if isinstance(told, int) and told < FURTHEST else 0
