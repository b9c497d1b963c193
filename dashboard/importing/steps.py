"""The steps of an import before it is begun: how the file is read, its meters, a preview, and the start."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import dcc, html

from config.language import _, ngettext
from dashboard.frame.faults import sentence
from dashboard.importing import check, columns_table, meters_table, preview_table, reading_table
from dashboard.importing.look import ANEW, Look
from dashboard.importing.reading_table import LONG
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from store.scope import Scope

LONGEST_NAME = 120


class Step(NamedTuple):
    """One step: its name, whether something is open in it, and what stands there."""

    name: str
    open: bool
    content: Sequence[Any]


def drawn(scope: Scope, site_id: str, look: Look) -> list[Any]:
    """The steps as they stand now, or the problem that the file has as a whole."""
    if look.proposal is None or look.seen is None:
        head = [notice(sentence(look.problem), bad=True)]
        others = html.A(_("Choose another file"), href=f"/site/{site_id}/imports", **data(soft=""))
        return [*head, html.P(others), html.Div([_profile(look), _buttons(hidden=True)], hidden=not look.saved)]
    asked = look.proposal.asked()
    missing = [name for name, meter in look.seen.meters.items() if meter is None]
    steps = [
        Step(_("How it is read"), bool(asked), _reading(look)),
        Step(
            _("Meters"),
            bool(missing),
            [
                *meters_table.table(scope, site_id, look.seen),
                _apply("import-meters"),
                meters_table.making(scope, site_id, look.seen, look.proposal.profile),
            ],
        ),
        Step(
            _("Preview"),
            False,
            [
                *preview_table.table(scope, site_id, look.seen, ZoneInfo(look.zone)),
                *check.view(scope, site_id, look),
            ],
        ),
        Step(_("Import"), False, _start(look, len(asked), len(missing))),
    ]
    now = next((number for number, step in enumerate(steps) if step.open), len(steps) - 1)
    return [
        html.Ol(
            [_panel(number, step, now) for number, step in enumerate(steps)],
            className="steps",
        )
    ]


def _panel(number: int, step: Step, now: int) -> html.Li:
    content = [html.H2(f"{number + 1} {step.name}"), *step.content]
    if number == now:
        return html.Li(content, className="panel", tabIndex=-1, **data(step="now", takes_focus=""))
    return html.Li(content, className="panel", **data(step="later" if step.open else "done"))


def _reading(look: Look) -> list[Any]:
    assert look.proposal is not None  # noqa: S101 - the caller looked
    content: list[Any] = [_profile(look)]
    if look.draft.profile_name in look.saved:
        words = _("Read as files of “%(name)s” were before; nothing is asked.", name=look.draft.profile_name)
        return [*content, html.P(words), _buttons()]
    asked = len(look.proposal.asked())
    if asked:
        words = ngettext(
            "The file does not prove one of these. Correct it, or confirm what is proposed with “Apply”.",
            "The file does not prove %(num)s of these. Correct it, or confirm what is proposed with “Apply”.",
            asked,
        )
    else:
        words = _("All of this was found in the file or entered by you. Change what is not right.")
    content += [html.P(words), reading_table.table(look.proposal, look.zone)]
    if look.proposal.profile.shape in LONG and look.proposal.heads:
        content += [html.H3(_("Columns"), className="h6 mt-3"), *columns_table.table(look.proposal)]
    return [*content, _buttons()]


def _profile(look: Look) -> html.Div:
    """Which saved profile the file is read by, where the site has some."""
    options = [{"value": ANEW, "label": _("none: detect how this file is read")}]
    options += [{"value": name, "label": name} for name in look.saved]
    chosen = look.draft.profile_name if look.draft.profile_name in look.saved else ANEW
    control = dbc.Select(id="import-profile", options=options, value=chosen)
    label = html.Label([html.Span(_("Saved profile"), className="form-label"), control], className="field")
    return html.Div(label, hidden=not look.saved)


def _buttons(*, hidden: bool = False) -> html.Div:
    others = [
        html.Button(id=name, hidden=True, type="button")
        for name in (("import-meters", "import-create", "import-start") if hidden else ())
    ]
    fields = (
        [dcc.Input(id="import-save-as", type="hidden"), dbc.Select(id="import-fed-from", className="d-none")] if hidden else []
    )
    return html.Div([_apply("import-apply"), *others, *fields])


def _apply(name: str) -> html.Div:
    """The button that keeps what is said in every step; there is one in each that asks something."""
    button = html.Button(_("Apply"), id=name, className="btn btn-primary", type="button")
    return html.Div(button, className="choices mt-3 mb-3")


def _start(look: Look, asked: int, missing: int) -> list[Any]:
    assert look.seen is not None  # noqa: S101 - the caller looked
    found = len(look.seen.meters) - missing
    if asked:
        words = _("First settle how the file is read: nothing is imported on a guess.")
    elif not found:
        words = _("None of the file's meters is one of this site yet: choose or create them first.")
    elif missing:
        words = ngettext(
            "Readings of one meter are left out, because it is none of this site.",
            "Readings of %(num)s meters are left out, because they are none of this site.",
            missing,
        )
    else:
        words = _("Everything is settled. The import runs in the background, and can be cancelled and undone.")
    name = dcc.Input(
        id="import-save-as",
        value=look.draft.profile_name if look.draft.profile_name in look.saved else "",
        type="text",
        maxLength=LONGEST_NAME,
        autoComplete="off",
        placeholder=_("such as the name of its source"),
    )
    label = [html.Span(_("Save the profile as"), className="form-label"), name]
    about = html.P(_("The next file of this kind is then read without questions. Empty: it is not saved."), className="form-text")
    start = html.Button(
        _("Start the import"), id="import-start", className="btn btn-primary", type="button", disabled=bool(asked or not found)
    )
    return [html.P(words), html.Div([html.Label(label, className="d-block"), about], className="field"), start]
