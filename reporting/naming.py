"""What the parts of reports are called, and the periods that they are of."""

from datetime import date

from config import language
from config.language import N_, _
from models import report_asked, report_periods
from models.report_periods import Span

KINDS = {
    report_periods.WEEK: N_("Week"),
    report_periods.MONTH: N_("Month"),
    report_periods.QUARTER: N_("Quarter"),
    report_periods.YEAR: N_("Year"),
    report_periods.CUSTOM: N_("Other days"),
}
PARTS = {
    report_asked.COMPARISON: N_("Comparison with before"),
    report_asked.COST: N_("Cost and its parts"),
    report_asked.MONTHS: N_("Months"),
    report_asked.SUBJECTS: N_("Buildings and uses"),
    report_asked.DAYS: N_("Each day"),
    report_asked.NOTES: N_("Notes on the data"),
}
COSTS = {
    "energy": N_("Energy bought"),
    "export": N_("Earned by export"),
    "tiers": N_("Tiers"),
    "fixed": N_("Fixed charges"),
    "demand": N_("Demand charges"),
    "taxes": N_("Taxes and levies"),
    "minimum": N_("Up to the minimum"),
    "rounding": N_("Rounding"),
}
CLASSES = {"S": N_("estimated by its sender"), "E": N_("spread over a silence"), "M": N_("said by a person")}


def period(kind: str, span: Span) -> str:
    """The period in words: `March 2026`, `Q2 2026`, `Week 13 of 2026`."""
    if kind == report_periods.MONTH:
        return language.written(span.first, "yMMMM")
    if kind == report_periods.QUARTER:
        return language.written(span.first, "yQQQ")
    if kind == report_periods.YEAR:
        return f"{span.first.year}"
    if kind == report_periods.WEEK:
        number = span.first.isocalendar()
        return _("Week %(number)s of %(year)s", number=number.week, year=number.year)
    return days(span)


def whole_or_days(kind: str, span: Span) -> str:
    """A period of its kind by its name, a part of one by its days."""
    is_whole = kind != report_periods.CUSTOM and report_periods.holding(kind, span.first) == span
    return period(kind, span) if is_whole else days(span)


def days(span: Span) -> str:
    """Its first and last day: `1–31 Mar 2026`."""
    return language.between(span.first, span.last)


def listed(days: list[date], most: int) -> str:
    """Some days within a sentence."""
    shown = [language.written(day, "MMMd") for day in days[:most]]
    more = len(days) - len(shown)
    return ", ".join(shown) + (" " + _("and %(more)s more", more=more) if more else "")
