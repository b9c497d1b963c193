"""What every road shares in one process: who may come in, the one validation, the one committer, and the books kept."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from msgspec import structs

from config import clock
from config.language import N_, _
from config.settings import Settings
from ingest.activity import Activity
from ingest.answers import Answer
from ingest.channels import Channels
from ingest.committer import Committer
from ingest.directory import Directory
from ingest.logbook import Logbook
from ingest.metrics import Metrics
from ingest.problem import Problem, Refusal
from ingest.quarantine import Quarantine
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
    waiting: Committer  # of values whose channel is not mapped yet
    channels: Channels
    metrics: Metrics
    turns: Turns
    logbook: Logbook
    quarantine: Quarantine

    @property
    def committers(self) -> tuple[Committer, ...]:
        """All of them."""
        return self.committer, self.late, self.waiting

    async def commit(self, rows: Rows, key_id: str) -> Outcome:
        """Commit the rows of a post; raises as `Committer.commit`."""
        lane = self.late if rows.late or rows.counts_replaced or rows.told_once else self.committer
        return await lane.commit(rows, key_id)


Handler = Callable[[Request, Door], Awaitable[Answer]]
Routes = Mapping[tuple[str, str], Handler]  # method and path


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a post asks."""

    precision: str | None = None  # the unit of integer times
    counts_replaced: bool = False
    dry_run: bool = False  # judge, and store nothing


_PLAINLY = Asked()
_NEITHER = {
    "replaced": Problem(
        "bad_replaced", N_("replaced is neither 1 (count what was replaced) nor 0: correct the address"), "replaced"
    ),
    "dry_run": Problem(
        "bad_dry_run", N_("dry_run is neither 1 (judge, and store nothing) nor 0: correct the address"), "dry_run"
    ),
}


def asked(query: str) -> Asked:
    """What a post asks: `?precision=s|ms|us|ns`, `?replaced=1` to have those counted that replace another value, `?dry_run=1`.

    Raises:
        Refusal: 400 one of them is something else.
    """
    if not query:
        return _PLAINLY
    given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    unit = given.get("precision")
    if unit is not None and unit not in PRECISIONS:
        raise Refusal(
            400,
            Problem(
                "bad_precision",
                _("precision %(given)s is no unit of times: correct the address", given=repr(unit[:20])),
                "precision",
                unit[:20],
                _("s, ms, us or ns"),
            ),
        )
    replaced, dry_run = (_yes(given, name) for name in ("replaced", "dry_run"))
    return Asked(unit, replaced or dry_run, dry_run)


def _yes(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "0")
    if value not in ("0", "1"):
        raise Refusal(400, structs.replace(_NEITHER[name], value=value[:20], allowed=_("0 or 1")))
    return value == "1"


def arrival_us() -> int:
    """The moment (µs since 1970) that a reading without a time of its own is of.

    Raises:
        Refusal: 503 the machine's clock was set, and whether it is right is not known yet.
    """
    if why := clock.unsure():
        raise clock_unsure(why)
    return clock.now_us()
