"""Jobs: everyone gets their own answer, no more run than may, and whoever cancels has them gone."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask, g

from config.settings import Settings
from dashboard.forecasting.jobs import WAITING, Jobs, plain_scope, plain_settings, progress_key, scope_from
from insight.forecast.places import Places
from store.errors import NotFound
from store.scope import NOBODY, SYSTEM, Role, Scope
from tests.conftest import eventually
from tests.dashboard.forecasting import asked

ANN = Scope(user_id="usr_ann", site_ids=frozenset({"sit_1"}))
BOB = Scope(user_id="usr_bob", meter_ids=frozenset({"mtr_1"}), part_site_ids=frozenset({"sit_1"}), role=Role.VIEWER)


class Office:
    """Starts jobs as a request of some person would."""

    def __init__(self, settings: Settings) -> None:
        self.jobs = Jobs(settings)
        self.app = Flask("test")
        self.started: list[str] = []

    def ask(self, scope: Scope, function: Callable[..., Any], *args: Any) -> tuple[str, str]:
        key = self.jobs.build_cache_key(function, args, [], None)
        with self.app.test_request_context():
            g.scope = scope
            job = self.jobs.call_job_fn(key, self.jobs.make_job_fn(function, True), list(args), {"cookies": {"loadstar": "x"}})
        self.started.append(job)
        return key, job

    def answer(self, key: str, job: str) -> Any:
        eventually(lambda: self.jobs.result_ready(key), within_s=150)
        return self.jobs.get_result(key, job)


@pytest.fixture
def office(dashboard_settings: Settings) -> Iterator[Office]:
    made = Office(dashboard_settings)
    yield made
    for job in made.started:
        made.jobs.terminate_job(job)


def test_two_people_who_ask_the_same_at_once_each_get_their_own_answer(office: Office) -> None:
    asked_by = {scope.user_id: office.ask(scope, asked.who, "same") for scope in (ANN, BOB)}
    answers = {user: office.answer(*each) for user, each in asked_by.items()}
    assert {user: answer[:2] for user, answer in answers.items()} == {
        "usr_ann": ["usr_ann", "same"],
        "usr_bob": ["usr_bob", "same"],
    }
    assert answers["usr_ann"][2] != answers["usr_bob"][2] != os.getpid()


def test_a_rule_is_asked_before_anything_starts(office: Office) -> None:
    for scope, function, args in (
        (NOBODY, asked.who, ["x"]),
        (ANN, asked.of_site, ["sit_2"]),
        (ANN, asked.of_site, [None]),
        (SYSTEM, asked.without_rule, []),
    ):
        with pytest.raises(NotFound):
            office.ask(scope, function, *args)
    assert office.started == []


def test_a_cancelled_job_is_gone_and_so_is_what_it_held(office: Office, tmp_path: Path) -> None:
    key, job = office.ask(ANN, asked.wait_for, str(tmp_path))
    eventually(lambda: list(tmp_path.glob("*.started")), within_s=150)
    assert office.jobs.job_running(job)
    assert eventually(lambda: office.jobs.get_progress(key)) == ["half way"]
    office.jobs.terminate_job(job)
    assert not office.jobs.job_running(job)
    assert not psutil.pid_exists(int(job)) or psutil.Process(int(job)).status() == psutil.STATUS_ZOMBIE
    assert office.jobs.get_result(key, job) is office.jobs.UNDEFINED
    everything = Places(office.jobs.settings.home / "cache" / "forecasts", "job", office.jobs.settings.forecast_at_once + WAITING)
    held = [everything.take() for _ in range(everything.count)]
    assert None not in held
    for place in held:
        assert place is not None
        os.close(place)


def test_no_more_jobs_than_may_be_are_started_and_the_next_is_told_at_once(office: Office, tmp_path: Path) -> None:
    most = office.jobs.settings.forecast_at_once + WAITING
    folder = office.jobs.settings.home / "cache" / "forecasts"
    held = [Places(folder, "job", most).take() for _ in range(most)]  # as other processes of the dashboard would
    key, job = office.ask(ANN, asked.who, "x")
    assert office.jobs.get_result(key, job) == "too many"
    assert not office.jobs.job_running(job)
    assert held[0] is not None
    os.close(held[0])
    key, job = office.ask(ANN, asked.who, "x")
    assert office.answer(key, job)[0] == "usr_ann"
    for place in held[1:]:
        assert place is not None
        os.close(place)


def test_what_breaks_is_said_without_its_secrets(office: Office) -> None:
    answer = office.answer(*office.ask(ANN, asked.break_down, "password"))
    assert "break_down failed" in answer["background_callback_error"]["msg"]
    assert "password" not in str(answer)


def test_another_programs_number_is_never_ended(office: Office) -> None:
    office.jobs.terminate_job(os.getpid())
    office.jobs.terminate_job("1")
    office.jobs.terminate_job(None)
    assert not office.jobs.job_running(os.getpid())


def test_the_cache_is_its_owners_alone_and_holds_nothing_pickled(office: Office) -> None:
    folder = office.jobs.settings.home / "cache" / "forecasts"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in folder.rglob("*") if file.is_file()} == {0}
    with pytest.raises(TypeError):
        office.jobs.handle.set("x", object())


def test_scopes_and_settings_survive_the_way_to_a_job(office: Office) -> None:
    for scope in (ANN, BOB, SYSTEM, NOBODY):
        assert scope_from(plain_scope(scope)) == scope
    plain = plain_settings(office.jobs.settings)
    assert Settings(**plain) == office.jobs.settings


def test_the_key_of_progress_is_the_one_that_dash_asks_for(office: Office) -> None:
    assert progress_key("k") == office.jobs._make_progress_key("k")
