"""Numbers and times as one person reads them: in their language's way, and in their own time zone where they chose one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from flask_login import current_user

from dashboard.figures import wording

# A language: its name, the sign before decimals, that between thousands, and where a currency's sign stands (CLDR's way).
LANGUAGES = {
    "en-GB": ("English (United Kingdom)", ".", ",", "¤#"),
    "en-US": ("English (United States)", ".", ",", "¤#"),
    "de-DE": ("Deutsch (Deutschland)", ",", ".", "#\u00a0¤"),
    "de-CH": ("Deutsch (Schweiz)", ".", "’", "¤\u00a0#"),
    "fr-FR": ("Français (France)", ",", wording.THIN, "#\u00a0¤"),
    "es-ES": ("Español (España)", ",", ".", "#\u00a0¤"),
    "it-IT": ("Italiano (Italia)", ",", ".", "#\u00a0¤"),
    "nl-NL": ("Nederlands (Nederland)", ",", ".", "¤\u00a0#"),
    "pl-PL": ("Polski (Polska)", ",", wording.THIN, "#\u00a0¤"),
    "pt-PT": ("Português (Portugal)", ",", wording.THIN, "#\u00a0¤"),
    "sv-SE": ("Svenska (Sverige)", ",", wording.THIN, "#\u00a0¤"),
    "da-DK": ("Dansk (Danmark)", ",", ".", "#\u00a0¤"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """How somebody reads. Without a language as everywhere in Loadstar: a point, and a thin space between thousands."""

    language: str | None = None
    time_zone: str | None = None

    def number(self, text: str) -> str:
        """A number as `figures.wording` writes it, in the reader's way.

        >>> Reader("de-DE").number("1\u202f234.5")
        '1.234,5'
        """
        if self.language not in LANGUAGES:
            return text
        _, point, thousands, _ = LANGUAGES[self.language]
        return text.translate({ord("."): point, ord(wording.THIN): thousands})

    @property
    def point(self) -> str:
        """The sign before decimals."""
        return LANGUAGES[self.language][1] if self.language in LANGUAGES else "."

    def money(self, amount: float | None, currency: str) -> str:
        r"""An amount with its currency.

        >>> Reader("de-DE").money(-1234.6, "EUR"), Reader().money(0.553, "USD")
        ('\u22121.235\xa0€', '$0.55')
        """
        if self.language not in LANGUAGES:
            return wording.money(amount, currency)
        _, point, thousands, pattern = LANGUAGES[self.language]
        return wording.money(amount, currency, pattern, point, thousands)

    def zone(self, site_zone: str = "UTC") -> ZoneInfo:
        """The time zone that times are read in: the reader's own, else the site's."""
        return ZoneInfo(self.time_zone or site_zone)

    def count(self, number: int) -> str:
        """A whole number.

        >>> Reader("de-DE").count(1234567)
        '1.234.567'
        """
        return self.number(f"{number:,}".replace(",", wording.THIN))

    def day(self, moment: datetime) -> str:
        """The day of a moment."""
        return f"{moment.astimezone(self.zone()):%Y-%m-%d}"

    def moment(self, moment: datetime) -> str:
        """A moment to the minute."""
        return f"{moment.astimezone(self.zone()):%Y-%m-%d %H:%M}"

    def date(self, moment: datetime) -> html.Time:
        """The day of a moment, for a table."""
        return html.Time(self.day(moment), dateTime=moment.isoformat())

    def stamp(self, moment: datetime, site_zone: str = "UTC", *, seconds: bool = False) -> html.Time:
        """A moment with the zone whose clocks show it, for a table."""
        local = moment.astimezone(self.zone(site_zone))
        return html.Time(
            f"{local:%Y-%m-%d %H:%M:%S %Z}" if seconds else f"{local:%Y-%m-%d %H:%M %Z}", dateTime=moment.isoformat()
        )


def reader() -> Reader:
    """How whoever asks reads."""
    return Reader(current_user.language, current_user.time_zone)
