"""The columns of a long table: what each of them holds, in which unit."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from config.language import _
from dashboard.importing import wording
from dashboard.importing.reading_table import LONGEST, NOTHING
from dashboard.parts.aria import data
from dashboard.parts.short_table import short_table
from ingest.files.proposal import SURE, Proposal

QUANTITY, UNIT = "import-quantity", "import-unit"


def table(proposal: Proposal) -> list[Any]:
    """The columns with controls for those that may hold values, and what is asked about them."""
    profile = proposal.profile
    values = {column.place: column for column in profile.columns}
    roles = _roles(proposal)
    rows: list[tuple[Any, ...]] = []
    for place, head in enumerate(proposal.heads):
        shown = ", ".join(cells[place] for cells in proposal.rows if place < len(cells) and cells[place])
        if place in roles:
            rows.append((head, html.Span(shown, className="muted"), roles[place], ""))
            continue
        column = values.get(place)
        rows.append(
            (
                head,
                html.Span(shown, className="muted"),
                _quantity(place, head, column.quantity if column else ""),
                _unit(place, head, column.unit if column else ""),
            )
        )
    asked = [each for each in proposal.entries if each.name in ("unit", "quantity") and each.sure < SURE]
    about = [
        html.P(
            [html.Strong(_("Please say.")), " ", each.why[:1].upper() + each.why[1:], "."],
            className="state wraps",
            **data(state="late"),
        )
        for each in asked
    ]
    heads = (_("Column"), _("First values"), _("Holds"), _("Unit"))
    return [*about, short_table(_("Columns of the file"), heads, rows)]


def _roles(proposal: Proposal) -> dict[int, str]:
    profile = proposal.profile
    roles = dict.fromkeys(profile.stamp.columns, _("time"))
    roles |= {} if profile.stamp.until is None else {profile.stamp.until: _("time of the other end")}
    roles |= dict.fromkeys(profile.meter, _("meter"))
    roles |= {} if profile.unit is None else {profile.unit: _("unit")}
    return roles | ({} if profile.quality is None else {profile.quality: _("quality")})


def _quantity(place: int, head: str, value: str) -> html.Label:
    options = [{"value": NOTHING, "label": _("not read")}]
    options += [{"value": name, "label": _(words)} for name, words in wording.MEASURED.items()]
    control = dbc.Select(id={"type": QUANTITY, "place": str(place)}, options=options, value=value or NOTHING)
    return html.Label(
        [html.Span(_("What %(column)s holds", column=head), className="visually-hidden"), control], className="d-block"
    )


def _unit(place: int, head: str, value: str) -> html.Label:
    control = dcc.Input(id={"type": UNIT, "place": str(place)}, value=value, type="text", maxLength=LONGEST, autoComplete="off")
    return html.Label(
        [html.Span(_("Unit of %(column)s", column=head), className="visually-hidden"), control], className="d-block"
    )


def told(
    proposal: Proposal, places: Sequence[Mapping[str, int]], quantities: Sequence[Any], units: Sequence[Any]
) -> dict[str, str]:
    """What stands in the controls and is another than was found, by the names of entries."""
    found = {column.place: column for column in proposal.profile.columns}
    asked = {each.name for each in proposal.asked()}
    said: dict[str, str] = {}
    for each, quantity, unit in zip(places, quantities, units, strict=True):
        place = int(each["place"])
        column = found.get(place)
        holds = "" if quantity in (None, NOTHING) else str(quantity)[:LONGEST]
        if holds != (column.quantity if column else "") or (column and "quantity" in asked):
            said[f"quantity.{place}"] = holds
        if holds and (unit or "") and (column is None or unit != column.unit or "unit" in asked):
            said[f"unit.{place}"] = str(unit or "")[:LONGEST]
    return said
