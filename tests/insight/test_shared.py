"""What computing once promises."""

import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from diskcache import Cache

from config import language
from insight.shared import RENEWERS, REST, Shared
from tests.conftest import PATIENT_S, eventually


def test_whoever_asks_at_the_same_time_shares_one_answer() -> None:
    shared, calls, started = Shared(), [], threading.Barrier(8)

    def compute() -> int:
        calls.append(1)
        time.sleep(0.05)
        return 7

    answers: list[int] = []

    def ask() -> None:
        started.wait()
        answers.append(shared.get("key", 10, compute))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [7] * 8
    assert len(calls) == 1


def test_an_answer_is_kept_no_longer_than_said() -> None:
    shared = Shared()
    assert shared.get("key", 0.0, lambda: 1) == 1
    assert shared.get("key", 60.0, lambda: 2) == 2
    assert shared.get("key", 60.0, lambda: 3) == 2


def test_a_failure_reaches_the_asker_and_is_forgotten() -> None:
    shared = Shared()
    with pytest.raises(ZeroDivisionError):
        shared.get("key", 60.0, lambda: 1 // 0)
    assert shared.get("key", 60.0, lambda: 5) == 5


def test_what_nobody_waits_for_is_computed_once_by_a_thread() -> None:
    shared, calls, go = Shared(), [], threading.Event()

    def compute() -> int:
        calls.append(threading.current_thread().name)
        assert go.wait(PATIENT_S)
        return 7

    assert [shared.soon("key", 60.0, compute, 60.0) for _ in range(3)] == [None] * 3
    go.set()
    assert eventually(lambda: shared.soon("key", 60.0, compute, 60.0)) == 7
    assert len(calls) == 1
    assert calls[0].startswith("renew")


def test_what_nobody_waits_for_and_fails_is_tried_again() -> None:
    shared = Shared()
    assert shared.soon("key", 60.0, lambda: 1 // 0, 60.0) is None
    assert eventually(lambda: shared.soon("key", 60.0, lambda: 5, 60.0)) == 5


def test_only_so_many_answers_are_kept() -> None:
    shared = Shared(kept=3)
    for key in range(10):
        shared.get(key, 60.0, lambda key=key: key)
    assert len(shared._answers) == 3


def test_an_answer_that_may_be_stale_is_given_at_once_and_renewed_behind() -> None:
    shared, renewed = Shared(), threading.Event()
    assert shared.get("key", 0.0, lambda: 1, stale_s=60.0) == 1

    def slow() -> int:
        renewed.wait(PATIENT_S)
        return 2

    assert shared.get("key", 60.0, slow, stale_s=60.0) == 1
    assert shared.get("key", 60.0, slow, stale_s=60.0) == 1
    renewed.set()
    eventually(lambda: shared.get("key", 60.0, slow, stale_s=60.0) == 2)


def test_a_renewal_that_fails_keeps_the_old_answer_until_it_is_too_old() -> None:
    shared = Shared()
    assert shared.get("key", 0.0, lambda: 1, stale_s=0.2) == 1
    assert shared.get("key", 0.0, lambda: 1 // 0, stale_s=0.2) == 1
    deadline = time.monotonic() + PATIENT_S
    while True:
        try:
            assert shared.get("key", 0.0, lambda: 1 // 0, stale_s=0.2) == 1
        except ZeroDivisionError:
            break
        assert time.monotonic() < deadline


def test_renewing_for_ever_opens_no_more_files(tmp_path: Path) -> None:
    cache, asked = Cache(str(tmp_path)), Shared()
    renewed = []

    def compute() -> int:
        cache.set("value", len(renewed))  # each thread that does so opens the cache's database for itself
        renewed.append(threading.get_ident())
        return len(renewed)

    opened = []
    for _ in range(300):
        before = len(renewed)
        eventually(lambda before=before: asked.get("key", 0.0, compute, stale_s=60.0) is not None and len(renewed) > before)
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    cache.close()
    assert len(set(renewed)) <= RENEWERS + 1
    assert max(opened) - opened[0] <= 4 * RENEWERS


def test_what_took_long_rests_before_it_is_renewed_and_what_is_live_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr("insight.shared.time", SimpleNamespace(monotonic=lambda: moment[0]))
    shared, asked = Shared(), list[str]()

    def slow(name: str) -> str:
        asked.append(name)
        moment[0] += 3.0
        return name

    for name, stale_s in (("day", 20.0), ("live", 0.0)):
        shared.get(name, 1.0, partial(slow, name), stale_s)
    moment[0] += 3.0 * REST - 3.0 - 0.1  # of the day, which was ready three seconds before
    shared.get("day", 1.0, partial(slow, "day"), 20.0)
    shared.get("live", 1.0, partial(slow, "live"))
    assert asked == ["day", "live", "live"]


def test_an_answer_is_shared_within_a_language_and_renewed_in_it() -> None:
    shared = Shared()
    assert shared.get("key", 0.0, language.spoken, stale_s=60.0) == "en"
    with language.speaking("de"):
        assert shared.get("key", 0.0, language.spoken, stale_s=60.0) == "de"
        renewed = threading.Event()
        shared.get("key", 60.0, lambda: (language.spoken(), renewed.set()), stale_s=60.0)
        assert renewed.wait(PATIENT_S)
        eventually(lambda: shared.get("key", 60.0, str, stale_s=60.0) == ("de", None))
    assert shared.get("key", 60.0, str, stale_s=60.0) == "en"
