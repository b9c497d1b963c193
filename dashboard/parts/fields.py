"""What is asked in forms and in the questions of tables: each field is described once and drawn in either.

In a form a control has an id, `<form>-<key>`; in a question it carries its key for `assets/js/shell/80-tables.js`. A problem
stands beside its field, which `84-forms.js` marks and gives the focus.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Literal, TypeVar

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from config.language import _
from dashboard.parts.aria import data

Options = Sequence[tuple[str, str]]  # values and words
TIME, OFFSET = "-time", "-offset"  # a moment is written in three controls: a day, a time, and which of two


@dataclass(frozen=True, slots=True)
class Labelled:
    """What every field says of itself."""

    key: str
    words: str
    value: str = ""
    _: KW_ONLY
    help: str = ""
    required: bool = False
    of: str = ""  # what the store calls it, where that is another name


@dataclass(frozen=True, slots=True)
class Text(Labelled):
    """A line to write, or several."""

    longest: int = 300
    lines: int = 1
    _: KW_ONLY
    like: str = ""
    suggested: Sequence[str] = ()
    kind: Literal["text", "email", "password"] = "text"
    keeper: str = "off"  # what a browser may fill in by itself
    keys: Any = None  # of a phone's keyboard: numeric or decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from a list; without a value or a hint the first option is taken first."""

    key: str
    words: str
    options: Options = ()
    value: str = ""
    _: KW_ONLY
    help: str = ""
    required: bool = False
    of: str = ""
    hint: str = ""  # what is shown while nothing is chosen


class Day(Labelled):
    """A day, in the way that the person's own browser writes it."""

    __slots__ = ()


class Moment(Labelled):
    """A day and, if it matters, a time of it."""

    __slots__ = ()


class Tick(Labelled):
    """Yes or no."""

    __slots__ = ()


Field = Text | Choice | Day | Moment | Tick
FIELD = TypeVar("FIELD", Text, Choice, Day, Moment, Tick, Field)
YES = "yes"
NONE = "none"  # a select shows no option whose value is empty


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field was not taken; of a time that the clocks show twice also which two moments it may be.

    `more` is shown beneath the words.
    """

    words: str
    offsets: Options = ()
    more: Component | None = None


def parts_of(field: Field) -> tuple[str, ...]:
    """The keys of a field's controls."""
    return (field.key, field.key + TIME, field.key + OFFSET) if isinstance(field, Moment) else (field.key,)


def unwritten(fields: Sequence[Field]) -> dict[str, str]:
    """What stands in the controls before anybody has written."""
    found: dict[str, str] = {}
    for field in fields:
        value = field.value
        if isinstance(field, Moment):
            found |= {field.key: value[:10], field.key + TIME: value[11:16], field.key + OFFSET: value[16:]}
        elif isinstance(field, Choice) and not value and not field.hint and field.options:
            found[field.key] = field.options[0][0]
        else:
            found[field.key] = value
    return found


def in_form(form: str, field: Field, said: Mapping[str, str], problem: Problem | None) -> html.Div:
    """A field of a form."""
    name = f"{form}-{field.key}"
    wide = " wide" if isinstance(field, Text) and field.lines > 1 else ""
    content = [_control(name, field, said, problem)]
    if not isinstance(field, Tick):
        content.insert(0, html.Label(field.words, htmlFor=name, className="form-label"))
    if isinstance(field, Text) and field.suggested:
        content.append(html.Datalist([html.Option(value=each) for each in field.suggested], id=f"{name}-suggested"))
    if field.help:
        content.append(html.P(field.help, className="form-text mb-0", id=f"{name}-help"))
    if problem:
        content += _problem(problem, name)
    return html.Div(content, className=f"field{' wide' if problem and problem.more else wide}")


def _control(name: str, field: Field, said: Mapping[str, str], problem: Problem | None) -> Any:
    value = said.get(field.key, "")
    if isinstance(field, Choice):
        options = [{"label": words, "value": each} for each, words in field.options]
        return dbc.Select(id=name, options=options, value=value or None, placeholder=field.hint or None, invalid=bool(problem))
    if isinstance(field, Tick):
        return dbc.Checkbox(id=name, label=field.words, value=value == YES)
    if isinstance(field, Day):
        return dbc.Input(id=name, type="date", value=value, max="2199-12-31", invalid=bool(problem))
    if isinstance(field, Moment):
        return _moment(name, field, said, problem)
    if field.lines > 1:
        return dcc.Textarea(
            id=name,
            value=value,
            rows=field.lines,
            maxLength=field.longest,
            placeholder=field.like,
            className=f"form-control{' is-invalid' if problem else ''}",
        )
    return dcc.Input(
        id=name,
        value=value,
        type=field.kind,
        autoComplete=field.keeper,
        maxLength=field.longest,
        placeholder=field.like,
        inputMode=field.keys,
        className="is-invalid" if problem else None,
        list=f"{name}-suggested" if field.suggested else None,
    )


def _moment(name: str, field: Moment, said: Mapping[str, str], problem: Problem | None) -> html.Div:
    day, time, offset = (said.get(key, "") for key in parts_of(field))
    offsets = [{"label": words, "value": each} for each, words in (problem.offsets if problem else ())]
    which = dbc.Select(id=name + OFFSET, options=offsets, value=offset or None, placeholder=_("Which of the two?"))
    return html.Div(
        [
            dbc.Input(id=name, type="date", value=day, max="2199-12-31", invalid=bool(problem)),
            html.Label(_("%(name)s, time of day", name=field.words), htmlFor=name + TIME, className="visually-hidden"),
            dbc.Input(id=name + TIME, type="time", value=time),
            html.Div(
                [
                    html.Label(
                        _("%(name)s, which of the two", name=field.words), htmlFor=name + OFFSET, className="visually-hidden"
                    ),
                    which,
                ],
                hidden=not offsets,
            ),
        ],
        className="moment",
    )


def in_question(field: Field, said: Mapping[str, str], problem: Problem | None) -> html.Div | html.Label:
    """A field of the question of a row."""
    if isinstance(field, Tick):
        # Several questions may be open on a page; the label finds its box by an id.
        box = dbc.Checkbox(id=f"tick-{uuid.uuid4().hex[:8]}", label=field.words, value=said.get(field.key) == YES)
        content: list[Component] = [html.Div(box, **data(given=field.key))]
        content += [html.Span(field.help, className="form-text")] if field.help else []
        content += _problem(problem) if problem else []
        return html.Div(content, className=f"field-line ticked{' wide' if problem and problem.more else ''}")
    shown: list[Component] = [html.Span(field.words)]
    if isinstance(field, Choice):
        shown.append(select(field.options, said.get(field.key, ""), given=field.key))
    elif isinstance(field, Text) and field.kind == "password":
        shown.append(
            html.Span(dbc.Input(type="password", autocomplete=field.keeper, invalid=bool(problem)), **data(given=field.key))
        )
    elif isinstance(field, Text):
        shown.append(
            html.Textarea(
                said.get(field.key, ""),
                className=f"form-control{' is-invalid' if problem else ''}",
                rows=str(field.lines),
                maxLength=field.longest,
                **data(given=field.key),
            )
        )
    else:
        return _dated(field, said, problem)
    shown += [html.Span(field.help, className="form-text")] if field.help else []
    return html.Label([*shown, *(_problem(problem) if problem else [])], className="field-line")


def _dated(field: Day | Moment, said: Mapping[str, str], problem: Problem | None) -> html.Div:
    """A day, and a time where it is a moment, each with a label of its own."""

    def one(key: str, kind: str, words: str, look: str) -> html.Label:
        control = dbc.Input(type=kind, value=said.get(key, ""), invalid=bool(problem) and key == field.key)
        return html.Label([html.Span(words, className=look), html.Span(control, **data(given=key))])

    shown = [one(field.key, "date", field.words, "")]
    if isinstance(field, Moment):
        shown.append(one(field.key + TIME, "time", _("Time"), ""))
        if problem and problem.offsets:
            options = [("", _("Which of the two?")), *problem.offsets]
            which = select(options, said.get(field.key + OFFSET, ""), given=field.key + OFFSET)
            shown.append(html.Label([html.Span(_("Which of the two")), which]))
    about = [html.Span(field.help, className="form-text")] if field.help else []
    return html.Div(
        [html.Div(shown, className="moment"), *about, *(_problem(problem) if problem else [])], className="field-line"
    )


def select(options: Options, value: str, **marks: str) -> html.Select:
    """A list to choose from, that says by its marks what it is for."""
    drawn = [html.Option(words, value=each, selected=each == value) for each, words in options]
    return html.Select(drawn, className="form-select", **data(**marks))


def _problem(problem: Problem, name: str = "") -> list[Component]:
    words = html.P(problem.words, className="problem", **({"id": f"{name}-problem"} if name else data(problem="")))
    return [words, *([problem.more] if problem.more else [])]


def filled(fields: Sequence[Field], values: Mapping[str, str]) -> list[Field]:
    """The same fields with what they begin with."""
    return [replace(field, value=values.get(field.key, field.value)) for field in fields]


def worded(field: FIELD) -> FIELD:
    """The same field in the language of whoever reads it."""
    said: dict[str, Any] = {"words": _(field.words), "help": _(field.help) if field.help else ""}
    if isinstance(field, Text):
        said["like"] = _(field.like) if field.like else ""
    if isinstance(field, Choice):
        said["options"] = [(value, _(words)) for value, words in field.options]
        said["hint"] = _(field.hint) if field.hint else ""
    return replace(field, **said)
