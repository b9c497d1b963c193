"""Numbers and times as people read them: three significant digits, a thin space between thousands, the unit after."""

from datetime import datetime, timedelta
from html import escape
from math import floor, isfinite, log10
from zoneinfo import ZoneInfo

from config import language
from config.language import N_, _

THIN = "\u202f"
MINUS = "\u2212"
NONE = "–"
MOST_DECIMALS = 4
MOST_EXACT_DECIMALS = 9

# Signs of currencies that are well known by them; the others are written by their codes.
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
LARGER = {"kW": "MW", "MW": "GW", "kWh": "MWh", "MWh": "GWh", "kg": "t", "t": "kt"}
# Decimals of amounts below a thousand, where it is not two: the smallest coin of the currency (ISO 4217).
CENTS = dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0) | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)

STATES = {"live": N_("live"), "late": N_("late"), "offline": N_("offline"), "never": N_("no data yet")}

# How much of each kind of flow is drawn in which colour token.
TOKENS = {
    "grid": "grid",
    "pv": "pv",
    "wind": "pv",
    "chp": "pv",
    "source": "pv",
    "battery": "storage",
    "storage": "storage",
    "residual": "residual",
    "bus": "outline",
    "home": "outline",
    "transformer": "outline",
    "converter": "outline",
}


def token(technology: str) -> str:
    """The colour token of a technology or kind: grid, pv, storage, demand, residual, or outline for what is between."""
    return TOKENS.get(technology, "demand")


def number(value: float | None, digits: int = 3) -> str:
    r"""The value with that many significant digits, thousands set apart.

    >>> [number(v) for v in (0.04567, 12.345, 182.4, 1234.5)]
    ['0.0457', '12.3', '182', '1\u202f230']
    """
    if value is None or not isfinite(value):
        return NONE
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - floor(log10(abs(rounded)))
    if decimals > MOST_DECIMALS and round(rounded, MOST_DECIMALS) == 0:
        return "0"
    return f"{rounded:,.{max(0, min(decimals, MOST_DECIMALS))}f}".replace(",", THIN).replace("-", MINUS)


def exact(value: float | None, digits: int = 6) -> str:
    r"""The value with at most that many significant digits and all those before the point, never as a power of ten.

    >>> [exact(v) for v in (55_795_312.4, 2074.6512, 231.0, -0.00012)]
    ['55\u202f795\u202f312', '2\u202f074.65', '231', '\u22120.00012']
    """
    if value is None or not isfinite(value):
        return NONE
    if value == 0:
        return "0"
    decimals = min(MOST_EXACT_DECIMALS, max(0, digits - 1 - floor(log10(abs(value)))))
    said = f"{value:,.{decimals}f}"
    said = said.rstrip("0").rstrip(".") if decimals else said
    return "0" if said in ("-0", "0") else said.replace(",", THIN).replace("-", MINUS)


def gaps(share: float) -> str:
    """How much of a chart has no values, in words."""
    return _("%(share)s of the steps have no data", share=f"{100 * share:.0f} %")


def count(things: int) -> str:
    r"""A whole number, thousands set apart.

    >>> count(1940)
    '1\u202f940'
    """
    return f"{things:,}".replace(",", THIN)


def power(kilowatts: float | None) -> str:
    """Power with its unit, in kW, or in MW from 1 MW on."""
    return " ".join(scaled(kilowatts, "kW"))


def scaled(value: float | None, unit: str) -> tuple[str, str]:
    """The number and the unit: kW, kWh or kg, from a thousand on MW, MWh or t, from a million on GW, GWh or kt."""
    larger = LARGER.get(unit)
    while value is not None and larger and isfinite(value) and abs(value) >= 999.5:
        value, unit, larger = value / 1000, larger, LARGER.get(larger)
    return number(value), unit


def percent(fraction: float | None) -> str:
    """A share (0..1) as a whole percentage, without its sign; 100 only when nothing is missing."""
    if fraction is None or not isfinite(fraction):
        return NONE
    return "99" if 0.99 < fraction < 1 else f"{fraction * 100:.0f}"


def money(amount: float | None, currency: str, pattern: str = "¤#", point: str = ".", thousands: str = ",") -> str:
    r"""An amount as people write it: to the cent, from a thousand on in whole pounds, with its currency.

    `pattern` says where the sign (¤) and the digits (#) stand; a code is never written without a space.

    >>> [money(v, "USD") for v in (0.553, 3760.2, -1.5)]
    ['$0.55', '$3,760', '\u2212$1.50']
    >>> money(12.5, "CHF"), money(1.5, "EUR", "# ¤", ",", ".")
    ('CHF 12.50', '1,50 €')
    """
    if amount is None or not isfinite(amount):
        return NONE
    decimals = CENTS.get(currency, 2)
    decimals = 0 if round(abs(amount), decimals) >= 1000 else decimals
    digits = f"{abs(amount):,.{decimals}f}"
    minus = MINUS if amount < 0 and digits.strip("0.") else ""
    digits = digits.translate({ord("."): point, ord(","): thousands})
    sign = SIGNS.get(currency, currency)
    if sign == currency and pattern == "¤#":
        pattern = "¤\u00a0#"
    return minus + pattern.replace("¤", sign).replace("#", digits)


def age(seconds: float | None) -> str:
    """How long ago, short: `5 s`, `3 min`, `2 h`, `4 d`."""
    if seconds is None:
        return NONE
    for unit, length, upto in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800), ("d", 86_400, float("inf"))):
        if seconds < upto:
            return f"{max(0, seconds) / length:.0f} {unit}"
    return NONE


def clock(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The local time of day; with the date when it is not today."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if today - local < timedelta(days=300):
        return f"{language.written(local, 'MMMd')} {local:%H:%M}"
    return language.written(local, "yMMMd")


def text(name: str) -> str:
    """A name that someone typed, made harmless for plotly's text, which knows tags."""
    return escape(name, quote=False)
