"""When a reading was taken: RFC 3339 with an offset, or an integer whose unit is declared. Nothing is guessed.

Moments are integers: microseconds since 1970 in UTC, as QuestDB keeps them.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config import clock
from config.clock import wall_us
from config.language import N_, _
from ingest.problem import Problem, Refusal, echo, json_type
from store.series.write import PROMPT_S

SECOND = 1_000_000  # microseconds
QUARTER = 900 * SECOND
DAY = 86_400 * SECOND

# How many microseconds one unit of `?precision=` is; nanoseconds are divided instead.
PRECISIONS = ("s", "ms", "us", "ns")
FACTORS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}

RFC3339 = N_("RFC 3339 with an offset, such as 2026-05-01T12:00:00+02:00, or an integer with ?precision=s, ms, us or ns")
_PATTERN = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_ALMOST = (  # what devices write instead, and what is wrong with it
    (re.compile(r"\d{4}-\d\d-\d\d[Tt ]24:.*"), N_("%(field)s has an hour 24; midnight is 00:00 of the next day")),
    (re.compile(r".*[Tt ]\d\d:\d\d([Zz]|[+-]\d\d:?\d\d)"), N_("%(field)s has no seconds: write 12:00:00")),
    (re.compile(r".*:\d\d(\.\d+)?[+-]\d{4}"), N_("%(field)s has an offset without a colon; write +01:00, not +0100")),
    (re.compile(r".*:\d\d(\.\d+)?[+-]\d\d"), N_("%(field)s has an offset without minutes; write +01:00, not +01")),
)
_UNREADABLE = N_("%(field)s is not a time that can be read: write it as 2026-05-01T12:00:00+02:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RETRY_UNSURE_S = 60
_LONGEST = 64  # characters of any time
_REMEMBERED = 4096  # texts of times: the readings of a post mostly share theirs


class Window:
    """The moments that are accepted now, and the texts of times already read."""

    __slots__ = ("ahead_us", "back_us", "read")

    def __init__(self, back_days: float, ahead_s: float):
        self.back_us = int(back_days * DAY)
        self.ahead_us = int(ahead_s * SECOND)
        self.read: dict[str | int, int] = {}  # only texts are in it

    def moment(self, ts: Any, precision: str | None, now_us: int, field: str = "ts") -> int | Problem:
        """Microseconds since 1970 of a time as it was sent, or why it is refused.

        Raises:
            Refusal: 503 it is ahead of the time that is known, and the machine's clock, which was set, says that it is not.
        """
        if type(ts) is str:
            at = self.read.get(ts)
            if at is None:
                read = _text(ts, field)
                if isinstance(read, Problem):
                    return read
                if len(self.read) >= _REMEMBERED:
                    self.read.clear()
                at = self.read[ts] = read
        elif type(ts) is int:
            if precision is None:
                return Problem(
                    "precision_missing",
                    _(
                        "%(field)s is an integer and its unit is not declared: add ?precision=%(likely)s to the address if that "
                        "is its unit, or send RFC 3339",
                        field=field,
                        likely=_likely(ts, self, now_us) or "ms",
                    ),
                    field,
                    echo(ts),
                    _(RFC3339),
                )
            at = _scaled(ts, precision)
        else:
            return Problem(
                "bad_time",
                _("%(field)s is %(kind)s, not a time: send a text such as 2026-05-01T12:00:00Z", field=field, kind=json_type(ts)),
                field,
                echo(ts),
                _(RFC3339),
            )
        if now_us - self.back_us <= at <= now_us + self.ahead_us:
            return at
        return self._outside(ts, at, precision, now_us, field)

    def accepts(self, at_us: NDArray[np.int64], now_us: int) -> bool:
        """Whether all of these moments are accepted."""
        return not len(at_us) or bool(now_us - self.back_us <= at_us.min() and at_us.max() <= now_us + self.ahead_us)

    def _outside(self, ts: str | int, at: int, precision: str | None, now_us: int, field: str) -> Problem:
        allowed = _("from %(first)s to %(last)s", first=iso(now_us - self.back_us), last=iso(now_us + self.ahead_us))
        if type(ts) is int and (likely := _likely(ts, self, now_us)):
            return Problem(
                "wrong_precision",
                _(
                    "%(field)s %(value)s is %(read)s in %(precision)s; in %(likely)s it would be %(meant)s: "
                    "use ?precision=%(likely)s if that is its unit",
                    field=field,
                    value=echo(ts),
                    read=_said(at),
                    precision=precision,
                    likely=likely,
                    meant=iso(_scaled(ts, likely)),
                ),
                field,
                echo(ts),
                allowed,
            )
        if at > now_us:
            if (why := clock.unsure()) and at <= wall_us() + self.ahead_us:
                raise clock_unsure(why)  # it may be right: nothing is refused for good that could be
            return Problem(
                "in_future",
                _(
                    "%(field)s is %(read)s, ahead of the server's %(now)s: set the clock that wrote it",
                    field=field,
                    read=_said(at),
                    now=iso(now_us),
                ),
                field,
                echo(ts),
                allowed,
            )
        return Problem(
            "too_old",
            _("%(field)s is %(read)s, further back than is accepted: import history as a file", field=field, read=_said(at)),
            field,
            echo(ts),
            allowed,
        )


def clock_unsure(why: str) -> Refusal:
    """The answer to what cannot be judged before it is known what time it is."""
    return Refusal(503, Problem("clock_unsure", _("%(why)s; nothing of this request is stored", why=why)), RETRY_UNSURE_S)


def iso(at_us: int) -> str:
    """A moment as RFC 3339 in UTC, to the second."""
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="seconds").replace("+00:00", "Z")


def closed_us(now_us: int) -> int:
    """What lies before it is late: its quarter of an hour is over and may be rolled up before a reading of now is stored."""
    prompt = now_us - PROMPT_S * SECOND
    return prompt - prompt % QUARTER


def floor(at_us: int, interval_s: int) -> int:
    """The last full reporting interval's end at or before a moment."""
    return at_us - at_us % (interval_s * SECOND)


def _text(ts: str, field: str) -> int | Problem:
    if _PATTERN.fullmatch(ts) and ts[11:13] != "24":  # which some versions of Python take as the next day
        try:
            moment = datetime.fromisoformat(ts.upper())
            return (moment - _EPOCH) // timedelta(microseconds=1)
        except (ValueError, OverflowError) as error:
            return Problem(
                "bad_time",
                _(
                    "%(field)s is %(given)s, which does not exist (%(why)s): correct what writes it",
                    field=field,
                    given=echo(ts),
                    why=error,
                ),
                field,
                echo(ts),
                _(RFC3339),
            )
    if _NAIVE.fullmatch(ts):
        return Problem(
            "naive_time",
            _("%(field)s is %(given)s, without an offset from UTC: add Z, or one such as +02:00", field=field, given=echo(ts)),
            field,
            echo(ts),
            _(RFC3339),
        )
    wrong = next((words for almost, words in _ALMOST if almost.fullmatch(ts[:_LONGEST])), _UNREADABLE)
    return Problem("bad_time", _(wrong, field=field), field, echo(ts), _(RFC3339))


def _scaled(ts: int, precision: str) -> int:
    return ts // 1000 if precision == "ns" else ts * FACTORS[precision]


def _likely(ts: int, window: Window, now_us: int) -> str | None:
    """The unit in which an integer would be an accepted moment."""
    for precision in PRECISIONS:
        if now_us - window.back_us <= _scaled(ts, precision) <= now_us + window.ahead_us:
            return precision
    return None


def _said(at_us: int) -> str:
    """A moment in words, also where no calendar reaches."""
    try:
        return iso(at_us)
    except OverflowError:
        years = f"{abs(at_us) // (SECOND * 31_557_600):,}"
        return (
            _("about %(years)s years after 1970", years=years)
            if at_us > 0
            else _("about %(years)s years before 1970", years=years)
        )
