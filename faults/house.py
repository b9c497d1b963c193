"""The Loadstar that is broken, in production on this machine, and those who use it and count what they were promised."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

from bench.broker import Broker
from config import settings as configuration
from config.settings import PREFIX
from faults import posting, viewing
from faults.disk import Disk, NotMounted, small_disk
from faults.jobs import Asker
from faults.plant import make
from faults.posting import AS_THEY_SHOULD, LinePoster, Poster, Publisher, Sender
from faults.production import NotWell, Production, Restarts, family, kill, service_of, starts
from faults.verdict import Verdict
from faults.viewing import Viewer
from store.errors import StoreError
from store.records.transaction import engine
from store.series import connection, health

REPLICAS = {"devices": 2, "dashboard": 2, "worker": 2, "analyses": 2, "controls": 2, "files": 2, "mqtt": 2}
TOLD = {
    # Of a replica one process: there are two of them.
    "LOADSTAR_DEVICE_WORKERS": "1",
    "LOADSTAR_DASHBOARD_WORKERS": "1",
    # Both of a year's changes of the clocks may come late.
    "LOADSTAR_ACCEPT_BACK_DAYS": "380",
    "LOADSTAR_TELEMETRY_DAYS": "400",
    # The records' small volume is not nearly full from the start.
    "LOADSTAR_LEAST_FREE_MB": "100",
}
KILLED = {
    "device API": ("devices",),
    "worker": ("worker", "analyses", "controls", "files"),
    "MQTT": ("mqtt",),
    "dashboard": ("dashboard",),
    "Redis": ("redis",),
    "PostgreSQL": ("postgres",),
    "QuestDB": ("questdb",),
}
HOMES, VIEWERS = 4, 2  # homes of each road
ROADS = (Poster.road, LinePoster.road, Publisher.road)
MALFORMED = 0.2
PATIENT_S = 600.0  # for all to be well again, on a machine that is busy
LOOK_S = 0.2
PAGES_AS_THEY_SHOULD = {200, 503, 507}
RECORDS_MB = 800


User = TypeVar("User", bound="Sender | Viewer | Asker")


def until(what: str, holds: Callable[[], object]) -> None:
    """Wait until it holds, and pass over stores that are away meanwhile.

    Raises:
        NotWell: it does not.
    """
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
    """The Loadstar that is broken: its replicas, kept up, and those who use it, who may `rest` longer between two requests."""

    def __init__(self, folder: Path, jar: Path, odd: Iterable[str], ending: ExitStack, rest: float = 1.0) -> None:
        self.folder = folder
        self.volume: Disk | None = None  # of the records
        with suppress(NotMounted):
            self.volume = ending.enter_context(small_disk(folder / "records", RECORDS_MB))
        self.broker = Broker(folder / "broker").start()
        ending.callback(self.broker.stop)
        self.production = Production(folder, REPLICAS, **TOLD)
        ending.callback(self.production.stop_all)
        self.production.start_stores(jar)
        ours = [name for service in REPLICAS for name in self.production.names(service)]
        self.ours = ours
        begin = {"redis": lambda: self.production.start("redis")} | starts(self.production, ours, self._argv)
        again = {"questdb": lambda: self.production.start_questdb(jar), "postgres": self.production.start_postgresql}
        self.restarts = Restarts(self.production, begin | again)
        for each in begin.values():
            each()
        for name in begin:
            self.production.await_healthy(name)
        self._connect()
        ending.callback(connection.close)
        ending.callback(engine.configure)
        plant = self.plant = make(HOMES, self.broker.port, odd)
        devices = self.devices = [self.production.url(name) for name in self.production.names("devices")]
        dashboards = [self.production.port(name) for name in self.production.names("dashboard")]
        self.restarts.start()
        ending.callback(self.restarts.end)
        self._users: list[Sender | Viewer | Asker] = []
        ending.callback(self._leave)
        of_device, of_person = rest * posting.PAUSE_S, rest * viewing.PAUSE_S
        self.viewers = [self._with(Viewer(dashboards, plant.email, plant.password, of_person)) for _ in range(VIEWERS)]
        self.posters: list[Sender] = [self._with(Poster(devices, plant.key, each, MALFORMED, of_device)) for each in plant.meters]
        self.posters += [self._with(LinePoster(devices, plant.key, each, of_device)) for each in plant.lines]
        self.posters += [self._with(Publisher(self.broker.port, each, of_device)) for each in plant.published]
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

    def taken_by_road(self) -> Counter[str]:
        """The same by the road that they came by."""
        found = Counter[str]()
        for each in self.posters:
            found[each.road] += len(each.acknowledged)
        return found

    def answers(self) -> Counter[int]:
        """How often devices were answered what."""
        return sum((each.answers for each in self.posters), Counter[int]())

    def pages(self) -> Counter[int]:
        """How often people were answered what."""
        return sum((each.answers for each in self.viewers), Counter[int]())

    def await_running(self) -> None:
        """Wait until everything is as it should be.

        Raises:
            NotWell: it is not.
        """
        for name in self.production.processes:
            until(f"{name} is well", lambda name=name: self.production.is_well(name))  # type: ignore[misc]

    def kill(self, services: tuple[str, ...], chosen: random.Random) -> str:
        """Kill one replica of these services, with all of its processes or one of them; which it was."""
        names = [name for service in services for name in self.production.names(service)]
        running: list[str] = []

        def some_run() -> bool:
            running[:] = [name for name in names if self.production.processes[name].poll() is None]
            return bool(running)

        until(f"one of {', '.join(names)} runs", some_run)
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
        self.await_running()
        before = [len(each.acknowledged) for each in self.posters]
        until(
            "each device's readings are taken",
            lambda: all(len(each.acknowledged) > taken for each, taken in zip(self.posters, before, strict=True)),
        )
        self._leave()
        until("all jobs have ended", lambda: not self.asker.unfinished())
        self._await_stored()

    def _await_stored(self) -> None:
        """What the broker holds, or waits for its channel to be known, is stored a little later; what never is, is lost."""
        with suppress(NotWell):
            until("all is stored", lambda: not any(each.stored().lost for each in self.posters if each.road != "JSON"))
        until("the log is applied", lambda: all(table.lag == 0 and not table.suspended for table in health.tables()))

    def verdicts(self) -> list[Verdict]:
        """What was counted."""
        kept = [each.stored() for each in self.posters]
        answers = self.answers()
        pages = self.pages()
        jobs = self.asker.done()
        return [
            *(
                Verdict(
                    f"readings acknowledged by {road}",
                    sum(len(each.acknowledged) for each in self.posters if each.road == road),
                    is_due=True,
                )
                for road in ROADS
            ),
            Verdict("readings lost", sum(each.lost for each in kept), True),
            Verdict("readings stored with another value", sum(each.wrong for each in kept), True),
            Verdict("readings doubled", sum(each.doubled for each in kept), True),
            Verdict("posts told to come later", answers[503] + answers[507]),
            Verdict("posts without an answer", sum(each.unreached for each in self.posters)),
            _beyond("answers that no device should get", answers, AS_THEY_SHOULD | {204}),
            Verdict("jobs asked for", jobs.asked),
            Verdict("jobs done", jobs.done, is_due=True),
            Verdict("jobs interrupted that must not be done twice", jobs.interrupted),
            Verdict("jobs lost", jobs.lost, True),
            Verdict("jobs done twice that must not be", jobs.repeated, True),
            Verdict("pages shown", pages[200], is_due=True),
            Verdict("pages told to come later, or that the disk is full", pages[503] + pages[507]),
            Verdict("pages without an answer", sum(each.unreached for each in self.viewers)),
            _beyond("answers that no page should give", pages, PAGES_AS_THEY_SHOULD | {204}),
            Verdict("people signed out", sum(each.signed_out for each in self.viewers), True),
        ]


def _beyond(what: str, answers: Counter[int], expected: set[int]) -> Verdict:
    odd = {status: count for status, count in sorted(answers.items()) if status not in expected}
    which = ", ".join(map(str, odd))
    return Verdict(f"{what} ({which})" if odd else what, sum(odd.values()), True)
