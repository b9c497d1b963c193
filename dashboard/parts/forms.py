"""Forms: described once, drawn with what was written and what is wrong with it, read, done, and cleared.

    FORM = Form("keys", "Create a key", administers_site("of"), FIELDS, do=_create, changes=("keys",))
    forms.declare(FORM)                 # beside the page's other callbacks
    forms.view(FORM, site_id)           # in its layout; what the form is of reaches `do` and a rule that asks for `of`

`do` reads what was given (`Given`), checks it, and changes the records; what the store refuses about one argument stands beside
that field too. `now` says what of the fields depends on the moment: options, values to begin with. The browser's side is
`assets/js/shell/84-forms.js`: the first wrong field gets the focus, a form that is done closes, Enter sends it.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update
from dash.development.base_component import Component

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data, icon
from dashboard.parts.fields import Field, Problem, Text, in_form, parts_of, unwritten, worded
from dashboard.parts.given import Given
from dashboard.parts.notices import MARKED, Words, notice
from dashboard.web.access import Rule, current_scope, guard
from store.errors import NotFound, Refused, StoreAway
from store.scope import Scope

Now = Callable[[Scope, str, Mapping[str, str]], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Go:
    """Where to go on to, once a form is done."""

    href: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `do` gets the scope, what was given, and what the form is of; it says what was done, or where to go on to."""

    id: str
    words: str
    rule: Rule
    fields: Sequence[Field]
    do: Callable[[Scope, Given, str], Words | Go]
    act: str = "add"  # the id of its button is `<id>-<act>`
    button: str = N_("Add")
    icon: str = "plus-lg"  # of the button that opens it; without one it is open
    now: Now = field(default=lambda _scope, _of, _said: {})
    changes: Sequence[str] = ()  # tables that are drawn anew
    goes: bool = False  # on to another page
    danger: bool = False
    rare: bool = False  # what opens it weighs little


def view(form: Form, of: str = "", *about: Component) -> html.Div:
    """The form, behind a button that opens it if it has an icon; `about` stands above its fields."""
    look = f"btn btn-{'danger' if form.danger else 'primary'}"
    inside: list[Component] = [
        *about,
        html.Div(_drawn(form, current_scope(), of), id=f"{form.id}-inputs", className="fields"),
        html.Button(_(form.button), id=f"{form.id}-{form.act}", className=look, type="button", **data(sends="")),
    ]
    if form.icon:
        summary = html.Summary([icon(form.icon), _(form.words)], className=f"btn btn-{'quiet' if form.rare else 'primary'}")
        panel = html.Div([html.H2(_(form.words)), *inside], className="panel mt-3")
        inside = [html.Details([summary, panel], id=f"{form.id}-form", className="disclosure mb-3")]
    goes = [dcc.Location(id=f"{form.id}-go", refresh=True)] if form.goes else []
    said = html.Div(id=f"{form.id}-said", role="status")
    asks = form.changes or any(isinstance(each, Text) and each.kind == "password" for each in form.fields)
    return html.Div(
        [said, dcc.Store(id=f"{form.id}-of", data=of), *goes, *inside],
        className="asks" if asks else None,  # says nothing on paper
        **data(form=form.id),
    )


def _drawn(
    form: Form, scope: Scope, of: str, said: Mapping[str, str] | None = None, problems: Mapping[str, Problem] | None = None
) -> list[html.Div]:
    """The fields, with what was written or what they begin with."""
    shown = current_fields(form, scope, of, said or {})
    texts = unwritten(shown) | dict(said or {})
    secret = {each.key for each in shown if isinstance(each, Text) and each.kind == "password"}
    texts |= dict.fromkeys(secret, "")
    return [in_form(form.id, each, texts, (problems or {}).get(each.key)) for each in shown]


def current_fields(form: Form, scope: Scope, of: str, said: Mapping[str, str]) -> list[Field]:
    """The fields as they are at this moment."""
    changed = form.now(scope, of, said)
    return [replace(worded(each), **changed.get(each.key, {})) for each in form.fields]


def declare(form: Form) -> None:
    """The callback of a form: what is written comes here when its button is pressed, and its fields go back."""
    names = [name for each in form.fields for name in parts_of(each)]
    goes = [Output(f"{form.id}-go", "href")] if form.goes else []

    @callback(
        Output(f"{form.id}-inputs", "children"),
        Output(f"{form.id}-said", "children"),
        *goes,
        *[Output(f"{table}-changed", "data", allow_duplicate=True) for table in form.changes],
        Input(f"{form.id}-{form.act}", "n_clicks"),
        State(f"{form.id}-of", "data"),
        *[State(f"{form.id}-{name}", "value") for name in names],
        prevent_initial_call=True,
    )
    @guard(form.rule)
    def send(clicks: int | None, of: str | None, *written: Any) -> Any:
        """Do what the form is for, or say what is wrong."""
        kept = [no_update] * (len(goes) + len(form.changes))
        if not clicks:
            return no_update, no_update, *kept
        scope, place = current_scope(), of or ""
        given = Given(form.fields, dict(zip(names, written, strict=True)))
        try:
            done = form.do(scope, given, place)
        except (Refused, NotFound, StoreAway) as refused:
            blamed = isinstance(refused, Refused) and given.blamed(refused)
            words = _(MARKED) if blamed else sentence(refused)
            return _drawn(form, scope, place, given.said, given.problems), notice(words, bad=True), *kept
        if isinstance(done, Go):
            return no_update, no_update, done.href, *[uuid.uuid4().hex for _ in form.changes]
        return (
            _drawn(form, scope, place),
            notice(done),
            *[no_update for _ in goes],
            *[uuid.uuid4().hex for _ in form.changes],
        )
