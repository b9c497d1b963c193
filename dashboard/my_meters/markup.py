"""One's own meters, and what one has asked for, as the page shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import html

from config.language import N_, _, opening
from dashboard.account import parts
from dashboard.figures import wording
from dashboard.my_meters.ways import WAYS
from dashboard.parts.aria import data, icon
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.own_meters import COUNT, Mine, Value
from insight.today import WHOLE
from store.records.schema import Request

UNCOUNTED = N_(
    "Readings are stored, but energy is not counted yet: this meter has no energy source declared. Ask your distributor."
)
WAITS, GRANTED, REFUSED = N_("waits for a decision"), N_("approved"), N_("refused")


def none_yet(may_claim: bool) -> html.Div:
    """What would be here, and how to get it."""
    how = (
        _("Claim one below with the code printed on it or sent to you by letter.")
        if may_claim
        else _("Ask one of your administrators.")
    )
    return html.Div(
        [
            icon("lightning-charge"),
            html.H2(_("No meter yet")),
            html.P(_("Your meter's power now, today's energy and its history will appear here.")),
            html.P(how),
        ],
        className="empty compact",
    )


def cards(shown: Sequence[Mine], values: Any, now: datetime, reader: Reader, asking: str | None, may_release: bool) -> html.Ul:
    """A card for each meter."""
    drawn = [html.Li(_card(each, values.get(each.meter.id), now, reader, asking, may_release)) for each in shown]
    return html.Ul(drawn, className="meter-cards")


def _card(mine: Mine, value: Value | None, now: datetime, reader: Reader, asking: str | None, may_release: bool) -> html.Article:
    meter_id, name = mine.meter.id, mine.meter.name
    acts: list[Any] = [parts.row_button("my-meter-act", "history", meter_id, _("History"), _("History of %(name)s", name=name))]
    if may_release and asking == meter_id:
        words = _("You will no longer see its values, and the next resident can claim it. ")
        acts = parts.ask("my-meter-act", meter_id, words, _("Release"), name)
    elif may_release:
        acts.append(parts.row_button("my-meter-act", "ask", meter_id, _("Release"), _("Release %(name)s", name=name), "btn-link"))
    notes = [
        mine.site,
        *([_("simulated")] if mine.meter.simulated else []),
        *([_("no. %(serial_number)s", serial_number=mine.meter.serial_number)] if mine.meter.serial_number else []),
    ]
    return html.Article(
        [
            html.Header([html.H2(name), html.P(" · ".join(notes), className="muted small")]),
            html.Div(reading(value, mine, now, reader), id={"type": "my-meter-now", "meter": meter_id}),
            html.Div(acts, className="choices"),
        ],
        className="panel meter-card",
    )


def reading(value: Value | None, mine: Mine, now: datetime, reader: Reader) -> list[Any]:
    """A meter's numbers."""
    if value is None:  # the store of the readings is away
        return [html.P(_("Values cannot be read right now. The page keeps trying."), className="muted")]
    way = WAYS[mine.direction]
    kw, unit = wording.scaled(abs(value.kilowatts) if value.kilowatts is not None else None, "kW")
    is_back = value.kilowatts is not None and value.kilowatts < 0
    said = [html.Span(reader.number(kw), className="value num"), html.Span(unit, className="unit")]
    if value.kilowatts:
        said.append(html.Span(_(way.backward if is_back else way.forward), className="unit"))
    rows: list[Any] = []
    for kwh, word in ((value.forward_kwh, way.forward), (value.export_kwh, way.backward)):
        if kwh or (word == way.forward and not value.export_kwh):
            rows.append(html.Dt(_("%(energy)s today", energy=opening(_(word)))))
            rows.append(html.Dd(reader.number(" ".join(wording.scaled(kwh, "kWh"))), className="num"))
    if value.cost is not None:
        words, amount = money(value.cost, value.priced, mine.currency, reader)
        rows += [html.Dt(_("%(words)s today", words=words)), html.Dd(amount, className="num")]
    return [
        html.P(said, className="reading"),
        html.P(age_words(value, now), className="state small", **data(state=value.state)),
        html.Dl(rows, className="definitions"),
        None if mine.counts else html.P(_(UNCOUNTED), className="muted small mb-0"),
    ]


def money(cost: float, priced: float, currency: str, reader: Reader) -> tuple[str, str]:
    """Whether something was paid or earned, and how much, with the share of the energy that has a price where that is not all."""
    part = "" if priced > WHOLE else f" ({_('%(share)s %% of it priced', share=f'{100 * priced:.0f}')})"
    return _("Earned") if cost < 0 else _("Cost"), reader.money(abs(cost), currency) + part


def pager(first: int, total: int) -> Any:
    """Which meters of all are shown, and the ways to the others."""
    if total <= COUNT:
        return None
    last = min(first + COUNT, total)
    ways = [
        parts.row_button("my-meter-page", "go", str(to), words, words)
        for words, to, there in ((_("Earlier"), first - COUNT, first > 0), (_("Later"), first + COUNT, last < total))
        if there
    ]
    return html.Div(
        [
            html.Span(
                _("%(first)s to %(last)s of %(total)s", first=first + 1, last=last, total=f"{total:,}"), className="muted small"
            ),
            *ways,
        ],
        className="choices mt-3",
    )


def requests(found: Sequence[Request], names: dict[str, str], reader: Reader, asking: str | None) -> Any:
    """What the holder has asked for, and what became of it."""
    if not found:
        return html.P(_("No requests yet. A claim stays here until your distributor decides."), className="muted mb-0")
    rows: list[Any] = []
    for each in found:
        what = _("A device's key") if each.kind == "key" else names.get(each.meter_id or "", _("A meter, by its code"))
        state = WAITS if each.approved is None else GRANTED if each.approved else REFUSED
        mark = {WAITS: "late", GRANTED: "live", REFUSED: "never"}[state]
        rows.append(
            (
                what,
                reader.moment(each.created_at),
                [html.Span(_(state), className="state", **data(state=mark)), f": {each.reason}" if each.reason else None],
                _request_acts(each, what, asking),
            )
        )
    return short_table(_("My requests"), [_("What"), _("Asked"), _("State")], rows, {1: "when"}, acts=True)


def _request_acts(request: Request, what: str, asking: str | None) -> Any:
    if request.decided_at is not None:
        return None
    if request.id == asking:
        return parts.ask("my-request-act", request.id, _("It is withdrawn and will not be decided on. "), _("Take back"), what)
    return parts.row_button("my-request-act", "ask", request.id, _("Take back"), _("Take back: %(what)s", what=what))


def age_words(value: Value, now: datetime) -> str:
    """How old a value is, and whether that is too old."""
    if value.heard is None:
        return _(wording.STATES["never"])
    old = wording.age((now - value.heard).total_seconds())
    return _("%(age)s ago", age=old) if value.state == "live" else f"{_(wording.STATES[value.state])}, {old}"
