"""What was written into fields, read: every problem is noted beside its field, and all of them are told at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from config.language import _
from dashboard.frame.faults import sentence
from dashboard.parts import written
from dashboard.parts.fields import NONE, OFFSET, TIME, YES, Choice, Field, Problem, parts_of
from dashboard.parts.written import TwiceShown
from store.errors import Refused

T = TypeVar("T")


class Wrong(Refused):
    """Some fields cannot be taken as they are; `problems` says why, by their keys."""

    def __init__(self, problems: Mapping[str, Problem], words: Mapping[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{words[key]}: {problem.words}" for key, problem in problems.items()))


class Given:
    """What was written into the fields of a form or a question.

    Each of its methods reads one field and notes what is wrong with it; `check` comes before anything is done with them.
    """

    def __init__(self, fields: Sequence[Field], said: Mapping[str, Any]) -> None:
        self.fields = {field.key: field for field in fields}
        known = {key for field in fields for key in parts_of(field)}
        self.said = {key: _text(value) for key, value in said.items() if key in known}
        self.problems: dict[str, Problem] = {}

    def text(self, key: str) -> str:
        """The text, without spaces around it."""
        text = self.said.get(key, "").strip()
        if not text and self.fields[key].required:
            self.note(key, _("Choose one.") if isinstance(self.fields[key], Choice) else _("Fill this in."))
        return text

    def secret(self, key: str) -> str:
        """A password, every character of it."""
        self.text(key)
        return self.said.get(key, "")

    def chosen(self, key: str) -> str | None:
        """What was chosen, none for the option that stands for nothing."""
        text = self.text(key)
        return None if text in ("", NONE) else text

    def ticked(self, key: str) -> bool:
        """Whether it is ticked."""
        return self.said.get(key) == YES

    def number(self, key: str) -> float | None:
        """The number, none for nothing."""
        return self.read(key, written.number)

    def needed(self, key: str) -> float:
        """The number, which a required field has."""
        return self.number(key) or 0.0

    def whole(self, key: str) -> int | None:
        """The whole number, none for nothing."""
        return self.read(key, written.whole)

    def count(self, key: str) -> int:
        """The whole number, which a required field has."""
        return self.whole(key) or 0

    def moment(self, key: str, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
        """The moment by that zone's clocks, none for nothing; a day is its start, or with `end_of_day` its end."""
        day, time, offset = (self.said.get(part, "").strip() for part in (key, key + TIME, key + OFFSET))
        if time and not day:
            self.note(key, _("Choose the day too."))
            return None
        text = f"{day} {time}{offset}" if time else day
        try:
            return self.read(key, lambda _text: written.moment(text, zone, end_of_day=end_of_day))
        except TwiceShown as twice:
            if not time:  # written in one
                self.note(key, sentence(twice))
                return None
            ways = [(each.isoformat()[-6:], f"{each:%H:%M} {each.isoformat()[-6:]}") for each in twice.moments]
            self.problems[key] = Problem(_("The clocks show %(time)s twice. Choose which of the two is meant.", time=text), ways)
            return None

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        """What a reader makes of the text; what it refuses is noted."""
        text = self.text(key)
        if key in self.problems:
            return None
        try:
            return reader(text)
        except TwiceShown:
            raise
        except Refused as refused:
            self.note(key, sentence(refused))
            return None

    def check(self) -> None:
        """Go on only if nothing is wrong.

        Raises:
            Wrong: something is.
        """
        if self.problems:
            raise Wrong(self.problems, {field.key: field.words for field in self.fields.values()})

    def refuse(self, key: str, words: str, more: Component | None = None) -> None:
        """Note that a field cannot be taken, with what is shown beneath the words, and go no further."""
        self.problems.setdefault(key, Problem(words, more=more))
        self.check()

    def blamed(self, refused: Refused) -> bool:
        """Whether what was refused is noted beside a field: by `check`, or now, where the records name what it is about."""
        if isinstance(refused, Wrong):
            return True
        for key, field in self.fields.items():
            if refused.about and refused.about in (field.of or key, key):
                self.note(key, sentence(refused))
                return True
        return False

    def note(self, key: str, words: str) -> None:
        """Note why a field cannot be taken, unless something is noted already."""
        self.problems.setdefault(key, Problem(words))


def _text(value: object) -> str:
    if value is True:
        return YES
    return "" if value in (None, False) else str(value)
