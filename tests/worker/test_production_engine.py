"""Redis tells workers of jobs: what it loses is told again, and what somebody else writes into it does nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config import settings as configuration
from store.errors import StoreAway, StoreFull
from store.records.jobs import asking, figures, kinds, working
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.worker import kinds as ours
from tests.worker.kinds import Folder
from tests.worker.test_worker_kills import Workers
from worker import broker

pytestmark = pytest.mark.redis
LONG_S = 200.0


@pytest.fixture
def workers(folder: Path) -> Iterator[Workers]:
    made = Workers(folder, "production")
    yield made
    made.stop()


def done(job_id: str) -> bool:
    return asking.job(SYSTEM, job_id).state == "done"


def test_what_redis_loses_is_told_again_and_what_others_write_into_it_does_nothing(workers: Workers, folder: Path) -> None:
    first = asking.ask(SYSTEM, ours.ADDS, Folder(str(folder), "first")).id
    eventually(lambda: done(first), within_s=LONG_S)
    consumers = [0, 1]
    for each in consumers:
        workers.processes[each].terminate()
        assert workers.processes[each].wait(60) == 0, workers.log()[-3000:]
    lost = asking.ask(SYSTEM, ours.ADDS, Folder(str(folder), "lost")).id
    eventually(lambda: asking.job(SYSTEM, lost).sent_at, within_s=LONG_S)
    workers.kill(len(workers.processes) - 1)
    others = redis.Redis.from_url(workers.redis_url)
    eventually(lambda: _answers(others), within_s=LONG_S)
    queue = broker.queue_of("report")
    app = broker.broker(configuration.settings().model_copy(update={"redis_url": workers.redis_url}))
    for arguments in ([], ["job_unknown"], [{"id": lost}], ["x" * 100_000], [None], ["job_unknown", "more"]):
        app.send_task(broker.NEWS, arguments, queue=queue)
    app.send_task("os.system", ["touch /tmp/loadstar-was-here"], queue=queue)
    others.lpush(queue, json.dumps({"body": "%%", "headers": {}, "properties": {"delivery_info": {}, "delivery_tag": "1"}}))
    for each in consumers:
        workers.start(each)
    eventually(lambda: done(lost), within_s=LONG_S)
    after = asking.ask(SYSTEM, ours.ADDS, Folder(str(folder), "after")).id
    eventually(lambda: done(after), within_s=LONG_S)
    assert (folder / "began").read_text().split() == ["first", "lost", "after"]
    assert figures.queues(SYSTEM) == []


def _answers(server: redis.Redis) -> bool:
    try:
        return bool(server.ping())
    except redis.ConnectionError:
        return False


def test_without_redis_it_is_said_that_it_is_away_and_the_job_waits(folder: Path) -> None:
    app = broker.broker(configuration.settings().model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    asked = asking.ask(SYSTEM, ours.ADDS, Folder(str(folder)))
    with pytest.raises(StoreAway, match="Redis cannot be reached"):
        broker.tell(app, kinds.KINDS)
    assert asking.job(SYSTEM, asked.id).sent_at is None


def test_of_a_job_of_which_this_cannot_be_noted_nobody_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, told = asking.ask(SYSTEM, ours.ADDS, Folder(str(folder))).id, []
    app = broker.broker(configuration.settings().model_copy(update={"redis_url": "memory://"}))
    monkeypatch.setattr(app, "send_task", lambda _name, given, **_: told.extend(given))

    def refuse(*_given: object, **_named: object) -> None:
        raise StoreFull("the disk that holds the records is full")

    with monkeypatch.context() as full:
        full.setattr(working, "was_sent", refuse)
        for _turn in range(3):
            with pytest.raises(StoreFull):
                broker.tell(app, kinds.KINDS)
    assert told == [], "Redis would have been told four times a second, until it is full itself"
    assert (broker.tell(app, kinds.KINDS), broker.tell(app, kinds.KINDS)) == (1, 0)
    assert told == [asked]


def test_without_an_address_it_says_which_setting_is_missing(folder: Path) -> None:
    with pytest.raises(ValueError, match="LOADSTAR_REDIS_URL"):
        broker.broker(configuration.settings())
