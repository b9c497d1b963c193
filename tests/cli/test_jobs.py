"""`loadstar jobs`: whoever types it sees every job, calls one off, and has one run again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from cli.jobs import jobs
from config import settings as configuration
from store.records.access import audit
from store.records.jobs import asking, kinds, working
from store.records.jobs.kinds import AUDIT_CHECK, TIDYING, Nothing, Problem
from store.records.people import users
from store.records.transaction import engine
from store.scope import SYSTEM, Scope
from tests.records import fresh


@pytest.fixture(autouse=True)
def records(tmp_path: Path) -> Iterator[None]:
    configuration.use(configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret")))
    fresh(configuration.settings().records_url)
    yield
    engine.configure()


def _typed(*words: str) -> Result:
    return CliRunner().invoke(jobs, words)


def test_jobs_are_listed_with_what_became_of_them_the_newest_first() -> None:
    assert _typed().output == "No jobs.\n"
    person = users.create_user(SYSTEM, email="a@example.org", name="A", password=None, platform_admin=True).id
    failed = asking.ask(SYSTEM, TIDYING, Nothing())
    claimed = working.claim(SYSTEM, "w", ["aggregation"], kinds.KINDS)
    assert claimed and claimed.claim
    working.fail(SYSTEM, claimed.claim, Problem.TOO_LONG)
    waits = asking.ask(Scope(person, platform_admin=True, everything=True), AUDIT_CHECK, Nothing())
    heads, first, second = _typed().output.splitlines()
    assert heads.split()[:4] == ["ID", "Kind", "Queue", "State"]
    assert first.startswith(waits.id) and first.endswith(person) and "queued" in first
    assert second.startswith(failed.id) and second.endswith("Loadstar") and "failed: too_long" in second
    assert waits.id not in _typed("--state", "failed").output
    assert failed.id not in _typed("--queue", "report").output
    assert _typed("--state", "lost").exit_code == 2


def test_one_is_called_off_and_run_again_and_the_log_says_who_did_it() -> None:
    person = users.create_user(SYSTEM, email="a@example.org", name="A", password=None, platform_admin=True).id
    asked = asking.ask(Scope(person, platform_admin=True, everything=True), AUDIT_CHECK, Nothing()).id
    assert "has not ended" in _typed("again", asked).output
    assert _typed("cancel", asked).output == f"{asked} is called off.\n"
    assert _typed("cancel", asked).output == f"{asked} has ended already.\n"
    anew = _typed("again", asked).output.split()[0]
    assert asking.job(SYSTEM, anew).user_id == person
    entries = {each.action: each.actor for each in audit.entries(SYSTEM)}
    assert entries["cancelled"] == entries["run_again"] == audit.COMMAND_LINE
    unknown = _typed("cancel", "job_unknown")
    assert (unknown.exit_code, unknown.output) == (1, "Error: No job job_unknown\n")
