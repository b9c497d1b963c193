"""Numbers and days as one reader of a report writes them: in their language's way, after CLDR."""

from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal

from config import language
from config.language import _
from reporting.document import CHANGE, MONEY, MONTH, SHARE, Cell, Column

NONE, MINUS, THIN = "–", "\u2212", "\u202f"
PLAIN = "en_GB"  # whose way is taken where nobody chose another, but for a thin space between thousands, as on every page
LARGER = {"kWh": "MWh", "kW": "MW", "kg": "t"}
LARGE = 100_000  # from which on a larger unit is taken


@dataclass(frozen=True, slots=True)
class Reader:
    """How somebody reads; `tag` is of their language (`de-CH`), none where they chose none, `zone` the site's."""

    tag: str | None
    zone: ZoneInfo

    def number(self, value: float | None, decimals: int = 0) -> str:
        r"""A number with so many decimals.

        >>> Reader("de-DE", ZoneInfo("UTC")).number(-1234.56, 1), Reader(None, ZoneInfo("UTC")).number(1234.5)
        ('\u22121.234,6', '1\u202f234')
        """
        if value is None or not isfinite(value):
            return NONE
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return self._set(format_decimal(round(value, decimals) + 0.0, format=pattern, locale=self._locale))

    def money(self, amount: float | None, currency: str) -> str:
        """An amount to the cent, with its currency."""
        if amount is None or not isfinite(amount):
            return NONE
        return self._set(format_currency(amount, currency, locale=self._locale))

    def share(self, share: float | None) -> str:
        """A share (0..1) in percent; 100 only where nothing is missing."""
        if share is None or not isfinite(share):
            return NONE
        percent = 99.0 if 0.99 < share < 1 else 100 * share
        return f"{self.number(percent)}\u00a0%"

    def change(self, change: float | None) -> str:
        """A change (0.1: a tenth more) in percent, with its sign."""
        if change is None or not isfinite(change):
            return NONE
        said = self.number(100 * abs(change), 1 if abs(change) < 0.1 else 0)
        sign = "±" if not said.strip("0.,") else "+" if change > 0 else MINUS
        return f"{sign}{said}\u00a0%"

    def day(self, day: date) -> str:
        """A day with its year."""
        return language.written(day, "yMMMd")

    def moment(self, moment: datetime) -> str:
        """A moment by the site's clock, without its year."""
        local = moment.astimezone(self.zone)
        return _("%(day)s at %(time)s", day=language.written(local, "MMMEd"), time=f"{local:%H:%M}")

    def cell(self, value: Cell, column: Column) -> str:
        """A cell of a column, without its unit."""
        if value is None:
            return NONE
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return language.written(value, {MONTH: "yMMM"}.get(column.kind, "MMMEd"))
        if isinstance(value, str):
            return value
        if column.kind == MONEY:
            return self.money(value, column.unit)
        written = {SHARE: self.share, CHANGE: self.change}.get(column.kind)
        return written(value) if written else self.number(value, column.decimals)

    @property
    def _locale(self) -> Locale:
        try:
            return Locale.parse(self.tag or PLAIN, sep="-" if self.tag else "_")
        except (UnknownLocaleError, ValueError):
            return Locale.parse(PLAIN)

    def _set(self, said: str) -> str:
        said = said if self.tag else said.replace(",", THIN)
        return said.replace("-", MINUS)


def scaled(value: float | None, unit: str) -> tuple[float, str]:
    """By what to divide amounts as large as this one, and their unit then: kWh, or MWh from 100,000 kWh on.

    >>> scaled(250_000, "kWh"), scaled(99_999, "kWh")
    ((1000.0, 'MWh'), (1.0, 'kWh'))
    """
    if value is not None and abs(value) >= LARGE and unit in LARGER:
        return 1000.0, LARGER[unit]
    return 1.0, unit


def decimals_of(value: float | None) -> int:
    """How many decimals amounts as large as this one have: three digits that say something.

    >>> [decimals_of(each) for each in (1234, 56.7, 8.9, 0.12, None)]
    [0, 1, 2, 3, 0]
    """
    if value is None or not isfinite(value) or abs(value) >= 99.95:
        return 0
    return 1 if abs(value) >= 9.995 else 2 if abs(value) >= 0.9995 else 3
