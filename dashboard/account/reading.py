"""Numbers and times as one person reads them: in their language's way, and in their own time zone where they chose one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from flask_login import current_user

from dashboard.figures import wording

# A language: its name, the sign before decimals, and that between thousands.
LANGUAGES = {
    "en-GB": ("English (United Kingdom)", ".", ","),
    "en-US": ("English (United States)", ".", ","),
    "de-DE": ("Deutsch (Deutschland)", ",", "."),
    "de-CH": ("Deutsch (Schweiz)", ".", "’"),
    "fr-FR": ("Français (France)", ",", wording.THIN),
    "es-ES": ("Español (España)", ",", "."),
    "it-IT": ("Italiano (Italia)", ",", "."),
    "nl-NL": ("Nederlands (Nederland)", ",", "."),
    "pl-PL": ("Polski (Polska)", ",", wording.THIN),
    "pt-PT": ("Português (Portugal)", ",", wording.THIN),
    "sv-SE": ("Svenska (Sverige)", ",", wording.THIN),
    "da-DK": ("Dansk (Danmark)", ",", "."),
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
        _, point, thousands = LANGUAGES[self.language]
        return text.translate({ord("."): point, ord(wording.THIN): thousands})

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

    def stamp(self, moment: datetime, *, seconds: bool = False) -> html.Time:
        """A moment with the zone whose clocks show it, for a table."""
        local = moment.astimezone(self.zone())
        return html.Time(
            f"{local:%Y-%m-%d %H:%M:%S %Z}" if seconds else f"{local:%Y-%m-%d %H:%M %Z}", dateTime=moment.isoformat()
        )


def reader() -> Reader:
    """How whoever asks reads."""
    return Reader(current_user.language, current_user.time_zone)
