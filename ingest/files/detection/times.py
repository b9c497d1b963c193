"""How the times of a file are written, of which clock, how far apart, and whether they are starts or ends."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from config.language import _
from ingest.files import stamps
from ingest.files.content import UnreadableFile
from ingest.files.profile import NUMBERED, OFFSET, Stamp
from ingest.files.proposal import Entry
from ingest.files.stamps import NEVER, SECOND


def stamp_of(said: Sequence[str], of_one: Sequence[str], zone: str) -> tuple[Stamp, int, list[Entry]]:
    """How times are written, of which clock, how far apart (s), and whether they are starts or ends."""
    found = stamps.formats(said)
    if not found:
        usual = Counter(form for text in list(said)[:50] for form in stamps.formats([text]))
        if not usual:
            raise UnreadableFile(_("the times are written in a way that is not known: %(time)s", time=next(iter(said), "")))
        found = [usual.most_common(1)[0][0]]
    form = max(found, key=lambda each: _regular(of_one, each))
    choices = tuple(found)
    known = [
        Entry(
            "format",
            form,
            1.0 if len(found) == 1 else 0.5,
            _("the times fit more than one way")
            if len(found) > 1
            else _("every time of the sample fits it, and no other way does"),
            choices,
        )
    ]
    has_zone = form == OFFSET or form in NUMBERED
    known.append(
        Entry(
            "zone",
            "" if has_zone else zone,
            1.0 if has_zone else 0.7,
            _("the times say their offset themselves")
            if has_zone
            else _("the times have no offset from UTC: which time zone are they in?"),
        )
    )
    mine = stamps.local(of_one, form)
    mine = mine[mine != NEVER]
    steps = np.diff(mine)
    descending = len(steps) > 1 and bool((steps < 0).sum() > 0.7 * len(steps))
    usual_us = Counter(np.abs(steps[steps != 0]).tolist()).most_common(1)
    step_s = int(usual_us[0][0] // SECOND) if usual_us else 0
    if form == OFFSET:  # a day is that of the clock that the file was written by
        mine = stamps.local([each.strip()[:16].replace("T", " ") for each in of_one], "%Y-%m-%d %H:%M")
        mine = mine[mine != NEVER]
    at, sure, why = _side(mine, step_s)
    known.append(Entry("at", at, sure, why, ("start", "end")))
    return Stamp(format=form, zone="" if has_zone else zone, at=at, descending=descending), step_s, known  # type: ignore[arg-type]


def _regular(said: Sequence[str], form: str) -> float:
    """How much of the way from each time to the next is one and the same step."""
    wall = stamps.local(said, form)
    steps = np.diff(wall[wall != NEVER])
    return Counter(steps.tolist()).most_common(1)[0][1] / len(steps) if len(steps) else 0.0


def _side(wall: Any, step_s: int) -> tuple[str, float, str]:
    """Whether stamps are starts or ends, by where the first and the last one stand in their day."""
    if not len(wall) or not step_s:
        return "end", 0.5, _("too few times to tell")
    first, last = (math.floor(each / SECOND) % 86_400 for each in (wall.min(), wall.max()))
    if first == step_s and last == 0:
        return "end", 0.95, _("the first stamp is one step after midnight, the last one is midnight")
    if first == 0 and last == 86_400 - step_s:
        return "start", 0.95, _("the first stamp is midnight, the last one is one step before")
    if first == 0 and last != 0:
        return "start", 0.6, _("the first stamp is midnight")
    return "end", 0.5, _("first and last stamp do not tell")


def first_of(said: Sequence[str], order: Sequence[str]) -> list[str]:
    """The times of the meter that stands first, in the file's order."""
    return [text for text, name in zip(said, order, strict=True) if name == order[0] and text.strip()] if order else []
