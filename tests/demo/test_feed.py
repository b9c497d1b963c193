"""The demo's devices post to the real device API, and what they post is the replay."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest

from demo import feed as feeding
from demo import plant, state
from demo.campus import campus
from demo.feed import Away, Feed
from demo.homes import homes
from store.series import connection, rollup
from tests.conftest import PATIENT_S, eventually
from tests.demo.conftest import Demo
from tests.ingest.world import PROJECT, Api, environment

PLANTS = (campus(), homes())


@pytest.fixture
def feed(demo: Demo) -> Iterator[Feed]:
    """A feed that has posted until the history's end."""
    made = Feed.of(demo.settings, demo.known, until(demo))
    yield made
    made.close()


def until(demo: Demo) -> int:
    return state.read_posted(demo.settings)["campus/grid"]


def stored(demo: Demo, site: plant.Plant, key: tuple[str, str], at: int) -> float | None:
    meter, quantity = key
    moment = (at - 5 if plant.is_energy(quantity) else at) * 1_000_000
    rows = connection.query(
        "SELECT value FROM telemetry WHERE meter = %s AND quantity = %s AND ts = %s::TIMESTAMP AND source != 'replay'",
        (demo.known.series[site.key][meter], quantity, moment),
    )
    return rows[0][0] if rows else None


def newest(since: datetime) -> float:
    """When the newest sample was taken of those that came through the device API since a moment; 0 without any."""
    rows = connection.query(
        "SELECT max(ts) FROM telemetry WHERE source != 'replay' AND quantity = 'power_kw' AND received_at > %s AND ts < %s",
        (since, datetime.now(UTC)),
    )
    return float(rows[0][0].timestamp()) if rows and rows[0][0] else 0.0


def is_silent(site: plant.Plant, meter: str, at: int) -> bool:
    return bool(plant.silent(site, next(m.device for m in site.meters if m.key == meter), [at])[0])


def test_the_process_posts_every_five_seconds_and_ends_when_told(demo: Demo, api: Api) -> None:
    # First, for the tests below post for moments to come, and a reading that is there already is not stored again.
    began = datetime.now(UTC)
    process = subprocess.Popen([sys.executable, "-m", "demo"], cwd=PROJECT, env=environment(demo.settings))
    try:
        first = eventually(lambda: newest(began))
        second = eventually(lambda: newest(began) > first and newest(began))
        assert (second - first) % 5 == 0
        assert psutil.Process(process.pid).memory_full_info().pss < 60e6
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENT_S) == 0
    kept = json.loads((state.folder(demo.settings) / "posted.json").read_text())
    assert min(kept.values()) > began.timestamp() - feeding.BEHIND_S
    assert max(kept.values()) >= second
    assert os.environ.get("LOADSTAR_HOME") is None


def test_every_value_of_a_step_is_accepted_and_stored_as_the_replay_has_it(demo: Demo, feed: Feed, api: Api) -> None:
    now = until(demo) + 5
    feed.step(now)
    assert feed.refused == {}
    assert rollup.await_applied(["telemetry"], PATIENT_S)
    for site in PLANTS:
        expected = plant.samples(site, [now - 5, now])
        for key, values in expected.items():
            if not is_silent(site, key[0], now):
                assert stored(demo, site, key, now) == values[0], key


def test_steps_that_were_missed_are_made_up_for_in_batches_without_flooding(demo: Demo, feed: Feed, api: Api) -> None:
    missed = until(demo) + 5
    now = missed + 240
    rounds = 0
    while min(feed.posted().values()) < now:
        before = dict(feed.posted())
        feed.step(now)
        behind = [name for name, at in before.items() if at < now - 5 and "region" not in name]
        moved = [name for name in behind if feed.posted()[name] > before[name]]
        assert len(moved) <= feeding.CATCH_UP_POSTS
        rounds += 1
        assert rounds < 50
    assert feed.refused == {}
    key = ("home_3_battery", "energy_kwh")
    assert rollup.await_applied(["telemetry"], PATIENT_S)
    for at in range(missed, now + 1, 5):
        assert stored(demo, PLANTS[1], key, at) == plant.samples(PLANTS[1], [at - 5, at])[key][0]


def test_an_api_that_is_away_costs_nothing_but_time(demo: Demo, feed: Feed) -> None:
    feed.settings = demo.settings.model_copy(update={"device_port": 1})
    before = feed.posted()
    with pytest.raises(Away, match="does not answer"):
        feed.step(until(demo) + 5)
    assert feed.posted() == before


def test_a_refused_post_is_not_repeated(demo: Demo, feed: Feed, api: Api) -> None:
    feed.posts[0].key = "key_unknown.secret"
    now = until(demo) + 5
    feed.step(now)
    once = dict(feed.refused)
    assert list(once) == [feed.posts[0].name]
    assert feed.posts[0].until == now
    feed.step(now)
    assert feed.refused == once


def test_a_feed_never_goes_back_more_than_an_hour(demo: Demo) -> None:
    now = until(demo) + 20_000
    assert min(Feed.of(demo.settings, demo.known, now).posted().values()) == now - feeding.BEHIND_S


def test_a_device_in_its_outage_posts_nothing(demo: Demo, feed: Feed, api: Api) -> None:
    site = PLANTS[0]
    day = until(demo) // 86_400 * 86_400
    begins = next(at for at in range(day - 86_400, day, 5) if plant.silent(site, site.outage, [at])[0])
    device = next(post for post in feed.posts if post.device.key == site.outage)
    feed.posts = [device]
    device.until = begins
    feed.region_until = dict.fromkeys(feed.region_until, begins + 5)
    feed.step(begins + 5)
    assert device.until == begins + 5
    assert stored(demo, site, (site.outage, "energy_total_kwh"), begins + 5) is None
