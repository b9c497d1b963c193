"""What QuestDB does not show yet is remembered, and told to the neighbours on the same machine."""

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store.series.unapplied import DOUBT, MARGIN, REMEMBERED, SLOTS, Flush, Ring, Unapplied
from store.series.write import Key

PROJECT = Path(__file__).resolve().parents[3]


def flush(rows: dict[Key, float], began: int = 0, ended: int | None = None) -> Flush:
    return Flush(began, began + 1 if ended is None else ended, rows)


def test_what_was_noted_is_found_until_it_can_be_read() -> None:
    memory = Unapplied()
    memory.note(flush({(1, 10): 1.5, (2, 10): 2.5}))
    assert memory.find([(1, 10), (3, 10)]) == {(1, 10): 1.5}
    memory.forget({"telemetry": (6, 7)})  # the seventh transaction is committed, the sixth can be read
    assert memory.find([(2, 10)]) == {(2, 10): 2.5}
    memory.note(flush({(2, 10): 3.5}))
    assert memory.find([(2, 10)]) == {(2, 10): 3.5}
    memory.forget({"telemetry": (7, 8)})
    assert memory.find([(1, 10), (2, 10)]) == {(2, 10): 3.5}
    memory.forget({"telemetry": (8, 8)})
    assert memory.find([(2, 10)]) == {}
    assert len(memory) == 0


def test_what_may_or_may_not_be_stored_equals_nothing() -> None:
    memory = Unapplied()
    memory.note(flush({(1, 10): 1.5}))
    memory.note(flush({(1, 10): DOUBT}, 1))
    assert math.isnan(memory.find([(1, 10)])[1, 10])


def test_memory_is_bounded() -> None:
    memory = Unapplied()
    for start in range(0, 2 * REMEMBERED, 50_000):
        memory.note(flush({(1, at): 0.0 for at in range(start, start + 50_000)}))
        memory.forget({"telemetry": (0, start + 1)})  # nothing can ever be read
    assert len(memory) <= REMEMBERED


def test_neighbours_hear_of_each_other(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "999999999.ring", create=True)  # another process
    memory = Unapplied(tmp_path)
    ring.publish(flush({(1, 10): 1.5, (2, 20): -0.0}))
    memory.hear()
    assert memory.find([(1, 10), (2, 20), (3, 30)]) == {(1, 10): 1.5, (2, 20): -0.0}


@pytest.mark.parametrize(
    ("ours", "theirs", "last"),
    [((10, 20), (20, 30), 2.5), ((20, 30), (10, 20), 1.5), ((10, 20), (15, 25), DOUBT), ((15, 25), (10, 30), DOUBT)],
)
def test_of_two_values_the_later_counts_and_neither_when_they_overlapped(
    ours: tuple[int, int], theirs: tuple[int, int], last: float, tmp_path: Path
) -> None:
    ring = Ring(tmp_path / "999999999.ring", create=True)
    memory = Unapplied(tmp_path)
    memory.note(flush({(1, 10): 1.5, (2, 10): 1.5}, *ours))
    ring.publish(flush({(1, 10): 2.5, (2, 10): 1.5}, *theirs))
    memory.hear()
    found = memory.find([(1, 10), (2, 10)])
    assert found[1, 10] == last or (math.isnan(last) and math.isnan(found[1, 10]))
    assert found[2, 10] == 1.5  # the same value, whoever was last


def test_a_doubt_is_lifted_by_a_later_flush(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "999999999.ring", create=True)
    memory = Unapplied(tmp_path)
    memory.note(flush({(1, 10): 1.5}, 10, 20))
    ring.publish(flush({(1, 10): 2.5}, 15, 25))
    ring.publish(flush({(1, 10): 3.5}, 30, 31))
    memory.hear()
    assert memory.find([(1, 10)]) == {(1, 10): 3.5}


def test_a_process_that_begins_does_not_believe_old_news(tmp_path: Path) -> None:
    Ring(tmp_path / "999999999.ring", create=True).publish(flush({(1, 10): 1.5}))
    assert Unapplied(tmp_path).find([(1, 10)]) == {}


def test_a_neighbour_that_begins_later_is_heard_too(tmp_path: Path) -> None:
    memory = Unapplied(tmp_path)
    memory.hear()
    ring = Ring(tmp_path / "999999999.ring", create=True)
    ring.publish(flush({(1, 10): 1.5}))
    memory.hear()
    assert memory.find([(1, 10)]) == {(1, 10): 1.5}


def test_a_ring_goes_round_and_keeps_flushes_apart(tmp_path: Path) -> None:
    writer = Ring(tmp_path / "1.ring", create=True)
    reader = Ring(tmp_path / "1.ring", create=False)
    at = 0
    while at < 3 * SLOTS:
        sent = [flush({(7, n): float(n) for n in range(start, start + 5_000)}, start) for start in (at, at + 5_000)]
        for each in sent:
            writer.publish(each)
        assert reader.news() == sent
        at += 10_000
    assert reader.news() == []


def test_a_reader_that_was_too_slow_gets_only_what_is_whole(tmp_path: Path) -> None:
    writer = Ring(tmp_path / "1.ring", create=True)
    reader = Ring(tmp_path / "1.ring", create=False)
    count = SLOTS + 5 * MARGIN
    writer.publish(flush({(7, at): float(at) for at in range(count)}))
    (news,) = reader.news()
    assert news.rows == {(7, at): float(at) for at in range(count - len(news.rows), count)}
    assert len(news.rows) == SLOTS - MARGIN


def test_two_processes_hear_each_other_at_speed(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from store.series.unapplied import Flush, Ring
ring = Ring(Path({str(tmp_path / "1.ring")!r}), create=True)
print(flush=True)
for at in range(0, 400_000, 500):
    ring.publish(Flush(at, at + 1, {{(at, at + n): float(at + n) for n in range(500)}}))
"""
    writer = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    reader = Ring(tmp_path / "1.ring", create=False)
    heard = 0
    deadline = time.monotonic() + 60
    while reader.read_to < 400_000:
        for each in reader.news():
            for (series, at), value in each.rows.items():
                assert at == value
                assert series == each.began == at - at % 500
                heard += 1
        assert time.monotonic() < deadline
    writer.wait()
    writer.stdout.close()
    assert heard > 0


def test_rings_of_processes_long_gone_are_swept(tmp_path: Path) -> None:
    old, own = tmp_path / "999999998.ring", tmp_path / f"{os.getpid()}.ring"
    Ring(old, create=True)
    os.utime(old, (1, 1))
    memory = Unapplied(tmp_path)
    assert not old.exists()
    assert own.exists()
    memory.close()
    assert not own.exists()
