"""Many values of a meter corrected at once: voided, or multiplied by a factor, from one moment to another."""

from datetime import datetime

from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.parts.fields import Choice, Moment, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.plant import restating
from dashboard.quality.readings_table import zone_of
from dashboard.quality.shown import then_shown
from dashboard.quality.suspects_table import REASON
from dashboard.web.access import operates_meter
from store.scope import Scope
from store.series import amendments, corrections

TABLES = ("readings", "gaps", "corrections")
NAMES = tuple((name, name) for name in QUANTITIES)
QUANTITY = Choice("quantity", N_("Quantity"), NAMES, required=True, hint=N_("Choose one."))
PERIOD = (
    Moment("since", N_("From"), required=True, help=N_("By the site's clocks.")),
    Moment("until", N_("Until"), required=True, help=N_("A day is meant with all of it.")),
)
FACTOR = Text(
    "factor", N_("Factor"), longest=30, required=True, keys="decimal", like="0.001", help=N_("0.001 where W came for kW.")
)
SCALED = (QUANTITY, *PERIOD, FACTOR, REASON, restating.SURE)


def period_of(scope: Scope, given: Given, meter_id: str) -> tuple[datetime, datetime]:
    """The period that was written, whatever else is wrong noted beside it."""
    zone = zone_of(scope, meter_id)
    since, until = given.moment("since", zone), given.moment("until", zone, end_of_day=True)
    if since and until and until <= since:
        given.note("until", _("Choose an end after the beginning."))
    given.check()
    assert since and until  # noqa: S101  # required, and checked
    return since, until


def _void(scope: Scope, given: Given, meter_id: str) -> Words:
    quantity, reason = given.text("quantity"), given.text("reason")
    since, until = period_of(scope, given, meter_id)
    number = restating.correct(
        scope, given, lambda: amendments.void_range(scope, meter_id, quantity, since, until, reason=reason)
    )
    if not number:
        given.refuse("quantity", _("Nothing of it came in that time."))
    return ngettext("%(num)s value voided. Sums follow.", "%(num)s values voided. Sums follow.", number)


def scale(scope: Scope, given: Given, meter_id: str) -> Words:
    """Scale what was said."""
    quantity, reason, factor = given.text("quantity"), given.text("reason"), given.needed("factor")
    since, until = period_of(scope, given, meter_id)
    number = restating.correct(
        scope, given, lambda: corrections.scale(scope, meter_id, quantity, since, until, factor, reason=reason)
    )
    return ngettext("%(num)s value scaled. Sums follow.", "%(num)s values scaled. Sums follow.", number)


VOID = Form(
    "void",
    N_("Void a period"),
    operates_meter("of"),
    (QUANTITY, *PERIOD, REASON, restating.SURE),
    do=then_shown(_void),
    act="now",
    button=N_("Void"),
    icon="x-lg",
    changes=TABLES,
    danger=True,
    rare=True,
)
SCALE = Form(
    "scale",
    N_("Scale a period"),
    operates_meter("of"),
    SCALED,
    do=then_shown(scale),
    act="now",
    button=N_("Scale"),
    icon="arrow-clockwise",
    changes=TABLES,
    rare=True,
)
