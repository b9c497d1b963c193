"""The names of meters that a file has, each with the meter of the site that it means; and making those that are missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from config.language import _, ngettext
from dashboard.parts.aria import data
from dashboard.parts.short_table import short_table
from ingest.files.preview import Preview
from ingest.files.profile import Profile
from models.natural_order import natural
from store.errors import Refused
from store.records.access import policy
from store.records.plant import graph, meters
from store.records.schema import texts
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.scope import Scope

METER = "import-meter"
SUGGESTED = "import-meters-here"  # once for all fields: a choice in each would grow with the square of a campus
SHOWN = 100
LONGEST = 200


def table(scope: Scope, site_id: str, seen: Preview) -> list[Any]:
    """Names and meters, those that still have none first."""
    here = labels(scope, site_id)
    names = sorted(seen.meters, key=lambda name: (seen.meters[name] is not None, natural(name)))
    rows = [
        (name or _("all of the file"), _control(name, here.get(seen.meters[name] or "", "")), _state(seen.meters[name]))
        for name in names[:SHOWN]
    ]
    more = len(names) - SHOWN
    known = sum(meter is not None for meter in seen.meters.values())
    summary = _("%(known)s of %(names)s have a meter here.", known=known, names=len(names))
    return [
        html.P(summary, className="muted"),
        html.Datalist([html.Option(value=label) for label in here.values()], id=SUGGESTED),
        short_table(_("Meters of the file"), (_("In the file"), _("Meter here"), _("State")), rows),
        html.P(_("And %(more)s more, which are found by their names.", more=more), className="muted small") if more > 0 else None,
    ]


def labels(scope: Scope, site_id: str) -> dict[str, str]:
    """What the site's meters that can be imported to are called, by their ids; with its id where others are called so too."""
    here = [each for each in meters.meters_of(scope, site_id) if each.retired_at is None and each.role != "virtual"]
    times = Counter(texts.key(each.name) for each in here)
    return {each.id: each.name if times[texts.key(each.name)] == 1 else f"{each.name} ({each.id})" for each in here}


def _control(name: str, label: str) -> html.Label:
    words = _("Meter of %(name)s", name=name) if name else _("Meter of all of the file")
    control = dcc.Input(
        id={"type": METER, "name": name},
        value=label,
        type="text",
        list=SUGGESTED,
        maxLength=LONGEST,
        autoComplete="off",
        placeholder=_("none: left out"),
    )
    return html.Label([html.Span(words, className="visually-hidden"), control], className="d-block")


def _state(meter_id: str | None) -> html.Span:
    if meter_id is None:
        return html.Span(_("not imported"), className="state", **data(state="late"))
    return html.Span(_("found"), className="state", **data(state="live"))


def told(names: Sequence[Mapping[str, str]], written: Sequence[Any], seen: Preview, here: Mapping[str, str]) -> dict[str, str]:
    """The meters that were written where others, or none, had been found; an empty id leaves a name out.

    Raises:
        Refused: no meter of the site is called so.
    """
    ids = {texts.key(label): meter_id for meter_id, label in here.items()}
    said = {}
    for each, value in zip(names, written, strict=True):
        name, label = str(each["name"]), str(value or "").strip()
        found = seen.meters.get(name) or ""
        if label == here.get(found, ""):
            continue
        meter_id = ids.get(texts.key(label), "")
        if label and not meter_id:
            raise Refused(
                _("the site has no meter %(name)s: choose one that is offered, or leave its field empty", name=repr(label))
            )
        said[name] = meter_id
    return said


def missing(seen: Preview) -> list[str]:
    """The names that no meter of the site has."""
    return [name for name, meter_id in seen.meters.items() if meter_id is None and name]


def making(scope: Scope, site_id: str, seen: Preview, profile: Profile) -> html.Div:
    """The button that makes the missing meters, and where they are fed from; hidden where there is nothing to make."""
    count = len(missing(seen))
    may = policy.may(scope, policy.Action.ADMINISTER, site_id=site_id)
    energy = (
        any(column.quantity.startswith("energy") or column.quantity == "power_kw" for column in profile.columns)
        or not profile.columns
    )
    at = now()
    nodes = (
        [each for each in graph.wiring(scope, site_id).nodes if each.kind in ("bus", "converter") and holds_at(each, at)]
        if may
        else []
    )
    options = [{"value": each.id, "label": each.name} for each in nodes]
    words = ngettext("Create the missing meter", "Create the %(num)s missing meters", count)
    button = html.Button(words, id="import-create", className="btn btn-quiet", type="button")
    choice = html.Label(
        [
            html.Span(_("Fed from"), className="form-label"),
            dbc.Select(id="import-fed-from", options=options, value=options[0]["value"] if options else None),
        ],
        className="field",
    )
    shown = bool(may and energy and nodes and count)
    about = _("For each a consumer is drawn in the site's graph, fed from the node that you choose, with a meter of that name.")
    hint = None
    if count and not shown:
        hint = html.P(_hint(may=may, nodes=bool(nodes)), className="muted")
    drawn = html.Div([html.P(about, className="muted small mt-2"), choice, button], hidden=not shown, className="mb-3")
    return html.Div([hint, drawn])


def _hint(*, may: bool, nodes: bool) -> str:
    if not may:
        return _("Only the site's administrators create meters: ask one of them for those that are missing.")
    if not nodes:
        return _("To create the missing meters here, draw the node first that feeds them (page Graph, kind bus).")
    return _("Meters of conditions are created on the page Meters: add the missing ones there.")
