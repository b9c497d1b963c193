"""How numbers are written on screen, a second time: by decimal arithmetic. Nothing of Loadstar is imported here."""

import math
from decimal import Decimal

THIN, MINUS, NONE = "\u202f", "\u2212", "–"
LARGER = {"kW": "MW", "MW": "GW", "kWh": "MWh", "MWh": "GWh", "kg": "t", "t": "kt"}
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def number(value: float, digits: int = 3) -> str:
    """Three significant digits, at most four decimals, thousands set apart."""
    if not math.isfinite(value):
        return NONE
    if not value:
        return "0"
    exact = Decimal(value)
    exact = exact.quantize(Decimal(1).scaleb(exact.adjusted() + 1 - digits))
    decimals = min(max(digits - 1 - exact.adjusted(), 0), 4)
    said = f"{exact:,.{decimals}f}"
    return said.replace(",", THIN).replace("-", MINUS) if Decimal(said.replace(",", "")) else "0"


def scaled(value: float, unit: str) -> str:
    """With its unit, which is the larger one from a thousand on."""
    if unit in LARGER and abs(value) >= 999.5:
        return scaled(value / 1000, LARGER[unit])
    return f"{number(value)} {unit}"


def money(amount: float, currency: str) -> str:
    """To the cent, from a thousand on in whole pounds; the sign first."""
    if not math.isfinite(amount):
        return NONE
    exact = Decimal(abs(amount))
    cents = exact.quantize(Decimal("0.01"))
    said = f"{exact.quantize(Decimal(1)):,}" if cents >= 1000 else f"{cents}"
    return (MINUS if amount < 0 and cents else "") + SIGNS[currency] + said


def percent(share: float) -> str:
    """A share as a whole percentage: 100 only where nothing is missing."""
    return "99" if 0.99 < share < 1 else f"{100 * share:.0f}"


def exact(value: float, unit: str) -> str:
    """Six digits, as the pointer is told."""
    return f"{value:.6g} {unit}"
