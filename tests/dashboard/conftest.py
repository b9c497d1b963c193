"""The small true world of the dashboard's tests: made once, copied for each test."""

import functools
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash._hooks import HooksManager
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, sync_playwright
from pydantic import SecretStr
from werkzeug.routing import Rule

from cli import machine
from cli.screens import CHROMIUM_ARGS
from config import settings as configuration
from config.settings import Settings
from insight.shared import shared
from store.records.plant import regions
from store.records.schema import Site
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.listening import listening
from tests.dashboard.watched import LOS_ANGELES
from tests.dashboard.world import World, make_records, world_of
from tests.records import fresh
from worker.pool import Pool, lanes
from worker.task import all_tasks

NOBODYS_PORT = 1  # whatever else runs on this machine
# A page is open for seconds here, too short for Chromium's optimising compilers to pay: they take up to a fifth of its work.
LAZY = ("--js-flags=--no-maglev --no-turbofan",)


def _settings(home: Path) -> Settings:
    return configuration.load(
        home=home,
        demo=False,
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        database_url=f"sqlite:///{home}/records.sqlite3",
        **dict.fromkeys(("device_port", "questdb_http_port", "questdb_pg_port", "questdb_health_port"), NOBODYS_PORT),
    )


class _Compiled(BytecodeCache):
    """Templates, once an application has compiled them."""

    def __init__(self) -> None:
        self._codes: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(autouse=True, scope="session")
def _applications_are_compiled_once() -> Iterator[None]:
    """Many tests have an application of their own: its addresses and templates, the same each time, were half of their work.

    So are Dash's plug-ins, for which it reads what is said of every installed package.
    """
    compile_builder = Rule._compile_builder
    builders: dict[tuple[object, ...], Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        which = (rule.rule, *rule._trace, append_unknown)
        if which not in builders:
            builders[which] = compile_builder(rule, append_unknown)
        return builders[which]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", compiled)
        patched.setattr(HooksManager, "register_setuptools", functools.cache(HooksManager.register_setuptools))
        patched.setattr(Flask, "jinja_options", {"bytecode_cache": _Compiled()})
        yield


@pytest.fixture(autouse=True)
def _nothing_outlives_a_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No answer is kept for the next test, and no thread asks the records of this one when they are gone."""
    if "makes_ready" not in request.keywords:
        monkeypatch.setattr("dashboard.live.first_screen.prepare", lambda *_: None)
    yield
    shared.clear()


@pytest.fixture(scope="session")
def first_records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Records with people and sites in them: hashing their passwords takes a while, so once."""
    home = tmp_path_factory.mktemp("records")
    configuration.use(_settings(home))
    ids = make_records(_settings(home))
    engine.configure("sqlite://")  # closes the file, so that it is whole
    return home / "records.sqlite3", ids


@pytest.fixture
def dashboard_settings(tmp_path: Path) -> Settings:
    """Settings of a dashboard without a QuestDB, in force while the test runs."""
    made = _settings(tmp_path)
    configuration.use(made)
    return made


@pytest.fixture
def worker(dashboard_settings: Settings) -> Iterator[None]:
    """A worker that does jobs of these records, while the test runs."""
    yield from working(dashboard_settings)


def working(settings: Settings) -> Iterator[None]:
    pool = Pool(settings, all_tasks(), lanes(settings))
    pool.start()
    yield
    pool.end()
    pool.join()


@pytest.fixture
def world(dashboard_settings: Settings, first_records: tuple[Path, dict[str, str]]) -> World:
    """A world of this test's own."""
    file, ids = first_records
    shutil.copy(file, dashboard_settings.home / "records.sqlite3")
    return world_of(dashboard_settings, ids)


@pytest.fixture
def at_work(questdb_tables: Settings, first_records: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A world with a QuestDB and a worker, and where it is served."""
    home = tmp_path / "home"
    home.mkdir()
    made = questdb_tables.model_copy(update={"home": home, "database_url": f"sqlite:///{home}/records.sqlite3"})
    configuration.use(made)
    file, ids = first_records
    shutil.copy(file, home / "records.sqlite3")
    world = world_of(made, ids)
    with listening(world.server) as address:
        for _at_work in working(made):
            yield world, address


@pytest.fixture
def region(world: World, questdb_tables: Settings) -> str:
    """A region of the world's site, on a QuestDB without any prices."""
    made = regions.create_region(SYSTEM, name="Market").id
    with engine.session() as records:
        found = records.get(Site, world.site)
        assert found
        found.region_id = made
    return made


@pytest.fixture
def empty_world(dashboard_settings: Settings) -> World:
    """A Loadstar at its first start: nobody has an account."""
    fresh(dashboard_settings.records_url)
    return world_of(dashboard_settings, {"site": "sit_none", "foreign site": "sit_none"})


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, for one module: while Playwright's event loop runs in this thread, no other may."""
    path = machine.chromium()
    if path is None:
        pytest.skip(f"no Chromium here: what a browser sees was not tested (`apt install {machine.CHROMIUMS[0]}`)")
    with sync_playwright() as playwright:
        # Never in the zone of the server or of a site: what is shown must not depend on where somebody looks from.
        environment = os.environ | {"TZ": LOS_ANGELES}
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_ARGS, *LAZY], env=environment)
        yield browser
        browser.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where this test's world is served."""
    with listening(world.server) as served:
        yield served
