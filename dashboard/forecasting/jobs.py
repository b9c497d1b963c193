"""Background callbacks as processes of their own: one a press, bounded in number, each with its own answer.

Dash's manager for diskcache, but for four things. Each call has a key of its own: Dash makes it of the inputs alone, so two
people who ask the same at once would take each other's answer. A job is a new interpreter, not a fork: a fork of a server
with threads inherits locks that nobody will ever release, SQLite's among them. Who asks is settled here, in the request, and
the job gets their scope as plain values, no cookies and no headers. And what is too much is refused at once.
"""

import inspect
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import psutil
from dash import DiskcacheManager
from dash.background_callback.managers import BaseBackgroundCallbackManager
from pydantic import SecretStr

from config.settings import PROJECT, Settings
from dashboard.web import arguments
from dashboard.web.access import current_scope, rule_of
from insight import cache
from insight.forecast.places import Places
from store.errors import NotFound
from store.scope import Scope

ANSWER_LASTS_S = 300  # a browser that has not fetched its answer by then has gone
WAITING = 6  # jobs that may be there beside those that compute
END_S = 2.0

LASTS = "__lasts__"  # attribute of a callback's function: the seconds that it may take
BUSY = "__busy__"  # attribute of a callback's function: what it answers when there are too many jobs


def answers_when_busy(answer: Callable[[], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what a background callback answers when no further job is started. Stands under `@guard`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, BUSY, answer)
        return function

    return decorate


def lasts(seconds: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say how long a background callback may take that is no forecast; then its process is ended. Stands under `@guard`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, LASTS, seconds)
        return function

    return decorate


class Jobs(DiskcacheManager):
    """Starts, asks after and ends the jobs of this machine. Registered functions are named, never pickled."""

    def __init__(self, settings: Settings) -> None:
        # Not DiskcacheManager's own: it insists on `multiprocess`, whose forks are not used here.
        self.handle = cache.forecasts(settings)
        self.expire = None
        self.settings = settings
        self._lock = threading.Lock()
        self._started: list[subprocess.Popen[bytes]] = []
        self._places = Places(settings.home / "cache" / "forecasts", "job", settings.forecast_at_once + WAITING)
        BaseBackgroundCallbackManager.__init__(self, cache_by=None)

    def build_cache_key(self, *_args: Any, **_kwargs: Any) -> str:
        """A key that no other call has."""
        return uuid.uuid4().hex

    def make_job_fn(self, fn: Callable[..., Any], _progress: object, key: str | None = None) -> Callable[..., Any]:
        """The function itself: the job's process finds it by its name."""
        return fn

    def call_job_fn(self, key: str, job_fn: Callable[..., Any], args: Any, _context: object) -> str:
        """Start the job, for whoever's request this is; its process id.

        Raises:
            NotFound: the callback's rule says no.
            BadRequest: an argument is of another kind than the callback asks for.
        """
        given = self._allowed(job_fn, args)
        place = self._places.take()
        if place is None:
            busy = getattr(job_fn, BUSY, lambda: {"_dash_no_update": "_dash_no_update"})
            self.handle.set(key, busy(), expire=ANSWER_LASTS_S)
            return "0"
        try:
            request = {
                "settings": plain_settings(self.settings),
                "function": [job_fn.__module__, job_fn.__name__],
                "scope": plain_scope(current_scope()),
                "arguments": given,
                "answer": key,
                "progress": progress_key(key),
            }
            return str(self._start(request, place))
        finally:
            os.close(place)  # the job has its own copy

    def _allowed(self, function: Callable[..., Any], args: Any) -> Sequence[Any]:
        rule = rule_of(function)
        if rule is None or isinstance(args, Mapping):
            raise NotFound("no such callback")
        # Positional, after Dash's progress function: named as the function names them.
        names = list(_parameters(function))[1:]
        given = dict(zip(names, args, strict=True))
        rule(current_scope(), given)
        arguments.check(inspect.unwrap(function), given)
        return list(args)

    def _start(self, request: dict[str, Any], place: int) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.forecasting.job"],
            cwd=PROJECT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(place,),
        )
        assert process.stdin is not None  # noqa: S101 - for the type checker
        with process.stdin as pipe:
            pipe.write(json.dumps(request).encode())
        with self._lock:
            self._started = [each for each in self._started if each.poll() is None] + [process]
        return process.pid

    def terminate_job(self, job: str | int | None) -> None:
        """End the job and what it has started; nothing when it has ended, or the number is now another program's."""
        found = self._of(job)
        if found is None:
            return
        family = [found]
        try:
            family += found.children(recursive=True)
        except psutil.NoSuchProcess:
            return
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=END_S)
        self._reap()

    def terminate_unhealthy_job(self, job: str | int | None) -> bool:
        """Whether the job was there without running, and is now ended."""
        return False

    def job_running(self, job: str | int | None) -> bool:
        """Whether the job still runs."""
        self._reap()
        return self._of(job) is not None

    def get_progress(self, key: str) -> Any:
        """The newest progress, if there is one that has not been asked for."""
        return self.handle.pop(progress_key(key))

    def _reap(self) -> None:
        with self._lock:
            self._started = [each for each in self._started if each.poll() is None]

    def _of(self, job: str | int | None) -> psutil.Process | None:
        try:
            process = psutil.Process(int(job or 0)) if int(job or 0) else None
            if process and process.status() != psutil.STATUS_ZOMBIE and "dashboard.forecasting.job" in process.cmdline():
                return process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return None


def progress_key(key: str) -> str:
    """Where Dash looks for the progress of the call with that key."""
    return f"{key}-progress"


def _parameters(function: Callable[..., Any]) -> Sequence[str]:
    return list(inspect.signature(function).parameters)


def plain_scope(scope: Scope) -> dict[str, Any]:
    """The scope as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(scope)
    return plain


def scope_from(plain: Mapping[str, Any]) -> Scope:
    """The scope that `plain_scope` has written."""
    return msgspec.convert(plain, Scope)


def plain_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON, for the job's standard input: secrets are in no environment and no command line."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else _plain(value)
        for name, value in settings.model_dump(exclude_none=True).items()
    }


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)
