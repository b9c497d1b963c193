"""What became of an import: what it stored by meter, what it refused and why, what is held, and what it did not know."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import _, ngettext
from config.quantities import QUANTITIES
from dashboard.figures import wording as numbers
from dashboard.frame.faults import sentence
from dashboard.importing import left_out, list_table, wording
from dashboard.importing.uploading import size
from dashboard.parts import table_address
from dashboard.parts.aria import aria, data
from dashboard.parts.moments import clock
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act
from dashboard.parts.short_table import short_table
from dashboard.web.jobs import said
from store.records.access import policy
from store.records.jobs.kinds import Problem
from store.records.plant import meters, refused, sites
from store.records.plant.imports import AT_WORK, Seen
from store.scope import Scope

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def drawn(scope: Scope, seen: Seen) -> list[Any]:
    """All that is to be said about an import."""
    record = seen.record
    zone = ZoneInfo(sites.site(scope, record.site_id).time_zone)
    parts: list[Any] = [_head(seen, zone)]
    if seen.state == "failed":
        parts.append(notice(_why(seen), bad=True))
    if seen.totals:
        parts.append(html.Section([html.H2(_("Stored")), _totals(scope, seen, zone)], className="panel mb-3"))
    if record.refused:
        parts.append(_refused(scope, seen))
    if record.held:
        parts.append(_held(seen))
    if record.unknown:
        parts.append(_unknown(seen))
    if record.gaps or record.skipped:
        parts.append(html.P(left_out.passed_over(record.gaps, record.skipped), className="muted"))
    return parts


def _head(seen: Seen, zone: ZoneInfo) -> html.Section:
    record = seen.record
    facts = (
        (_("State"), list_table.state(seen)),
        (_("Started"), reader().stamp(record.created_at, zone.key)),
        (_("Ended"), reader().stamp(record.ended_at, zone.key) if record.ended_at else "–"),
        (_("By"), seen.who or "–"),
        (_("Size"), size(record.size)),
        (_("Profile"), record.profile_name or _("found for this file")),
        (_("Import ID"), html.Code(record.id)),
    )
    rows = [part for name, value in facts for part in (html.Dt(name), html.Dd(value))]
    bar = None
    if seen.state in AT_WORK:
        bar = html.Progress(max="1", value=str(seen.progress) if seen.progress else None, **aria(label=_("Progress")))
    buttons = [_button(act) for act in list_table.acts(seen)]
    return html.Section(
        [html.Dl(rows, className="definitions"), bar, html.Div(buttons, className="choices mt-3")], className="panel mb-3"
    )


def _button(act: Act) -> html.Button | html.Details:
    """A button; one that asks opens what it asks first."""
    name = {"type": "import-act", "act": act.key}
    if act.asks is None:
        return html.Button(_(act.words), id=name, className="btn btn-quiet", type="button")
    look = "btn btn-danger" if act.danger else "btn btn-primary"
    sure = html.Button(_(act.sure or act.words), id=name, className=look, type="button")
    summary = html.Summary(_(act.words), className="btn btn-quiet")
    return html.Details([summary, html.Div([html.P(act.asks().words), sure], className="panel mt-3")], className="disclosure")


def _why(seen: Seen) -> str:
    if seen.why in list(Problem):
        return said(seen.why)
    return sentence(seen.why) if seen.why else said(None)


def _totals(scope: Scope, seen: Seen, zone: ZoneInfo) -> html.Div:
    names = {each.id: each.name for each in meters.outlines(scope, seen.record.site_id)}
    may = policy.may(scope, policy.Action.ADMINISTER, site_id=seen.record.site_id)
    rows = []
    for each in sorted(seen.totals, key=lambda each: (names.get(each.meter, each.meter), each.quantity)):
        label = QUANTITIES[each.quantity].label if each.quantity in QUANTITIES else ""
        name = names.get(each.meter, each.meter)
        sums = "energy" in each.quantity and "total" not in each.quantity
        rows.append(
            (
                html.A(name, href=f"/admin/meters/{each.meter}", **data(soft="")) if may else name,
                wording.measured(each.quantity),
                reader().count(each.count),
                f"{reader().number(numbers.exact(each.total, 9))} {label}" if sums else "–",
                clock(EPOCH + timedelta(microseconds=each.first_us), zone),
                clock(EPOCH + timedelta(microseconds=each.last_us), zone),
            )
        )
    heads = (_("Meter"), _("What"), _("Readings"), _("Sum"), _("First ends"), _("Last ends"))
    return short_table(
        _("What was stored, times by %(zone)s", zone=zone.key),
        heads,
        rows,
        {2: "num", 3: "num", 4: "when", 5: "when"},
        titled=True,
    )


def _refused(scope: Scope, seen: Seen) -> html.Section:
    record = seen.record
    waiting = refused.waiting(scope, record.site_id, record.id)
    link = None
    if waiting:
        place = f"/site/{record.site_id}/quarantine?{table_address.named('kinds', {'search': record.id})}"
        words = ngettext(
            "%(count)s of them waits in quarantine to be put right.",
            "%(count)s of them wait in quarantine to be put right.",
            waiting,
            count=reader().count(waiting),
        )
        link = html.P([words, " ", html.A(_("Put them right"), href=place, **data(soft=""))], className="mt-3 mb-0")
    href = f"/imports/{record.id}/refused.csv"
    return html.Section([html.H2(_("Refused")), *left_out.refused(record.refused, href), link], className="panel mb-3")


def _held(seen: Seen) -> html.Section:
    count = sum(seen.record.held.values())
    words = ngettext(
        "%(num)s reading cannot be true as it stands: it is kept, shown as suspect, and left out of sums until others "
        "confirm it.",
        "%(num)s readings cannot be true as they stand: they are kept, shown as suspect, and left out of sums until others "
        "confirm them.",
        count,
    )
    return html.Section([html.H2(_("Held")), html.P(words, className="mb-0")], className="panel mb-3")


def _unknown(seen: Seen) -> html.Section:
    about = _(
        "These are no meters of the site, or were left out. Create them, or choose meters for them, and import the file again."
    )
    return html.Section([html.H2(_("Left out")), html.P(about), *left_out.unknown(seen.record.unknown)], className="panel mb-3")
