"""`loadstar faults`: starts a Loadstar in production, kills parts of it at random moments under load, and counts."""

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from bench.product import NotUp
from cli import questdb
from cli.home import absolute_settings
from cli.machine import postgresql, redis
from cli.watch import Ended, on_signals
from config import settings as configuration
from config.settings import PREFIX
from faults.jobs import Asker
from faults.plant import make
from faults.posting import AS_THEY_SHOULD, Poster
from faults.production import NotWell, Production, Restarts, family, kill, service_of, starts
from faults.viewing import Viewer
from store.errors import StoreError
from store.records.transaction import engine
from store.series import connection, health

REPLICAS = {"devices": 2, "dashboard": 2, "worker": 2, "analyses": 2, "controls": 2}
ONE_PROCESS = {"LOADSTAR_DEVICE_WORKERS": "1", "LOADSTAR_DASHBOARD_WORKERS": "1"}  # of a replica: there are two of them
KILLED = {
    "device API": ("devices",),
    "worker": ("worker", "analyses", "controls"),
    "dashboard": ("dashboard",),
    "Redis": ("redis",),
    "PostgreSQL": ("postgres",),
    "QuestDB": ("questdb",),
}
HOMES, VIEWERS = 4, 2
MALFORMED = 0.2
BETWEEN_S = 2.0  # kills, at the most
PATIENT_S = 600.0  # for all to be well again, on a machine that is busy
LOOK_S = 0.2
PAGES_AS_THEY_SHOULD = {200, 503}


User = TypeVar("User", Poster, Viewer, Asker)


class Verdict(NamedTuple):
    """A line of the table: what was counted, how many, and whether none may be, or some must."""

    what: str
    number: int
    is_bad: bool = False
    is_due: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether what was promised holds."""
        return not (self.number if self.is_bad else self.is_due and not self.number)


def _until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENT_S
    while True:
        try:
            if holds():
                return
        except StoreError:
            pass
        if time.monotonic() > deadline:
            raise NotWell(f"{what}: not within {PATIENT_S:.0f} s")
        time.sleep(LOOK_S)


class House:
    """The Loadstar that is broken: its replicas, kept up, and those who use it."""

    def __init__(self, folder: Path, jar: Path, ending: ExitStack) -> None:
        self.production = Production(folder, REPLICAS, **ONE_PROCESS)
        ending.callback(self.production.stop_all)
        self.production.start_stores(jar)
        ours = [name for service in REPLICAS for name in self.production.names(service)]
        begin = {"redis": lambda: self.production.start("redis")} | starts(self.production, ours, self._argv)
        again = {"questdb": lambda: self.production.start_questdb(jar), "postgres": self.production.start_postgresql}
        self._restarts = Restarts(self.production, begin | again)
        for each in begin.values():
            each()
        for name in begin:
            self.production.await_healthy(name)
        self._connect()
        ending.callback(connection.close)
        ending.callback(engine.configure)
        plant = make(HOMES)
        devices = [self.production.url(name) for name in self.production.names("devices")]
        dashboards = [self.production.port(name) for name in self.production.names("dashboard")]
        self._restarts.start()
        ending.callback(self._restarts.end)
        self._users: list[Poster | Viewer | Asker] = []
        ending.callback(self._leave)
        self.viewers = [self._with(Viewer(dashboards, plant.email, plant.password)) for _ in range(VIEWERS)]
        self.posters = [self._with(Poster(devices, plant.key, meter, MALFORMED)) for meter in plant.meters]
        self.asker = self._with(Asker(folder))

    def _argv(self, name: str) -> list[str]:
        """Workers know our jobs too; all else is run as it is."""
        command = list(self.production.compose["services"][service_of(name)]["command"])
        if command[2].startswith("worker"):
            command[2:3] = ["faults.serving", command[2]]
        return self.production.argv(command, name)

    def _connect(self) -> None:
        """Have this process see the same databases."""
        named = {key: value for key, value in self.production.environment("worker").items() if key.startswith(PREFIX)}
        made = configuration.load(**{key.removeprefix(PREFIX).lower(): value for key, value in named.items()})
        configuration.use(made)
        engine.configure(made.records_url)

    def _with(self, user: User) -> User:
        self._users.append(user)
        return user

    def _leave(self) -> None:
        """Nobody uses it any more."""
        for user in self._users:
            user.end()

    @property
    def taken(self) -> int:
        """How many readings were acknowledged."""
        return sum(len(each.acknowledged) for each in self.posters)

    def kill(self, services: tuple[str, ...], chosen: random.Random) -> str:
        """Kill one replica of these services, with all of its processes or one of them; which it was."""
        names = [name for service in services for name in self.production.names(service)]
        running: list[str] = []

        def some_run() -> bool:
            running[:] = [name for name in names if self.production.processes[name].poll() is None]
            return bool(running)

        _until(f"one of {', '.join(names)} runs", some_run)
        name = chosen.choice(running)
        whole = family(self.production.processes[name].pid)
        if len(whole) > 1 and chosen.random() < 0.5:
            kill([chosen.choice(whole[1:])])
            return f"a process of {name}"
        self.production.kill(name)
        return name

    def await_well(self) -> None:
        """Wait until everything is as it should be, and all work that was asked for is done; then nobody asks any more.

        Raises:
            NotWell: it is not.
        """
        for name in self.production.processes:
            _until(f"{name} is well", lambda name=name: self.production.is_well(name))  # type: ignore[misc]
        before = [len(each.acknowledged) for each in self.posters]
        _until(
            "each device's readings are taken",
            lambda: all(len(each.acknowledged) > taken for each, taken in zip(self.posters, before, strict=True)),
        )
        self._leave()
        _until("all jobs have ended", lambda: not self.asker.unfinished())
        _until("the log is applied", lambda: all(table.lag == 0 and not table.suspended for table in health.tables()))

    def verdicts(self) -> list[Verdict]:
        """What was counted."""
        kept = [each.stored() for each in self.posters]
        answers = sum((each.answers for each in self.posters), Counter[int]())
        pages = sum((each.answers for each in self.viewers), Counter[int]())
        jobs = self.asker.done()
        return [
            Verdict("readings acknowledged", sum(each.acknowledged for each in kept), is_due=True),
            Verdict("readings lost", sum(each.lost for each in kept), True),
            Verdict("readings stored with another value", sum(each.wrong for each in kept), True),
            Verdict("readings doubled", sum(each.doubled for each in kept), True),
            Verdict("posts told to come later", answers[503] + answers[507]),
            Verdict("posts without an answer", sum(each.unreached for each in self.posters)),
            _beyond("answers that no device should get", answers, AS_THEY_SHOULD),
            Verdict("jobs asked for", jobs.asked),
            Verdict("jobs done", jobs.done, is_due=True),
            Verdict("jobs interrupted that must not be done twice", jobs.interrupted),
            Verdict("jobs lost", jobs.lost, True),
            Verdict("jobs done twice that must not be", jobs.repeated, True),
            Verdict("pages shown", pages[200], is_due=True),
            Verdict("pages told to come later", pages[503]),
            Verdict("pages without an answer", sum(each.unreached for each in self.viewers)),
            _beyond("answers that no page should give", pages, PAGES_AS_THEY_SHOULD),
            Verdict("people signed out", sum(each.signed_out for each in self.viewers), True),
        ]


def _beyond(what: str, answers: Counter[int], expected: set[int]) -> Verdict:
    odd = {status: count for status, count in sorted(answers.items()) if status not in expected}
    which = ", ".join(map(str, odd))
    return Verdict(f"{what} ({which})" if odd else what, sum(odd.values()), True)


def table(killed: Counter[str], verdicts: list[Verdict]) -> str:
    """The counts, for a terminal."""
    lines = [(f"kills of {what}", count, "") for what, count in killed.items()]
    lines += [
        (each.what, each.number, ("ok" if each.is_kept else "BAD") if each.is_bad or each.is_due else "") for each in verdicts
    ]
    width = max(len(what) for what, _, _ in lines)
    return "\n".join(f"{what:{width}}  {count:>9,}  {word}".rstrip() for what, count, word in lines)


@click.command()
@click.option("--kills", default=20, show_default=True, type=click.IntRange(1, 1000), help="How often each of the six is killed.")
@click.option("--only", multiple=True, type=click.Choice(list(KILLED)), help="Kill only this; may be given more than once.")
@click.option("--seed", default=1, show_default=True, help="Which of their replicas, and when.")
@click.option("--keep", is_flag=True, help="Keep the folder with all logs.")
def faults(kills: int, only: tuple[str, ...], seed: int, keep: bool) -> None:
    """Kill each part of a Loadstar in production at random moments under load, and count what was promised.

    Two device APIs, two dashboards and two workers of each kind run as `docker-compose.yml` says, without containers, on free
    ports, with a PostgreSQL, a QuestDB and a Redis. Devices post meanwhile, people look at pages, jobs are asked for. Ends with 1
    when an acknowledged reading or a job is lost, anything is done twice that must not be, or somebody is signed out.
    """
    if not (postgresql() and redis()):
        raise click.ClickException("PostgreSQL and Redis are needed: on Debian `apt install postgresql redis-server` brings them")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    jar = questdb.ensure_jar(absolute_settings())
    on_signals()
    folder = Path(tempfile.mkdtemp(prefix="loadstar-faults-"))
    folder.chmod(0o755)  # PostgreSQL's own user has to find its part of it
    chosen, killed, began = random.Random(seed), Counter[str](), time.monotonic()  # noqa: S311 - which, and when

    def say(words: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {words}", err=True)

    try:
        with ExitStack() as ending:
            say("starting two of everything")
            house = House(folder, jar, ending)
            waiting = [what for what in KILLED if what in only or not only] * kills
            chosen.shuffle(waiting)
            for what in waiting:
                before = house.taken
                _until("readings are taken again", lambda before=before: house.taken > before)  # type: ignore[misc]
                time.sleep(chosen.uniform(0, BETWEEN_S))
                say(f"kill -9 {house.kill(KILLED[what], chosen)}")
                killed[what] += 1
            say("waiting until all is well")
            house.await_well()
            verdicts = house.verdicts()
    except Ended:
        raise click.ClickException("stopped before the end; nothing was counted") from None
    except (NotWell, NotUp) as error:
        keep = True
        raise click.ClickException(f"{error}; the logs are in {folder}") from None
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    click.echo(table(killed, verdicts))
    if not all(each.is_kept for each in verdicts):
        raise click.ClickException("something that was promised was not kept")
