"""What is asked of whoever sets budgets of months: of what, from which month through which, and how much."""

from datetime import date
from typing import NamedTuple

from config.language import N_, _
from dashboard.parts.fields import Choice, Field, Text
from dashboard.parts.given import Given
from dashboard.parts.written import month

AMOUNT = Text("amount", N_("At most, each month"), longest=20, required=True, keys="decimal")
FIELDS: tuple[Field, ...] = (
    Choice("measure", N_("What")),
    Text("first", N_("From month"), longest=7, required=True, like="2026-01"),
    Text("last", N_("Through month"), longest=7, like="2026-12", help=N_("Leave empty for one month.")),
    AMOUNT,
)


class Wanted(NamedTuple):
    """The same budget of each month from one to another."""

    measure: str
    first: date
    last: date
    amount: float


def read(given: Given) -> Wanted:
    """What was written; raises `Wrong`."""
    measure = given.text("measure")
    first = given.read("first", month) or date.min  # a required field: without it nothing comes of it below
    amount = given.needed("amount")
    last = given.read("last", month) or first
    given.check()
    return Wanted(measure, first, last, amount)


def said(months: int) -> str:
    """That they are set."""
    return _("Budgets of %(count)s months are set.", count=months) if months > 1 else _("The budget is set.")
