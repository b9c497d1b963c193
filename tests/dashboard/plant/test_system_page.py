"""A platform administrator sees how Loadstar is, also when parts of it are away; nobody else sees anything of it."""

import json
import re
import subprocess
import sys
import time
from datetime import timedelta

import psutil
import pytest
from sqlalchemy.engine import make_url

from config import settings as configuration
from config.settings import Settings
from dashboard.figures.wording import THIN
from dashboard.plant import system_facts
from store import disks
from store.errors import StoreAway
from store.records.jobs import asking, figures, kinds, lease, working
from store.records.jobs.kinds import TIDYING, Nothing, Problem
from store.records.plant import broker_states, brokers
from store.records.plant.broker_states import Noted
from store.records.plant.brokers import Description, Subscription
from store.records.schema.columns import now
from store.scope import SYSTEM
from store.series.health import TableHealth
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import call, said
from tests.dashboard.world import World

METRICS = """
# TYPE loadstar_queue_rows gauge
loadstar_queue_rows{pid="1"} 3.0
loadstar_queue_rows{pid="2"} 4.0
# TYPE loadstar_store_up gauge
loadstar_store_up{pid="1"} 1.0
# TYPE loadstar_readings counter
loadstar_readings_total{verdict="accepted"} 100.0
loadstar_readings_total{verdict="rejected"} 2.0
# TYPE loadstar_requests counter
loadstar_requests_total{path="/x",status="202"} 50.0
loadstar_requests_total{path="/x",status="503"} 1.0
"""


@pytest.fixture
def questdb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.series.health.tables", lambda: [TableHealth("telemetry", True, 7, "DISK FULL")])
    monkeypatch.setattr("store.series.health.full", lambda _settings: "QuestDB has suspended telemetry")
    monkeypatch.setattr("store.series.health.build", lambda: "QuestDB 9")


def test_the_page_shows_stores_disk_and_versions(world: World, questdb: None) -> None:
    page = world.client("root").get("/admin/system").get_data(as_text=True)
    for words in (
        "QuestDB has suspended telemetry",
        "does not answer",
        "SQLite",
        "revision",
        "GB free",
        "QuestDB 9",
        "Loadstar",
    ):
        assert words in page


def test_a_store_that_is_away_hides_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreAway("QuestDB cannot be reached")

    for name in ("tables", "build"):
        monkeypatch.setattr(f"store.series.health.{name}", away)
    browser = world.client("root")
    page = browser.get("/admin/system").get_data(as_text=True)
    assert "QuestDB cannot be reached" in page
    assert "GB free" in page
    again = call(browser, ["system-parts.children"], {"system-interval.n_intervals": 1}, {})
    assert "QuestDB cannot be reached" in said(again)


def test_it_shows_what_waits_what_runs_how_it_went_and_who_keeps_the_clock(
    world: World, questdb: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.client("root")
    page = browser.get("/admin/system").get_data(as_text=True)
    assert "No worker keeps the clock" in page
    assert "No jobs within the last day" in page
    lease.take(SYSTEM, lease.CLOCK, "here 42 boot/1 7", None)
    for problem in (None, Problem.TOO_LONG):
        asking.ask(SYSTEM, TIDYING, Nothing())
        job = working.claim(SYSTEM, "w", ["aggregation"], kinds.KINDS)
        assert job and job.claim
        working.fail(SYSTEM, job.claim, problem) if problem else working.finish(SYSTEM, job.claim, None)
    asking.ask(SYSTEM, TIDYING, Nothing(), not_before=now() - timedelta(minutes=5))
    page = browser.get("/admin/system").get_data(as_text=True)
    for words in ("here 42 keeps the clock", "Aggregation", "behind", "5 min", "Tidying", "some failed"):
        assert words in page
    steady = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: steady + 100)
    assert "The clock has stood still for 2 min; here 42 kept it" in browser.get("/admin/system").get_data(as_text=True)


def test_every_queue_and_every_kind_of_work_has_a_name(world: World, questdb: None, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "of_another_version"
    waiting = [figures.Waiting(queue, due=1, waits_s=2.0, running=1) for queue in (*kinds.Queue, other)]
    ended = [figures.Ended(kind, done=1, failed=0, mean_s=1.0, longest_s=1.0) for kind in (*kinds.KINDS, other)]
    monkeypatch.setattr(figures, "queues", lambda _scope: waiting)
    monkeypatch.setattr(figures, "ended", lambda _scope, _since: ended)
    page = shown(world.client("root"), "/admin/system")
    unnamed = re.findall(r'"children": "(\w+)"}, "type": "Code"', page)
    assert [name for name in unnamed if name in {*kinds.Queue, *kinds.KINDS, other}] == [other, other]


def test_it_shows_how_it_goes_with_brokers(world: World, questdb: None) -> None:
    browser = world.client("root")
    assert "No broker is listened to" in browser.get("/admin/system").get_data(as_text=True)
    names = ("Cellar", "Roof", "Yard")
    topics = [Subscription("tele/#", "tasmota")]
    cellar, roof, yard = (
        brokers.create_broker(SYSTEM, world.site, Description(name, "broker.example.org", topics)).id for name in names
    )
    noted = Noted(now() - timedelta(minutes=5), None, now(), 90.0, 1234, 7, 1200, 34)
    broker_states.note_state(SYSTEM, cellar, noted)
    broker_states.note_state(SYSTEM, roof, noted._replace(trouble="the broker refuses: not authorized", messages_a_minute=0.0))
    page = browser.get("/admin/system").get_data(as_text=True)
    for words in ("1 of 3 connected", "1.5", "2,400", "1,234", "about to be listened to", "not authorized", "s ago"):
        assert words.replace(",", THIN) in page, words
    brokers.archive_broker(SYSTEM, yard)
    assert "1 of 2 connected" in browser.get("/admin/system").get_data(as_text=True)


def test_the_disks_of_database_servers_are_shown_where_they_are_mounted_and_else_how_to(
    world: World, questdb: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = {"records_volume": world.settings.home, "questdb_external": True}
    monkeypatch.setattr(disks, "_url", lambda _text: make_url("postgresql://db.example.org/loadstar"))
    configuration.use(world.settings.model_copy(update=servers))
    try:
        page = world.client("root").get("/admin/system").get_data(as_text=True)
    finally:
        configuration.use(world.settings)
    assert "Disk of the records" in page
    assert page.count("GB free") == 2
    assert "Disk of QuestDB" in page
    assert "set LOADSTAR_QUESTDB_VOLUME to where" in page


@pytest.mark.parametrize("who", ["admin", "operator", "resident"])
def test_only_platform_administrators_see_it(world: World, who: str) -> None:
    browser = world.client(who)
    assert browser.get("/admin/system").status_code == 404
    assert call(browser, ["system-parts.children"], {"system-interval.n_intervals": 1}, {}).status_code == 404


def test_the_device_apis_figures_are_of_all_its_processes_and_replicas() -> None:
    assert system_facts.read_metrics([METRICS]) == system_facts.DeviceApi(True, 1, 0, 7, 100, 2, 51, 1)
    assert system_facts.read_metrics([METRICS, METRICS]) == system_facts.DeviceApi(True, 2, 0, 14, 200, 4, 102, 2)
    for silent in (None, "", "<html>"):
        assert system_facts.read_metrics([METRICS, silent]) == system_facts.DeviceApi(False, 2, 1, 7, 100, 2, 51, 1)
    refusing = METRICS.replace('loadstar_store_up{pid="1"} 1.0', 'loadstar_store_up{pid="1"} 0.0')
    assert refusing != METRICS
    assert not system_facts.read_metrics([METRICS, refusing]).up
    assert not system_facts.read_metrics([]).up


def test_each_address_of_a_name_is_a_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(host: str, port: int, **_more: object) -> list[object]:
        if host == "gone":
            raise OSError("no such name")
        return [(2, 1, 6, "", (at, port)) for at in {"devices": ("10.0.0.2", "10.0.0.3", "10.0.0.2")}.get(host, (host,))]

    monkeypatch.setattr(system_facts.socket, "getaddrinfo", found)
    named = Settings(device_replicas="devices:8086,gone:8086,10.0.0.9:8087")
    assert system_facts.replicas(named) == [("10.0.0.2", 8086), ("10.0.0.3", 8086), ("10.0.0.9", 8087)]
    assert system_facts.replicas(Settings(device_host="0.0.0.0")) == [("127.0.0.1", 8086)]


def test_a_process_is_known_by_more_than_its_number(world: World) -> None:
    run = world.settings.home / "run"
    run.mkdir()
    mine = psutil.Process()
    started = (system_facts.Path(f"/proc/{mine.pid}/stat").read_text().rpartition(")")[2].split())[system_facts.START_TICKS]
    boot = system_facts.BOOT.read_text().strip()
    (run / "dashboard.pid").write_text(json.dumps({"pid": mine.pid, "started": started, "boot": boot}))
    (run / "worker.pid").write_text(json.dumps({"pid": mine.pid, "started": "1", "boot": boot}))
    (run / "feed.pid").write_text("{")
    (run / "supervisord.pid").write_text((run / "dashboard.pid").read_text())
    with subprocess.Popen([sys.executable, "-c", "print(end='.', flush=True); input()"], stdin=-1, stdout=-1) as child:
        assert child.stdout
        child.stdout.read(1)
        found = {each.name: each for each in system_facts.processes(world.settings)}
        child.kill()
    assert found["dashboard"].pid == mine.pid
    assert found["dashboard"].memory > found["supervisord"].memory > 0, "what it starts stands in the list itself"
    assert found["worker"].pid is found["feed"].pid is None
