"""What of a comparison can be chosen: its datasets as chips, others to add, and how they are laid beside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dash_bootstrap_components as dbc
from dash import html

from config.language import _
from dashboard.energy import compare_words as words
from dashboard.energy.compare_asked import AVERAGE, MOST, TOTAL, Asked, can_go_on, steps
from dashboard.energy.subject_choice import GROUPS
from dashboard.parts.aria import aria, data
from insight.comparison import DIVISORS, Comparison, Dataset
from insight.subjects import Subject
from models import comparison
from models.comparison import ALIGNMENTS, DATE

MOST_SITES = 200  # to choose from: more are found by their own pages


def chips(asked: Asked, found: Comparison) -> html.Ul:
    """Each dataset with what can be done with it."""
    return html.Ul([_chip(asked, found, at) for at in range(len(found.told))], className="chips", **aria(label=_("Datasets")))


def others(asked: Asked) -> html.Nav | None:
    """The datasets beside the first that are one press away: the period before, a year before, and the usual."""
    if len(asked.datasets) == MOST:
        return None
    first = asked.datasets[0]
    before = comparison.before(first.first, first.last)
    year = comparison.year_before(first.first, first.last)
    ways = (
        (_("Period before"), Dataset(first.ids, *before, usual=first.usual)),
        (_("A year before"), Dataset(first.ids, *year, usual=first.usual)),
        (_("The usual"), replace(first, usual=True)),
    )
    links = [
        html.A(said, href=asked.adding(each).href(), className="btn btn-sm btn-quiet", **data(soft=""))
        for said, each in ways
        if each not in asked.datasets
    ]
    return html.Nav(
        [html.Span(_("Beside the first"), className="muted small"), *links],
        className="quality-days",
        **aria(label=_("Beside the first")),
    )


def ways(asked: Asked) -> html.Div:
    """How the datasets are laid beside each other, in which steps, and what makes them alike."""
    aligned = [(replace(asked, alignment=each).href(), _(words.ALIGNED[each])) for each in ALIGNMENTS]
    stepped = [
        (replace(asked, step=each, predicted=None).href(), _(words.STEPS[each]))
        for each in steps(asked.datasets, asked.alignment)
    ]
    per = [(replace(asked, per=each).href(), _(words.PER[each])) for each in ("", *DIVISORS)]
    monthly = asked.step == "month"
    return html.Div(
        [
            _choice(_("Aligned"), [each for each in aligned if not monthly or each[1] == _(words.ALIGNED[DATE])], asked.href()),
            _choice(_("Step"), stepped, replace(asked, predicted=None).href()),
            _choice(_("Normalised by"), per, asked.href()),
            html.Div([_toggle(asked, AVERAGE, _("Average")), _toggle(asked, TOTAL, _("Total"))], className="quality-days"),
        ],
        className="toolbar calendar-tools compare-tools",
    )


def adding(asked: Asked, subjects: Sequence[Subject], sites: Sequence[tuple[str, str]], found: Comparison) -> html.Details:
    """The form that adds a dataset, or a part to one that is there."""
    kept = dict(parse_qsl(urlsplit(asked.href()).query))
    first = asked.datasets[0]
    options = [(("" if each.kind == "site" else each.id), _named(each)) for each in subjects]
    options += [(site_id, f"{_('Sites')} · {name}") for site_id, name in sites[:MOST_SITES] if site_id != asked.site_id]
    to = [("", _("By itself"))]
    to += [
        (str(at + 1), _("Together with %(name)s", name=words.name(each)))
        for at, each in enumerate(found.told)
        if not each.dataset.usual
    ]
    date: dict[str, Any] = {"type": "date", "size": "sm", "required": True}
    form = html.Form(
        [
            *(dbc.Input(type="hidden", name=name, value=value) for name, value in kept.items()),
            _field(_("What"), dbc.Select(name="add", options=_options(options), value=options[0][0], size="sm")),
            _field(_("First day"), dbc.Input(name="first", value=str(first.first), **date)),
            _field(_("Last day"), dbc.Input(name="last", value=str(first.last), **date)),
            _field(_("As"), dbc.Select(name="to", options=_options(to), value="", size="sm")),
            html.Button(_("Add"), type="submit", className="btn btn-sm btn-primary"),
        ],
        action=f"/site/{asked.site_id}/compare",
        method="get",
        className="toolbar calendar-tools compare-tools",
        **data(go=""),
    )
    summary = html.Summary(_("Add a dataset"), className="btn btn-sm btn-quiet")
    return html.Details([summary, form], className="disclosure", open=False)


def _chip(asked: Asked, found: Comparison, at: int) -> html.Li:
    told, named = found.told[at], words.name(found.told[at])
    acts: list[Any] = []
    if at:
        acts.append(_act(_("Make first"), asked.led_by(at).href(), _("Compare the others with %(name)s", name=named)))
    else:
        acts.append(html.Span(_("first"), className="tag"))
    if not told.dataset.usual and can_go_on(told.dataset):
        pressed = asked.predicted == at
        said = _("Do not predict %(name)s", name=named) if pressed else _("Predict the days after %(name)s", name=named)
        acts.append(_act(_("Predict"), asked.predicting(at).href(), said, **aria(current="true") if pressed else {}))
    if len(asked.datasets) > 1:
        acts.append(_act("×", asked.without(at).href(), _("Remove %(name)s", name=named)))
    return html.Li([words.swatch(at), html.Span(named, className="name"), *acts])


def _act(shown: str, href: str, said: str, **more: Any) -> html.A:
    return html.A(shown, href=href, className="chip-act", title=said, **aria(label=said), **data(soft=""), **more)


def _toggle(asked: Asked, extra: str, said: str) -> html.A:
    pressed: dict[str, Any] = aria(current="true") if extra in asked.extras else {}
    return html.A(said, href=asked.showing(extra).href(), className="btn btn-sm btn-quiet", **data(soft=""), **pressed)


def _choice(label: str, options: Sequence[tuple[str, str]], chosen: str) -> html.Label:
    select = dbc.Select(options=_options(options), value=chosen, size="sm")
    return html.Label([html.Span(label), select], className="choice", **data(go=""))


def _field(label: str, control: Any) -> html.Label:
    return html.Label([html.Span(label), control], className="choice")


def _options(options: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": said, "value": value} for value, said in options]


def _named(each: Subject) -> str:
    return each.name if each.kind == "site" else f"{_(GROUPS[each.kind])} · {each.name}"
