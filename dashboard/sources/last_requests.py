"""What a key or a broker sent last, as it came, and what was said of each of its readings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import N_, _, ngettext
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from store.records.schema import ReceivedRequest

ROADS = {"hardware": N_("hardware"), "readings": N_("readings"), "lines": N_("line protocol"), "mqtt": N_("MQTT")}
KINDS = {"taken": N_("taken"), "refused": N_("refused"), "held": N_("held"), "note": N_("note")}
STATES = {"taken": "live", "refused": "offline", "held": "late", "note": "late"}
HELD = {
    "jump": N_("the register rose by more than its meter can do"),
    "fall": N_("the register fell"),
    "beyond_capacity": N_("more than the nodes beside the meter are rated for"),
    "no_number": N_("a register full of ones, or a negative power that was read as a large one"),
}
DOUBTED = N_("Stored, and left out of sums until the readings that follow, or a person, confirm it: %(why)s.")
OUTSIDE = ("facility_id", "timestamp")  # fields of a post that are no readings
MOST = 50  # readings of a request that are listed
CUT = 160  # characters of one


def listed(requests: Sequence[ReceivedRequest], zone: ZoneInfo) -> list[Any]:
    """The requests, the newest first, each to be opened; or that none came."""
    if not requests:
        words = _("Nothing has come in since this page was opened. It checks every two seconds: send something.")
        return [html.P(words, className="muted mb-0")]
    return [_request(each, zone) for each in requests]


def _request(request: ReceivedRequest, zone: ZoneInfo) -> html.Details:
    at = request.at.astimezone(zone)
    when = html.Time(f"{at:%H:%M:%S}", dateTime=request.at.isoformat(), title=f"{at:%Y-%m-%d %H:%M:%S %Z}")
    head = [
        when,
        html.Span(_answered(request), className="state", **data(state=_state(request))),
        html.Span(_(ROADS[request.road]), className="tag"),
        *([html.Span(_("dry run"), className="tag")] if request.dry_run else []),
        html.Span(_counts(request)),
        html.Code(request.path, className="muted"),
        html.Span(_("%(count)s bytes", count=reader().count(request.size)), className="muted"),
    ]
    shown: list[Any] = []
    if rows := verdicts(request):
        shown.append(short_table(_("What was said of each reading"), (_("Reading"), _("Verdict"), _("Why")), rows))
    shown += [html.P(_body_words(request), className="muted small mb-0"), html.Pre(request.body, tabIndex=0)]
    return html.Details(
        [html.Summary(head), html.Div(shown)], id=f"request-{request.id}", className="request", **data(stays_open="")
    )


def _answered(request: ReceivedRequest) -> str:
    return str(request.status) if request.status is not None else _("received")


def _state(request: ReceivedRequest) -> str:
    if request.refused and not request.accepted:
        return "offline"
    return "late" if request.refused or request.held else "live"


def _counts(request: ReceivedRequest) -> str:
    """How many readings became what; of a request that was refused as a whole, why."""
    if request.status is not None and request.status >= 400 and request.refused and not request.accepted:
        first = request.verdict[0]
        if first.get("index") is None and first.get("field") not in sent(request):
            return _("refused: %(code)s", code=first["code"])
    told = [
        ngettext("%(num)s taken", "%(num)s taken", request.accepted),
        *([ngettext("%(num)s refused", "%(num)s refused", request.refused)] if request.refused else []),
        *([ngettext("%(num)s held", "%(num)s held", request.held)] if request.held else []),
        *([ngettext("%(num)s waits for a mapping", "%(num)s wait for a mapping", request.waiting)] if request.waiting else []),
    ]
    return ", ".join(told)


def _body_words(request: ReceivedRequest) -> str:
    if not request.size:
        return _("The body was not read, or is empty.")
    if len(request.body.encode()) < request.size:
        return _("The beginning of what was sent; no more of it is kept:")
    return _("What was sent:")


def verdicts(request: ReceivedRequest) -> list[tuple[Any, ...]]:
    """A row for each reading: what it is, what became of it, and why; of those that cannot be read only what was told."""
    told: dict[Any, list[Mapping[str, Any]]] = {}
    for each in request.verdict:
        told.setdefault(each.get("index") if each.get("index") is not None else each.get("field"), []).append(each)
    rows: list[tuple[Any, ...]] = []
    for place, words in sent(request).items():
        found = told.pop(place, None)
        waits = request.road == "lines" and request.waiting
        if found:
            rows += [_row(words, each) for each in found]
        elif request.accepted or waits:
            rows.append((html.Code(words), _mark("taken"), _("may wait for a mapping") if waits else ""))
    for place, several in told.items():
        rows += [_row(_placed(place), each) for each in several]
    return rows


def _row(words: str, said: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = said["kind"]
    doubt = HELD.get(said["code"], said["code"])
    why = said.get("message") or _(DOUBTED, why=_(doubt))
    allowed = [" ", _("Allowed: %(allowed)s.", allowed=said["allowed"])] if said.get("allowed") else []
    return (html.Code(words), _mark(kind), [html.Code(said["code"]), " ", sentence(why), *allowed])


def _mark(kind: str) -> html.Span:
    return html.Span(_(KINDS[kind]), className="state", **data(state=STATES[kind]))


def _placed(place: Any) -> str:
    if isinstance(place, int):
        return _("reading %(number)s", number=place + 1)
    return place or _("the request")


def sent(request: ReceivedRequest) -> dict[Any, str]:
    """The readings of a request in words, by their place or field; nothing of one that is cut or cannot be read."""
    if len(request.body.encode()) < request.size:
        return {}
    if request.road == "lines":
        lines = enumerate(request.body.split("\n"))
        found: dict[Any, str] = {at: line.strip() for at, line in lines if line.strip() and not line.lstrip().startswith("#")}
    else:
        try:
            found = _of_json(request.road, json.loads(request.body))
        except (ValueError, RecursionError):
            return {}
    return {place: words[:CUT] for place, words in list(found.items())[:MOST]}


def _of_json(road: str, content: Any) -> dict[Any, str]:
    if not isinstance(content, dict):
        return {}
    if road == "hardware":
        return {name: f"{name} {value}" for name, value in content.items() if name not in OUTSIDE}
    readings = content.get("readings")
    if road != "readings" or not isinstance(readings, list):
        return {}
    return {at: _reading(each) for at, each in enumerate(readings)}


def _reading(given: Any) -> str:
    if not isinstance(given, dict):
        return str(given)
    return " ".join(str(given[name]) for name in ("meter", "quantity", "value", "unit", "ts") if name in given)


def view(requests: Sequence[ReceivedRequest], zone: ZoneInfo) -> html.Div:
    """Where the requests stand, and are drawn anew."""
    return html.Div(listed(requests, zone), id="bench-requests", className="requests", **aria(live="off"))
