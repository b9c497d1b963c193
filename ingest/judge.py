"""The one judge of readings: whether they may be written, can be true, and are of a time that is accepted.

A road hands over a post as `Reading`s, and as `Problem`s where it found something wrong itself; the judge gives the rows to
commit and, in the order of the post, what is wrong with the others. Nothing is judged anywhere else.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from config import clock
from config.language import _
from config.quantities import LONGEST_INTERVAL_S, QUANTITIES, written
from ingest.directory import Caller, Target
from ingest.doubt import Doubt, Held, LevelDoubt
from ingest.problem import Problem, Unreal, echo, json_type
from ingest.rows import Rows
from ingest.times import FACTORS, Window, closed_us
from ingest.units import convert
from store.series.block import Block

TIME = "RFC 3339 with an offset, or an integer with `?precision=`. Of a value with a duration: its end."
QUALITY = "whether it was read, which is the default, or its sender estimated it"
_BOUNDS = ("least", "greatest", "duration_us")  # of a target


Quality = Literal["actual", "estimated"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
ESTIMATED: Quality = "estimated"


class Reading(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One reading of one meter."""

    meter: Annotated[str, Meta(description="a meter's id")]
    quantity: Annotated[str, Meta(extra_json_schema={"enum": list(QUANTITIES)})]
    ts: Annotated[Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | int, Meta(description=TIME)]
    value: float
    unit: Annotated[str | None, Meta(description="any unit that converts to the quantity's own, which is the default")] = None
    interval_s: Annotated[
        Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": LONGEST_INTERVAL_S})] | None,
        Meta(description="the stretch of time, ending at ts, that the value is of"),
    ] = None
    quality: Annotated[Quality | None, Meta(description=QUALITY)] = None


class Meant(NamedTuple):
    """What values of a column are, as a `Reading` says it."""

    meter: str
    quantity: str
    unit: str | None
    interval_s: int | None
    quality: Quality | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Readings in columns: the place in `meant` of each, its time (µs since 1970), which is accepted, and its value."""

    meant: Sequence[Meant]
    of: NDArray[np.intp]
    at_us: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    def canonical(self) -> NDArray[np.float64]:
        """The values in their quantities' own units; not a number where one cannot be converted."""
        foreign = np.array([meant.unit is not None for meant in self.meant])[self.of]
        value = self.value.copy()
        for nth in np.flatnonzero(foreign).tolist():
            meant = self.meant[self.of[nth]]
            converted = convert(float(value[nth]), meant.unit or "", meant.quantity)
            value[nth] = converted if isinstance(converted, float) else np.nan
        return value

    def reading(self, nth: int) -> Reading:
        """One of them."""
        meter, quantity, unit, interval_s, quality = self.meant[self.of[nth]]
        return Reading(meter, quantity, int(self.at_us[nth]), float(self.value[nth]), unit, interval_s, quality)


class Judge:
    """Of one post, of `now_us` (µs since 1970). `rows` are what may be committed, `problems` what is wrong with the rest."""

    __slots__ = ("_caller", "_doubts", "_window", "now_us", "problems", "rows")

    def __init__(self, caller: Caller, window: Window, rows: Rows):
        self._caller, self._window = caller, window
        self.now_us = clock.now_us()
        self.rows = rows
        self.problems: list[Problem] = []
        self._doubts: dict[Target, Doubt | LevelDoubt | None] = {}

    def moment(self, ts: Any, precision: str | None, field: str) -> int | Problem:
        """The time of a whole post (µs since 1970), or why it is refused; raises as `judge`."""
        return self._window.moment(ts, precision, self.now_us, field)

    def judge(
        self, readings: Iterable[Reading | Problem], precision: str | None, first: int = 0, named: Sequence[str] = ()
    ) -> None:
        """Judge the readings from the place `first` in the post on, whose integer times are of this precision.

        `named`: the field of each reading, in posts that name fields instead of counting readings: a problem is told by it.

        Raises:
            Refusal: 503 a time is ahead of the one that is known, and the machine's clock, which was set, says that it is not.
        """
        window, now = self._window, self.now_us
        oldest, newest, closed = now - window.back_us, now + window.ahead_us, closed_us(now)
        remembered, targets = window.read, self._caller.targets
        factor = FACTORS.get(precision or "")
        add, rows = self.rows.rows.append, self.rows
        tried = rows.dry_run
        said: str | int | None = None
        when = 0
        for place, reading in enumerate(readings, first):
            if type(reading) is Problem:
                self.problems.append(reading if named else reading.at(place))
                continue
            meter, quantity, ts, value, unit = reading.meter, reading.quantity, reading.ts, reading.value, reading.unit
            target = targets.get((meter, quantity, reading.interval_s))
            if target is None:
                found = self._caller.target(meter, quantity, reading.interval_s)
                if type(found) is Problem:
                    self._refuse(found, place, named)
                    continue
                target = found
            if unit is not None or not target.least <= value <= target.greatest:
                checked = possible(value, target, named[place] if named else "value", unit)
                if type(checked) is Problem:
                    self._refuse(checked, place, named)
                    continue
                value = checked
            if ts != said:  # many of a post are of one moment
                # What `window.moment` would say, without the call: a text already read, or an integer of the declared unit.
                at = ts * factor if type(ts) is int and factor else remembered.get(ts)
                if at is None or not oldest <= at <= newest:
                    moment = window.moment(ts, precision, now)
                    if type(moment) is Problem:
                        self._refuse(moment, place, named)
                        continue
                    at = moment
                said, when = ts, at
            doubt = self._tried(target) if tried else target.doubt
            if doubt is not None and not doubt.least <= value <= doubt.most and (code := doubt.held(when, value)):
                rows.held.append(Held(code, field=named[place]) if named else Held(code, place))
            start = when - target.duration_us
            quality = reading.quality
            add((target.series if quality is None or quality != ESTIMATED else target.estimates, start, value))
            if (start if target.sample else when) < closed:
                rows.late = True

    def judge_several(self, several: Several, first: int = 0) -> Block:
        """Judge readings in columns as `judge` does, what is right all at once; the rows that may be committed.

        Raises:
            Refusal: as `judge`.
        """
        targets = [self._caller.target(meant.meter, meant.quantity, meant.interval_s) for meant in several.meant]
        known = [each for each in targets if not isinstance(each, Problem)]
        if len(known) < len(targets):
            return self.judge_readings([several.reading(nth) for nth in range(len(several))], first)
        of, at, value = several.of, several.at_us, several.canonical()
        doubts = [self._tried(each) if self.rows.dry_run else each.doubt for each in known]
        least, greatest, duration = (np.array([getattr(each, name) for each in known])[of] for name in _BOUNDS)
        right = (least <= value) & (value <= greatest)
        for nth in np.flatnonzero(~right).tolist():
            self.judge([several.reading(nth)], "us", first + nth)
        seldom = np.array([(doubt.least, doubt.most) if doubt else (-np.inf, np.inf) for doubt in doubts])[of]
        for nth in np.flatnonzero(right & ((value < seldom[:, 0]) | (value > seldom[:, 1]))).tolist():
            doubt = doubts[of[nth]]
            if doubt is not None and (code := doubt.held(int(at[nth]), float(value[nth]))):
                self.rows.held.append(Held(code, first + nth))
        sample = np.array([each.sample for each in known])[of]
        start = at - duration
        counts = np.where(sample, start, at)
        self.rows.late = self.rows.late or bool((counts[right] < closed_us(self.now_us)).any())
        whither = [
            each.series if meant.quality != ESTIMATED else each.estimates
            for each, meant in zip(known, several.meant, strict=True)
        ]
        block = Block(whither, of, start, value)
        return block if right.all() else block[right]

    def judge_readings(self, readings: Iterable[Reading], first: int = 0) -> Block:
        """Judge readings one by one, whose times are in µs; the rows that may be committed, in columns; raises as `judge`."""
        before = len(self.rows.rows)
        self.judge(readings, "us", first)
        taken, self.rows.rows[before:] = self.rows.rows[before:], []
        return Block.made_of(taken)

    def _tried(self, target: Target) -> Doubt | LevelDoubt | None:
        """A doubt of this post's own: what is not stored tells nothing of what follows."""
        if target not in self._doubts:
            self._doubts[target] = deepcopy(target.doubt)
        return self._doubts[target]

    def _refuse(self, problem: Problem, place: int, named: Sequence[str]) -> None:
        self.problems.append(msgspec.structs.replace(problem, field=named[place]) if named else problem.at(place))


def number(value: Any, field: str) -> float | Problem:
    """The value as a float, or why it is none. Nothing that is not a JSON number is turned into one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return Problem(
                "not_a_number",
                _("%(field)s is larger than any number that can be kept: check what writes it", field=field),
                field,
                echo(value),
                _("a finite number"),
            )
    if isinstance(value, Unreal) and not value.text.strip():
        words = _("%(field)s has nothing where its number belongs: send one, or leave the reading out", field=field)
    elif isinstance(value, Unreal):
        words = _(
            "%(field)s is %(value)s, which is no JSON number: send one, or leave the reading out", field=field, value=echo(value)
        )
    else:
        words = _("%(field)s is %(kind)s, not a number: send a number such as 12.5", field=field, kind=json_type(value))
    return Problem("not_a_number", words, field, echo(value), _("a finite number"))


def quality(given: Any) -> Quality | Problem | None:
    """What is said of how a value was come by, if anything is, or what is wrong with what stands there instead."""
    for known in (None, *QUALITIES):
        if given == known:
            return known
    words = _("quality is none that is known: say estimated of what the sender estimated, and leave it out of all else")
    return Problem("unknown_quality", words, "quality", echo(given), ", ".join(QUALITIES))


def possible(value: float, target: Target, field: str = "value", unit: str | None = None) -> float | Problem:
    """The value in the canonical unit if it can be true, or why it cannot."""
    if unit is not None and unit != target.unit:
        converted = convert(value, unit, target.series.quantity)
        if isinstance(converted, Problem):
            return converted
        value = converted
    if target.least <= value <= target.greatest:
        return value
    what = QUANTITIES[target.series.quantity]
    if target.greatest < what.greatest and value > 0:
        return Problem(
            "one_way",
            _(
                "the meter stands on a one-way edge, so nothing flows back: %(quantity)s is 0 there, not %(value)s; "
                "if something does flow back, make the edge two-way",
                quantity=what.name,
                value=written(value),
            ),
            field,
            value,
            "0",
        )
    greatest, said = (f"{written(each)} {what.label}".strip() for each in (target.greatest, value))
    words = _("%(quantity)s cannot be %(value)s: check its unit, and what writes it", quantity=what.name, value=said)
    return Problem(
        "out_of_range", words, field, value, _("%(least)s to %(greatest)s", least=written(target.least), greatest=greatest)
    )
