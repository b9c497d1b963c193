import logging

import pytest

from store.errors import StoreAway
from worker.main import Job


def test_a_store_that_is_away_is_said_once_and_its_return_once(caplog: pytest.LogCaptureFixture) -> None:
    away = [True, True, True, False, False]

    def work() -> None:
        if away.pop(0):
            raise StoreAway("no answer")

    job = Job("the rollup", work)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            job()
    assert [record.message for record in caplog.records] == [
        "the rollup waits for the store: no answer",
        "the rollup goes on: the store is back",
    ]


def test_a_job_that_fails_is_told_whole_and_does_not_end_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise ZeroDivisionError("a mistake")

    Job("the rollup", work)()
    assert "a mistake" in caplog.text
    assert "tried again" in caplog.text
