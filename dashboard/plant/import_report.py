"""What a file would do, line by line, before anything of it is written."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from config.language import N_, _, ngettext
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from store.errors import Refused
from store.records.transaction.bulk import Line

MOST_SHOWN = 200  # lines of a file's report
DOES = {"new": N_("new"), "changed": N_("changed"), "same": N_("unchanged")}


def counted(lines: Sequence[Line]) -> str:
    """How many lines, or values of lines, do what."""
    counts = {words: sum(line.does == does for line in lines) for does, words in DOES.items()}
    return ", ".join(f"{reader().count(count)} {words}" for words, count in counts.items() if count)


def report(prefix: str, name: str, lines: Sequence[Line], restates: Component | None = None, *, of: str = "line") -> html.Div:
    """What a file would do, and the buttons that do it or discard it; `of`: what each of `lines` is, a line or a value in one.

    `restates`: what it would make of the past.
    """
    bad = [line for line in lines if line.problem]
    number, wrong = (len({line.number for line in each}) for each in (lines, bad))
    if not lines:
        return notice(_("%(name)s has no lines below its head.", name=name), bad=True)
    if bad:
        head = notice(
            _(
                "%(name)s: %(wrong)s of %(number)s lines cannot be imported. Correct them and choose the file again.",
                name=name,
                wrong=f"{wrong:,}",
                number=f"{number:,}",
            ),
            bad=True,
        )
        buttons = []
    else:
        head = notice(_("%(name)s can be imported: %(lines)s. Nothing is written yet.", name=name, lines=counted(lines)))
        words = ngettext("Import %(num)s line", "Import %(num)s lines", len(lines))
        if of == "value":
            words = ngettext("Import %(num)s value", "Import %(num)s values", len(lines))
        imports = html.Button(words, id=f"{prefix}-import", className="btn btn-primary", type="button")
        buttons = [imports] if any(line.does != "same" for line in lines) else []
    drop = html.Button(_("Discard file"), id=f"{prefix}-drop", className="btn btn-quiet", type="button")
    if not buttons:
        buttons = [html.Button(id=f"{prefix}-import", hidden=True, type="button")]
    shown = (bad or [line for line in lines if line.does != "same"])[:MOST_SHOWN]
    rows = [
        html.Tr(
            [
                html.Td(str(line.number), className="num"),
                html.Th(line.name or "–", scope="row"),
                html.Td(sentence(Refused(line.problem)) if line.problem else f"{DOES[line.does]}: {line.words}"),
            ]
        )
        for line in shown
    ]
    heads = html.Thead(
        html.Tr([html.Th(words, scope="col") for words in (_("Line"), _("Name"), _("Problem") if bad else _("Change"))])
    )
    table = html.Div(
        html.Table([heads, html.Tbody(rows)], **aria(label=_("What the file does"))),
        className="table-frame my-3",
        tabIndex=0,
        role="region",
        **aria(label=_("What the file does, scrolls sideways")),
    )
    more = len(bad or lines) - len(shown) if bad else sum(line.does != "same" for line in lines) - len(shown)
    rest = html.P(_("And %(more)s more.", more=f"{more:,}"), className="muted small") if more > 0 else None
    return html.Div([head, table if shown else None, rest, restates, html.Div([*buttons, drop], className="choices")])
