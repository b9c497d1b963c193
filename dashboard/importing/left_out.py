"""What of a file is not stored, or would not be: what is refused and why, meters that the site does not have, empty cells."""

from collections.abc import Iterable, Mapping
from typing import Any

from dash import html

from config.language import _, ngettext
from dashboard.importing import wording
from dashboard.parts.aria import icon
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table

SHOWN = 50


def refused(counts: Mapping[str, int], href: str, examples: Iterable[tuple[int, str, str]] = ()) -> list[Any]:
    """How many readings by code, some of their rows (row, code, words), and all of them as a file."""
    told: dict[str, list[html.Div]] = {}
    for row, code, words in examples:
        said = _("row %(row)s: %(why)s", row=row, why=words) if row else words
        told.setdefault(code, []).append(html.Div(said, className="small"))
    rows = [
        (wording.refused(code), html.Code(code), reader().count(count), *([told.get(code, "–")] if told else []))
        for code, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    heads = (_("Why"), _("Code"), _("How many"), *([_("Such as")] if told else []))
    link = html.A([icon("arrow-down"), _("Each of them, as CSV")], href=href, className="btn btn-quiet mt-3", download="")
    return [short_table(_("What was refused"), heads, rows, {2: "num"}), link]


def unknown(counts: Mapping[str, int]) -> list[Any]:
    """How many readings by the name of a meter that the site does not have."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    rows = [(name or _("no name"), reader().count(count)) for name, count in ordered[:SHOWN]]
    more = len(ordered) - SHOWN
    return [
        short_table(_("Meters that the site does not have"), (_("In the file"), _("Readings")), rows, {1: "num"}),
        html.P(_("And %(more)s more.", more=more), className="muted small mb-0") if more > 0 else None,
    ]


def passed_over(gaps: int, skipped: int) -> str:
    """How many cells say that there is no value, and how many rows behind the last reading were not read."""
    empty = ngettext("%(num)s cell says that there is no value.", "%(num)s cells say that there is no value.", gaps)
    behind = ngettext(
        "%(num)s row behind the last reading was passed over.",
        "%(num)s rows after the last reading were skipped.",
        skipped,
    )
    return " ".join(words for words, count in ((empty, gaps), (behind, skipped)) if count)
