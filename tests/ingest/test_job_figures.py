"""Prometheus is told how the jobs are, and that it cannot be told, at a cost that does not grow with who asks."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from config import settings as configuration
from ingest import job_figures
from store.errors import StoreAway
from store.records.jobs import asking, figures, kinds, lease, working
from store.records.jobs.kinds import TIDYING, Nothing, Problem
from store.scope import SYSTEM
from tests.records import fresh


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret"))
    configuration.use(made)
    fresh(made.records_url)
    monkeypatch.setattr(job_figures, "_told", None)


def told() -> dict[tuple[str, ...], float]:
    text = job_figures.text().decode()
    return {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def test_queues_failures_run_times_and_the_clock_are_told() -> None:
    lease.take(SYSTEM, lease.CLOCK, "here", None)
    for problem in (None, None, Problem.BROKE):
        asking.ask(SYSTEM, TIDYING, Nothing())
        job = working.claim(SYSTEM, "w", ["aggregation"], kinds.KINDS)
        assert job and job.claim
        working.fail(SYSTEM, job.claim, problem) if problem else working.finish(SYSTEM, job.claim, None)
    for _ in range(3):
        asking.ask(SYSTEM, TIDYING, Nothing())
    working.claim(SYSTEM, "w", ["aggregation"], kinds.KINDS)
    found = told()
    assert found["loadstar_jobs_up",] == 1
    assert found["loadstar_jobs_waiting", "aggregation"] == 2
    assert found["loadstar_jobs_running", "aggregation"] == 1
    assert found["loadstar_jobs_wait_seconds", "aggregation"] >= 0
    assert (found["loadstar_jobs_done_lately", "tidying"], found["loadstar_jobs_failed_lately", "tidying"]) == (2, 1)
    assert found["loadstar_jobs_seconds_lately", "tidying"] >= 0
    assert found["loadstar_clock_turns",] == 1


def test_records_that_are_away_are_told_and_asked_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away(_scope: object) -> None:
        asked.append(1)
        raise StoreAway("no answer")

    monkeypatch.setattr(figures, "queues", away)
    for _ in range(20):
        assert told() == {("loadstar_jobs_up",): 0.0}
    assert len(asked) == 1
