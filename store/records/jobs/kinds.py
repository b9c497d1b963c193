"""The kinds of work that take long: by name, what each is told, where it queues, and whether it may be done twice.

Whoever asks for work knows its kind; what does it is a file of the same name in `worker/tasks/`, which nobody who asks
imports.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from config.language import _
from models.refused_reading import Edit
from models.report_asked import Asked
from store.errors import Refused
from store.scope import Scope

LONGEST_ARGUMENTS = 16 * 2**10  # bytes of JSON
LONGEST_MESSAGE = 2 * 2**10
LONGEST_RESULT = 2**20
BY_THE_CLOCK = "by the clock"  # the key under which work that the clock asks for too is asked for once at a time


class Queue(StrEnum):
    """What waits for what: work of one queue never waits for another's, where each has its workers."""

    CONSUMPTION = "consumption"
    AGGREGATION = "aggregation"
    FORECAST = "forecast"
    CLUSTERING = "clustering"
    REPORT = "report"
    MAIL = "mail"
    CONTROL = "control"
    FILES = "files"
    PULLING = "pulling"  # what waits for somebody else's server


class Problem(StrEnum):
    """Why a job failed."""

    BROKE = "broke"  # a mistake in its program; the worker's log says which
    ENDED = "ended"  # its process ended without a word, as often as it may be tried
    INTERRUPTED = "interrupted"  # its worker ended in the middle, and it must not be done twice
    NOT_THEIRS = "not_theirs"  # the person who asked may no longer see it, or is no longer there
    REFUSED = "refused"  # by a rule of the records
    STORE_AWAY = "store_away"  # as often as it may be tried
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"  # its result
    TOO_MUCH_MEMORY = "too_much_memory"


class TooMany(Refused):
    """As much of this work waits as may."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work.

    `arguments` is a structure that msgspec checks. `repeatable` work may be begun again after a worker died in the middle,
    up to `most_attempts` in all. What `only_reads` may be asked for by whoever only looks. `most_waiting` are unfinished
    at a time, all people together, `most_each` of them one person's, who may ask for `most_hourly` within an hour.
    """

    name: str
    queue: Queue
    arguments: type[msgspec.Struct]
    repeatable: bool = True
    most_attempts: int = 3
    only_reads: bool = False
    most_waiting: int = 1000
    most_each: int = 20
    most_hourly: int = 100


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of work that needs none."""


class OfSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of work on one site."""

    site_id: str


class OfImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of work on one import of a file."""

    import_id: str


class OfUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of checking a file that was sent: whose meters it is of, what kind of file, and a name for how it is read."""

    site_id: str
    upload_id: str
    container: str
    as_read: str


class OfRefused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of storing refused readings of a site by a correction: those of a kind, or one, by its id."""

    site_id: str
    which: str
    edit: Edit


class OfSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of asking one source."""

    source_id: str


class OfDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of work on local days, `last` included, of meters and nodes of a site; of the site itself without any."""

    site_id: str
    ids: tuple[str, ...]
    first: date
    last: date


class OfReport(Asked, frozen=True, forbid_unknown_fields=True):
    """The arguments of making a report; of one by the clock, by which schedule: it goes to whoever asks by mail."""

    schedule_id: str | None = None

    @classmethod
    def of(cls, asked: Asked, schedule_id: str | None = None) -> "OfReport":
        """What is asked for, as a job is told it."""
        return cls(**msgspec.structs.asdict(asked), schedule_id=schedule_id)

    @property
    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(*msgspec.structs.astuple(self)[:-1])


SITE_FORECAST = Kind("site_forecast", Queue.FORECAST, OfSite, only_reads=True, most_waiting=8, most_each=4)
AUDIT_CHECK = Kind("audit_check", Queue.REPORT, Nothing, only_reads=True, most_waiting=4, most_each=1)
TIDYING = Kind("tidying", Queue.AGGREGATION, Nothing)
WAITING_VALUES = Kind("waiting_values", Queue.AGGREGATION, Nothing)
FILE_IMPORT = Kind("file_import", Queue.FILES, OfImport, most_attempts=10)
FILE_CHECK = Kind("file_check", Queue.FILES, OfUpload, most_waiting=20, most_each=4)
CLOSED_MONTHS = Kind("closed_months", Queue.AGGREGATION, Nothing)
QUALITY_FLAGS = Kind("quality_flags", Queue.AGGREGATION, Nothing)
IMPORT_UNDO = Kind("import_undo", Queue.FILES, OfImport, most_attempts=10)
PULL = Kind("pull", Queue.PULLING, OfSource)
REFUSED_READINGS = Kind("refused_readings", Queue.AGGREGATION, OfRefused)
PREDICTION = Kind("prediction", Queue.FORECAST, OfDays, only_reads=True, most_waiting=8, most_each=4)
REPORT = Kind("report", Queue.REPORT, OfReport, most_waiting=10_000, most_each=50)

KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        SITE_FORECAST,
        AUDIT_CHECK,
        TIDYING,
        WAITING_VALUES,
        CLOSED_MONTHS,
        QUALITY_FLAGS,
        FILE_IMPORT,
        FILE_CHECK,
        IMPORT_UNDO,
        PULL,
        REFUSED_READINGS,
        PREDICTION,
        REPORT,
    )
}


def kind_of(name: str) -> Kind | None:
    """The kind of that name; none where another version of Loadstar knows it, and this one does not."""
    return KINDS.get(name)


def checked(kind: Kind, arguments: object) -> dict[str, Any]:
    """The arguments as they are kept.

    Raises:
        Refused: they are not what the kind is told, or too long.
    """
    try:
        plain: dict[str, Any] = _plain(msgspec.convert(_plain(arguments), kind.arguments))
    except msgspec.ValidationError as wrong:
        raise Refused(_("%(kind)s cannot be asked for so: %(wrong)s", kind=kind.name, wrong=wrong)) from None
    if len(msgspec.json.encode(plain)) > LONGEST_ARGUMENTS:
        raise Refused(
            _(
                "%(kind)s is told too much: %(most)s kB at the most",
                kind=kind.name,
                most=LONGEST_ARGUMENTS // 1024,
            )
        )
    return plain


def _plain(what: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(what))


def plain_scope(scope: Scope) -> dict[str, Any]:
    """The scope as JSON."""
    plain: dict[str, Any] = _plain(scope)
    return plain


def scope_from(plain: dict[str, Any]) -> Scope:
    """The scope that `plain_scope` has written."""
    return msgspec.convert(plain, Scope)
