"""Background callbacks as jobs: a press asks for work of some kind, and the callback words what came of it.

Dash's manager, but its answers, progress and cancelling are a row of the records, which a worker works on. The function under
`@callback(background=True)` never runs in a job: it is called when the job has ended, in the request of whoever asks
after it, with the row in the place of Dash's progress function. Every such request asks the callback's rule again, and finds
only jobs of the asking person.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash.background_callback.managers import BaseBackgroundCallbackManager
from flask import current_app, g, request

from config.language import N_, _
from dashboard.web import arguments
from dashboard.web.access import current_scope, rule_of
from store.errors import NotFound
from store.ids import new_id
from store.records.jobs import asking
from store.records.jobs.kinds import Kind, Problem, TooMany
from store.records.schema import Job

SAID = {
    Problem.NOT_THEIRS: N_("This is not there, or not yours to see."),
    Problem.STORE_AWAY: N_("Loadstar cannot reach its store. Try again in a moment."),
    Problem.TOO_LONG: N_("This took longer than it may, and was stopped."),
    Problem.TOO_MUCH_MEMORY: N_("This took more memory than it may, and was stopped."),
}
FAILED = N_("This went wrong. The log of the worker says why.")

_WORK = "__work__"
_TOO_MANY = "none"  # the handle of a call for which no job was made


@dataclass(frozen=True, slots=True)
class Work:
    """What a background callback asks for: the kind, its arguments from the callback's own, and words on the way."""

    kind: Kind
    arguments: Callable[..., Any]
    progress: Callable[[Job], str]
    busy: Callable[[], Any]


def runs(
    kind: Kind, arguments: Callable[..., Any], *, progress: Callable[[Job], str], busy: Callable[[], Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what a background callback asks for. Stands under `@guard`.

    Args:
        kind: of the work.
        arguments: what the work is told, made of what the callback is given, without the job.
        progress: how far it is, in words.
        busy: what the callback answers when no further job is taken.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, _WORK, Work(kind, arguments, progress, busy))
        return function

    return decorate


def said(problem: str | None) -> str:
    """Why a job failed, for whoever pressed the button."""
    return _(SAID.get(Problem(problem), FAILED) if problem in list(Problem) else FAILED)


class Jobs(BaseBackgroundCallbackManager):
    """Asks for jobs, asks after them, and calls them off, each for the person whose request it is."""

    def __init__(self) -> None:
        super().__init__(cache_by=None)  # type: ignore[no-untyped-call]  # its library declares no types

    def build_cache_key(self, *_args: Any, **_kwargs: Any) -> str:
        """The id of the job that is about to be asked for: each call has its own."""
        return new_id("job")

    def make_job_fn(self, fn: Callable[..., Any], _progress: object, key: str | None = None) -> Callable[..., Any]:
        """The function itself."""
        return fn

    def call_job_fn(self, key: str, job_fn: Callable[..., Any], args: Any, _context: object) -> str:
        """Ask for the job, for whoever's request this is; its id, or a word for none.

        Raises:
            NotFound: the callback's rule says no.
            BadRequest: an argument is of another kind than the callback asks for.
        """
        work, given = _work_of(job_fn), _allowed(job_fn, args)
        try:
            asking.ask(current_scope(), work.kind, work.arguments(*given), job_id=key)
        except TooMany:
            return _TOO_MANY
        return key

    def get_result(self, key: str, job: str | None) -> Any:
        """What the callback makes of the job that has ended; nothing while it has not, and when it was called off."""
        function, args = _asked()
        if job == _TOO_MANY:
            return _work_of(function).busy()
        row = _row(key)
        if row is None or row.state not in ("done", "failed"):
            return self.UNDEFINED
        return function(row, *_given(function, row, args))

    def job_running(self, job: str | None) -> bool:
        """Whether the job has not ended, as `get_result` has just seen it."""
        row = _row(job)
        return row is not None and row.state in ("queued", "running")

    def terminate_job(self, job: str | None) -> None:
        """Call the job off, if it is the asking person's and has not ended."""
        row = _row(job)
        if row is not None and row.state in ("queued", "running"):
            asking.cancel(current_scope(), row.id)

    def terminate_unhealthy_job(self, job: str | None) -> bool:
        """Whether the job was there without a worker, and is now ended: never, another worker takes it."""
        return False

    def get_progress(self, key: str) -> Any:
        """How far the job is, in the callback's words."""
        row = _row(key)
        return [_work_of(_asked()[0]).progress(row)] if row is not None and self.job_running(key) else None

    def get_updated_props(self, _key: str) -> dict[str, Any]:
        """What a job sets beside its answer: nothing."""
        return {}


def _row(job_id: str | None) -> Job | None:
    """The job as this request has first seen it, so that all of an answer is of one moment; none that is not the person's."""
    seen: dict[str | None, Job | None] = g.setdefault("jobs", {})
    if job_id not in seen:
        try:
            seen[job_id] = asking.job(current_scope(), job_id or "")
        except NotFound:
            seen[job_id] = None
    return seen[job_id]


def _work_of(function: Callable[..., Any]) -> Work:
    work = getattr(inspect.unwrap(function), _WORK, None)
    if not isinstance(work, Work):
        raise NotFound("no such callback")
    return work


def _allowed(function: Callable[..., Any], args: Any) -> Sequence[Any]:
    """What the callback is given, once its rule has let whoever asks in."""
    rule = rule_of(function)
    if rule is None or isinstance(args, Mapping):
        raise NotFound("no such callback")
    # After the job, which there is none of yet: named as the function names them.
    names = list(inspect.signature(function).parameters)[1:]
    given = dict(zip(names, args, strict=True))
    rule(current_scope(), given)
    arguments.check(inspect.unwrap(function), given)
    return list(args)


def _given(function: Callable[..., Any], job: Job, args: Sequence[Any]) -> list[Any]:
    """What the callback is given once its job has ended: what the job was told, for a page that asks after it sends no values."""
    names = list(inspect.signature(function).parameters)[1:]
    return [job.arguments.get(name, value) for name, value in zip(names, args, strict=True)]


def _asked() -> tuple[Callable[..., Any], Sequence[Any]]:
    """The callback that this request is of, and what it is given now."""
    body = request.get_json()
    registered = current_app.extensions["loadstar-dash"].callback_map[body["output"]]
    function = registered["callback"].__wrapped__
    return function, [each.get("value") for part in ("inputs", "state") for each in body.get(part, [])]
