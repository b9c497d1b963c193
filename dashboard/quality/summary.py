"""What the days of each meter come to: coverage, incomplete days, what came late, what is held, and when it was last heard."""

from collections.abc import Sequence

import numpy as np
from dash import html

from config import clock
from config.language import N_, _, ngettext
from dashboard.parts import moments
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from dashboard.quality import shares_panel
from dashboard.quality.heat_map import readings_of
from insight.data_quality import WHOLE, MeterQuality, SiteQuality
from models.balance import Finding

FEW = 12  # meters that are all shown
STATES = {"live": N_("live"), "late": N_("late"), "offline": N_("offline"), "never": N_("no data yet")}


def facts(told: SiteQuality) -> html.Dl:
    """The site as a whole."""
    late = sum(each.arrived.late for each in told.meters)
    came = sum(each.arrived.readings for each in told.meters)
    whole = sum(np.isfinite(each.covered) and each.covered >= WHOLE for each in told.meters)
    silent = sum(each.state in ("offline", "never") for each in told.meters)
    said = {
        _("Coverage"): _percent(told.covered),
        _("Meters without a gap"): _("%(whole)s of %(meters)s", whole=whole, meters=len(told.meters)),
        _("Silent now"): reader().count(silent),
        _("Held readings"): reader().count(sum(each.held for each in told.meters)),
        _("Came late"): _percent(late / came if came else float("nan")),
        **{_(words): _percent(told.shares[name]) for name, words in shares_panel.CLASSES.items()},
    }
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in said.items()], className="facts")


def by_meter(site_id: str, told: SiteQuality) -> html.Div:
    """A row a meter, the worst first; of many meters those that nothing is wrong with are folded away."""
    label = _("Meters, by what is missing")
    worst = sorted(told.meters, key=lambda each: (-each.held, each.covered if np.isfinite(each.covered) else 2.0))
    if len(worst) <= FEW:
        return _rows(site_id, worst, label)
    wrong = [each for each in worst if not _sound(each)]
    sound = [each for each in worst if _sound(each)]
    about = ngettext("%(num)s meter is live and without a gap", "%(num)s meters are live and without a gap", len(sound))
    folded = html.Details([html.Summary(about), _rows(site_id, sound, about)], className="mt-2")
    return html.Div([*([_rows(site_id, wrong, label)] if wrong else []), *([folded] if sound else [])])


def _sound(each: MeterQuality) -> bool:
    return not each.held and not each.missing_days and each.state == "live"


def _rows(site_id: str, meters: Sequence[MeterQuality], label: str) -> html.Div:
    heads = [
        _("Meter"), _("State"), _("Last heard"), _("Coverage"), _("Incomplete days"), _("Came late"), _("Held readings"),
    ]  # fmt: skip
    rows = [_row(site_id, each) for each in meters]
    return short_table(label, heads, rows, {2: "when", 3: "num", 4: "num", 5: "num", 6: "num"})


def _row(site_id: str, each: MeterQuality) -> Sequence[object]:
    return (
        html.A(each.meter.name, href=readings_of(site_id, each.meter.id), **data(soft="")),
        html.Span(_(STATES[each.state]), className="state", **data(state=each.state)),
        moments.ago(each.last, clock.now()),
        _percent(each.covered),
        reader().count(each.missing_days),
        _percent(each.arrived.late_share) if each.arrived.readings else "–",
        reader().count(each.held),
    )


def _percent(share: float) -> str:
    """To a tenth, and 100 % only where nothing at all is missing."""
    if not np.isfinite(share):
        return "–"
    tenths = 1000 if share >= 1 else min(int(share * 1000 + 0.5), 999)
    return reader().number(f"{tenths / 10:.1f}") + " %"


def imbalances(found: Sequence[Finding]) -> html.Ul | html.P:
    """The nodes whose meters do not add up."""
    if not found:
        return html.P(_("Every node that can be checked balances."), className="muted mb-0")
    rows = [html.Li([html.Span(f"{each.place}: {each.words}")], **data(wrong="yes" if each.wrong else "no")) for each in found]
    return html.Ul(rows, className="findings")
