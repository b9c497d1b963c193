"""How a file is read: each entry of its profile with what was found, why, and a control to say otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from config.language import N_, _
from dashboard.importing import wording
from dashboard.parts.aria import aria, data
from dashboard.parts.short_table import short_table
from ingest.files import stamps
from ingest.files.profile import NUMBERED, OFFSET
from ingest.files.proposal import SURE, Entry, Proposal

CONTROL = "import-entry"
NOTHING = "-"  # a select shows no option whose value is empty
FIXED = ("container", "shape", "heads")
LONG = ("long", "day_blocks")
OF_COLUMNS = ("unit", "quantity")  # which a long table has for each of its columns
LONGEST = 200
HELP = {"meter_pattern": N_(r"A regular expression; its first group is the name, such as (\d+) for the number alone.")}


def table(proposal: Proposal, zone: str) -> html.Div:
    """The entries; `zone` is the site's."""
    shown = [each for each in proposal.entries if not (proposal.profile.shape in LONG and each.name in OF_COLUMNS)]
    rows = [(_(wording.ENTRIES[each.name]), _control(each, proposal, zone), _why(each)) for each in shown]
    return short_table(_("How the file is read"), (_("Entry"), _("Read as"), _("Because")), rows)


def _why(entry: Entry) -> html.Span:
    if entry.sure < SURE:
        words = html.Span([html.Strong(_("Please say.")), f" {_sentence(entry.why)}"])
        return html.Span(words, className="state wraps", **data(state="late"))
    return html.Span(_sentence(entry.why), className="muted")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(("?", ".")) else ".") if words else ""


def _control(entry: Entry, proposal: Proposal, zone: str) -> Any:
    name = {"type": CONTROL, "entry": entry.name}
    label = aria(label=_(wording.ENTRIES[entry.name]))
    if entry.name in FIXED:
        return _fixed(entry)
    options = _options(entry, proposal)
    look = "asked" if entry.sure < SURE else None
    if options is not None:
        control = dbc.Select(
            id=name,
            options=[{"value": value or NOTHING, "label": words} for value, words in options.items()],
            value=(entry.value or NOTHING),
            className=look,
        )
        return html.Label([html.Span(label["aria-label"], className="visually-hidden"), control], className="d-block")
    suggested = _suggested(entry, zone)
    list_id = f"import-{entry.name}-suggested"
    control = dcc.Input(
        id=name,
        value=entry.value,
        type="text",
        maxLength=LONGEST,
        autoComplete="off",
        inputMode="numeric" if entry.name == "interval_s" else None,
        list=list_id if suggested else None,
        className=look,
    )
    parts: list[Any] = [html.Span(label["aria-label"], className="visually-hidden"), control]
    if suggested:
        parts.append(html.Datalist([html.Option(value=each) for each in suggested], id=list_id))
    if entry.name in HELP:
        parts.append(html.Span(_(HELP[entry.name]), className="form-text d-block"))
    return html.Label(parts, className="d-block")


def _fixed(entry: Entry) -> str:
    words: Mapping[str, str] = {"container": wording.CONTAINERS, "shape": wording.SHAPES, "heads": wording.SIDES}[entry.name]
    return _(words[entry.value]) if entry.value in words else entry.value


def _options(entry: Entry, proposal: Proposal) -> dict[str, str] | None:
    """Values and words of what an entry may be; none where anything may be written."""
    match entry.name:
        case "delimiter" | "decimal":
            return {
                value: _(wording.SIGNS[value]) for value in dict.fromkeys((*entry.choices, entry.value)) if value in wording.SIGNS
            }
        case "at":
            return {value: _(words) for value, words in wording.SIDES.items()}
        case "encoding" | "sheet":
            return {value: value for value in dict.fromkeys((entry.value, *entry.choices))}
        case "meter":
            return {"": _("none: all of it is one meter's")} | {value: value for value in entry.choices if value}
        case "format":
            sample = _first_time(proposal)
            known = stamps.formats([sample]) if sample else []
            return {
                value: wording.format_of_times(value, sample)
                for value in dict.fromkeys((entry.value, *entry.choices, *known))
                if value in (OFFSET, *NUMBERED) or "%" in value
            }
    return None


def _first_time(proposal: Proposal) -> str:
    """A time as the file writes it."""
    profile = proposal.profile
    if profile.shape == "wide":
        return proposal.heads[len(profile.names)].strip() if len(proposal.heads) > len(profile.names) else ""
    places = profile.stamp.columns[:1] if profile.stamp.hours else profile.stamp.columns
    for cells in proposal.rows:
        said = " ".join(cells[at] for at in places if at < len(cells)).strip()
        if said:
            return said
    return ""


def _suggested(entry: Entry, zone: str) -> Sequence[str]:
    if entry.name == "zone":
        return list(dict.fromkeys((entry.value or zone, zone, "UTC", "Europe/Berlin", "Europe/London", "+01:00", "+10:00")))
    return entry.choices if entry.name == "unit" else ()


def told(ids: Sequence[Mapping[str, str]], values: Sequence[Any]) -> dict[str, str]:
    """What stands in the controls, by the names of entries."""
    said = {}
    for each, value in zip(ids, values, strict=True):
        text = "" if value in (None, NOTHING) else str(value)[:LONGEST]
        said[each["entry"]] = text
    return said
