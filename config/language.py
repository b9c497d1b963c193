"""The language of what people read: the one mark of every text in the house, and the language that it is shown in.

A text stands in the code in English and is marked where it is shown: `_("Site %(name)s created.", name=site.name)`. What is
set down once for every language (a constant, a page's title) is marked by `N_` and worded, by `_`, where it is shown. A mark
holds whole sentences with named places, never an f-string and never a sum of pieces: other languages put the pieces elsewhere.
`./loadstar texts` gathers what is marked. Nothing of a screen is known here: the dashboard says what a request's language is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from config.settings import PROJECT

SOURCE = "en"  # of the texts in the code
FOLDER = PROJECT / "dashboard" / "translations"  # <language>/LC_MESSAGES/messages.mo
LONGEST_HEADER = 500
QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
GREAT_NOUNS = ("de", "lb")
CATALOGUE = Path("LC_MESSAGES", "messages.mo")

_chosen: ContextVar[str | None] = ContextVar("language", default=None)
_of_request: Callable[[], str | None] = lambda: None  # noqa: E731 - replaced by `ask`


def _(text: str, /, **values: object) -> str:
    """The text in the language that is spoken here, with its values; a per cent sign beside values is written `%%`.

    >>> _("%(share)s %% of the readings", share=90)
    '90 % of the readings'
    """
    worded = _catalogue(FOLDER, spoken()).gettext(text)
    return worded % values if values else worded


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """The text for that many, `%(num)s` within it, in the language that is spoken here.

    >>> ngettext("%(num)s site", "%(num)s sites", 3)
    '3 sites'
    """
    return plural(one, many, num) % {"num": num, **values}


def plural(one: str, many: str, num: int) -> str:
    """The text for that many, its places unfilled: for templates, which fill them."""
    return _catalogue(FOLDER, spoken()).ngettext(one, many, num)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a text that is worded later, by `_`, where it is shown."""
    return text


def within(words: str) -> str:
    """Words that stand alone elsewhere, as they stand within a sentence: small, unless the language here has great nouns.

    >>> within("Two-factor sign-in")
    'two-factor sign-in'
    """
    return words if spoken() in GREAT_NOUNS else words.lower()


def opening(words: str) -> str:
    """Words as they stand where a sentence or a cell begins.

    >>> opening("energy in kWh")
    'Energy in kWh'
    """
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Told:
    """A marked text with its values, worded only where it is read: what is kept or sent is `plain`, in no language.

    The text is its own code. A value may be `Told` as well.

    >>> str(Told("%(model)s was late", {"model": Told("same hour last week")}))
    'same hour last week was late'
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return _(self.text, **self.values)

    def plain(self) -> dict[str, object]:
        """As JSON."""
        return {"text": self.text, "values": {name: to_plain(value) for name, value in self.values.items()}}


def to_plain(what: object) -> object:
    """What is to be said as JSON: a text that is `Told` with its values, anything else as it is."""
    return what.plain() if isinstance(what, Told) else what


def told(plain: object) -> str:
    """In the language that is spoken here, what `to_plain` has written; words that were kept as such stay as they were.

    >>> told({"text": "%(share)s of the hours", "values": {"share": "90 %"}}), told("as it was kept")
    ('90 % of the hours', 'as it was kept')
    """
    return str(from_plain(plain))


def from_plain(plain: object) -> Told | str:
    """What `to_plain` has written."""
    if isinstance(plain, Mapping) and isinstance(text := plain.get("text"), str):
        values = plain.get("values") or {}
        return Told(text, {name: from_plain(value) for name, value in values.items()})
    return _(str(plain)) if plain else ""


def spoken() -> str:
    """The language of texts here: the one of `speaking`, else of the request, else the source's."""
    return _chosen.get() or _of_request() or SOURCE


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts within are in this language, whoever asks: a mail in its recipient's, an answer that others share in theirs."""
    before = _chosen.set(language)
    try:
        yield
    finally:
        _chosen.reset(before)


def ask(of_request: Callable[[], str | None]) -> None:
    """Have `of_request` say which language the request that is being answered wants; none outside of requests."""
    global _of_request
    _of_request = of_request


def weekday(day: date, width: str = "EEEE") -> str:
    """Its name in the language that is spoken here: `Thursday`; `EEE` is `Thu`, `EEEEE` is `T`, as CLDR has them."""
    from babel.dates import format_date  # 40 ms to import, which only pages need

    return format_date(day, width, _calendar()).removesuffix(".")


def month(day: date) -> str:
    """The name of its month, by itself, in the language that is spoken here: `November`."""
    from babel.dates import format_date

    return format_date(day, "LLLL", _calendar())


def written(day: date, skeleton: str) -> str:
    """A date as the language that is spoken here writes it, with the parts that CLDR's skeleton names.

    >>> written(date(2026, 11, 26), "MMMd"), written(date(2026, 11, 26), "yMMMEd")
    ('26 Nov', 'Thu 26 Nov 2026')
    """
    return _written(day, skeleton, _calendar())


@lru_cache(4096)  # a calendar writes hundreds of dates each time that it is looked at
def _written(day: date, skeleton: str, locale: str) -> str:
    from babel.dates import format_skeleton

    # Of a date within a sentence, or at its end.
    return format_skeleton(skeleton, day, locale=locale).replace(",", "").removesuffix(".")


def between(first: date, last: date) -> str:
    """Two days and all between them as the language that is spoken here writes them.

    >>> between(date(2026, 3, 1), date(2026, 3, 31)), between(date(2026, 3, 1), date(2026, 3, 1))
    ('1–31 Mar 2026', '1 Mar 2026')
    """
    from babel.dates import format_interval

    if first == last:
        return written(first, "yMMMd")
    said: str = format_interval(first, last, "yMMMd", locale=_calendar())
    return said.replace(",", "").replace("\u2009", "")


def territory(code: str) -> str:
    """A country's name (ISO 3166-1, two letters) in the language that is spoken here; the code where CLDR has no name."""
    from babel import Locale

    return str(Locale.parse(_calendar()).territories.get(code, code))


def _calendar() -> str:
    return "en_GB" if spoken() == SOURCE else spoken()  # which CLDR takes for American


def languages() -> tuple[str, ...]:
    """Those that there are texts in: the source's, and each with a catalogue."""
    return _languages(FOLDER)


def best(tags: Iterable[str | None]) -> str:
    """The first of these languages, as browsers and people name them (`de-AT`), that there are texts in; else the source's."""
    there = {each.lower(): each for each in languages()}
    for tag in tags:
        whole = (tag or "").replace("-", "_").lower()
        for name in (whole, whole.partition("_")[0]):
            if name in there:
                return there[name]
    return SOURCE


def preferred(header: str) -> list[str]:
    """The languages that a header `Accept-Language` names, the most wanted first (RFC 9110, section 12.5.4).

    >>> preferred("en;q=0.5, de-AT, *;q=0.1, fr;q=0")
    ['de-AT', 'en', '*']
    """
    wanted = []
    for part in header[:LONGEST_HEADER].split(","):
        tag, *parameters = (each.strip() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        wanted.append((float(quality) if QUALITY.fullmatch(quality) else 0.0, tag))
    return [tag for quality, tag in sorted(wanted, key=lambda each: -each[0]) if quality and tag]


@lru_cache
def _languages(folder: Path) -> tuple[str, ...]:
    return SOURCE, *sorted(file.parent.parent.name for file in folder.glob(f"*/{CATALOGUE}"))


@lru_cache
def _catalogue(folder: Path, language: str) -> NullTranslations:
    try:
        with (folder / language / CATALOGUE).open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError:
        return NullTranslations()
