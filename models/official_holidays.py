"""The official holidays of a country or of a part of it, the days on which they are observed included.

As the library `holidays` (https://github.com/vacanza/holidays) has them, by the laws that it names.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache

from config.language import SOURCE, spoken

WEEKEND = frozenset({5, 6})  # Monday is 0


@lru_cache(maxsize=1)
def countries() -> Mapping[str, tuple[str, ...]]:
    """The countries that are known (ISO 3166-1, two letters), each with the codes of its parts with holidays of their own."""
    import holidays  # 0.2 s to import, which only what shows or reckons with a calendar needs

    return {code: tuple(parts) for code, parts in holidays.list_supported_countries(include_aliases=False).items()}


@lru_cache(maxsize=256)
def part_names(country: str) -> Mapping[str, str]:
    """The names of a country's parts by their codes; a code stands for itself where no name is known."""
    import holidays

    found = holidays.country_holidays(country)
    named = {code: name for name, code in reversed(found.subdivisions_aliases.items())}
    return {code: named.get(code, code) for code in countries()[country]}


@lru_cache(maxsize=256)
def weekend(country: str, year: int) -> frozenset[int]:
    """The days of the week (Monday 0) that are no working days in a country in that year; Saturday and Sunday in none."""
    if not country:
        return WEEKEND
    import holidays

    return frozenset(holidays.country_holidays(country, years=[year]).weekend)


def official(country: str, subdivision: str, first: date, last: date) -> dict[date, str]:
    """The public holidays from `first` to `last` (included), by day, each with its name.

    A holiday that falls on a weekend is there twice where the law moves it: on its day, and on the day that is observed.
    Names are in the language that is spoken here where the library has it, else in English, else in the country's own.

    >>> list(official("US", "", date(2026, 7, 1), date(2026, 7, 31)).items())[0]
    (datetime.date(2026, 7, 3), 'Independence Day (observed)')
    """
    if not country:
        return {}
    # New Year's Day may be observed in the year before.
    years = range(first.year - 1, last.year + 2)
    found = {day: name for year in years for day, name in _year(country, subdivision, year, spoken())}
    return {day: found[day] for day in sorted(found) if first <= day <= last}


@lru_cache(maxsize=4096)
def _year(country: str, subdivision: str, year: int, language: str) -> tuple[tuple[date, str], ...]:
    import holidays

    known = holidays.country_holidays(country, subdiv=subdivision or None).supported_languages
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=[year], expand=False, observed=True, language=_best(known, language)
    )
    return tuple(found.items())


def _best(known: Collection[str], language: str) -> str | None:
    for wanted in (language, SOURCE):
        for each in sorted(known):
            if each.partition("_")[0] == wanted:
                return each
    return None
