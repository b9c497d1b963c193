"""What prices and CO2 intensities there are of a region, and values of a time taken back."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import N_, _, ngettext
from dashboard.live.attention import WORDS, words_of
from dashboard.parts.fields import Choice, Moment
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from dashboard.plant import restating
from dashboard.web.access import prices_region
from insight import restated
from store.errors import StoreAway
from store.scope import Scope
from store.series import prices, region_series

LENGTHS = {300: N_("5 minutes"), 900: N_("15 minutes"), 1800: N_("30 minutes"), 3600: N_("1 hour")}
UTC = ZoneInfo("UTC")
HEADS = (N_("What"), N_("Interval"), N_("Values"), N_("First"), N_("Last"))


def known(scope: Scope, region_id: str) -> Any:
    """What there is, a line a quantity and interval."""
    try:
        found = region_series.known(scope, region_id)
    except StoreAway as away:
        return html.P(_("What there is cannot be read now: %(away)s.", away=away), className="muted")
    if not found:
        return html.P(
            _("No prices or CO₂ yet: its sites are priced by their tariffs alone. Import a file below."), className="muted mb-0"
        )
    rows = [
        (
            words_of(each.quantity),
            _(LENGTHS[each.interval_s]) if each.interval_s in LENGTHS else f"{each.interval_s} s",
            reader().count(each.values),
            reader().stamp(each.first),
            reader().stamp(each.last),
        )
        for each in found
    ]
    return short_table(_("What there is"), [_(words) for words in HEADS], rows, {HEADS.index("Values"): "num"})


def _withdraw(scope: Scope, given: Given, region_id: str) -> Words:
    first: datetime | None = given.moment("from", UTC)
    last = given.moment("to", UTC, end_of_day=True)
    quantity = given.text("quantity")
    given.check()
    if first is None or last is None:
        return ""
    without = region_series.without(scope, region_id, quantity, first, last)
    restating.agreed(given, lambda: restated.by_region(scope, region_id, without))
    count = region_series.withdraw(scope, region_id, quantity, first, last)
    return ngettext("Taken back: %(num)s value.", "Taken back: %(num)s values.", count)


WITHDRAW = Form(
    "withdraw",
    N_("Take values back"),
    prices_region("of"),
    (
        Choice("quantity", N_("What"), [(quantity, WORDS[quantity]) for quantity in prices.QUANTITIES]),
        Moment("from", N_("From"), required=True, help=N_("In UTC.")),
        Moment(
            "to", N_("Until"), required=True, help=N_("Intervals that start from then on stay. A day is meant with all of it.")
        ),
        restating.SURE,
    ),
    do=_withdraw,
    act="go",
    button=N_("Take back"),
    icon="slash-circle",
    rare=True,
    changes=("series",),
)
