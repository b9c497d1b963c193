"""A long proof, not one of the suite: `python -m tests.storm --minutes 30` breaks a running Loadstar in every way it knows.

Devices post meanwhile, a third of it malformed, and remember what was acknowledged. At random: any process is killed with 9, or
stopped for some seconds; the disk is filled; the clock is set days ahead or back; `up` and the supervisor are killed together.
At the end every acknowledged reading is compared with the store by value. Ends with 1 when one is lost, wrong or doubled.
"""

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import click
import psutil
import pytest

from cli import leash, questdb
from config.settings import Settings
from faults.posting import AS_THEY_SHOULD, Poster
from faults.set_clock import SetClock
from store.series import connection, health
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.disk import Disk, small_disk
from tests.running import CHILDREN, Terminal

DISK_MB = 1500
MALFORMED = 0.3
LASTS_S = 15.0  # a fault that is taken back
BETWEEN_S = 8.0
PATIENT_S = 300.0


class Storm:
    """The faults, each of which leaves everything as it should be again."""

    def __init__(self, terminal: Terminal, disk: Disk | None, clock: SetClock, seed: int) -> None:
        self._terminal, self._disk, self._clock = terminal, disk, clock
        self._random = random.Random(seed)
        self._wait = threading.Event().wait
        self.raged: Counter[str] = Counter()
        self._faults: list[Callable[[], str]] = [self._kill, self._kill, self._stop, self._set_clock, self._kill_the_watchers]
        if disk:
            self._faults.append(self._fill)

    def rage(self, seconds: float) -> None:
        """One fault after the other."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            what = self._random.choice(self._faults)()
            self.raged[what] += 1
            click.echo(f"  {what}")
            self._wait(self._random.uniform(0, BETWEEN_S))

    def _pid(self, name: str) -> int:
        found = eventually(lambda: self._terminal.pid(name), within_s=PATIENT_S)
        assert isinstance(found, int)
        return found

    def _kill(self) -> str:
        name = self._random.choice(CHILDREN)
        os.kill(self._pid(name), signal.SIGKILL)
        return f"kill -9 {name}"

    def _stop(self) -> str:
        name = self._random.choice(CHILDREN)
        pids = leash.family(self._terminal.run, name)
        for number, lasts_s in ((signal.SIGSTOP, LASTS_S), (signal.SIGCONT, 0.0)):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:  # ended and replaced meanwhile, as it should be
                    continue
            self._wait(lasts_s)
        return f"stop {name} for {LASTS_S:.0f} s"

    def _set_clock(self) -> str:
        days = self._random.choice((-400, -1, 1, 100))
        self._clock.set(timedelta(days=days))
        self._wait(LASTS_S)
        self._clock.set(timedelta(0))
        return f"clock {days:+} days for {LASTS_S:.0f} s"

    def _fill(self) -> str:
        assert self._disk
        self._disk.fill()
        self._wait(LASTS_S)
        self._disk.free()
        return f"disk full for {LASTS_S:.0f} s"

    def _kill_the_watchers(self) -> str:
        for name in ("up", "supervisord"):
            os.kill(self._pid(name), signal.SIGKILL)
        assert self._terminal.up
        self._terminal.up.wait()
        self._terminal.start()
        return "kill -9 up and supervisord, up"


def resources(terminal: Terminal) -> str:
    """Open files and memory (MB, shared parts by their share) of each process with all its own."""
    told = []
    for name in ("up", "supervisord", *CHILDREN):
        files = memory = 0
        with suppress(psutil.NoSuchProcess):  # what ends just now
            first = psutil.Process(terminal.pid(name))
            for each in [first, *(first.children(recursive=True) if name in CHILDREN else [])]:
                files, memory = files + each.num_fds(), memory + each.memory_full_info().pss
        told.append(f"{name} {files} files, {memory / 2**20:.0f} MB")
    return "; ".join(told)


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--meters", default=4, show_default=True)
def main(minutes: float, seed: int, meters: int) -> None:
    """Break a Loadstar of its own, and count."""
    for name in [name for name in os.environ if name.startswith("LOADSTAR_")]:
        del os.environ[name]
    jar = questdb.ensure_jar(Settings())
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        disk = None
        try:
            disk = ending.enter_context(small_disk(folder / "disk", DISK_MB))
        except pytest.skip.Exception as why:
            click.echo(f"Without full disks: {why}.")
        clock = SetClock(folder)
        terminal = Terminal(disk.folder if disk else folder, jar, LOADSTAR_LEAST_FREE_MB="100", **clock.environment())
        ending.callback(terminal.tidy)
        ending.callback(connection.close)
        terminal.start()
        product = Product(terminal)
        posters = [Poster([product.devices], product.key(), product.meter(f"Home {n}"), MALFORMED) for n in range(meters)]
        storm = Storm(terminal, disk, clock, seed)
        click.echo(f"At first: {resources(terminal)}")
        try:
            storm.rage(minutes * 60)
            eventually(terminal.everything_answers, within_s=PATIENT_S)
            taken = [len(poster.acknowledged) for poster in posters]
            eventually(
                lambda: all(len(each.acknowledged) > before for each, before in zip(posters, taken, strict=True)),
                within_s=PATIENT_S,
            )
        finally:
            for poster in posters:
                poster.end()
        click.echo(f"At the end: {resources(terminal)}")
        eventually(lambda: all(table.lag == 0 and not table.suspended for table in health.tables()), within_s=PATIENT_S)
        sys.exit(_told(posters, storm))


def _told(posters: list[Poster], storm: Storm) -> int:
    kept = [poster.stored() for poster in posters]
    answers = sum((poster.answers for poster in posters), Counter())
    click.echo(f"{storm.raged.total()} faults: {', '.join(f'{what} ×{count}' for what, count in storm.raged.most_common())}")
    click.echo(f"answers: {dict(sorted(answers.items()))}, without one: {sum(poster.unreached for poster in posters)}")
    totals = {name: sum(getattr(each, name) for each in kept) for name in ("acknowledged", "lost", "wrong", "doubled")}
    click.echo(", ".join(f"{count:,} {name}" for name, count in totals.items()))
    bad = totals["lost"] + totals["wrong"] + totals["doubled"]
    odd = set(answers) - AS_THEY_SHOULD
    if odd:
        click.echo(f"answers that no device should get: {sorted(odd)}")
    return 1 if bad or odd or not totals["acknowledged"] else 0


if __name__ == "__main__":
    main()
