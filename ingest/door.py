"""What every road shares in one process: who may come in, the one validation, the one committer, and the books kept."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from config import clock
from config.language import _
from config.settings import Settings
from ingest.activity import Activity
from ingest.answers import Answer
from ingest.committer import Committer
from ingest.directory import Directory
from ingest.metrics import Metrics
from ingest.problem import Problem, Refusal
from ingest.request import Request
from ingest.rows import Outcome, Rows
from ingest.times import PRECISIONS, Window, clock_unsure
from ingest.turns import Turns


@dataclass(frozen=True, slots=True)
class Door:
    """The parts of one process of the device API."""

    settings: Settings
    directory: Directory
    committer: Committer  # of what is measured now
    late: Committer  # of the past, and of those who ask what they replace: nobody else waits for what these look up
    window: Window
    activity: Activity
    metrics: Metrics
    turns: Turns

    async def commit(self, rows: Rows, key_id: str) -> Outcome:
        """Commit the rows of a post; raises as `Committer.commit`."""
        lane = self.late if rows.late or rows.counts_replaced or rows.told_once else self.committer
        return await lane.commit(rows, key_id)


Handler = Callable[[Request, Door], Awaitable[Answer]]
Routes = Mapping[tuple[str, str], Handler]  # method and path


def precision(query: str) -> str | None:
    """The unit of integer times that the request declares: `?precision=s|ms|us|ns`.

    Raises:
        Refusal: 400 another one.
    """
    if not query:
        return None
    given = parse_qs(query, keep_blank_values=True).get("precision")
    if given is None:
        return None
    if given[-1] not in PRECISIONS:
        raise Refusal(400, Problem("bad_precision", _("no such precision"), "precision", given[-1][:20], _("s, ms, us or ns")))
    return given[-1]


def arrival_us() -> int:
    """The moment (µs since 1970) that a reading without a time of its own is of.

    Raises:
        Refusal: 503 the machine's clock was set, and whether it is right is not known yet.
    """
    if why := clock.unsure():
        raise clock_unsure(why)
    return clock.now_us()


def counts_replaced(query: str) -> bool:
    """Whether the request asks how many of its readings replace another value: `?replaced=1`.

    Raises:
        Refusal: 400 neither 0 nor 1.
    """
    if "replaced" not in query:
        return False
    given = parse_qs(query, keep_blank_values=True).get("replaced", ["0"])[-1]
    if given not in ("0", "1"):
        raise Refusal(400, Problem("bad_replaced", _("replaced is 1 to have them counted"), "replaced", given[:20], _("0 or 1")))
    return given == "1"
