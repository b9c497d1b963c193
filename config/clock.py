"""What time it is, as far as it can be believed.

A machine's clock is set now and then: by hand, by a time server after a start, by a host that was paused. Whoever takes its
word at once stamps readings with times that never were and, a hundred days ahead, deletes what should have been kept. So
Loadstar goes on from the time that it knows by the machine's steady clock (`/proc/uptime`, which nobody can set). A clock
that differs by more than `STEP_S` has been set: the difference is noted, said, and believed once it has lasted `WAIT_S`.
Until then the time is *unsure*: what has a time of its own is judged by the known time, what has none is not stamped.

The processes of a state folder, which may start and end in between, share what is known by its file `clock.json`.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from config.settings import settings

log = logging.getLogger("loadstar.clock")

SECOND = 1_000_000  # microseconds, the unit of all numbers here
STEP_US = 60 * SECOND  # what a clock is put right by at most, rather than set
WAIT_US = 600 * SECOND
NOTE_US = 30 * SECOND  # between notes
LOOK_US = SECOND  # between looks at what the other processes noted while the time is unsure
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_UPTIME = Path("/proc/uptime")


class Note(NamedTuple):
    """What time it was at a moment of the steady clock, in a run of the machine; since when another time is claimed, and which.

    `claimed_us` is the clock's time less the steady clock's, `since_us` is of the steady clock; both 0 when all is well.
    """

    boot: str
    steady_us: int
    now_us: int
    claimed_us: int = 0
    since_us: int = 0


class Step(NamedTuple):
    """The clock has been set: by how much, how long ago, and how long it still has to last to be believed."""

    by: timedelta
    since: timedelta
    left: timedelta


def wall_us() -> int:
    """What the machine's clock says, in microseconds since 1970, whether it can be believed or not."""
    return time.time_ns() // 1000  # noqa: TID251 - here alone it is asked


def _steady() -> tuple[str, Callable[[], int]]:
    """Which run of the machine this is, and a clock of it that nobody sets, the same for all processes."""
    try:
        boot, uptime = _BOOT.read_text().strip(), os.open(_UPTIME, os.O_RDONLY | os.O_CLOEXEC)
        float(os.pread(uptime, 64, 0).split()[0])
    except (OSError, ValueError, IndexError):  # no Linux
        return f"process {os.getpid()}", lambda: time.monotonic_ns() // 1000
    return boot, lambda: int(float(os.pread(uptime, 64, 0).split()[0]) * SECOND)


class Clock:
    """The time of one process. `wall_us` is what the machine says, `steady_us` its steady clock, both in microseconds."""

    def __init__(
        self,
        file: Path | None,
        boot: str,
        steady_us: Callable[[], int],
        wall_us: Callable[[], int] = wall_us,
    ) -> None:
        self._file, self.boot, self.steady_us, self._wall_us = file, boot, steady_us, wall_us
        self._lock = threading.Lock()
        steady, wall = steady_us(), wall_us()
        found = _read(file)
        if found is None:
            known = wall
        elif found.boot == boot and found.steady_us <= steady:
            known = found.now_us + steady - found.steady_us
        else:
            # Another start, of the machine or of a container (whose steady clock begins anew while `boot_id` is its host's).
            # How long it was off only its clock can tell, but time does not go back.
            known = max(wall, found.now_us)
        self._offset = known - steady  # of the known time to the steady clock
        self._claimed = self._since = 0
        self._looked = self._noted = steady - NOTE_US

    def now_us(self) -> int:
        """This moment, in microseconds since 1970."""
        wall, steady = self._wall_us(), self.steady_us()
        if self._claimed or abs(wall - steady - self._offset) > STEP_US:
            self._doubt(wall, steady)
        if not self._claimed:
            self._offset = wall - steady
        if steady - self._noted >= NOTE_US:
            self._note(steady)
        return self._offset + steady

    def step(self) -> Step | None:
        """How the machine's clock differs from the time that is known, while that is so."""
        self.now_us()
        claimed, since = self._claimed, self._since
        if not claimed:
            return None
        lasted = self.steady_us() - since
        by, since_, left = (timedelta(microseconds=us) for us in (claimed - self._offset, lasted, max(0, WAIT_US - lasted)))
        return Step(by, since_, left)

    def _doubt(self, wall: int, steady: int) -> None:
        """The clock says something else than is known: note it, go on waiting, believe it, or find that it is well again."""
        with self._lock:
            claim = wall - steady
            if abs(claim - self._offset) <= STEP_US:
                if self._claimed:
                    log.warning("the machine's clock is back at the time that was known")
                    self._settle(claim, steady)
                return
            new = not self._claimed or abs(claim - self._claimed) > STEP_US
            if new:
                self._claimed, self._since = claim, steady
            if new or steady - self._looked >= LOOK_US:
                self._looked = steady
                self._listen(steady)
            if new and self._claimed:
                log.warning(
                    "the machine's clock was set %s: it is believed if that lasts %s",
                    _said(claim - self._offset),
                    timedelta(microseconds=WAIT_US),
                )
                self._note(steady)
            if self._claimed and steady - self._since >= WAIT_US:
                log.warning("the machine's clock is believed again: %s", EPOCH + timedelta(microseconds=wall))
                self._settle(claim, steady)

    def _listen(self, steady: int) -> None:
        """Take over what another process found out about the same claim: that it is older, or believed by now."""
        found = _read(self._file)
        if found is None or found.boot != self.boot or found.steady_us > steady:
            return
        if not found.claimed_us and abs(found.now_us - found.steady_us - self._claimed) <= STEP_US:
            self._settle(self._claimed, steady)
        elif found.claimed_us and abs(found.claimed_us - self._claimed) <= STEP_US:
            self._since = min(self._since, found.since_us)

    def _settle(self, offset: int, steady: int) -> None:
        self._offset = offset
        self._claimed = self._since = 0
        self._note(steady)

    def _note(self, steady: int) -> None:
        self._noted = steady
        if self._file is None:
            return
        note = Note(self.boot, steady, self._offset + steady, self._claimed, self._since)
        # Not by its process id: containers that share the folder have the same ones.
        draft = self._file.with_name(f".{self._file.name}.{os.urandom(4).hex()}")
        try:
            draft.write_text(json.dumps(note._asdict()))
            draft.replace(self._file)
        except OSError:  # no such folder, or a full disk: the next note is soon
            draft.unlink(missing_ok=True)


def _read(file: Path | None) -> Note | None:
    """What was noted; None when nothing is there that can be understood."""
    if file is None:
        return None
    try:
        note = Note(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    numbers = all(type(number) is int and abs(number) < 2**62 for number in note[1:])
    return note if numbers and isinstance(note.boot, str) else None


def _said(us: int) -> str:
    """A difference in words: `100 days ahead`, `3 hours back`."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if abs(us) >= 1.5 * size * SECOND or unit == "minutes":
            break
    return f"{abs(us) / size / SECOND:.0f} {unit} {'ahead' if us > 0 else 'back'}"


_in_force: list[Clock] = []


def clock() -> Clock:
    """The clock of this process."""
    if not _in_force:
        _in_force.append(Clock(settings().home / "clock.json", *_steady()))
    return _in_force[-1]


def use(made: Clock | None) -> None:
    """Make this the clock of this process; None: the machine's again."""
    _in_force[:] = [made] if made else []


def now_us() -> int:
    """This moment in microseconds since 1970."""
    return clock().now_us()


def now() -> datetime:
    """This moment in UTC."""
    return moment(clock().now_us())


def moment(us: int) -> datetime:
    """The moment that lies so many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=us)


def unsure() -> str | None:
    """Why it is not sure what time it is, in words for whoever runs the machine; None when it is."""
    step = clock().step()
    if step is None:
        return None
    minutes = -(-step.left.total_seconds() // 60)
    return (
        f"the machine's clock was set {_said(step.by // timedelta(microseconds=1))}; until it is right again, or that has lasted "
        f"{minutes:.0f} minutes more, readings without a time are not taken"
    )
