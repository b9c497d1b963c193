"""What goes back to a device: a status, headers and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from config.language import _
from ingest.doubt import Held
from ingest.problem import Problem, Refusal

JSON = ("content-type", "application/json")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, ready to send."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (JSON,)


class Verdict(msgspec.Struct):
    """What became of the readings of a post: accepted + rejected = sent."""

    accepted: Annotated[int, Meta(description="committed readings: new, the same again, or in place of another value")]
    rejected: list[Problem]
    replaced: Annotated[
        int | msgspec.UnsetType, Meta(description="how many of the accepted took the place of another value; to those who ask")
    ] = msgspec.UNSET
    notes: Annotated[
        list[Problem] | msgspec.UnsetType,
        Meta(description="of accepted readings whose sender may have meant something else; absent without any"),
    ] = msgspec.UNSET
    dry_run: Annotated[
        bool | msgspec.UnsetType, Meta(description="true: all of this is what would become of them, and nothing is stored")
    ] = msgspec.UNSET
    held: Annotated[
        list[Held] | msgspec.UnsetType,
        Meta(
            description="accepted readings that the meter cannot have made: left out of sums until confirmed; absent without any"
        ),
    ] = msgspec.UNSET


class Nothing(Verdict, omit_defaults=True, kw_only=True):
    """A verdict of which nothing was accepted; it carries the first problem, as every other error does."""

    code: str
    message: str
    field: str | None = None
    value: object = None
    allowed: str | None = None


def answer(status: int, content: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A response with this content as JSON."""
    return Answer(status, _encode(content), (JSON, *headers))


def judged(
    accepted: int,
    replaced: int | None,
    rejected: list[Problem],
    notes: Sequence[Problem] = (),
    dry_run: bool = False,
    held: Sequence[Held] = (),
) -> Answer:
    """200 when every reading is committed, 207 when some are, 422 when none is; `replaced` is None unless it was asked for.

    The answer to a dry run is that of the post that it is of, and says so.
    """
    told, tried = msgspec.UNSET if replaced is None else replaced, dry_run or msgspec.UNSET
    if not rejected and replaced is None and not notes and not held:
        return Answer(200, b'{"accepted":%d,"rejected":[]}' % accepted)
    if accepted or not rejected:
        said, doubted = list(notes) or msgspec.UNSET, list(held) or msgspec.UNSET
        return answer(207 if rejected else 200, Verdict(accepted, rejected, told, said, tried, doubted))
    first = rejected[0]
    return answer(
        422,
        Nothing(
            0,
            rejected,
            told,
            dry_run=tried,
            code=first.code,
            message=first.message,
            field=first.field,
            value=first.value,
            allowed=first.allowed,
        ),
    )


def refused(refusal: Refusal) -> Answer:
    """The response to a request that is refused as a whole."""
    retry = (("retry-after", str(refusal.retry_after_s)),) if refusal.retry_after_s is not None else ()
    problem = msgspec.structs.replace(refusal.problem, message=_(refusal.problem.message))  # one that was marked for later
    return answer(refusal.status, problem, refusal.headers + retry)
